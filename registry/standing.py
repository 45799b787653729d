"""What stands open for one address: the visits, offers and places in the queue that a message from it can be about (X8).

One question to the database for each turn of a conversation.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import TextClause, text
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
    by_contact_person: bool = False  # it is somebody else's, who answers for the patients (R96)

    def those(self, *standings: Standing) -> tuple[StandingVisit, ...]:
        """The visits of these standings, soonest first."""
        return tuple(visit for visit in self.visits if visit.standing in standings)


VISITS = """
SELECT a.id,
       CASE WHEN a.status = 'proposed' AND a.expires_at > :now THEN 'offer'
            WHEN a.status IN ('proposed', 'declined', 'expired') THEN 'offer_ended'
            WHEN a.starts_at <= :now THEN 'past'
            WHEN a.status = 'booked' THEN 'open'
            WHEN a.status = 'cancelling' AND a.held_until > :now THEN 'undoable'
            ELSE 'cancelled' END,
       a.patient_id, a.starts_at, a.visit_type, a.service, l.name, l.street, l.city, l.phone,
       left(p.given_name, 1) || '. ' || left(p.family_name, 1) || '.', a.expires_at, a.entry_id, coalesce(e.returns, 0),
       v.value = :address AND v.state = 'active', {by_contact_person}, p.language
  FROM {behind}
  JOIN appointments a ON a.patient_id = p.id AND a.starts_at > :since
  JOIN contact_points v ON v.id = a.contact_point_id
  JOIN places l ON l.id = a.place_id
  LEFT JOIN entries e ON e.id = a.entry_id
 WHERE {which} AND p.died_at IS NULL
 ORDER BY a.starts_at, a.id
"""
PEOPLE = """
SELECT p.id AS patient_id, p.language, {by_contact_person} AS by_contact_person, e.id AS entry_id, e.service
  FROM {behind}
  LEFT JOIN entries e ON e.patient_id = p.id AND e.state = 'waiting'
 WHERE {which} AND p.died_at IS NULL
 ORDER BY p.id, e.id
"""
BY_ADDRESS = {
    "behind": "contact_points c JOIN patients p ON p.id = c.patient_id", "by_contact_person": "c.contact_person_id IS NOT NULL",
    "which": "c.value = :address AND c.state <> 'wrong_person'",
}  # fmt: skip
BY_PATIENT = {"behind": "patients p", "by_contact_person": "false", "which": "p.id = :patient_id"}


def _both(way: dict[str, str]) -> tuple[TextClause, TextClause]:
    return text(PEOPLE.format(**way)), text(VISITS.format(**way))


OF_ADDRESS, OF_PATIENT = _both(BY_ADDRESS), _both(BY_PATIENT)


def of_address(session: Session, address: str, *, now: datetime) -> Addressee:
    """Who is reached at an address, and what is open for them at `now`; a stranger who said so reaches nobody's visits."""
    return _standing(session, OF_ADDRESS, {"address": address}, now)


def of_patient(session: Session, patient_id: int, address: str, *, now: datetime) -> Addressee:
    """The same for a patient who has shown who he is; `address` is where he writes from, for `told_here`."""
    return _standing(session, OF_PATIENT, {"patient_id": patient_id, "address": address}, now)


def together(one: Addressee, other: Addressee) -> Addressee:
    """What stands open for either; a visit or a place in the queue that both have counts once, as the first has it."""
    visits = {visit.id: visit for visit in (*other.visits, *one.visits)}
    waiting = {place.entry_id: place for place in (*other.waiting, *one.waiting)}
    return Addressee(
        one.known or other.known, tuple(sorted(visits.values(), key=lambda visit: (visit.starts_at, visit.id))),
        tuple(waiting.values()), other.language or one.language, other.patient_id or one.patient_id,
        one.by_contact_person and other.by_contact_person,
    )  # fmt: skip


def _standing(session: Session, queries: tuple[TextClause, TextClause], which: dict[str, Any], now: datetime) -> Addressee:
    people = session.execute(queries[0], which).all()
    if not people:
        return Addressee(known=False)
    facts = {**which, "now": now, "since": now - LOOK_BACK}
    visits = tuple(StandingVisit(*row) for row in session.execute(queries[1], facts))
    waiting = tuple(Waiting(row.entry_id, row.patient_id, row.service, row.by_contact_person) for row in people if row.entry_id)
    patients = {row.patient_id for row in people}
    one_patient = people[0].patient_id if len(patients) == 1 else None
    return Addressee(True, visits, waiting, people[0].language, one_patient, all(row.by_contact_person for row in people))
