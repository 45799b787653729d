"""Every message in and out: the outbox and the dialogue log are the same rows. Here they are received, answered and remembered.

What patients are told of changes is written by `notices`, unique per visit version, kind and recipient (X29); the row is the job that a
dispatcher claims later (`outbox`).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, Text, bindparam, insert, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.database import Numbered

REMINDERS = ("reminder_d7", "reminder_d1")
REACHED = ("sending", "accepted", "sent", "delivered")  # what a patient may have seen when he writes


class Conversation(Numbered):
    """All that is said with one address over one channel; what a dialogue must remember between turns is in `memory`."""

    __tablename__ = "conversations"
    __table_args__ = (
        Index(None, "channel", "address", unique=True),
        Index(None, "last_at", "id"),
        Index("ix_conversations_waiting", "last_at", "id", postgresql_where=text("needs_person")),
        Index(None, "last_intent", "last_at", "id"),
        Index(None, "outcome", "last_at", "id"),
        Index(None, "language", "last_at", "id"),
        Index(None, "address"),
        Index(None, "patient_id"),
    )

    channel: Mapped[str]
    address: Mapped[str]
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patients.id"))
    last_at: Mapped[datetime]
    last_intent: Mapped[str | None]
    confidence: Mapped[float | None] = mapped_column(Float)  # of the last reading
    language: Mapped[str | None]  # that the last turn was answered in
    outcome: Mapped[str | None]
    needs_person: Mapped[bool] = mapped_column(default=False)
    memory: Mapped[dict[str, Any]] = mapped_column(default=dict)
    taken_by: Mapped[int | None] = mapped_column(ForeignKey("operators.id"))  # the person who answers instead of the automat
    taken_at: Mapped[datetime | None]


class Message(Numbered):
    """One message, in or out.

    Out: queued → sending (claimed until `lease_until`) → accepted (the carrier gave `wire_id`) → sent → delivered, undelivered or
    failed; `suppressed` when what it tells is no longer true. In: received. `visit_version` is the appointment's version that a
    notice tells of; for reminders the count of its moves, so that a cancellation taken back is not reminded of twice; for news of a
    slip, which time it is.
    """

    __tablename__ = "messages"
    __table_args__ = (
        Index(
            "uq_messages_notice", "appointment_id", "visit_version", "kind", "address", "attempt", unique=True,
            postgresql_where=text("direction = 'out' AND visit_version IS NOT NULL"),
        ),  # X29
        Index(
            "uq_messages_entry_notice", "entry_id", "kind", "attempt", text("coalesce(visit_version, 0)"), unique=True,
            postgresql_where=text("direction = 'out' AND entry_id IS NOT NULL"),
        ),  # X29, R103; news of a slip comes again (R66)
        Index("uq_messages_wire_id", "wire_id", unique=True),
        Index("uq_messages_retry_of", "retry_of", unique=True),  # a failure told twice is tried again once
        Index("ix_messages_due", "due_at", "id", postgresql_where=text("state = 'queued'")),
        Index("ix_messages_unredacted", "at", postgresql_where=text("redacted_at IS NULL")),
        Index("ix_messages_leased", "lease_until", postgresql_where=text("state = 'sending'")),
        Index("ix_messages_outstanding", "address", postgresql_where=text("state IN ('queued', 'sending')")),
        Index(None, "channel", "address", "id"),
        Index(None, "in_reply_to"),
        Index(None, "at"),
        CheckConstraint("direction IN ('in', 'out')", name="direction"),
        CheckConstraint(
            "state IN ('received', 'queued', 'sending', 'accepted', 'sent', 'delivered', 'undelivered', 'failed', 'suppressed')",
            name="state",
        ),
    )  # fmt: skip

    at: Mapped[datetime]
    direction: Mapped[str]
    channel: Mapped[str]
    address: Mapped[str]
    kind: Mapped[str]
    state: Mapped[str]
    body: Mapped[str | None]
    language: Mapped[str] = mapped_column(default="pl")
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    asks: Mapped[str | None]
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patients.id"))
    contact_point_id: Mapped[int | None] = mapped_column(ForeignKey("contact_points.id"))
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointments.id"))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entries.id"))  # of notices about a place in the queue
    visit_version: Mapped[int | None]
    visit_starts_at: Mapped[datetime | None]
    in_reply_to: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    attempt: Mapped[int] = mapped_column(default=1)
    retry_of: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    due_at: Mapped[datetime | None]
    claimed_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    leased_by: Mapped[str | None]
    tries: Mapped[int] = mapped_column(default=0)
    doubts: Mapped[int | None]
    wire_id: Mapped[str | None]
    error_code: Mapped[int | None]
    sent_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    redacted_at: Mapped[datetime | None]  # since when its words are gone (D15, X34)


class Turn(Numbered):
    """What was understood in one message and what came of it (X33)."""

    __tablename__ = "turns"
    __table_args__ = (
        Index("ix_turns_unanswered", "message_id", postgresql_where=text("intent IN ('ask_faq', 'nlu_fallback')")),
    )  # fmt: skip

    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), unique=True)
    at: Mapped[datetime]
    intent: Mapped[str]
    confidence: Mapped[float] = mapped_column(Float)
    question: Mapped[bool]
    entities: Mapped[dict[str, Any]] = mapped_column(default=dict)
    others: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    asked: Mapped[str]
    action: Mapped[str]
    outcome: Mapped[str]
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointments.id"))


@dataclass(frozen=True, slots=True)
class Received:
    """A message as a channel hands it over; `wire_id` is the carrier's own and never comes twice.

    `opted` says that the carrier itself took the message as the end of all messages to this address, or as their resumption.
    """

    channel: str
    address: str
    wire_id: str
    body: str
    facts: dict[str, Any]
    opted: Literal["out", "in"] | None = None


# Turns of one address happen one after another: the lock is taken before the message is written (X14).
RECEIVE = text("""
INSERT INTO messages (at, direction, channel, address, kind, state, body, language, facts, wire_id, attempt, tries)
SELECT :now, 'in', :channel, :address, 'message', 'received', :body, 'pl', :facts, :wire_id, 1, 0
  FROM (SELECT pg_advisory_xact_lock(hashtextextended(:channel || ' ' || :address, 0))) AS locked
    ON CONFLICT DO NOTHING
