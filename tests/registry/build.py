"""A small world to test in: a clinic with slots, patients with telephones and referrals, their visits and places in the queue.

Everything goes through the use cases of the registry. What a test does not name gets a plain, valid value.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry import addresses, appointments, people, schedules, waiting_room
from registry.appointments import Appointment
from registry.catalogue import Pool
from registry.communications import Message
from registry.eligibility import Verdict
from registry.events import SYSTEM, Actor
from registry.people import ContactPoint, ContactState, Patient
from registry.referrals import Referral
from registry.schedules import NewSlot, Place, Provider, Schedule, Slot
from registry.waiting_room import Criteria, Entry

WARSAW = ZoneInfo("Europe/Warsaw")
LONG_AGO = datetime(2026, 1, 2, 9, 0, tzinfo=UTC)
HERE = (52.2297, 21.0122)  # degrees; the middle of Warsaw

PATIENT = Actor("patient", "sms")
DESK = Actor("registrar", "desk", "M. Rejestrująca")

_numbers = count(1)


def warsaw(day: date, hour: int = 12, minute: int = 0, second: int = 0) -> datetime:
    """An instant by the Warsaw clock, in UTC."""
    return datetime.combine(day, time(hour, minute, second), WARSAW).astimezone(UTC)


def clinic(session: Session, *, at: tuple[float, float] = HERE, name: str = "Poradnia Kardiologiczna") -> Place:
    """A clinic with one place at `at`, in degrees."""
    number = next(_numbers)
    provider = Provider(code=f"P{number}", name=name, phone="+48224410000", email=None)
    session.add(provider)
    session.flush()
    return place(session, provider.id, at=at, name=name)


def place(session: Session, provider_id: int, *, at: tuple[float, float] = HERE, name: str = "Poradnia") -> Place:
    """One more address of a clinic."""
    here = Place(
        provider_id=provider_id, name=name, street="ul. Długa 5", postcode="00-238", city="Warszawa", phone="+48224410000",
        latitude=at[0], longitude=at[1],
    )  # fmt: skip
    session.add(here)
    session.flush()
    return here


def schedule(
    session: Session, where: Place | None = None, *, service: str = "CARDIO_FIRST", resource: str = "dr Nowak", kind: str | None = None
) -> Schedule:
    """The working time of one doctor, at a clinic of its own unless `where` is given."""
    here = where or clinic(session)
    made = Schedule(place_id=here.id, service=service, resource=resource, kind=kind)
    session.add(made)
    session.flush()
    return made


def slot(
    session: Session, starts_at: datetime, *, pool: Pool | None = None, state: str = "free", on: Schedule | None = None,
    minutes: int = 30, service: str = "CARDIO_FIRST", where: Place | None = None,
) -> Slot:  # fmt: skip
    """A slot announced long ago; `free` is published to everyone, `pending` waits for the waiting room's turn."""
    the_schedule = on or schedule(session, where, service=service)
    the_pool: Pool = pool or ("FIRST_STABLE" if the_schedule.service == "CARDIO_FIRST" else "SCREENING")
    new = NewSlot(f"S{next(_numbers)}", starts_at, starts_at + timedelta(minutes=minutes), the_pool)
    (slot_id,) = schedules.publish(session, the_schedule, [new], now=min(LONG_AGO, starts_at - timedelta(days=1)))
    made = session.get_one(Slot, slot_id)
    made.state = state
    session.flush()
    return made


def mobile() -> str:
    """A Polish mobile number that nobody has yet."""
    return f"+48601{next(_numbers):06}"


def patient(
    session: Session, *contacts: str, given_name: str = "Jan", family_name: str = "Kowalski", language: str | None = None
) -> Patient:
    """A patient with these addresses in this order; with a mobile number of his own when none is given."""
    person = without_contact(session, given_name=given_name, family_name=family_name, language=language)
    for value in contacts or (mobile(),):
        people.add_contact(session, person.id, value, now=LONG_AGO)
    return person


def without_contact(session: Session, *, given_name: str = "Jan", family_name: str = "Kowalski", language: str | None = None) -> Patient:
    """A patient whom nobody can reach."""
    return people.register_patient(
        session, identifier=f"{next(_numbers):011}", given_name=given_name, family_name=family_name,
        birth_date=date(1950, 3, 1), now=LONG_AGO, language=language,
    )  # fmt: skip


