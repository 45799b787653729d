"""Who gets a slot: one rule with two entrances, the nightly unlock and the freed slot.

Every slot that nobody holds and nobody was asked about is `pending`. Once its day is open it is placed: given to the first patient of
the queue whom it suits, or offered, or published to everyone (R60-R62), as its lead at this moment says (X15). A day that unlocks and
a visit that is cancelled both only make pending slots, so both choose the same patient on the same state (X21).
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Literal

from sqlalchemy import ColumnElement, Engine, Select, and_, or_, select
from sqlalchemy.orm import Session

from registry import candidates, decisions, events, notices, offers, people
from registry.appointments import Appointment, hold, lock_visit
from registry.cancellations import release
from registry.catalogue import POLICY, SERVICES, Policy
from registry.database import in_transaction
from registry.decisions import Outcome
from registry.events import SYSTEM
from registry.people import ContactPoint
from registry.rules import last_open_day, offer_deadline, placement
from registry.schedules import Place, Slot, lock_slot
from registry.waiting_room import Entry

Placed = Outcome | Literal["not_due"]


@dataclass(frozen=True, slots=True)
class Placement:
    """What became of a slot, and by which appointment."""

    outcome: Placed
    appointment_id: int | None = None


def _first_candidate(session: Session, slot: Slot, now: datetime, policy: Policy) -> Entry | None:
    """The first of the queue, with the patient locked. Every change of an entry takes that lock first.

    Free to take, the lock leaves one thing to be asked: whether the entry may still have the slot. Where we had to wait for it, the queue
    is asked again until it holds still.
    """
    where = session.get_one(Place, slot.place_id)
    entry = candidates.first(session, slot, where, now, policy)
    while entry is not None:
        at_once = people.lock_patient_at_once(session, entry.patient_id)
        if not at_once:
            people.lock_patient(session, entry.patient_id)
        again = candidates.first(session, slot, where, now, policy, only=entry.id if at_once else None)
        if again is not None and again.id == entry.id:
            return again
        entry = candidates.first(session, slot, where, now, policy) if at_once else again
    return None


def place(session: Session, slot_id: int, *, now: datetime, policy: Policy = POLICY) -> Placement:
    """Place one pending slot: assign above 72 h, propose from 72 to 48 h, publish below or when it suits nobody (R60-R62)."""
    slot = lock_slot(session, slot_id)
    if slot.state != "pending" or slot.local_date > last_open_day(now, SERVICES[slot.service]):
        return Placement("not_due")
    verdict = placement(slot.starts_at, now, policy)
    if verdict == "assign":
        return _assign(session, slot, now, policy)
    if verdict == "propose":
        return _propose(session, slot, now, policy)
    return _publish(session, slot, now, lost=verdict == "lost")


def _assign(session: Session, slot: Slot, now: datetime, policy: Policy) -> Placement:
    entry = _first_candidate(session, slot, now, policy)
    if entry is None:
        return _publish(session, slot, now)
    visit = hold(
        session, slot, entry.patient_id, entry.contact_point_id,
        entry=entry, visit_type="first", status="booked", origin="waiting_room", now=now,
    )  # fmt: skip
    entry.state = "booked"
    session.flush()
    decisions.record(session, slot, "assigned", entry, now=now)
    _tell(session, "visit.assigned", slot, now, appointment_id=visit.id, entry_id=entry.id)
    notices.notify(session, "booked_from_waiting_room", visit.id, actor=SYSTEM, now=now)
    return Placement("assigned", visit.id)


def _propose(session: Session, slot: Slot, now: datetime, policy: Policy) -> Placement:
    entry = _first_candidate(session, slot, now, policy)
    if entry is None:
        return _publish(session, slot, now)
    deadline = offer_deadline(now, slot.starts_at, policy.hours(_channel(session, entry)), policy)
    if deadline is None:
        return _publish(session, slot, now)
    offer = offers.propose(session, slot, entry, expires_at=deadline, now=now)
    decisions.record(session, slot, "offered", entry, now=now)
    return Placement("offered", offer.id)


def _channel(session: Session, entry: Entry) -> str:
    """How the patient will be asked: by the entry's address, or by the next one where that cannot be used (D13)."""
    own = session.get_one(ContactPoint, entry.contact_point_id)
    point = own if own.state == "active" else people.preferred_contact(session, entry.patient_id)
    return (point or own).channel


def _publish(session: Session, slot: Slot, now: datetime, *, lost: bool = False) -> Placement:
    slot.state = "withdrawn" if lost else "free"
    session.flush()
    outcome: Outcome = "lost" if lost else "published"
    decisions.record(session, slot, outcome, None, now=now)
    _tell(session, f"slot.{outcome}", slot, now)
    return Placement(outcome)


def _tell(session: Session, kind: str, slot: Slot, now: datetime, **what: Any) -> None:
    events.record(session, kind, now=now, actor=SYSTEM, provider_id=slot.provider_id, slot_id=slot.id, **what)


def is_due(now: datetime) -> ColumnElement[bool]:
    """Pending slots whose day is open (R31, R32)."""
    open_until = [and_(Slot.service == code, Slot.local_date <= last_open_day(now, item)) for code, item in SERVICES.items()]
    return and_(Slot.state == "pending", or_(*open_until))


def due_slots(session: Session, *, now: datetime, limit: int = 500) -> list[int]:
    """The slots to be placed now, soonest visit first."""
    return list(session.scalars(select(Slot.id).where(is_due(now)).order_by(Slot.starts_at, Slot.id).limit(limit)))


def place_due(engine: Engine, *, now: datetime, policy: Policy = POLICY, limit: int = 500) -> int:
    """Place what is due, each slot in a transaction of its own; how many were placed (R32, R51)."""
    with Session(engine) as session:
        slot_ids = due_slots(session, now=now, limit=limit)
    placed = [in_transaction(engine, partial(place, slot_id=slot_id, now=now, policy=policy)) for slot_id in slot_ids]
    return sum(one.outcome != "not_due" for one in placed)


def release_due(engine: Engine, *, now: datetime, policy: Policy = POLICY) -> int:
    """End the holds of cancelled visits whose time to be taken back has passed (D6) and place their slots at once."""
    ids = _ids(engine, select(Appointment.id).where(Appointment.status == "cancelling", Appointment.held_until <= now))
    return sum(in_transaction(engine, partial(_release, appointment_id=one, now=now, policy=policy)) for one in ids)


def _release(session: Session, appointment_id: int, now: datetime, policy: Policy) -> bool:
    visit, slot = lock_visit(session, appointment_id)
    if visit.status != "cancelling" or visit.held_until is None or visit.held_until > now:
        return False
    release(session, visit, slot, actor=SYSTEM, now=now)
    place(session, slot.id, now=now, policy=policy)
    return True


def expire_due(engine: Engine, *, now: datetime, policy: Policy = POLICY) -> int:
    """End offers whose time has passed and place their slots again: the next patient, or everyone below 48 h (D5)."""
    ids = _ids(engine, select(Appointment.id).where(Appointment.status == "proposed", Appointment.expires_at <= now))
    return sum(in_transaction(engine, partial(_expire, appointment_id=one, now=now, policy=policy)) for one in ids)


def _expire(session: Session, appointment_id: int, now: datetime, policy: Policy) -> bool:
    if not offers.expire(session, appointment_id, now=now):
        return False
    place(session, session.get_one(Appointment, appointment_id).slot_id, now=now, policy=policy)
    return True


def _ids(engine: Engine, query: Select[int]) -> list[int]:
    with Session(engine) as session:
        return list(session.scalars(query.order_by(Appointment.id).limit(500)))
