"""What a call is to tell and what is said in it, in the rows of the dialogue log: so the console shows a call like any conversation.

An answer of a call is taken out of the queue in the transaction that wrote it: it is spoken now, by this call, and by no dispatcher.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from registry.communications import Message
from registry.outbox import HOLDS


@dataclass(frozen=True, slots=True)
class Briefing:
    """What a call must know before it says a word. `name` is whom to ask for: the patient, or the contact person whose number it is.

    `several` patients are reached at this number themselves, so a "yes, speaking" does not tell who speaks (X8). `holds` is False
    when the message's news is no longer true. Without a message it is a call that somebody made to us.
    """

    call_id: int
    direction: str
    address: str
    wire_id: str | None
    stage: str | None
    steps: int
    misses: int
    answered_by: str | None
    ended: bool
    message_id: int | None
    kind: str | None
    body: str | None
    facts: dict[str, Any] | None
    asks: str | None
    language: str
    patient_id: int | None
    name: str | None
    by_contact_person: bool
    several: bool
    holds: bool


BRIEFING = text(f"""
SELECT k.id, k.direction, k.address, k.wire_id, k.stage, k.steps, k.misses, k.answered_by, k.outcome IS NOT NULL,
       m.id, m.kind, m.body, m.facts, m.asks,
       coalesce(m.language, (SELECT o.language FROM contact_points n JOIN patients o ON o.id = n.patient_id
                              WHERE n.value = k.address AND n.state = 'active' AND o.language IS NOT NULL ORDER BY n.id LIMIT 1), 'pl'),
       m.patient_id, coalesce(h.name, p.given_name || ' ' || p.family_name), h.id IS NOT NULL,
       (SELECT count(DISTINCT n.patient_id) FROM contact_points n
         WHERE n.value = k.address AND n.state = 'active' AND n.contact_person_id IS NULL) > 1,
       {HOLDS}
  FROM calls k
  LEFT JOIN messages m ON m.id = k.message_id
  LEFT JOIN appointments a ON a.id = m.appointment_id
  LEFT JOIN contact_points c ON c.id = m.contact_point_id
  LEFT JOIN contact_persons h ON h.id = c.contact_person_id
  LEFT JOIN patients p ON p.id = m.patient_id
 WHERE k.id = :id
""")  # noqa: S608  a constant of ours


def briefing(session: Session, call_id: int, *, now: datetime) -> Briefing:
    """What this call must know as of now."""
    return Briefing(*session.execute(BRIEFING, {"id": call_id, "now": now}).one())


ADOPT = text(f"""
UPDATE calls SET message_id = chosen.id
  FROM (SELECT m.id FROM messages m LEFT JOIN appointments a ON a.id = m.appointment_id
         WHERE m.address = :address AND m.channel = 'voice' AND m.direction = 'out' AND m.state = 'queued' AND m.in_reply_to IS NULL
           AND m.attempt > 1 AND ({HOLDS})
         ORDER BY m.id LIMIT 1 FOR UPDATE OF m SKIP LOCKED) AS chosen
 WHERE calls.id = :id AND calls.message_id IS NULL
RETURNING calls.message_id
""")  # noqa: S608  a constant of ours


def call_back(session: Session, call_id: int, address: str, *, now: datetime) -> int | None:
    """Somebody calls after we rang in vain: what we wanted to tell is told in this call, and not rung for again. The message's id."""
    message_id = session.scalar(ADOPT, {"id": call_id, "address": address, "now": now})
    if message_id is not None:
        session.execute(text("UPDATE messages SET state = 'accepted', claimed_at = :now WHERE id = :id"), {"id": message_id, "now": now})
    return None if message_id is None else int(message_id)


def tell(session: Session, message_id: int | None, body: str, *, now: datetime) -> None:
    """A call's message is being said to the right person, in these words."""
    session.execute(
        text("""UPDATE messages SET state = 'sent', sent_at = :now, body = coalesce(body, :body)
                 WHERE id = :id AND state IN ('sending', 'accepted')"""),
        {"id": message_id, "now": now, "body": body},
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class SpokenAnswer:
    """An answer that a turn wrote for the caller; a notice among them carries facts, and has its words yet to come."""

    id: int
    kind: str
    body: str | None
    asks: str | None
    language: str
    facts: dict[str, Any]


TAKE = text("""
UPDATE messages m SET state = 'sent', claimed_at = :now, sent_at = :now
  FROM messages q
 WHERE q.wire_id = :wire_id AND m.in_reply_to = q.id AND m.channel = 'voice' AND m.address = q.address AND m.state = 'queued'
RETURNING m.id, m.kind, m.body, m.asks, m.language, m.facts
""")


def take_answers(session: Session, wire_id: str, *, now: datetime) -> list[SpokenAnswer]:
    """The answers to what was just said (by its wire id), oldest first; they are this call's to speak."""
    taken = [SpokenAnswer(*row) for row in session.execute(TAKE, {"wire_id": wire_id, "now": now})]
    return sorted(taken, key=lambda one: one.id)


ELSEWHERE = text("""
SELECT m.id, m.kind, m.body, m.asks, m.language, m.facts FROM messages m JOIN messages q ON m.in_reply_to = q.id
 WHERE q.wire_id = :wire_id AND m.channel <> 'voice' AND m.address = q.address ORDER BY m.id
""")


def told_elsewhere(session: Session, wire_id: str) -> list[SpokenAnswer]:
    """Notices of what was just said that go to the same number as text: who calls from it hears them all the same."""
    return [SpokenAnswer(*row) for row in session.execute(ELSEWHERE, {"wire_id": wire_id})]


def said(session: Session, address: str, lines: Sequence[tuple[str, str, str | None]], *, language: str, now: datetime) -> None:
    """Write down what the call itself said (kind, words, its name in the call): who speaks, whom it asks for, what it asks again."""
    session.add_all(
        Message(
            at=now, direction="out", channel="voice", address=address, kind=kind, state="delivered", body=body, language=language,
            facts={}, attempt=1, tries=0, sent_at=now, done_at=now, wire_id=name,
        )
        for kind, body, name in lines
    )  # fmt: skip


def words(session: Session, message_id: int) -> str | None:
    """The words of a message, if it has them yet."""
    body = session.scalar(text("SELECT body FROM messages WHERE id = :id"), {"id": message_id})
    return None if body is None else str(body)
