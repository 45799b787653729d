"""The carrier itself: takes a service's messages to telephones and telephones' messages to the service.

Everything it has taken on is on file before it says so, and goes on after a kill.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from random import Random, SystemRandom

from channels.simulator import course
from channels.simulator.agenda import Agenda
from channels.simulator.config import SimulatorConfig
from channels.simulator.errors import refusal
from channels.simulator.faults import Faults
from channels.simulator.feed import Feed
from channels.simulator.segments import measure
from channels.simulator.store import Message, Store, Webhook
from channels.simulator.subscribers import Subscribers
from channels.simulator.wire import inbound_form, opt_out_type, receipt_form

STOPPED = "Wypisano ten numer z wiadomości. Aby znów je otrzymywać, odpisz START."
STARTED = "Ten numer znów będzie otrzymywał wiadomości. Aby się wypisać, odpisz STOP."


@dataclass(frozen=True, slots=True)
class Submission:
    """A message the service asks to send, its fields known to be well formed; `validity` in seconds."""

    recipient: str
    sender: str
    body: str
    callback: str | None = None
    validity: float | None = None
    direction: str = "outbound-api"


class Carrier:
    """One carrier over one store. `moves` and `posts` are what it still has to do; `delivery` does it."""

    def __init__(self, config: SimulatorConfig, store: Store, faults: Faults, feed: Feed) -> None:
        self.config, self.store, self.faults, self.feed = config, store, faults, feed
        self.subscribers = Subscribers(store)
        # a seeded carrier that is started again on its file must not hand out the same sids again
        start = f"{config.seed}:{store.last_message}"
        self._random = SystemRandom() if config.seed is None else Random(start)  # noqa: S311 - sids of a demo
        self._planner = course.Planner(config, faults, self._random)
        self.moves: Agenda[Message] = Agenda()
        self.posts: Agenda[Webhook] = Agenda()
        for message in store.messages("course != '' ORDER BY id"):
            self._expect(message)
        for webhook in store.webhooks():
            self.posts.add(webhook.due, webhook)

    def check_recipient(self, service: str, number: str) -> None:
        """Raise the refusal of a message from `service` to `number`, if any: 21211, 21614, 21610."""
        line = self.subscribers.line(number)
        if line is None:
            raise refusal(21211, number)
        if line == "landline":
            raise refusal(21614, number)
        if self.subscribers.opted_out(service, number):
            raise refusal(21610, number)

    async def accept(self, submission: Submission) -> Message:
        """Take a message on; it is on file when this returns. The recipient has been checked."""
        return await self.store.write(lambda connection: self.enter(connection, submission), self.taken)

    def enter(self, connection: sqlite3.Connection, submission: Submission) -> Message:
        """Write an accepted message with the course it will take; follow up with `taken` after the commit."""
        now = self.config.epoch()
        steps = self._planner.plan(submission.recipient, now, submission.validity)
        return self._insert(connection, submission, "queued", now, course.written(steps))

    def taken(self, message: Message) -> None:
        """Put a message that is now on file on its way."""
        self._expect(message)
        self.feed.ring()

    async def receive(self, number: str, body: str, service: str) -> Message:
        """Take on what a telephone writes to a service number: on file, opt-outs obeyed, its webhook due."""
        wish = opt_out_type(body)
        out = {"STOP": True, "START": False}.get(wish or "")
        if out == self.subscribers.opted_out(service, number):
            out = None  # it is so already

        def change(connection: sqlite3.Connection) -> tuple[Message, list[Webhook], Message | None]:
            message, hooks = self._take_in(connection, Submission(service, number, body, direction="inbound"), wish)
            return message, hooks, None if out is None else self._opt(connection, service, number, out=out)

        def then(result: tuple[Message, list[Webhook], Message | None]) -> None:
            _, hooks, word = result
            if word is not None and out is not None:
                self.subscribers.remember(service, number, out=out)
                self._expect(word)
            self._post(hooks)
            self.feed.ring()

        return (await self.store.write(change, then))[0]

    def _take_in(
        self, connection: sqlite3.Connection, submission: Submission, wish: str | None
    ) -> tuple[Message, list[Webhook]]:
        """Write a telephone's message and the webhooks, usually one, that tell the service of it."""
        now, telephone, service = self.config.epoch(), submission.sender, submission.recipient
        delay = self.faults.take(telephone, "delay_inbound")
        repeated = self.faults.take(telephone, "duplicate_inbound")
        message = self._insert(connection, submission, "received", now, "")
        form = inbound_form(message, self.config.account_sid, wish)
        due = now + (delay.seconds if delay else 0.0)
        return message, [
            self._hook(connection, "inbound", message.sid, self.sms_url(service), form, due)
            for _ in range(repeated.copies if repeated else 1)
        ]

    def _opt(self, connection: sqlite3.Connection, service: str, number: str, *, out: bool) -> Message:
        """Write an opt-out, or its end, and the carrier's own word about it to that telephone."""
        self.subscribers.opt(connection, service, number, out=out)
        word = STOPPED if out else STARTED
        return self.enter(connection, Submission(number, service, word, direction="outbound-reply"))

    def new_sid(self, prefix: str) -> str:
        """A new sid: CA for a call, MZ for a stream."""
        return f"{prefix}{self._random.getrandbits(128):032x}"

    async def report(self, sid: str, url: str, form: dict[str, str]) -> None:
        """Tell the service how a call goes: posted, and signed, until it is taken."""

        def change(connection: sqlite3.Connection) -> list[Webhook]:
            return [self._hook(connection, "status", sid, url, form, self.config.epoch())]

        await self.store.write(change, self._post)

    def sms_url(self, service: str) -> str:
        """Where messages to a service number are posted."""
        return next(known.sms_url for known in self.config.services if known.number == service)

    def service_for(self, number: str) -> str:
        """The service number that a telephone answers: the one that wrote to it last, else the first."""
        ours = {service.number for service in self.config.services}
        rows = self.store.rows(
            "SELECT sender FROM messages WHERE recipient = ? ORDER BY id DESC LIMIT 1", (number,)
        )
        return rows[0][0] if rows and rows[0][0] in ours else self.config.services[0].number

    async def move(self, messages: list[Message]) -> None:
        """Take these messages, whose next step is due, that step further and make out receipts."""

        def change(connection: sqlite3.Connection) -> list[tuple[Message, list[Webhook]]]:
            return [self._step(connection, message) for message in messages]

        def then(moved: list[tuple[Message, list[Webhook]]]) -> None:
            for message, hooks in moved:
                self._expect(message)
                self._post(hooks)
            self.feed.ring()

        await self.store.write(change, then)

    def _step(self, connection: sqlite3.Connection, message: Message) -> tuple[Message, list[Webhook]]:
        step, *rest = course.read(message.course)
        now = self.config.epoch()
        moved = message._replace(
            status=step.status,
            error_code=step.error_code,
            updated=now,
            course=course.written(rest),
            sent=now if step.status == "sent" else message.sent,
            revision=self._revision(),
        )
        connection.execute(
            "UPDATE messages SET status = ?, error_code = ?, updated = ?, sent = ?, revision = ?, course = ?"
            " WHERE id = ?",
            (moved.status, moved.error_code, now, moved.sent, moved.revision, moved.course, moved.id),
        )
        if not message.callback:
            return moved, []
        form = receipt_form(message, self.config.account_sid, step.status, step.error_code, now)
        return moved, [
            self._hook(connection, "status", message.sid, message.callback, form, now + step.late)
            for _ in range(step.copies)
        ]

    def _insert(
        self, connection: sqlite3.Connection, submission: Submission, status: str, now: float, plan: str
    ) -> Message:
        self.store.last_message += 1
        message = Message(
            self.store.last_message,
            self.new_sid("SM"),
            submission.direction,
            submission.sender,
            submission.recipient,
            submission.body,
            measure(submission.body).segments,
            status,
            None,
            submission.callback,
            now,
            now,
            now if status == "received" else None,
            self._revision(),
            plan,
        )
        connection.execute("INSERT INTO messages VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", message)
        return message

    def _hook(
        self, connection: sqlite3.Connection, kind: str, sid: str, url: str, form: dict[str, str], due: float
    ) -> Webhook:
        self.store.last_webhook += 1
        hook = Webhook(
            self.store.last_webhook, kind, sid, url, json.dumps(form), self.config.epoch(), due, 0, None
        )
        connection.execute("INSERT INTO webhooks VALUES (?,?,?,?,?,?,?,?,?)", hook)
        return hook

    def _revision(self) -> int:
        self.store.last_revision += 1
        return self.store.last_revision

    def _expect(self, message: Message) -> None:
        if steps := course.read(message.course):
            self.moves.add(steps[0].due, message)

    def _post(self, hooks: list[Webhook]) -> None:
        for hook in hooks:
            self.posts.add(hook.due, hook)
