"""Lays the demonstration out around the present moment, through the same use cases that everybody uses.

Visits lie in each bracket of D4: in a week (reminded today, given away when cancelled), in two to three days (proposed), tomorrow
(published). Everything is one transaction: a start that is killed in the middle leaves nothing behind.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from channels.demo import people as cast
from channels.demo.people import Clinic, Person
from channels.operators import ensure_operator
from channels.settings import Settings
from registry import allocation, appointments, people, schedules, waiting_room
from registry.catalogue import Pool
from registry.database import transaction
from registry.events import Actor
from registry.referrals import Referral
from registry.rules import WARSAW, local_date
from registry.schedules import NewSlot, Place, Provider, Schedule
from registry.waiting_room import Criteria

DESK = Actor("registrar", "desk")
VISIT = timedelta(minutes=20)
ENROLLED_BEFORE = timedelta(days=30)
BOOKED_BEFORE = timedelta(days=21)
NEARBY_KM = 20.0


@dataclass(frozen=True, slots=True)
class Booking:
    """A visit of the story: whose, at what instant, booked when."""

    person: Person
    starts_at: datetime
    booked_at: datetime
    pool: Pool = "FIRST_STABLE"


def load(engine: Engine, settings: Settings, now: datetime) -> None:
    """Fill an empty database with the demonstration as of `now`, and with the operator whose password is printed."""
    with transaction(engine) as session:
        if settings.console_password is not None:
            password = settings.console_password.get_secret_value()
            ensure_operator(session, settings.console_user, password, now=now, role="administrator")
        near, far = (_open(session, clinic) for clinic in cast.CLINICS)
        ids = {person: _enrol(session, person, now - ENROLLED_BEFORE) for person in cast.PEOPLE}
        for booking in _bookings(now):
            _book(session, near, ids[booking.person], booking)
        _tell_as_history(session, now)
        for days, person in ((26, cast.FIRST_WAITING), (28, cast.SECOND_WAITING)):
            _join(session, ids[person], near, now - timedelta(days=days), now)
        _free_dates(session, far, now)


def _bookings(now: datetime) -> list[Booking]:
    long_ago, just_now = now - BOOKED_BEFORE, now
    today = local_date(now)
    week, tomorrow = today + timedelta(days=7), today + timedelta(days=1)
    return [
        Booking(cast.WEEK_AHEAD, _at(week, time(10, 20)), long_ago),
        Booking(cast.E_MAIL, _at(week, time(13, 20)), long_ago),
        Booking(cast.LANDLINE, _at(week, time(9, 20)), long_ago),
        Booking(cast.MOTHER, _at(week, time(11, 0)), long_ago),
        Booking(cast.DAUGHTER, _at(week, time(12, 40)), long_ago),
        Booking(cast.TOMORROW, _at(tomorrow, time(9, 40)), long_ago),
        Booking(cast.IN_TWO_DAYS, _daytime_between(now + timedelta(hours=50), now + timedelta(hours=71)), just_now),
    ]


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, WARSAW).astimezone(UTC)


def _daytime_between(first: datetime, last: datetime) -> datetime:
    """An instant between the two at which a clinic works, on a multiple of 20 minutes; 21 hours always hold one."""
    moment = first.replace(minute=first.minute // 20 * 20, second=0, microsecond=0) + VISIT
    while not 8 <= moment.astimezone(WARSAW).hour < 17:
        moment += VISIT
    if moment > last:
        raise AssertionError("no working hour between the two instants")
    return moment


def _open(session: Session, clinic: Clinic) -> Schedule:
    provider = Provider(code=clinic.code, name=clinic.name, phone=clinic.phone)
    session.add(provider)
    session.flush()
    place = Place(
        provider_id=provider.id, name=clinic.name, street=clinic.street, postcode=clinic.postcode, city=clinic.city,
        phone=clinic.phone, latitude=clinic.latitude, longitude=clinic.longitude,
    )  # fmt: skip
    session.add(place)
    session.flush()
    schedule = Schedule(place_id=place.id, service="CARDIO_FIRST", resource="Poradnia kardiologiczna, gabinet 1")
    session.add(schedule)
    session.flush()
    return schedule


def _enrol(session: Session, person: Person, now: datetime) -> int:
    patient = people.register_patient(
        session, identifier=person.pesel, given_name=person.given_name, family_name=person.family_name, birth_date=person.born, now=now
    )
    helper = person.helper and people.add_contact_person(session, patient.id, name=person.helper[0], relationship=person.helper[1])
    people.add_contact(session, patient.id, person.number, now=now, person=helper)
    session.add(
        Referral(
            patient_id=patient.id, service="CARDIO_FIRST", code=person.code or f"{patient.id:04}"[-4:], category=person.category,
            issued_at=now, state="issued",
        )
    )  # fmt: skip
    session.flush()
    return patient.id


def _publish(session: Session, schedule: Schedule, starts_at: datetime, pool: Pool, now: datetime) -> int:
    announced = NewSlot(f"{starts_at:%Y%m%dT%H%M}", starts_at, starts_at + VISIT, pool)
    (slot_id,) = schedules.publish(session, schedule, [announced], now=now)
    allocation.place(session, slot_id, now=now)
    return slot_id


def _book(session: Session, schedule: Schedule, patient_id: int, booking: Booking) -> None:
    slot_id = _publish(session, schedule, booking.starts_at, booking.pool, booking.booked_at)
    criteria = _around(session, schedule, booking.booked_at)
    appointments.book(
        session, patient_id, slot_id, actor=DESK, now=booking.booked_at, referral_id=_referral(session, patient_id), criteria=criteria
    )


def _join(session: Session, patient_id: int, schedule: Schedule, joined_at: datetime, now: datetime) -> None:
    contact = people.preferred_contact(session, patient_id)
    if contact is None:
        raise people.NoContact(patient_id)
    waiting_room.join(
        session, patient_id, "CARDIO_FIRST", _referral(session, patient_id), _around(session, schedule, now),
        contact_point_id=contact.id, actor=DESK, now=joined_at,
    )  # fmt: skip


def _around(session: Session, schedule: Schedule, now: datetime) -> Criteria:
    place = session.get_one(Place, schedule.place_id)
    return Criteria(local_date(now), latitude=place.latitude, longitude=place.longitude, radius_km=NEARBY_KM)


def _referral(session: Session, patient_id: int) -> int:
    return int(session.scalars(text("SELECT id FROM referrals WHERE patient_id = :id"), {"id": patient_id}).one())


def _free_dates(session: Session, schedule: Schedule, now: datetime) -> None:
    """Free dates in another town, outside the wishes of those who wait; and a day that unlocks tomorrow (R32)."""
    today = local_date(now)
    for days in (4, 5, 11, 18, 41):
        for hour in (time(9), time(9, 20), time(13)):
            _publish(session, schedule, _at(today + timedelta(days=days), hour), "FIRST_STABLE", now)


def _tell_as_history(session: Session, now: datetime) -> None:
    """What was said three weeks ago was said then: it is in the log and does not go out now."""
    session.execute(
        text("""UPDATE messages SET state = 'delivered', sent_at = at, done_at = at WHERE state = 'queued' AND at < :today"""),
        {"today": now - timedelta(days=1)},
    )
