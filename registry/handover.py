"""A conversation that a person has taken over: the automat waits, until it is given back or the person has been silent for long (X33)."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

LASTS: Final = timedelta(hours=2)  # after the person's last word: nobody may be left to wait for one who went home

LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:channel || ' ' || :address, 0))")
TAKE = text("""
UPDATE conversations SET taken_by = :operator_id, taken_at = :now
 WHERE channel = :channel AND address = :address AND (taken_by IS NULL OR taken_by = :operator_id OR taken_at <= :since) RETURNING id
""")
GIVE_BACK = text("""
UPDATE conversations SET taken_by = NULL, taken_at = NULL
 WHERE channel = :channel AND address = :address AND taken_by = :operator_id RETURNING id
""")
TAKEN = text("SELECT taken_by FROM conversations WHERE channel = :channel AND address = :address AND taken_at > :since")


def take(session: Session, channel: str, address: str, operator_id: int, *, now: datetime) -> bool:
    """Take a conversation over; False when a colleague has it. Behind the lock of its turns: none is half answered (X14)."""
    session.execute(LOCK, {"channel": channel, "address": address})
    facts = {"channel": channel, "address": address, "operator_id": operator_id, "now": now, "since": now - LASTS}
    return session.execute(TAKE, facts).one_or_none() is not None


def give_back(session: Session, channel: str, address: str, operator_id: int) -> bool:
    """Let the automat answer again; False when it was not this person's."""
    session.execute(LOCK, {"channel": channel, "address": address})
    facts = {"channel": channel, "address": address, "operator_id": operator_id}
    return session.execute(GIVE_BACK, facts).one_or_none() is not None


def taken_by(session: Session, channel: str, address: str, *, now: datetime) -> int | None:
    """Who has taken a conversation over, while that holds."""
    found: int | None = session.scalar(TAKEN, {"channel": channel, "address": address, "since": now - LASTS})
    return found


# To a telephone as an answer to its last message: such a one goes out at any hour. In a chat's window it is seen at once.
SAY = text("""
INSERT INTO messages (at, direction, channel, address, kind, state, body, language, facts, in_reply_to, due_at, sent_at, done_at,
                      attempt, tries)
SELECT :now, 'out', :channel, :address, :kind, CASE WHEN :at_once THEN 'delivered' ELSE 'queued' END, :body, :language, '{}',
       (SELECT max(id) FROM messages WHERE channel = :channel AND address = :address AND direction = 'in'), :now,
       CASE WHEN :at_once THEN CAST(:now AS timestamptz) END, CASE WHEN :at_once THEN CAST(:now AS timestamptz) END, 1, 0
RETURNING id
""")
TOUCH = text("UPDATE conversations SET last_at = :now WHERE channel = :channel AND address = :address")


def say(session: Session, channel: str, address: str, body: str, *, kind: str, language: str, now: datetime) -> int:
    """A person's words, or the word that a person has come or gone; the message's id."""
    facts = {"channel": channel, "address": address, "body": body, "kind": kind, "language": language, "now": now}
    number = int(session.execute(SAY, {**facts, "at_once": channel == "chat"}).scalar_one())
    session.execute(TOUCH, facts)
    return number
