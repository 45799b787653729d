"""One conversation in full: every message in order, what was understood in it, what came of it; masked before it leaves here."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

from channels.operators import masking, scope, words
from channels.operators.tongues import SAID_IN
from dialogs import notices
from dialogs.wording import MissingFact, UnknownText

PAGE: Final = 100
ASKED_OF_THE_PERSON: Final = frozenset({"pesel", "referral_code", "date_of_birth", "postcode"})

log = structlog.get_logger("console")


@dataclass(frozen=True, slots=True)
class Reading:
    """What was understood in an incoming message and what was done, in an operator's words."""

    intent: str
    confidence: str
    question: bool
    others: tuple[tuple[str, str], ...]
    entities: tuple[tuple[str, str], ...]
    asked: str
    action: str
    outcome: str
    meant: str = ""  # the intent that somebody marked as the right one


@dataclass(frozen=True, slots=True)
class Said:
    """One message: `body` is masked; None when its words are kept no longer (`redacted`), or are not there yet and cannot be foreseen."""

    id: int
    at: datetime
    incoming: bool
    kind: str
    by_staff: bool
    body: str | None
    foreseen: bool
    redacted: bool
    state: str
    failed: bool
    error_code: int | None
    tries: int
    due_at: datetime | None
    sent_at: datetime | None
    done_at: datetime | None
    language: str
    reading: Reading | None


@dataclass(frozen=True, slots=True)
class Opened:
    """A conversation that an operator looks at; `masked` is its address as he may see it, `address` is for queries only.

    `provider_id` is the clinic that he is confined to; `unmasked` says that he has been shown who it is.
    """

    id: int
    channel: str
    address: str
    masked: str
    people: tuple[str, ...]
    patient_id: int | None
    needs_person: bool
    outcome: str | None
    patient_ids: tuple[int, ...]
    provider_id: int | None
    unmasked: bool
    names: tuple[str, ...]
    identifiers: tuple[str, ...]
    numbered: tuple[tuple[int, str], ...] = ()  # the people again, each with the patient's number


CONVERSATION = text(f"""
SELECT c.id, c.channel, c.address, c.patient_id, c.needs_person, c.outcome FROM conversations c WHERE c.id = :id AND {scope.CONVERSATION}
""")  # noqa: S608  our own words only

# Two ways to a person, one after the other: with OR no index would serve.
PEOPLE = text("""
SELECT DISTINCT p.id, p.given_name, p.family_name, p.identifier, h.name AS helper, h.relationship
  FROM (SELECT patient_id, contact_person_id FROM contact_points WHERE value = :address
         UNION SELECT CAST(:patient_id AS bigint), NULL
         WHERE NOT EXISTS (SELECT 1 FROM contact_points WHERE value = :address AND patient_id = :patient_id)) c
  JOIN patients p ON p.id = c.patient_id LEFT JOIN contact_persons h ON h.id = c.contact_person_id
 ORDER BY p.id LIMIT 20
""")

MESSAGES = text(f"""
SELECT m.id, m.at, m.direction, m.channel, m.kind, m.body, m.facts, {SAID_IN} AS language, m.state, m.error_code, m.tries,
       m.due_at, m.sent_at, m.done_at, m.redacted_at, coalesce(l.phone, m.facts ->> 'phone') AS phone,
       t.id AS turn_id, t.intent, t.confidence, t.question, t.entities, t.others, t.asked, t.action, t.outcome, k.intent AS meant
  FROM messages m
  JOIN conversations c ON c.channel = m.channel AND c.address = m.address
  LEFT JOIN turns t ON t.message_id = m.id
  LEFT JOIN reading_marks k ON k.message_id = m.id AND k.state <> 'withdrawn'
  LEFT JOIN appointments a ON a.id = m.appointment_id
  LEFT JOIN places l ON l.id = a.place_id
 WHERE m.channel = :channel AND m.address = :address AND m.id < :before AND {scope.MESSAGE}
 ORDER BY m.id DESC LIMIT :limit
""")  # noqa: S608  our own words only

NEWEST: Final = 2**62


