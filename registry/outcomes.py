"""What follows from an attempt to send, for every channel alike: settled and followed up in one step, or taken back from the dead."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from registry import devices, outbox, receipts
from registry.communications import Message
from registry.events import SYSTEM
from registry.outbox import Meaning, Settled
from registry.receipts import Receipt


def conclude(
    session: Session, settled: Sequence[Settled], meaning_of: Callable[[int | None], Meaning], *, worker: str, now: datetime
) -> None:
    """Write down what became of claimed messages, and what follows from failures: a death between the two would lose those messages."""
    failed = {one.id: one.error_code for one in settled if one.state == "failed"}
    for message_id in outbox.settle(session, settled, worker=worker, now=now):
        if message_id in failed:
            receipts.follow_up(session, message_id, meaning_of(failed[message_id]), now=now)


def take_back(session: Session, channel: str, *, worker: str, now: datetime) -> int:
    """Messages whose sender died are queued again, where sending twice under one key does no harm; how many."""
    stranded = outbox.claim_stranded(session, channel, worker=worker, now=now)
    outbox.settle(session, [Settled(one.id, "queued", due_at=now) for one in stranded], worker=worker, now=now)
    return len(stranded)


def push_wire_id(message_id: int) -> str:
    """What a push notice is called on the wire: by our own number, whatever the gateway calls it."""
    return f"push {message_id}"


def push_receipt(session: Session, message_id: int, state: str, *, gone: bool, now: datetime) -> Receipt | None:
    """The gateway's word on a push notice (X29): one that was lost goes by the next channel (R54, R104); None for none of ours.

    `gone`: the application is no more, and gets nothing further.
    """
    message = session.get(Message, message_id)
    if message is None or message.channel != "push":
        return None
    found = receipts.receipt(session, push_wire_id(message_id), state, message_id=message_id, error_code=None, now=now)
    if gone:
        devices.remove(session, devices.number_of(message.address), actor=SYSTEM, now=now)
    if found is not None and found.lost:
        receipts.follow_up(session, message_id, "not_by_us", now=now)
    elif found is not None and found.arrived:
        receipts.delivered_after_all(session, message_id, now=now)
    return found
