# The image of the web and worker processes. No compiler, no root, nothing but the locked dependencies and our code.

FROM python:3.12-slim AS build
WORKDIR /build
RUN python -m venv /opt/cer
COPY requirements.lock .
RUN /opt/cer/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY registry registry
COPY dialogs dialogs
COPY voice_models voice_models
COPY channels channels
RUN /opt/cer/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation .

FROM python:3.12-slim
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin cer \
    && install --directory --owner=cer --group=cer --mode=0700 /data
COPY --from=build /opt/cer /opt/cer
ENV PATH=/opt/cer/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    CER_DATA_DIR=/data \
    CER_HOST=0.0.0.0
WORKDIR /data
USER cer
EXPOSE 8000
ENTRYPOINT ["cer"]
CMD ["web"]
