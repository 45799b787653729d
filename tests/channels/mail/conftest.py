"""A mail server on loopback that can be told to refuse, a patient with an e-mail address, and the sender as the worker runs it."""

import asyncio
import re
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default
from typing import Any

import aiosmtplib
import pytest
from aiosmtpd.smtp import SMTP, Envelope
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from channels.mail.letters import House
from channels.mail.pages import Pages
from channels.mail.sender import Sender
from channels.policy import AT_ANY_HOUR
from dialogs import notices
from registry.catalogue import POLICY
from registry.database import transaction
from tests.channels.operators.world import DESK, Someone, World, _clinic, _enrol

KEY = b"letters of a test"
HOUSE = House(KEY, "https://rejestracja.example", Address("e-Rejestracja", "no-reply", "cer.example"), "bounces@cer.example")
IRENA = Someone("Irena", "Mazur", "52071412968", "irena.mazur@poczta.example")


@dataclass
class Server:
    """What came over the wire, and what is answered: `refuse` maps an address to an SMTP answer, `hang_up` closes after the words."""

    letters: list[tuple[str, list[str], EmailMessage]] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    hang_up: bool = False

    async def handle_RCPT(self, _s: Any, _c: Any, envelope: Envelope, address: str, _o: Any) -> str:  # noqa: N802  aiosmtpd's name
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _c: Any, envelope: Envelope) -> str:  # noqa: N802
        letter = message_from_bytes(envelope.original_content or b"", policy=default)
        self.letters.append((str(envelope.mail_from), list(envelope.rcpt_tos), letter))
        if self.hang_up:
            server.transport.abort()
        return "250 OK"


class Post(World):
    """The console tests' world with one patient who has nothing but an e-mail address."""

    def __init__(self, engine: Engine, now: datetime) -> None:
        self.engine, self.now = engine, now
        self._wires = iter(range(10_000))
        self.server = Server()
        with transaction(engine) as session:
            self.schedule = _clinic(session)
            self.ids = {IRENA: _enrol(session, IRENA, now - timedelta(days=30))}

    def visit(self) -> int:
        """A visit in a week, told of by e-mail."""
        return self.book(IRENA, self.now + timedelta(days=7, hours=2))

    def send(self, *, after: timedelta = timedelta(minutes=1)) -> int:
        """The worker sends what is due; how many letters it tried."""

        async def run() -> int:
            async with self.listening() as port:
                return await self.sender(port, after).send_due()

        return asyncio.run(run())

    @asynccontextmanager
    async def listening(self) -> Any:
        server = await asyncio.get_running_loop().create_server(lambda: SMTP(self.server, enable_SMTPUTF8=True), "127.0.0.1", 0)
        async with server:
            yield server.sockets[0].getsockname()[1]

    def sender(self, port: int, after: timedelta) -> Sender:
        return Sender(
            self.engine, lambda: aiosmtplib.SMTP(hostname="127.0.0.1", port=port, timeout=5), HOUSE,
            lambda one: notices.words(one.kind, one.facts, language=one.language, channel="email"), name="w",
            clock=lambda: self.now + after, policy=replace(POLICY, sms_hours=AT_ANY_HOUR, near_hours=AT_ANY_HOUR),
        )  # fmt: skip

    def links(self) -> dict[str, str]:
        """The paths in the last letter by their act."""
        body = self.server.letters[-1][2].get_body(("plain",))
        assert body is not None
        return {found[1]: found[0] for found in re.finditer(r"/visit/\d+-(\w+)-[\w-]+", body.get_content())}

    def status(self, visit: int) -> str:
        with transaction(self.engine) as session:
            return str(session.execute(text("SELECT status FROM appointments WHERE id = :id"), {"id": visit}).scalar_one())

    def rows(self, query: str) -> list[Any]:
        with transaction(self.engine) as session:
            return list(session.execute(text(query)).all())


__all__ = ["DESK"]


@pytest.fixture
def post(engine: Engine, now: datetime) -> Post:
    return Post(engine, now)


@pytest.fixture
def browser(post: Post) -> Callable[..., TestClient]:
    """Somebody who follows a link, `after` so long."""

    def opened(after: timedelta = timedelta(minutes=5)) -> TestClient:
        app = FastAPI()
        app.router.routes.extend(Pages(post.engine, KEY, lambda: post.now + after).routes())
        return TestClient(app, follow_redirects=False)

    return opened
