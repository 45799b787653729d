"""What every address that a carrier posts to has in common: its signature is checked, and it is answered in a way the carrier knows.

A signature is over our public address, as the carrier knows us, and the form.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from twilio.request_validator import RequestValidator

Handler = Callable[[Request, FormData], Response]

log = structlog.get_logger("webhooks")


class BadRequest(Exception):
    """A signed request that lacks what every such request has."""


class SignedPosts:
    """Makes endpoints of handlers, which run in `threads` threads of their own."""

    def __init__(self, auth_token: str, public_url: str, *, threads: int, name: str) -> None:
        self._validator, self._public_url = RequestValidator(auth_token), public_url
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)

    def endpoint(self, handle: Handler) -> Callable[..., object]:
        """The endpoint: 403 for a wrong signature, 400 for a request that lacks something, 503 while the database is away."""

        async def answer(request: Request) -> Response:
            form = await request.form(max_files=0)
            if not self._validator.validate(self._signed_address(request), form, request.headers.get("X-Twilio-Signature", "")):
                log.warning("wrong signature", path=request.url.path)
                return Response("wrong signature", 403)
            return await asyncio.get_running_loop().run_in_executor(self._pool, _safely, handle, request, form)

        return answer

    def _signed_address(self, request: Request) -> str:
        query = f"?{request.url.query}" if request.url.query else ""
        return f"{self._public_url}{request.url.path}{query}"


def _safely(handle: Handler, request: Request, form: FormData) -> Response:
    """503 when the database is away: the carrier comes again. 400 for a request that is not of the carrier's form."""
    try:
        return handle(request, form)
    except BadRequest as error:
        return Response(str(error), 400)
    except (DBAPIError, PoolTimeout):
        log.exception("database away", path=request.url.path)
        return Response("try again", 503, {"Retry-After": "5"})


def field(form: FormData, name: str) -> str:
    """A field that every such request has. Raises BadRequest."""
    value = form.get(name)
    if not isinstance(value, str) or not value:
        raise BadRequest(f"{name} is missing")
    return value


def number(value: object) -> int | None:
    """A whole number as forms and queries write it; None for anything else."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else None
