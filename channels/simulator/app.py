"""Puts the simulated carrier together: its addresses, its guard, its two standing tasks.

Alone: `python -m channels.simulator`, or `serve`. Inside another Starlette or FastAPI application:
`add_to(web, simulator)` and, in that application's lifespan, `async with simulator.at_work():`.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from channels.simulator.carrier import Carrier
from channels.simulator.config import SimulatorConfig
from channels.simulator.delivery import keep_moving, keep_posting
from channels.simulator.errors import SimulatorForbidden
from channels.simulator.faults import Faults
from channels.simulator.feed import Feed
from channels.simulator.page import Page
from channels.simulator.programs import Programs
from channels.simulator.rest import Rest
from channels.simulator.store import Store
from channels.simulator.subscribers import Telephone
from channels.simulator.telephony.exchange import Exchange
from channels.simulator.telephony.handset import Handsets
from channels.simulator.telephony.rest import CallRest
from channels.simulator.wire import API_VERSION

_log = logging.getLogger(__name__)
_HERE = Path(__file__).parent
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})


class LoopbackOnly:
    """Answers only this machine, under its own names, and no form sent by another site's page."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str] = frozenset()) -> None:
        self._app, self._hosts = app, _LOCAL_HOSTS | hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on or answer 403."""
        if scope["type"] in ("http", "websocket") and not self._is_ours(scope):
            await self._refuse(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        detail = "Symulator odpowiada tylko na tym komputerze."
        await JSONResponse({"detail": detail}, 403)(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        host, site, origin = "", b"none", ""
        for name, value in scope["headers"]:
            if name == b"host":
                host = value.decode("latin-1").lower()
            elif name == b"origin":
                origin = value.decode("latin-1").lower()
            elif name == b"sec-fetch-site":
                site = value
        name = host if host.endswith("]") else host.rpartition(":")[0] or host
        client = scope.get("client")
        # the name is checked against DNS rebinding, the site against forms posted from foreign pages, and for
        # sockets, which browsers let any page open, the page's origin
        foreign = scope["type"] == "websocket" and origin and origin.partition("://")[2] != host
        known = client is not None and _is_loopback(client[0]) and name in self._hosts
        return known and site != b"cross-site" and not foreign


def _is_loopback(address: str) -> bool:
    if address == "127.0.0.1":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


class Simulator:
    """A simulated carrier for its composer: register telephones, set faults, let it work."""

    def __init__(self, config: SimulatorConfig) -> None:
        self.config = config
        self.faults = Faults()
        self._feed = Feed()
        self._store = Store(config.database)
        self.carrier = Carrier(config, self._store, self.faults, self._feed)
        self.exchange = Exchange(self.carrier)

    def register_telephones(self, telephones: Iterable[Telephone]) -> None:
        """These telephones lie on the shelf now, in this order; messages of others stay on file."""
        self.carrier.subscribers.register(telephones)
        self._feed.ring()

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """While the block lasts messages move and webhooks are posted; a failure of either ends it."""
        async with self.exchange.at_work(), asyncio.TaskGroup() as tasks:
            standing = [
                tasks.create_task(_watched(work(self.carrier))) for work in (keep_moving, keep_posting)
            ]
            try:
                yield
            finally:
                for task in standing:
                    task.cancel()

    def close(self) -> None:
        """Close the file, for good."""
        self._store.close()

    def routes(self) -> list[BaseRoute]:
        """The carrier's addresses, each behind the loopback guard; the busiest first."""
        rest, programs = Rest(self.carrier), Programs(self.carrier)
        page = Page(self.carrier, programs)
        calls, handsets = CallRest(self.carrier, self.exchange, rest.answered), Handsets(self.exchange)
        guard = [Middleware(LoopbackOnly, hosts=self.config.hosts)]
        account = f"/{API_VERSION}/Accounts/{{account}}"
        every = ["GET", "POST", "PUT", "DELETE", "PATCH"]
        return [
            Route(f"{account}/Messages.json", rest.messages, methods=["GET", "POST"], middleware=guard),
            Route(f"{account}/Messages/{{sid}}.json", rest.message, middleware=guard),
            Route(f"{account}/Calls.json", calls.calls, methods=["GET", "POST"], middleware=guard),
            Route(f"{account}/Calls/{{sid}}.json", calls.call, methods=["GET", "POST"], middleware=guard),
            Route(f"/{API_VERSION}/{{rest:path}}", rest.unknown, methods=every, middleware=guard),
            Route("/simulator/telephones", programs.telephones, methods=["GET", "PUT"], middleware=guard),
            Route(
                "/simulator/telephones/{number}/messages",
                programs.thread,
                methods=["GET", "POST"],
                middleware=guard,
            ),
            Route("/simulator/webhooks", programs.webhooks, middleware=guard),
            Route("/simulator/faults", programs.faults, methods=["GET", "POST", "DELETE"], middleware=guard),
            Route("/simulator/events", programs.events, middleware=guard),
            Route("/telephone", page.shelf, middleware=guard),
            Route("/telephone/{number}/messages", page.answer, methods=["POST"], middleware=guard),
            WebSocketRoute("/telephone/{number}/line", handsets.endpoint, middleware=guard),
            Mount("/telephone/static", StaticFiles(directory=_HERE / "static"), middleware=guard),
        ]


async def _watched(work: Coroutine[Any, Any, None]) -> None:
    """Say it when a standing task fails: what it takes down with it ends without a word of its own."""
    try:
        await work
    except Exception:
        _log.exception("the simulated carrier has stopped working")
        raise


def create_simulator(config: SimulatorConfig, *, allow: bool = False) -> Starlette:
    """The simulator as an application of its own; its `Simulator` is `app.state.simulator`.

    Raises SimulatorForbidden unless the composer says `allow=True`: it never comes up by accident beside a
    real carrier.
    """
    if not allow:
        raise SimulatorForbidden(
            "the carrier simulator was not asked for: pass allow=True in a demo or a test"
        )
    simulator = Simulator(config)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with simulator.at_work():
            yield
        simulator.close()

    app = Starlette(routes=simulator.routes(), lifespan=lifespan)
    app.state.simulator = simulator
    return app


def add_to(web: Starlette, simulator: Starlette) -> Simulator:
    """Give `web` the simulator's addresses; its lifespan must then enter the result's `at_work()`."""
    web.router.routes.extend(simulator.routes)
    inner: Simulator = simulator.state.simulator
    return inner


def serve(config: SimulatorConfig, *, host: str = "127.0.0.1", port: int, allow: bool = False) -> None:
    """Run the simulator alone until SIGINT or SIGTERM. Pages that are still open do not hold the end up."""
    uvicorn.run(
        create_simulator(config, allow=allow),
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
        proxy_headers=False,
        timeout_graceful_shutdown=2,
    )
