"""The web process put together: one FastAPI application over one database, with every channel's routes mounted here."""

import asyncio
import secrets
from ipaddress import ip_address

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy import Engine

from channels import health, metrics, mounting, pages
from channels.observation import Observation
from channels.settings import Settings


def create_app(settings: Settings, engine: Engine) -> FastAPI:
    """The application over a database that is there; the caller closes the engine after it."""
    app = FastAPI(title="cer", docs_url=None, redoc_url=None, openapi_url=None, lifespan=mounting.lifespan)
    app.state.settings = settings
    app.state.engine = engine
    pages.install(app)
    app.add_middleware(Observation)
    _add_health(app, settings, engine)
    mounting.mount_channels(app, settings, engine)
    return app


def _add_health(app: FastAPI, settings: Settings, engine: Engine) -> None:
    checks: dict[str, health.Check] = {"database": lambda: health.database_ready(engine)}
    if settings.mode == "demo":  # elsewhere the worker runs on another machine and has its own check
        checks["worker"] = lambda: health.worker_alive(settings.data_dir)

    @app.get("/health/live")
    async def live() -> dict[str, str]:
        """200 as long as this process answers at all."""
        return {"status": "ok"}

    @app.get("/health/ready")
    def ready() -> JSONResponse:
        """200 when the database is there and migrated (and, in the demo, the worker runs); else 503 with what is not."""
        well, answers = health.report(checks)
        return JSONResponse({"status": "ok" if well else "unavailable", "checks": answers}, 200 if well else 503)

    @app.get("/metrics", dependencies=[Depends(_count_tasks)])
    def measured(request: Request) -> Response:
        """Prometheus' text format; for this machine, or for the bearer of CER_METRICS_TOKEN."""
        _admit(request, settings)
        return Response(metrics.exposition(), media_type=metrics.CONTENT_TYPE)


async def _count_tasks() -> None:
    """On the loop itself: a task that a call has left behind shows as one more for ever."""
    metrics.TASKS.set(len(asyncio.all_tasks()))


def _admit(request: Request, settings: Settings) -> None:
    """Raises 401 or 403 for whoever may not read the figures."""
    if settings.metrics_token is not None:
        expected = f"Bearer {settings.metrics_token.get_secret_value()}"
        given = request.headers.get("authorization", "")
        if not secrets.compare_digest(given.encode(), expected.encode()):
            raise HTTPException(401, "a bearer token is needed", {"WWW-Authenticate": "Bearer"})
    elif not _from_this_machine(request):
        raise HTTPException(403, "only from this machine, or with CER_METRICS_TOKEN set")


def _from_this_machine(request: Request) -> bool:
    try:
        return request.client is not None and ip_address(request.client.host).is_loopback
    except ValueError:  # a name, or a unix socket's empty address
        return False
