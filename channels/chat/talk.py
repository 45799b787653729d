"""One chat and its messages. A browser holds a random word; the conversation's address is a digest of it, so nothing here opens a chat.

What a patient says is one turn in one transaction; the answers are rows like any other, delivered by being read.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from channels.calendar_file import Entry, calendar
from channels.chat.cards import Card, cards_of
from channels.rasa import TakesTurns
from registry.communications import Received
from registry.database import in_transaction, transaction

LONGEST: Final = 1000  # characters of one message
LASTS: Final = timedelta(hours=24)  # after its last message a chat is over; the browser begins a new one
LASTS_WITH_PEOPLE: Final = timedelta(days=5)  # where a person was asked for or has written: over the longest row of days off
MOST: Final = 200  # messages that are told at once


@dataclass(frozen=True, slots=True)
class Said:
    """A message as the window shows it. `by` is patient, system or operator; `calendar` says that there is a file to take along."""

    id: int
    by: str
    text: str
    at: datetime
    quick: tuple[str, ...] = ()
    cards: tuple[Card, ...] = ()
    calendar: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """What chats work with; one for each application."""

    engine: Engine
    turns: TakesTurns
    clock: Callable[[], datetime]


def new_token() -> str:
    """The word that opens one chat."""
    return secrets.token_urlsafe(32)


def address_of(token: str) -> str:
    """The address under which a chat is kept."""
    return f"chat {sha256(token.encode()).hexdigest()[:32]}"


def say(desk: Desk, address: str, wire_id: str, words: str, *, now: datetime) -> None:
    """One message of a patient; brought twice it is one (X29). Words beyond LONGEST are for the caller to refuse."""
    received = Received("chat", address, f"{address} {wire_id}", words.replace("\x00", ""), {})

    desk.turns.take(received, now)
    facts = {"address": address, "wire_id": received.wire_id, "now": now, "shown": max(now, desk.clock())}
    in_transaction(desk.engine, lambda session: [session.execute(one, facts) for one in (SHOWN, READ)])


# The answer is in the window when the turn is over, not when it began: what the figures of chat's latency are counted from.
SHOWN = text("""
UPDATE messages SET sent_at = :shown, done_at = :shown
 WHERE in_reply_to = (SELECT id FROM messages WHERE channel = 'chat' AND wire_id = :wire_id AND direction = 'in')
   AND channel = 'chat' AND direction = 'out' AND state = 'delivered' AND sent_at = :now
""")

# What people wrote meanwhile.
READ = text("""
UPDATE messages SET state = 'delivered', sent_at = :now, done_at = :now
 WHERE channel = 'chat' AND address = :address AND direction = 'out' AND state = 'queued'
""")

SINCE = text("""
SELECT m.id, m.at, m.direction, m.kind, m.body, m.asks, m.facts, m.language, m.appointment_id, a.status = 'booked' AS booked
  FROM messages m LEFT JOIN appointments a ON a.id = m.appointment_id
 WHERE m.channel = 'chat' AND m.address = :address AND m.id > :after AND m.body IS NOT NULL
 ORDER BY m.id DESC LIMIT :most
""")


def since(desk: Desk, address: str, after: int) -> list[Said]:
    """What was said after a message number, oldest first; quick replies and cards only with the last word."""
    with transaction(desk.engine) as session:
        rows = list(reversed(session.execute(SINCE, {"address": address, "after": after, "most": MOST}).all()))
        return [_said(session, address, row, last=row is rows[-1]) for row in rows]


def _said(session: Session, address: str, row: Any, *, last: bool) -> Said:
    by = "patient" if row.direction == "in" else "operator" if row.kind == "operator" else "system"
    open_question = last and by == "system"
    return Said(
        row.id, by, row.body, row.at, quick_of(row.asks, row.language) if open_question else (),
        cards_of(session, address, row.asks, row.facts, row.language) if open_question else (), bool(row.booked) and row.direction == "out",
    )  # fmt: skip


QUICK: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "pl": {"yes_no": ("Tak", "Nie"), "offer": ("Tak", "Nie"), "reminder": ("Tak, będę", "Odwołuję")},
    "uk": {"yes_no": ("Так", "Ні"), "offer": ("Так", "Ні"), "reminder": ("Так, буду", "Скасовую")},
    "en": {"yes_no": ("Yes", "No"), "offer": ("Yes", "No"), "reminder": ("Yes, I will come", "I cancel")},
}


def quick_of(asks: str | None, language: str) -> tuple[str, ...]:
    """Answers that are one press away; they are said as if they had been typed."""
    return QUICK.get(language, QUICK["pl"]).get(asks or "", ())


ALIVE = text("""
SELECT c.last_at, c.needs_person OR EXISTS (SELECT 1 FROM messages m WHERE m.channel = c.channel AND m.address = c.address
                                               AND m.kind = 'operator') AS with_people
  FROM conversations c WHERE c.channel = 'chat' AND c.address = :address
""")


def alive(desk: Desk, token: str, *, now: datetime) -> bool:
    """Whether a chat can be gone on with: nobody has spoken in it yet, or somebody lately; a person's answer is waited for longer."""
    with transaction(desk.engine) as session:
        row = session.execute(ALIVE, {"address": address_of(token)}).one_or_none()
    return row is None or now - row.last_at <= (LASTS_WITH_PEOPLE if row.with_people else LASTS)


NEWS = text("SELECT address, max(id) FROM messages WHERE channel = 'chat' AND id > :after GROUP BY address")
NEWEST = text("SELECT coalesce(max(id), 0) FROM messages")


def newest(desk: Desk) -> int:
    """The number of the newest message of all."""
    with transaction(desk.engine) as session:
        return int(session.execute(NEWEST).scalar_one())


def talked(desk: Desk, after: int) -> dict[str, int]:
    """In which chats something was said after a message number, and up to which."""
    with transaction(desk.engine) as session:
        return {row[0]: int(row[1]) for row in session.execute(NEWS, {"after": after})}


CALENDAR = text("""
SELECT a.id, a.version, a.starts_at, a.ends_at, l.name, l.street, l.city, l.phone, m.language
  FROM messages m JOIN appointments a ON a.id = m.appointment_id JOIN places l ON l.id = a.place_id
 WHERE m.channel = 'chat' AND m.address = :address AND m.id = :id AND m.direction = 'out' AND a.status = 'booked'
""")


def calendar_of(desk: Desk, address: str, message_id: int, *, host: str) -> str | None:
    """The calendar file of the visit that a message of this chat told of; None when there is none, or it is no longer booked."""
    with transaction(desk.engine) as session:
        row = session.execute(CALENDAR, {"address": address, "id": message_id}).one_or_none()
    if row is None:
        return None
    entry = Entry(
        uid=f"visit-{row.id}@{host}", sequence=row.version, starts_at=row.starts_at, ends_at=row.ends_at, phone=row.phone,
        where=f"{row.name}, {row.street}, {row.city}", language=row.language,
    )  # fmt: skip
    return calendar(entry, now=desk.clock())
