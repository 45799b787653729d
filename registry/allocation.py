"""Who gets a slot: one rule with two entrances, the nightly unlock and the freed slot.

Every slot that nobody holds and nobody was asked about is `pending`. Once its day is open it is placed: given to the first patient of
the queue whom it suits, or offered, or published to everyone (R60-R62), as its lead at this moment says (X15). A day that unlocks and
a visit that is cancelled both only make pending slots, so both choose the same patient on the same state (X21).
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Literal

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Engine,
    Select,
    Time,
    and_,
    any_,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    true,
)  # fmt: skip
from sqlalchemy.orm import Session, aliased

from registry import communications, decisions, events, offers, people
from registry.appointments import Appointment, hold, lock_visit, release
from registry.catalogue import POLICY, SERVICES, Policy, matrix
from registry.database import in_transaction
from registry.decisions import Outcome
from registry.events import SYSTEM
from registry.geography import distance_km
from registry.people import ContactPoint, Patient
from registry.referrals import Referral
from registry.rules import last_open_day, local_date, offer_deadline, placement
from registry.schedules import Place, Slot, lock_slot
from registry.waiting_room import Entry

Placed = Outcome | Literal["not_due"]


@dataclass(frozen=True, slots=True)
class Placement:
    """What became of a slot, and by which appointment."""

    outcome: Placed
    appointment_id: int | None = None


def _suits(slot: Slot, place: Place) -> ColumnElement[bool]:
    """The entries whose wishes this slot meets (R29): Warsaw day, weekday and hour of its start, and its place."""
    start = func.timezone("Europe/Warsaw", literal(slot.starts_at))
    hour = cast(start, Time)
    weekday = 1 << (slot.local_date.isoweekday() - 1)
    return and_(
        Entry.date_from <= slot.local_date,
        or_(Entry.date_to.is_(None), Entry.date_to >= slot.local_date),
        or_(Entry.hour_from.is_(None), Entry.hour_from <= hour),
        or_(Entry.hour_to.is_(None), Entry.hour_to >= hour),
        Entry.weekdays.op("&")(weekday) != 0,
        or_(Entry.place_ids.is_(None), literal(place.id) == any_(Entry.place_ids)),
        or_(Entry.radius_km.is_(None), distance_km(Entry.latitude, Entry.longitude, place.latitude, place.longitude) <= Entry.radius_km),
    )


def _may_take(slot: Slot) -> ColumnElement[bool]:
    """The entries of a category that may take this slot's pool, by the matrix of its day (D2, X25)."""
    allowed = matrix(slot.service, slot.local_date).who.get(slot.pool, frozenset())
    categories = sorted(allowed - {"privileged"})
    return or_(Entry.category.in_(categories), and_(Entry.privileged, literal("privileged" in allowed, Boolean)))


def refused_before(slot: Slot | type[Slot]) -> ColumnElement[bool]:
    """The patient gave this very slot up, or let it pass, under the same wishes (X18)."""
    return exists().where(Appointment.entry_id == Entry.id, Appointment.slot_id == slot.id, gave_up())


def gave_up() -> ColumnElement[bool]:
    """An appointment that its entry gave up, or let pass, under the wishes that it still has (X18)."""
    ended = Appointment.status.in_(("cancelled", "declined", "expired"))
    return and_(ended, Appointment.criteria_version == Entry.criteria_version)


def busy(slot: Slot | type[Slot], policy: Policy) -> ColumnElement[bool]:
    """The patient has another visit at this time, or another open offer (X4, X19)."""
    other = aliased(Appointment)
    margin = policy.travel_margin
    clash = and_(other.starts_at < slot.ends_at + margin, other.ends_at > slot.starts_at - margin)
    active = other.status.in_(("proposed", "booked", "cancelling"))
    return exists().where(other.patient_id == Entry.patient_id, active, or_(clash, other.status == "proposed"))


def reachable() -> ColumnElement[bool]:
    """The patient lives and has a usable address, the entry's own or another: nobody holds a slot without knowing it (R54, X6)."""
    usable = exists().where(ContactPoint.patient_id == Entry.patient_id, ContactPoint.state == "active")
    return and_(usable, exists().where(Patient.id == Entry.patient_id, Patient.died_at.is_(None)))


def entitled(now: datetime) -> ColumnElement[bool]:
    """The referral still gives the right to a first visit at this moment (R42, R47).

    A scalar subquery on purpose: an EXISTS beside the OR would be answered by reading every referral there is.
    """
    usable = and_(Referral.state == "issued", or_(Referral.valid_until.is_(None), Referral.valid_until >= local_date(now)))
    return func.coalesce(select(usable).where(Referral.id == Entry.referral_id).scalar_subquery(), true())


def candidates(slot: Slot, place: Place, now: datetime, policy: Policy = POLICY) -> Select[Entry]:
    """The waiting entries that may have this slot at `now`, in the order of the queue (D3)."""
    return (
        select(Entry)
        .where(
            Entry.state == "waiting", Entry.service == slot.service, _may_take(slot), _suits(slot, place),
            ~refused_before(slot), ~busy(slot, policy), reachable(), entitled(now),
        )
        .order_by(Entry.rank, Entry.queue_at, Entry.id)
        .limit(1)
        .execution_options(populate_existing=True)
    )  # fmt: skip


def _first_candidate(session: Session, slot: Slot, now: datetime, policy: Policy) -> Entry | None:
    """The first of the queue, locked. While one waits for a lock the queue may change, so it is asked again until it holds still."""
    query = candidates(slot, session.get_one(Place, slot.place_id), now, policy)
    entry = session.scalars(query).first()
    while entry is not None:
        people.lock_patient(session, entry.patient_id)  # every change of an entry takes this lock first
        again = session.scalars(query).first()
        if again is None or again.id == entry.id:
            return again
        entry = again
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
    communications.notify(session, "booked_from_waiting_room", visit.id, actor=SYSTEM, now=now)
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
