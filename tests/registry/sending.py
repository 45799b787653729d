"""Messages on their way, for the tests of the outbox and of receipts."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry import communications, outbox, receipts
from registry.communications import Message, Received
from registry.outbox import Claimed, Settled
from registry.tasks import Task
from tests.registry import build

WEEK = timedelta(days=7)
CODES = {"failed": 30001, "undelivered": 30003}


def claim(session: Session, now: datetime, channel: str = "sms", worker: str = "one", limit: int = 200) -> list[Claimed]:
    return outbox.claim(session, channel, worker=worker, now=now, limit=limit)


def notice(session: Session, now: datetime, *contacts: str, lead: timedelta = WEEK) -> Message:
    """A confirmation waiting to go out, to a patient with these addresses."""
    visit = build.visit(session, now + lead, now=now, of=build.patient(session, *contacts))
    (message,) = build.messages(session, appointment_id=visit.id)
    return message


def answer(session: Session, now: datetime, address: str) -> int:
    """An answer to somebody who has just written."""
    received = communications.receive(session, Received("sms", address, f"SM{build.mobile()}", "kiedy?", {}), now=now)
    assert received is not None
    return communications.answer(session, received, channel="sms", address=address, kind="answer", body="Jutro.", language="pl", now=now)


def state(session: Session, message_id: int) -> str:
    return session.scalars(select(Message.state).where(Message.id == message_id)).one()


def settle(session: Session, now: datetime, *results: Settled, worker: str = "one") -> list[int]:
    return outbox.settle(session, results, worker=worker, now=now)


def sent(session: Session, now: datetime, *contacts: str) -> Message:
    """A confirmation that the carrier has accepted as `wire…`."""
    message = notice(session, now, *contacts)
    claim(session, now, message.channel)
    settle(session, now, Settled(message.id, "accepted", wire_id=f"wire{message.id}"))
    return message


def failed(session: Session, now: datetime, meaning: outbox.Meaning, *contacts: str) -> Message:
    """A confirmation that the carrier gave up, and what the registry did about it."""
    message = sent(session, now, *contacts)
    report(session, now, message.id, "failed", meaning)
    return message


def report(session: Session, now: datetime, message_id: int, word: str, meaning: outbox.Meaning = "retry") -> None:
    """Take a receipt in and do what follows from it, as a carrier's webhook does."""
    known = receipts.receipt(session, f"wire{message_id}", word, message_id=message_id, error_code=CODES.get(word), now=now)
    assert known is not None
    if known.arrived:
        receipts.delivered_after_all(session, message_id, now=now)
    elif known.lost:
        receipts.follow_up(session, message_id, meaning, now=now)


def tasks(session: Session) -> list[tuple[str, int | None]]:
    return [(task.kind, task.message_id) for task in session.scalars(select(Task).order_by(Task.id))]