def mark_address(session: Session, value: str, state: ContactState) -> None:
    """An address that a carrier or its owner has spoken of."""
    addresses.close(session, value, state, actor=SYSTEM, now=LONG_AGO)


def contact(session: Session, of: Patient) -> ContactPoint:
    """The patient's first address, whatever its state."""
    points = select(ContactPoint).where(ContactPoint.patient_id == of.id).order_by(ContactPoint.rank)
    return session.scalars(points.limit(1)).one()


def referral(
    session: Session, of: Patient, *, urgent: bool = False, service: str = "CARDIO_FIRST", valid_until: date | None = None,
    state: str = "issued",
) -> Referral:  # fmt: skip
    """An e-referral of the patient."""
    made = Referral(
        patient_id=of.id, service=service, code=f"{next(_numbers):04}"[-4:], category="urgent" if urgent else "stable",
        valid_until=valid_until, state=state, issued_at=LONG_AGO,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def waiting(
    session: Session, of: Patient | None = None, *, now: datetime, urgent: bool = False, privileged: bool = False,
    on: Referral | None = None, **wishes: Any,
) -> Entry:  # fmt: skip
    """A patient in the waiting room since `now`; wishes are those of `Criteria`, by default any day, anywhere."""
    person = of or patient(session)
    right = on or referral(session, person, urgent=urgent)
    criteria = Criteria(**{"date_from": date(2026, 1, 1), **wishes})
    if privileged:  # the clinic's word (R76): no use case of the patient's sets it
        return waiting_room.claim(
            session, person.id, right.service, right.id,
            criteria=criteria, contact_point_id=contact(session, person).id, state="waiting", now=now, privileged=True,
        )  # fmt: skip
    return waiting_room.join(
        session, person.id, right.service, right.id, criteria,
        contact_point_id=contact(session, person).id, actor=DESK, now=now,
    )  # fmt: skip


def eligible(session: Session, of: Patient, service: str, *, now: datetime) -> Verdict:
    """SIMP's word of this day that the patient qualifies for a screening exam."""
    verdict = Verdict(
        patient_id=of.id, service=service, as_of=now.astimezone(WARSAW).date(), asked_at=now, qualified=True, reason="qualified",
        reference=f"R{next(_numbers)}",
    )  # fmt: skip
    session.add(verdict)
    session.flush()
    return verdict


def visit(
    session: Session, starts_at: datetime, *, now: datetime, of: Patient | None = None, on: Schedule | None = None, **more: Any
) -> Appointment:
    """A first visit that the desk booked at `now`; `more` goes to the slot."""
    person = of or patient(session)
    free = slot(session, starts_at, on=on, **more)
    right = referral(session, person, urgent=free.pool == "FIRST_URGENT") if free.service == "CARDIO_FIRST" else None
    type_ = "first" if free.service == "CARDIO_FIRST" else "screening"
    if type_ == "screening":
        eligible(session, person, free.service, now=now)
    return appointments.book(
        session, person.id, free.id, actor=DESK, now=now, referral_id=right and right.id, visit_type=type_,
    )  # fmt: skip


def control_visit(session: Session, starts_at: datetime, *, now: datetime, of: Patient | None = None) -> Appointment:
    """A control visit, which only the clinic books (R75)."""
    person = of or patient(session)
    free = slot(session, starts_at, pool="CONTROL")
    return appointments.book(session, person.id, free.id, actor=DESK, now=now, visit_type="control")


def messages(session: Session, **columns: Any) -> Sequence[Message]:
    """The messages with these values, oldest first, as the database has them now."""
    query = select(Message).filter_by(**columns).order_by(Message.id)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def kinds(session: Session, **columns: Any) -> list[str]:
    """The kinds of the messages with these values, oldest first."""
    return [message.kind for message in messages(session, **columns)]


def entry_of(session: Session, visit: Appointment) -> Entry:
    """The claim that a visit uses, as it is now."""
    return session.scalars(select(Entry).where(Entry.id == visit.entry_id).execution_options(populate_existing=True)).one()
