"""Around every request: count and time it, log it by its route, and send the headers that keep browsers careful.

Routes, not paths: a path may hold a telephone number. Plain ASGI, because every webhook goes through here.
"""

from time import perf_counter

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from channels import metrics

UNKNOWN_ROUTE = "other"
UNLOGGED = ("/health/live", "/health/ready", "/metrics")

SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'",
}

log = structlog.get_logger("http")


class Observation:
    """ASGI middleware; the outermost of the application."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = perf_counter()
        status = 500  # what the server answers when the application raises before it answers

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in SAFE_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self.app(scope, receive, watch)
        finally:
            _record(scope, status, perf_counter() - began)


def _record(scope: Scope, status: int, seconds: float) -> None:
    route, method = _route(scope), scope["method"]
    metrics.REQUESTS.labels(method, route, status).inc()
    metrics.REQUEST_SECONDS.labels(method, route).observe(seconds)
    if route not in UNLOGGED:
        log.info("request", method=method, route=route, status=status, milliseconds=round(seconds * 1000, 1))


def _route(scope: Scope) -> str:
    """The route's pattern, such as /visits/{id}; for a mounted application the place where it is mounted."""
    pattern = getattr(scope.get("route"), "path", None) or _pattern_of(scope)
    if pattern:
        return str(pattern)
    root: str = scope.get("root_path", "")
    return f"{root}/…" if root else UNKNOWN_ROUTE


def _pattern_of(scope: Scope) -> str | None:
    """The pattern of a plain Starlette route: FastAPI leaves only its endpoint behind."""
    endpoint = scope.get("endpoint")
    if endpoint is None:
        return None
    routes = getattr(scope.get("app"), "routes", ())
    return next((route.path for route in routes if getattr(route, "endpoint", None) == endpoint), None)
