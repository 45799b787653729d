"""Telephone calls as the registry keeps them: one row a call, one single-use token, one outcome that settles the call's message.

A call that did not reach its patient is made again by the plan of D11; after the plan it is an operator's task. Whoever ends a call
first has ended it: a second end changes nothing, so carrier and conversation may both report it, in any order and any number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from json import dumps
from typing import Any, Final, Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry import outbox, receipts
from registry.catalogue import POLICY, Policy
from registry.database import Numbered

Direction = Literal["out", "in"]

# What a message's call that came to nothing means for the message; what is not here is tried again by the plan of D11.
AFTER_UNTOLD: Final[Mapping[str, outbox.Meaning | None]] = {
    "wrong_person": "other_contact",
    "invalid_number": "other_contact",
    "opted_out": "opted_out",
    "reported_death": None,  # a task of its own was opened
    "handed_over": None,  # a person has it now
    "outdated": None,  # what was to be told is no longer true
}


class Call(Numbered):
    """One call. `wire_id` is the carrier's; `token` a digest of the one word that opens this call's media stream, once.

    `stage` is how far a call on keys alone has come, in `steps` questions; `answered_by` what the carrier thinks picked up, `timings`
    what each turn took (milliseconds), `course` when in the call each turn and line began and ended. `outcome` is what the call came
    to, in one word.
    """

    __tablename__ = "calls"
    __table_args__ = (
        Index("uq_calls_wire_id", "wire_id", unique=True),
        Index("uq_calls_message_id", "message_id", unique=True),
        Index("uq_calls_token", "token", unique=True),
        Index("ix_calls_open", "at", postgresql_where=text("outcome IS NULL")),
        Index(None, "at"),
        Index(None, "address", "id"),
        CheckConstraint("direction IN ('out', 'in')", name="direction"),
        CheckConstraint("(outcome IS NULL) = (ended_at IS NULL)", name="ended"),
    )

    at: Mapped[datetime]
    direction: Mapped[str]
    address: Mapped[str]
    wire_id: Mapped[str | None]
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    token: Mapped[str | None]
    token_used_at: Mapped[datetime | None]
    answered_by: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    stage: Mapped[str | None]
    steps: Mapped[int] = mapped_column(default=0)
    misses: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    timings: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    course: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default=text("'[]'"))


def digest(token: str) -> str:
    """A token as it is kept: who reads the table cannot open a stream."""
    return sha256(token.encode()).hexdigest()


PLACE = text("""
INSERT INTO calls (at, direction, address, message_id, steps, misses, timings)
VALUES (:now, 'out', :address, :message_id, 0, 0, '[]')
    ON CONFLICT (message_id) DO UPDATE SET at = excluded.at
RETURNING id
""")


def place(session: Session, message_id: int, address: str, *, now: datetime) -> int:
    """The call that is to tell a message; asked again, because a placer died, it is the same one. Its id."""
    return int(session.execute(PLACE, {"message_id": message_id, "address": address, "now": now}).scalar_one())


RECEIVE = text("""
INSERT INTO calls (at, direction, address, wire_id, steps, misses, timings) VALUES (:now, 'in', :address, :wire_id, 0, 0, '[]')
    ON CONFLICT (wire_id) DO UPDATE SET address = excluded.address
RETURNING id
""")


def receive(session: Session, wire_id: str, address: str, *, now: datetime) -> int:
    """A call that somebody made to us; brought twice by the carrier, it is the same one. Its id."""
    return int(session.execute(RECEIVE, {"wire_id": wire_id, "address": address, "now": now}).scalar_one())


def of_wire(session: Session, wire_id: str) -> Call | None:
    """The call that the carrier knows by this id."""
    return session.scalars(select(Call).where(Call.wire_id == wire_id)).one_or_none()


NAME = text("UPDATE calls SET wire_id = coalesce(wire_id, :wire_id) WHERE id = :id AND coalesce(wire_id, :wire_id) = :wire_id RETURNING id")


def name(session: Session, call_id: int, wire_id: str) -> bool:
    """Note the carrier's id of a call; False when the call is known by another one."""
    return session.execute(NAME, {"id": call_id, "wire_id": wire_id}).one_or_none() is not None


def answer(session: Session, call_id: int, *, token: str, now: datetime) -> bool:
    """Somebody picked up: a fresh token for this call's stream; False for a call that is over. The newest token alone counts."""
    answered = text("""UPDATE calls SET token = :token, token_used_at = NULL, answered_at = coalesce(answered_at, :now)
                        WHERE id = :id AND outcome IS NULL AND token_used_at IS NULL RETURNING id""")
    facts = {"id": call_id, "token": digest(token), "now": now}
    return session.execute(answered, facts).one_or_none() is not None


REDEEM = text("""
UPDATE calls SET token_used_at = :now
 WHERE token = :token AND wire_id = :wire_id AND token_used_at IS NULL AND outcome IS NULL
RETURNING id
""")


def redeem(session: Session, token: str, wire_id: str, *, now: datetime) -> int | None:
    """Open a call's stream: the id of the call, or None for a token that is unknown, used, of another call, or of one that is over.

    Of two streams that bring one token at once, one gets it: the row is locked by whoever comes first.
    """
    opened = session.scalar(REDEEM, {"token": digest(token), "wire_id": wire_id, "now": now})
    return None if opened is None else int(opened)


