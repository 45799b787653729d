"""What stands open for one address: the visits, offers and places in the queue that a message from it can be about (X8).

One question to the database for each turn of a conversation.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

Standing = Literal["open", "offer", "undoable", "cancelled", "offer_ended", "past"]

LOOK_BACK = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class StandingVisit:
    """A visit as a conversation sees it; instants are aware, `returns` counts visits given up before (D1)."""

    id: int
    standing: Standing
    patient_id: int
    starts_at: datetime
    visit_type: str
    service: str
    clinic: str
    street: str
    city: str
    phone: str
    initials: str
    expires_at: datetime | None
    entry_id: int | None
    returns: int
    told_here: bool  # notices of this visit go to this very address
    by_contact_person: bool
    language: str | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A place in the waiting room of a patient who is reached at this address."""

    entry_id: int
    patient_id: int
    service: str
    by_contact_person: bool


@dataclass(frozen=True, slots=True)
class Addressee:
    """Everything that stands open for an address; `known` is False when nobody ever gave it."""

    known: bool
    visits: tuple[StandingVisit, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    language: str | None = None
    patient_id: int | None = None

    def those(self, *standings: Standing) -> tuple[StandingVisit, ...]:
        """The visits of these standings, soonest first."""
        return tuple(visit for visit in self.visits if visit.standing in standings)


VISITS = text("""
SELECT a.id,
       CASE WHEN a.status = 'proposed' AND a.expires_at > :now THEN 'offer'
            WHEN a.status IN ('proposed', 'declined', 'expired') THEN 'offer_ended'
            WHEN a.starts_at <= :now THEN 'past'
            WHEN a.status = 'booked' THEN 'open'
            WHEN a.status = 'cancelling' AND a.held_until > :now THEN 'undoable'
            ELSE 'cancelled' END,
       a.patient_id, a.starts_at, a.visit_type, a.service, l.name, l.street, l.city, l.phone,
       left(p.given_name, 1) || '. ' || left(p.family_name, 1) || '.', a.expires_at, a.entry_id, coalesce(e.returns, 0),
       v.value = :address AND v.state = 'active', c.contact_person_id IS NOT NULL, p.language
  FROM contact_points c
  JOIN patients p ON p.id = c.patient_id
  JOIN appointments a ON a.patient_id = p.id AND a.starts_at > :since
  JOIN contact_points v ON v.id = a.contact_point_id
  JOIN places l ON l.id = a.place_id
  LEFT JOIN entries e ON e.id = a.entry_id
 WHERE c.value = :address AND c.state <> 'wrong_person' AND p.died_at IS NULL
 ORDER BY a.starts_at, a.id
""")

PEOPLE = text("""
SELECT c.patient_id, p.language, c.contact_person_id IS NOT NULL AS by_contact_person, e.id AS entry_id, e.service
  FROM contact_points c JOIN patients p ON p.id = c.patient_id
  LEFT JOIN entries e ON e.patient_id = c.patient_id AND e.state = 'waiting'
 WHERE c.value = :address AND c.state <> 'wrong_person' AND p.died_at IS NULL
 ORDER BY c.patient_id, e.id
""")


def of_address(session: Session, address: str, *, now: datetime) -> Addressee:
    """Who is reached at an address, and what is open for them at `now`; a stranger who said so reaches nobody's visits."""
    people = session.execute(PEOPLE, {"address": address}).all()
    if not people:
        return Addressee(known=False)
    facts = {"address": address, "now": now, "since": now - LOOK_BACK}
    visits = tuple(StandingVisit(*row) for row in session.execute(VISITS, facts))
    waiting = tuple(Waiting(row.entry_id, row.patient_id, row.service, row.by_contact_person) for row in people if row.entry_id)
    patients = {row.patient_id for row in people}
    return Addressee(True, visits, waiting, people[0].language, people[0].patient_id if len(patients) == 1 else None)
