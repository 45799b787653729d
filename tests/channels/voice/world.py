"""What the tests of calls share: our webhooks as a carrier posts to them, and calls that are on their way."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from xml.etree import ElementTree as ET

import httpx
from sqlalchemy import Engine, select
from starlette.applications import Starlette
from starlette.testclient import TestClient
from twilio.request_validator import RequestValidator

from channels.voice.places import Places
from channels.voice.webhooks import Webhooks
from dialogs import notices
from registry import calls, outbox
from registry.appointments import Appointment
from registry.calls import Call
from registry.catalogue import POLICY
from registry.communications import Message
from registry.database import transaction
from registry.tasks import Task
from tests.channels.simulator.harness import TOKEN
from tests.channels.sms.world import Clock
from tests.channels.voice.script import Script
from tests.dialogs.exchange import interpreter
from tests.registry import build

PUBLIC = "https://rejestracja.example/cer"
OURS = "+48732000000"
LANDLINE = "+48523570150"
Begun = Callable[..., Script]
WEEK = timedelta(days=7)
_sids = count(1)


@dataclass
class Telephony:
    """Our addresses, the carrier that posts to them, and one call at a time to look at."""

    http: TestClient
    engine: Engine
    clock: Clock
    places: Places
    sid: str = field(default_factory=lambda: f"CA{next(_sids):032x}")

    def visit(self, number: str, **person: Any) -> int:
        """A visit in a week; its booking waits to be told by telephone."""
        with transaction(self.engine) as session:
            return build.visit(session, self.clock() + WEEK, now=self.clock(), of=build.patient(session, number, **person)).id

    def ring(self) -> int:
        """What is due, claimed, worded, placed and accepted, as the dialler does it; the call's id."""
        with transaction(self.engine) as session:
            (message,) = outbox.claim(session, "voice", worker="w", now=self.clock())
            words = notices.words(message.kind, message.facts, language=message.language, channel="voice")
            outbox.keep_words(session, [(message.id, message.body or words)])
            call_id = calls.place(session, message.id, message.address, now=self.clock())
            self.sid = f"CA{next(_sids):032x}"
            calls.name(session, call_id, self.sid)
            outbox.settle(session, [outbox.Settled(message.id, "accepted", self.sid)], worker="w", now=self.clock())
            return call_id

    def post(self, path: str, *, token: str = TOKEN, **form: str) -> httpx.Response:
        fields = {"CallSid": self.sid, "From": OURS, "To": "+48523570150", "CallStatus": "in-progress", **form}
        signature = RequestValidator(token).compute_signature(PUBLIC + path, fields)
        return self.http.post(path, data=fields, headers={"X-Twilio-Signature": signature})

    def told(self, answer: httpx.Response) -> "Told":
        assert answer.status_code == 200, answer.text
        return Told(ET.fromstring(answer.text))  # noqa: S314  our own words

    def call(self, call_id: int) -> Call:
        with transaction(self.engine) as session:
            return session.get_one(Call, call_id)

    def out(self, number: str) -> list[tuple[str, str]]:
        with transaction(self.engine) as session:
            rows = session.scalars(select(Message).where(Message.address == number, Message.direction == "out").order_by(Message.id))
            return [(row.kind, row.state) for row in rows]

    def status(self, visit_id: int) -> str:
        with transaction(self.engine) as session:
            return session.get_one(Appointment, visit_id).status

    def one_visit(self) -> str:
        """How the only visit stands."""
        with transaction(self.engine) as session:
            return session.scalars(select(Appointment.status)).one()

    def tasks(self) -> list[str]:
        with transaction(self.engine) as session:
            return list(session.scalars(select(Task.kind).order_by(Task.id)))


@dataclass(frozen=True)
class Told:
    """Instructions that we gave the carrier."""

    document: ET.Element

    @property
    def verbs(self) -> list[str]:
        return [element.tag for element in self.document]

    @property
    def words(self) -> str:
        return " ".join(element.text or "" for element in self.document.iter("Say"))

    @property
    def then(self) -> str:
        """Where the keys go, from our root."""
        (gather,) = self.document.iter("Gather")
        return gather.attrib["action"].removeprefix(PUBLIC)


@contextmanager
def telephony(engine: Engine, now: datetime, *, places: int = 0, transfer_to: str | None = None) -> Iterator[Telephony]:
    """Webhooks over a clean database; without places, every call runs on keys."""
    clock, free = Clock(now), Places(places)
    webhooks = Webhooks(engine, interpreter(), TOKEN, PUBLIC, POLICY, clock, free, lambda language: language == "pl", transfer_to)
    with TestClient(Starlette(routes=webhooks.routes())) as http:
        yield Telephony(http, engine, clock, free)