def find(session: Session, conversation_id: int, *, provider_id: int | None = None, unmasked: bool = False) -> Opened | None:
    """The conversation with the people whom its address belongs to; None when there is none with this number, or in this clinic."""
    row = session.execute(CONVERSATION, {"id": conversation_id, "provider_id": provider_id}).one_or_none()
    if row is None:
        return None
    people = session.execute(PEOPLE, {"address": row.address, "patient_id": row.patient_id}).all()
    names = [part for one in people for part in (one.given_name, one.family_name, one.helper) if part]
    return Opened(
        row.id, row.channel, row.address, row.address if unmasked else masking.address(row.address),
        tuple(_person(one, unmasked=unmasked) for one in people), row.patient_id, row.needs_person, row.outcome,
        tuple(dict.fromkeys(one.id for one in people)), provider_id, unmasked, tuple(names), tuple(one.identifier for one in people),
        tuple((one.id, _person(one, unmasked=unmasked)) for one in people),
    )  # fmt: skip


def _person(row: Any, *, unmasked: bool) -> str:
    who = f"{row.given_name} {row.family_name}, {row.identifier}" if unmasked else f"{row.given_name[:1]}. {row.family_name[:1]}."
    return f"{who} ({words.name('persons', 'by')}: {row.relationship}{', ' + row.helper if unmasked else ''})" if row.helper else who


def messages(session: Session, opened: Opened, *, before: int | None = None) -> tuple[list[Said], int | None]:
    """The latest PAGE messages before a message number, oldest first, and the number to go on from when there are earlier ones.

    Those of calls stand as they were said: the notice that a call is made for is written before it and said in its midst.
    """
    facts = {"channel": opened.channel, "address": opened.address, "before": before or NEWEST, "limit": PAGE + 1}
    facts["provider_id"] = opened.provider_id
    rows = session.execute(MESSAGES, facts).all()
    public = {row.phone for row in rows if row.phone}
    as_said = sorted(rows[:PAGE], key=_spoken_at) if opened.channel == "voice" else reversed(rows[:PAGE])
    shown = [_said(row, opened, public) for row in as_said]
    return shown, rows[PAGE - 1].id if len(rows) > PAGE else None


def _spoken_at(row: Any) -> tuple[datetime, int]:
    return (row.sent_at if row.direction == "out" and row.sent_at else row.at), row.id


def _said(row: Any, opened: Opened, public: Iterable[str]) -> Said:
    body = row.body if row.body is not None or row.redacted_at else _foreseen(row)
    words_shown = masked(_without_keys(body, row.asked, opened), opened, public) if body else body
    return Said(
        row.id, row.at, row.direction == "in", words.name("messages", row.kind), row.kind == "operator", words_shown,
        row.body is None and not row.redacted_at, row.redacted_at is not None, words.name("states", row.state),
        row.state in ("failed", "undelivered"), row.error_code, row.tries, row.due_at, row.sent_at, row.done_at,
        row.language, _reading(row, opened) if row.turn_id else None,
    )  # fmt: skip


def _without_keys(body: str, asked: str | None, opened: Opened) -> str:
    """A turn of a call without the digits that answered a personal question; `[1] tak` is none (X34)."""
    personal = opened.channel == "voice" and not opened.unmasked and asked in ASKED_OF_THE_PERSON and body.startswith("[")
    return re.sub(r"\d+", masking.GAP, body) if personal else body


def masked(body: str, opened: Opened, public: Iterable[str] = ()) -> str:
    """Words of this conversation as its reader may see them; `public` are telephones that anybody may read."""
    if opened.unmasked:
        return body
    return masking.text(body, names=opened.names, identifiers=opened.identifiers, public=public)


def _foreseen(row: Any) -> str | None:
    """The words that a notice will have when it is sent."""
    try:
        return notices.words(row.kind, row.facts, language=row.language, channel=row.channel)
    except (MissingFact, UnknownText) as error:
        log.warning("a queued notice has no words", kind=row.kind, language=row.language, error=type(error).__name__)
        return None


def _reading(row: Any, opened: Opened) -> Reading:
    return Reading(
        intent=words.name("intents", row.intent),
        confidence=words.percent(row.confidence),
        question=row.question,
        others=tuple((words.name("intents", intent), words.percent(share)) for intent, share in row.others),
        entities=_entities(row.entities, opened),
        asked="" if row.asked == "nothing" else words.name("asked", row.asked),
        action=words.action(row.action),
        outcome=words.name("outcomes", row.outcome),
        meant=words.name("intents", row.meant),
    )


def _entities(found: Mapping[str, Any], opened: Opened) -> tuple[tuple[str, str], ...]:
    shown = masking.entities(found, names=opened.names, identifiers=opened.identifiers)
    return tuple((words.name("entities", key), value or words.name("persons", "hidden")) for key, value in shown.items())
