"""A push gateway on loopback that can be told to refuse, to be slow or to die, a patient with an application, and the sender."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import Engine, text

from channels import pushing
from channels.policy import AT_ANY_HOUR
from channels.push.gateway import Gateway
from channels.push.sender import Sender
from registry import devices
from registry.catalogue import POLICY
from registry.database import transaction
from registry.events import Actor
from tests.channels.operators.world import JANINA, World, _clinic, _enrol

TOKEN = "token of the gateway"
APPLICATION = Actor("patient", "push")
SOON = timedelta(minutes=1)


@dataclass
class Wire:
    """What came over the wire, and what is answered: `status` to everybody, `slow` never; a key that came before shows nothing again."""

    status: int = 202
    headers: dict[str, str] = field(default_factory=dict)
    slow: bool = False
    cut: bool = False
    posts: list[tuple[dict[str, Any], str, str]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        assert request.path == "/push/messages"
        self.posts.append((await request.json(), request.headers["Idempotency-Key"], request.headers["Authorization"]))
        if self.slow:
            await asyncio.sleep(0)
            await self.let_go.wait()
        if self.cut and request.transport is not None:
            request.transport.close()
        return web.json_response({"id": "theirs"}, status=self.status, headers=self.headers)

    @property
    def shown(self) -> list[str]:
        """What the application shows: each key once."""
        return [kind for kind, _ in {key: (body["data"]["kind"], key) for body, key, _ in self.posts}.values()]

    @asynccontextmanager
    async def listening(self) -> Any:
        self.let_go = asyncio.Event()
        app = web.Application()
        app.router.add_post("/{path:.*}", self.answer)
        runner = web.AppRunner(app, shutdown_timeout=0)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield runner.addresses[0][1]
        finally:
            self.let_go.set()
            await runner.cleanup()


class Push(World):
    """The console tests' world with Janina's application installed."""

    def __init__(self, engine: Engine, now: datetime) -> None:
        self.engine, self.now, self.wire = engine, now, Wire()
        self._wires = iter(range(10_000))
        with transaction(engine) as session:
            self.schedule = _clinic(session)
            self.ids = {JANINA: _enrol(session, JANINA, now - timedelta(days=30))}
            self.device = devices.register(session, self.ids[JANINA], "token-of-janina", actor=APPLICATION, now=now).id

    def visit(self, *, ahead: timedelta = timedelta(days=7, hours=2)) -> int:
        """A visit, told of to the application."""
        return self.book(JANINA, self.now + ahead)

    def send(self, *, after: timedelta = SOON, gateway: bool = True, die: bool = False) -> int:
        """The worker sends what is due; how many notices it tried. It may `die` between sending and settling."""

        async def run() -> int:
            async with self.wire.listening() as port:
                there = Gateway(f"http://127.0.0.1:{port}/push", TOKEN, timeout=0.3) if gateway else None
                try:
                    sender = self.sender(there, after)
                    sender.take_back_stranded()
                    if die:
                        return len(await sender._send_all(sender._claim()))
                    return await sender.send_due()
                finally:
                    if there is not None:
                        await there.close()

        return asyncio.run(run())

    def sender(self, gateway: Gateway | None, after: timedelta) -> Sender:
        rules = replace(POLICY, sms_hours=AT_ANY_HOUR, near_hours=AT_ANY_HOUR)
        return Sender(self.engine, gateway, pushing.words, name=f"w{after}", policy=rules, clock=lambda: self.now + after)

    def rows(self, query: str) -> list[Any]:
        with transaction(self.engine) as session:
            return [tuple(row) for row in session.execute(text(query))]

    def messages(self) -> list[Any]:
        """Channel, state and attempt of everything sent, oldest first."""
        return self.rows("SELECT channel, state, attempt FROM messages ORDER BY id")


@pytest.fixture
def push(engine: Engine, now: datetime) -> Push:
    return Push(engine, now)