def screened(session: Session, wire_id: str, answered_by: str) -> None:
    """The carrier has made up its mind about what picked up: human, machine_start, fax, unknown …"""
    session.execute(
        text("UPDATE calls SET answered_by = :by WHERE wire_id = :wire_id AND answered_by IS NULL"), {"by": answered_by, "wire_id": wire_id}
    )


def moved_on(session: Session, call_id: int, stage: str, misses: int) -> int:
    """How far a call on keys alone has come; the number of its step now."""
    step = text("UPDATE calls SET stage = :stage, misses = :misses, steps = steps + 1 WHERE id = :id RETURNING steps")
    return int(session.execute(step, {"stage": stage, "misses": misses, "id": call_id}).scalar_one())


def keep_course(session: Session, call_id: int, course: Sequence[Mapping[str, Any]]) -> None:
    """Add what happened so far to the course of a call that goes on another way."""
    added = text("UPDATE calls SET course = course || CAST(:course AS jsonb) WHERE id = :id")
    session.execute(added, {"id": call_id, "course": dumps(list(course))})


@dataclass(frozen=True, slots=True)
class Ended:
    """What a call came to. `told` says that its message was truly heard; `again_at` when the callee asked to be called."""

    outcome: str
    told: bool = False
    again_at: datetime | None = None
    error_code: int | None = None
    timings: Sequence[Mapping[str, Any]] = ()
    course: Sequence[Mapping[str, Any]] = ()
    heard: Sequence[int] = ()  # answers of this call that were heard
    unheard: Sequence[int] = ()  # and those that were cut off before they could be understood


END = text("""
UPDATE calls SET outcome = :outcome, ended_at = :now, timings = CAST(:timings AS jsonb),
       course = course || CAST(:course AS jsonb)
 WHERE id = :id AND outcome IS NULL RETURNING message_id
""")

OVER = text("""
UPDATE messages SET state = :state, done_at = :now, error_code = coalesce(:code, error_code), lease_until = NULL, leased_by = NULL
 WHERE id = ANY(:ids) AND state IN ('sending', 'accepted', 'sent') RETURNING id
""")


def end(session: Session, call_id: int, ended: Ended, *, now: datetime, policy: Policy = POLICY) -> bool:
    """Write down what a call came to and settle what it was made for (R98); False when it had ended before.

    Told: delivered. Not told: again by the plan of D11 or when the callee wished it, by another address, or by a person.
    """
    about = {"timings": dumps(list(ended.timings)), "course": dumps(list(ended.course))}
    row = session.execute(END, {"id": call_id, "outcome": ended.outcome, "now": now, **about}).one_or_none()
    if row is None:
        return False
    _settle(session, ended.heard, "delivered", now)
    for message_id in _settle(session, ended.unheard, "undelivered", now):
        _again(session, message_id, None, now, policy)
    if row.message_id is not None:
        _settle_message(session, row.message_id, ended, now, policy)
    return True


def _settle_message(session: Session, message_id: int, ended: Ended, now: datetime, policy: Policy) -> None:
    state = "delivered" if ended.told else "undelivered" if ended.outcome != "outdated" else "suppressed"
    if not _settle(session, [message_id], state, now, ended.error_code) or ended.told:
        return
    if ended.outcome not in AFTER_UNTOLD:
        _again(session, message_id, ended.again_at, now, policy)
    elif (meaning := AFTER_UNTOLD[ended.outcome]) is not None:
        receipts.follow_up(session, message_id, meaning, now=now)


def _settle(session: Session, ids: Sequence[int], state: str, now: datetime, code: int | None = None) -> list[int]:
    return list(session.scalars(OVER, {"ids": list(ids), "state": state, "now": now, "code": code})) if ids else []


def _again(session: Session, message_id: int, wished: datetime | None, now: datetime, policy: Policy) -> None:
    """The next try of D11, or the operators' task after the last. A notice that belonged to an answer keeps contact hours now."""
    attempt = session.execute(text("SELECT attempt FROM messages WHERE id = :id"), {"id": message_id}).scalar_one()
    waits = policy.call_again
    if attempt <= len(waits):
        facts = {"id": message_id, "now": now, "due_at": wished or now + waits[attempt - 1], "most": len(waits) + 1, "elsewhere": False}
        session.execute(receipts.TRY_AGAIN, facts)
    session.execute(receipts.GIVE_UP, {"id": message_id, "now": now})


LOST = text("""
SELECT id, wire_id FROM calls
 WHERE outcome IS NULL AND wire_id IS NOT NULL AND at < :before ORDER BY at LIMIT :limit
""")


def unfinished(session: Session, *, before: datetime, limit: int = 100) -> list[tuple[int, str]]:
    """Calls rung before an instant that have come to nothing yet, oldest first: (id, the carrier's id). Their end may have been lost."""
    return [(row.id, row.wire_id) for row in session.execute(LOST, {"before": before, "limit": limit})]


def known_wire_ids(session: Session, wire_ids: Sequence[str], *, but: int) -> set[str]:
    """Those of a carrier's ids that a call bears already; the call of the message `but` does not count."""
    query = text("SELECT wire_id FROM calls WHERE wire_id = ANY(:ids) AND message_id IS DISTINCT FROM :but")
    return set(session.scalars(query, {"ids": list(wire_ids), "but": but}))
