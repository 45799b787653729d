"""What happened to the slots that the people of one address hold or held: booked, given up, offered, passed to the next person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from channels.operators import words
from channels.operators.thread import Opened

MOST_SLOTS: Final = 8
MOST_STEPS: Final = 200


@dataclass(frozen=True, slots=True)
class Step:
    """One change of a slot; `who` are the initials of its holder then, `conversation_id` is his where it is another one."""

    at: datetime
    what: str
    kind: str
    by: str
    who: str
    ours: bool
    conversation_id: int | None


@dataclass(frozen=True, slots=True)
class Journey:
    """A slot with its steps, oldest first; `where` names service and place, both public."""

    slot_id: int
    starts_at: datetime
    where: str
    steps: tuple[Step, ...]


JOURNEYS = text("""
WITH visits AS (
    SELECT a.id, a.slot_id FROM contact_points c JOIN appointments a ON a.patient_id = c.patient_id
     WHERE c.value = :address AND (CAST(:provider_id AS bigint) IS NULL OR a.place_id IN (
         SELECT id FROM places WHERE provider_id = :provider_id))
     ORDER BY a.id DESC LIMIT :slots),
held AS (
    SELECT slot_id FROM visits
     UNION
    SELECT (e.facts ->> 'from_slot')::bigint FROM visits v JOIN events e ON e.appointment_id = v.id WHERE e.facts ? 'from_slot')
SELECT e.slot_id, e.at, e.kind, e.actor, e.channel, s.starts_at, s.service, l.name AS place, l.city, a.patient_id,
       left(p.given_name, 1) || '. ' || left(p.family_name, 1) || '.' AS who, v.id AS conversation_id,
       EXISTS (SELECT 1 FROM contact_points o WHERE o.patient_id = a.patient_id AND o.value = :address) AS ours
  FROM held h
  JOIN events e ON e.slot_id = h.slot_id
  JOIN slots s ON s.id = e.slot_id
  JOIN places l ON l.id = s.place_id
  LEFT JOIN appointments a ON a.id = e.appointment_id
  LEFT JOIN patients p ON p.id = a.patient_id
  LEFT JOIN contact_points c ON c.id = a.contact_point_id
  LEFT JOIN conversations v ON v.channel = c.channel AND v.address = c.value
 WHERE CAST(:provider_id AS bigint) IS NULL OR l.provider_id = :provider_id
 ORDER BY e.id DESC LIMIT :steps
""")


def journeys(session: Session, opened: Opened) -> list[Journey]:
    """The slots of this conversation's people, the one that changed last first."""
    facts = {"address": opened.address, "slots": MOST_SLOTS, "steps": MOST_STEPS, "provider_id": opened.provider_id}
    by_slot: dict[int, list[Any]] = {}
    for row in session.execute(JOURNEYS, facts):
        by_slot.setdefault(row.slot_id, []).append(row)
    return [_journey(rows, opened) for rows in by_slot.values()]


def _journey(rows: list[Any], opened: Opened) -> Journey:
    first = rows[0]
    steps = tuple(_step(row, opened) for row in reversed(rows))
    return Journey(first.slot_id, first.starts_at, f"{words.service(first.service)}, {first.place}, {first.city}", steps)


def _step(row: Any, opened: Opened) -> Step:
    elsewhere = row.conversation_id if row.conversation_id != opened.id else None
    return Step(row.at, words.name("events", row.kind), row.kind.replace(".", "-"), _by(row), row.who or "", bool(row.ours), elsewhere)


def _by(row: Any) -> str:
    if row.actor == "system":
        return words.name("event_channels", "worker")
    return f"{words.name('actors', row.actor)}, {words.name('event_channels', row.channel)}"
