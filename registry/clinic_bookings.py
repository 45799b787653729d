"""Visits that a clinic booked in its own system and announces with their slots (R10, R16): they hold their seats like any other.

What cannot be a visit (nobody to reach, a patient who died, who has a visit already) is not dropped either: its seat is kept from
being sold, and a person decides.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from registry import events, notices, people, tasks, vaccination, waiting_room
from registry.announcements import Person
from registry.appointments import ACTIVE, NEARBY_KM, Appointment, hold
from registry.catalogue import VisitType, service
from registry.events import Actor
from registry.people import ContactPoint, InvalidContact, NoContact, Patient
from registry.schedules import Place, Slot
from registry.waiting_room import AlreadyClaimed, Criteria, Entry


class PatientDied(Exception):
    """The patient of this visit is known to have died (R16, X6)."""


@dataclass(frozen=True, slots=True)
class Seated:
    """What became of the booked patients of one slot: visits made, and why a person was left out, by code."""

    visits: tuple[int, ...] = ()
    conflicts: tuple[str, ...] = ()


def seat_all(session: Session, seats: list[Slot], persons: tuple[Person, ...], *, actor: Actor, now: datetime, tell: bool) -> Seated:
    """Give the seats of one locked slot to the patients whom the clinic has booked; who holds one already keeps it.

    Nobody is cancelled for not being named: what was booked here may not have reached the clinic yet (R18).
    """
    holders = _holders(session, seats)
    found: list[int | str] = []
    for person in persons:
        if (person.identifier_system, person.identifier) in holders:
            continue
        seat = next((one for one in seats if one.state in ("pending", "free", "quarantined")), None)
        found.append(_seat(session, seat, seats[0], person, actor, now, tell=tell))
    return Seated(tuple(one for one in found if isinstance(one, int)), tuple(one for one in found if isinstance(one, str)))


def _holders(session: Session, seats: list[Slot]) -> set[tuple[str, str]]:
    held = select(Patient.identifier_system, Patient.identifier).join(Appointment, Appointment.patient_id == Patient.id)
    rows = session.execute(held.where(Appointment.slot_id.in_([seat.id for seat in seats]), text(ACTIVE)))
    return {(row.identifier_system, row.identifier) for row in rows}


CODES: dict[type[Exception], str] = {
    NoContact: "no_contact", PatientDied: "patient_died", AlreadyClaimed: "already_has_a_visit",
}  # fmt: skip


def _seat(
    session: Session, seat: Slot | None, any_seat: Slot, person: Person, actor: Actor, now: datetime, *, tell: bool
) -> int | str:
    patient = _patient(session, person, now)
    if seat is None:  # sold here before the clinic told of its own booking: both were promised the same time (R18)
        _task(session, "slot_sold_elsewhere", any_seat, patient, now)
        return "slot_sold_elsewhere"
    try:
        with session.begin_nested():
            return _book(session, seat, patient, person, actor, now, tell=tell).id
    except (NoContact, PatientDied, AlreadyClaimed) as refusal:
        session.refresh(seat)
        seat.state, seat.quarantined_for = "quarantined", "booking"
        session.flush()
        code = CODES[type(refusal)]
        _task(session, code, seat, patient, now)
        return code


def _task(session: Session, kind: str, seat: Slot, patient: Patient, now: datetime) -> None:
    tasks.open_task(session, f"clinic_booking_{kind}", f"slot {seat.id} patient {patient.id}", now=now, patient_id=patient.id)


def _patient(session: Session, person: Person, now: datetime) -> Patient:
    who = Patient.identifier_system == person.identifier_system, Patient.identifier == person.identifier
    known = session.scalars(select(Patient).where(*who)).one_or_none()
    if known is None:
        known = people.register_patient(
            session, identifier=person.identifier, identifier_system=person.identifier_system, given_name=person.given_name,
            family_name=person.family_name, birth_date=person.birth_date, now=now,
        )  # fmt: skip
    people.lock_patient(session, known.id)
    return known


def _book(
    session: Session, seat: Slot, patient: Patient, person: Person, actor: Actor, now: datetime, *, tell: bool
) -> Appointment:
    if patient.died_at is not None:
        raise PatientDied(patient.id)
    contact = _contact(session, patient, person, now)
    kind = _visit_type(seat)
    entry = _entry(session, seat, patient, contact, person, now) if kind == "first" else None
    seat.quarantined_for = None
    dose = vaccination.next_dose(session, patient.id, seat.service, seat.local_date) if kind == "vaccination" else None
    visit = hold(
        session, seat, patient.id, contact.id, entry=entry, visit_type=kind, status="booked", origin=actor.kind, now=now, dose=dose
    )  # fmt: skip
    events.record(
        session, "visit.booked", now=now, actor=actor, provider_id=visit.provider_id, slot_id=visit.slot_id, appointment_id=visit.id,
        entry_id=visit.entry_id, version=visit.version, by="clinic",
    )  # fmt: skip
    if tell:
        notices.notify(session, "booked", visit.id, actor=actor, now=now)
    return visit


def _visit_type(seat: Slot) -> VisitType:
    if seat.pool == "CONTROL":
        return "control"
    return service(seat.service).visit_type


def _contact(session: Session, patient: Patient, person: Person, now: datetime) -> ContactPoint:
    """The address given with the visit (R39), added to the patient's if it is new; else the patient's own, else `NoContact`."""
    try:
        value = people.classify(person.contact)[0] if person.contact else None
    except InvalidContact:
        value = None
    if value is None:
        return people.own_contact(session, patient.id, None)
    known = select(ContactPoint).where(ContactPoint.patient_id == patient.id, ContactPoint.value == value)
    point = session.scalars(known).one_or_none()
    if point is not None:
        return point
    near = None
    if person.contact_person is not None:
        name, relationship = person.contact_person
        near = people.add_contact_person(session, patient.id, name=name, relationship=relationship)
    return people.add_contact(session, patient.id, value, now=now, person=near)


def _entry(session: Session, seat: Slot, patient: Patient, contact: ContactPoint, person: Person, now: datetime) -> Entry:
    """The claim that the visit rests on: the patient's waiting is over with it, or it is a new one with the clinic's category."""
    open_ = select(Entry).where(Entry.patient_id == patient.id, Entry.service == seat.service, Entry.state != "closed")
    entry = session.scalars(open_.with_for_update(key_share=True).execution_options(populate_existing=True)).one_or_none()
    if entry is None:
        place = session.get_one(Place, seat.place_id)
        around = Criteria(seat.local_date, latitude=place.latitude, longitude=place.longitude, radius_km=NEARBY_KM)
        return waiting_room.claim(
            session, patient.id, seat.service, None,
            criteria=around, contact_point_id=contact.id, state="booked", now=now, by_clinic=person.category,
        )  # fmt: skip
    if entry.state != "waiting":
        raise AlreadyClaimed(seat.service)
    entry.state = "booked"
    return entry