RETURNING id
""").bindparams(bindparam("facts", type_=JSONB), bindparam("channel", type_=Text), bindparam("address", type_=Text))


def receive(session: Session, message: Received, *, now: datetime) -> int | None:
    """Write an incoming message down and lock its address until the transaction ends (X14).

    Its id, or None when the carrier has brought it before (R102).
    """
    row = {
        "now": now, "channel": message.channel, "address": message.address, "body": message.body, "facts": message.facts,
        "wire_id": message.wire_id,
    }  # fmt: skip
    message_id = session.scalar(RECEIVE, row)
    return None if message_id is None else int(message_id)


WRITE_ANSWER = insert(Message.__table__).returning(Message.__table__.c.id)  # type: ignore[arg-type]  # a mapped class's table


def answer(
    session: Session, message_id: int, *, channel: str, address: str, kind: str, body: str, language: str, now: datetime,
    asks: str | None = None, appointment_id: int | None = None, **facts: Any,
) -> int:  # fmt: skip
    """Queue an answer to a message; it goes out at any hour. `asks` says what question it puts, for the next turn.

    A chat's window shows what is written: such an answer has arrived, and the next message of the chat may answer it.
    """
    shown = channel == "chat"
    row = {
        "at": now, "direction": "out", "channel": channel, "address": address, "kind": kind, "body": body,
        "state": "delivered" if shown else "queued", "sent_at": now if shown else None, "done_at": now if shown else None,
        "language": language, "facts": facts, "asks": asks, "appointment_id": appointment_id, "in_reply_to": message_id,
        "due_at": now, "attempt": 1, "tries": 0,
    }  # fmt: skip
    return int(session.execute(WRITE_ANSWER, row).scalar_one())


ANSWERS_TO = text("""
SELECT a.body FROM messages a JOIN messages m ON m.id = a.in_reply_to
 WHERE m.wire_id = :wire_id AND a.direction = 'out' AND a.body IS NOT NULL ORDER BY a.id
""")


def answers_to(session: Session, wire_id: str) -> list[str]:
    """The words of what was answered to a message; notices, which the edge words, are not among them."""
    return list(session.scalars(ANSWERS_TO, {"wire_id": wire_id}))


class Taken(NamedTuple):
    """A turn that was taken, in the words of the log."""

    action: str
    outcome: str
    intent: str
    confidence: float


def turn_of(session: Session, wire_id: str) -> Taken | None:
    """The turn that was made of a message; None while nobody has taken it."""
    found = select(Turn.action, Turn.outcome, Turn.intent, Turn.confidence).join(Message, Message.id == Turn.message_id)
    row = session.execute(found.where(Message.wire_id == wire_id)).one_or_none()
    return None if row is None else Taken(*row)


class Seen(NamedTuple):
    """What an answer may be about: a message's question, its visit, what the dialogue remembers with it, and when it went out."""

    id: int
    asks: str | None
    appointment_id: int | None
    facts: dict[str, Any]
    sent_at: datetime | None


LAST_SEEN = (
    select(Message.id, Message.asks, Message.appointment_id, Message.facts, Message.sent_at)
    .where(
        Message.channel == bindparam("channel"), Message.address == bindparam("address"), Message.direction == "out",
        Message.state.in_(REACHED),
        Message.asks.is_not(None) | Message.appointment_id.is_not(None) | Message.facts.has_key("misunderstood"),
    )
    .order_by(Message.id.desc())
    .limit(1)
)  # fmt: skip


def last_seen(session: Session, channel: str, address: str) -> Seen | None:
    """The newest message that went out to this address and asked something, told of a visit or did not understand: what an answer is
    about."""
    row = session.execute(LAST_SEEN, {"channel": channel, "address": address}).one_or_none()
    return None if row is None else Seen(*row)


WRITE_TURN = text("""
WITH turn AS (
    INSERT INTO turns (message_id, at, intent, confidence, question, entities, others, asked, action, outcome, appointment_id)
    VALUES (:message_id, :at, :intent, :confidence, :question, :entities, :others, :asked, :action, :outcome, :appointment_id))
INSERT INTO conversations (channel, address, patient_id, last_at, last_intent, confidence, language, outcome, needs_person, memory)
VALUES (:channel, :address, :patient_id, :at, :intent, :confidence, :language, :outcome, :needs_person, :memory)
    ON CONFLICT (channel, address) DO UPDATE SET last_at = excluded.last_at, last_intent = excluded.last_intent,
       confidence = excluded.confidence, language = excluded.language, outcome = excluded.outcome, memory = excluded.memory,
       needs_person = conversations.needs_person OR excluded.needs_person
""").bindparams(bindparam("entities", type_=JSONB), bindparam("others", type_=JSONB), bindparam("memory", type_=JSONB))


def remembered(session: Session, channel: str, address: str) -> dict[str, Any]:
    """What the dialogue with this address keeps between two turns; empty before the first."""
    row = select(Conversation.memory).where(Conversation.channel == channel, Conversation.address == address)
    return session.scalar(row) or {}


def write_turn(session: Session, **columns: Any) -> None:
    """Log the turn of a message and bring its conversation up to date; `columns` are those of both tables."""
    session.execute(WRITE_TURN, columns)
