"""What the tests of text messages share: a clock that they move, messages to send, a dispatcher on the real wire."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any, TypeVar

from sqlalchemy import Engine, select

from channels.sms.carrier import Carrier
from channels.sms.dispatcher import Dispatcher
from dialogs import notices
from registry import communications
from registry.appointments import Appointment
from registry.catalogue import POLICY
from registry.communications import Message, Received
from registry.database import transaction
from registry.outbox import Claimed
from registry.tasks import Task
from tests.channels.simulator.harness import ACCOUNT, JANINA, SERVICE, TOKEN, Running
from tests.registry import build

WEEK = timedelta(days=7)
PATIENT = 5.0  # seconds that a carrier may take to answer where a test does not want to see it late

Given = TypeVar("Given")
_wire_ids = count(1)


@dataclass
class Clock:
    """Time that passes when a test says so."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def passes(self, **how_long: float) -> None:
        self.now += timedelta(**how_long)


def real_carrier(sim: Running, *, callback: str = "http://127.0.0.1:9/sms/status", timeout: float = PATIENT) -> Carrier:
    """The carrier that the worker uses, against a simulator; made inside a running event loop."""
    return Carrier(account_sid=ACCOUNT, auth_token=TOKEN, number=SERVICE, callback=callback, base_url=sim.base, timeout=timeout)


def with_carrier(sim: Running, use: Callable[[Carrier], Awaitable[Given]], **settings: Any) -> Given:
    """What `use` comes to, with a carrier that is closed afterwards."""

    async def run() -> Given:
        carrier = real_carrier(sim, **settings)
        try:
            return await use(carrier)
        finally:
            await carrier.close()

    return asyncio.run(run())


def words_of(message: Claimed) -> str:
    """The words of a notice, as the worker has them."""
    return notices.words(message.kind, message.facts, language=message.language, channel="sms")


@dataclass
class Post:
    """A database with messages to send, a simulator to send them to, and a clock."""

    engine: Engine
    sim: Running
    clock: Clock
    words: Callable[[Claimed], str] = words_of
    names: int = field(default=0)

    def with_dispatcher(self, use: Callable[[Dispatcher], Awaitable[Given]]) -> Given:
        """What `use` comes to with a dispatcher of a name of its own: every one is another worker."""
        self.names += 1
        name = f"worker-{self.names}"
        return with_carrier(
            self.sim,
            lambda carrier: use(Dispatcher(self.engine, carrier, self.words, name=name, policy=POLICY, clock=self.clock)),
        )

    def send_due(self) -> int:
        """One set by one worker; how many messages it had."""
        return self.with_dispatcher(lambda dispatcher: dispatcher.send_due("lane"))

    def reconcile(self) -> int:
        """One look of another worker at lost messages; how many there were."""
        return self.with_dispatcher(lambda dispatcher: dispatcher.reconcile())

    def visit(self, *numbers: str) -> int:
        """A visit in a week of a patient with these numbers; its booking is waiting to be told."""
        with transaction(self.engine) as session:
            patient = build.patient(session, *(numbers or (JANINA.number,)))
            return build.visit(session, self.clock() + WEEK, now=self.clock(), of=patient).id

    def answer(self, body: str, address: str = JANINA.number) -> int:
        """An answer to a patient's message that is waiting to be sent; its id."""
        with transaction(self.engine) as session:
            asked = communications.receive(session, Received("sms", address, f"SM{next(_wire_ids)}", "?", {}), now=self.clock())
            row = Message(
                at=self.clock(), direction="out", channel="sms", address=address, kind="answer", state="queued", body=body,
                due_at=self.clock(), language="pl", facts={}, in_reply_to=asked, attempt=1, tries=0,
            )  # fmt: skip
            session.add(row)
            session.flush()
            return row.id

    def message(self, message_id: int) -> Message:
        with transaction(self.engine) as session:
            return session.get_one(Message, message_id)

    def messages(self, **columns: Any) -> list[Message]:
        with transaction(self.engine) as session:
            return list(build.messages(session, direction="out", **columns))

    def states(self) -> list[str]:
        return [message.state for message in self.messages()]

    def tasks(self) -> list[str]:
        with transaction(self.engine) as session:
            return list(session.scalars(select(Task.kind).order_by(Task.id)))

    def appointment(self, visit_id: int) -> Appointment:
        with transaction(self.engine) as session:
            return session.get_one(Appointment, visit_id)

    def arrived(self, number: str = JANINA.number) -> list[str]:
        """What came to a telephone, oldest first."""
        return [message["body"] for message in self.sim.thread(number)]

    def sids(self, number: str = JANINA.number) -> list[str]:
        return [message["sid"] for message in self.sim.thread(number)]
