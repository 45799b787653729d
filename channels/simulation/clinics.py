"""What the clinics do: open, announce a day's slots, take back and close, book at the desk, say who came."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from channels.simulation.people import DESK, People
from registry import absence, appointments, attendance, cancellations, intake
from registry.absence import Absence
from registry.announcements import Announced, Person
from registry.appointments import Appointment, NotBookable, TimeConflict, TooLate
from registry.catalogue import Pool
from registry.database import transaction
from registry.events import Actor
from registry.rules import WARSAW, is_holiday
from registry.schedules import Place, Provider, Schedule, Slot, SlotTaken
from registry.waiting_room import AlreadyClaimed

VISIT = timedelta(minutes=15)
OPENS = time(8)
A_DAY = 32  # visits of one doctor, 8:00 to 16:00
POOLS: tuple[Pool, ...] = ("FIRST_STABLE",) * 12 + ("FIRST_URGENT",) * 4 + ("FIRST_PRIVILEGED",) + ("CONTROL",) * 3
ILL, NO_SHOW, CONTROLS_SOLD = 0.01, 0.04, 0.8
AT_ONCE = 50  # visits in one transaction of the desk


@dataclass(frozen=True, slots=True)
class Doctor:
    """One resource of a clinic, with so many visits on each working day."""

    schedule_id: int
    provider_id: int
    name: str
    daily: int


def working(day: date) -> bool:
    """Whether clinics see patients on this Warsaw day."""
    return day.isoweekday() <= 5 and not is_holiday(day)


class Clinics:
    """The clinics of the country and their doctors. Only the doctors are kept: a few for each clinic."""

    def __init__(self, engine: Engine, dice: Random, people: People) -> None:
        """Nothing is open yet."""
        self._engine, self._dice, self._people = engine, dice, people
        self.doctors: list[Doctor] = []

    def open(self, number: int, slots_a_day: int) -> None:
        """So many clinics where people live, with doctors enough for the country's slots of a day."""
        with transaction(self._engine) as session:
            places = [self._place(session, one) for one in range(number)]
            for at, place in enumerate(places):
                self.doctors += self._doctors(session, place, (slots_a_day + at) // number)

    def _place(self, session: Session, number: int) -> Place:
        city, latitude, longitude = self._people.near()
        provider = Provider(code=f"SYM{number:04}", name=f"Poradnia {number} {city}", phone="+48224410000", email=None)
        session.add(provider)
        session.flush()
        place = Place(
            provider_id=provider.id, name=provider.name, street=f"ul. Długa {number + 1}", postcode="00-238", city=city,
            phone=provider.phone, latitude=latitude, longitude=longitude,
        )  # fmt: skip
        session.add(place)
        session.flush()
        return place

    def _doctors(self, session: Session, place: Place, daily: int) -> Iterator[Doctor]:
        for number in range(-(-daily // A_DAY)):
            schedule = Schedule(place_id=place.id, service="CARDIO_FIRST", resource=f"lekarz {number + 1}")
            session.add(schedule)
            session.flush()
            yield Doctor(schedule.id, place.provider_id, schedule.resource, min(A_DAY, daily - number * A_DAY))

    def announce(self, day: date, now: datetime, *, sold: float = 0.0, tell: bool = True) -> None:
        """Every doctor's slots of a day; `sold` of them the clinic has booked already, in its own system (R16, R117)."""
        if not working(day):
            return
        for doctor in self.doctors:
            rows = [self._row(doctor, day, number, sold) for number in range(doctor.daily)]
            with transaction(self._engine) as session:
                intake.take_in(session, doctor.schedule_id, rows, actor=DESK, now=now, tell=tell)

    def _row(self, doctor: Doctor, day: date, number: int, sold: float) -> Announced:
        starts = (datetime.combine(day, OPENS, WARSAW) + number * VISIT).astimezone(UTC)
        booked: tuple[Person, ...] = (self._people.stranger(),) if self._dice.random() < sold else ()
        pool: Pool = POOLS[(number * 7 + doctor.schedule_id) % len(POOLS)]
        return Announced(f"{day:%Y%m%d}-{number:02}", 1, starts, starts + VISIT, pool, booked=booked)

    def sell_controls(self, day: date, now: datetime) -> None:
        """The desk books control visits of a day for patients whom the clinics know (R75)."""
        with transaction(self._engine) as session:
            free = select(Slot.id).where(Slot.local_date == day, Slot.pool == "CONTROL", Slot.state.in_(("free", "pending")))
            slots = session.scalars(free.order_by(Slot.id)).all()
        for slot_id in slots:
            if self._dice.random() < CONTROLS_SOLD:
                self._sell(slot_id, now)

    def _sell(self, slot_id: int, now: datetime) -> None:
        with transaction(self._engine) as session:
            provider_id = session.scalars(select(Slot.provider_id).where(Slot.id == slot_id)).one()
            patient, contact, _ = self._people.register(session, provider_id=provider_id, now=now)
            appointments.book(
                session, patient.id, slot_id, actor=DESK, now=now, contact_point_id=contact.id, visit_type="control"
            )  # fmt: skip

    def take_back(self, visits: list[int], now: datetime) -> None:
        """The clinics withdraw the slots of these visits, by the next version of what they announced (R11, X11)."""
        for visit_id in visits:
            with transaction(self._engine) as session:
                of_visit = select(Slot).join(Appointment, Appointment.slot_id == Slot.id).where(Appointment.id == visit_id)
                slot = session.scalars(of_visit).one()
                gone = Announced(slot.clinic_slot_id, slot.version + 1, slot.starts_at, slot.ends_at, _pool(slot), withdrawn=True)
                intake.take_in(session, slot.schedule_id, [gone], actor=DESK, now=now)

    def cancel(self, visits: list[int], now: datetime) -> None:
        """The desk cancels these visits for the clinic and keeps the slots: somebody else can have them."""
        for visit_id in visits:
            with transaction(self._engine) as session:
                cancellations.cancel(session, visit_id, reason="clinic", actor=DESK, now=now)

    def fall_ill(self, day: date, now: datetime) -> int:
        """Some doctors are away for a day; half of them have somebody who stands in (R122). How many visits that met."""
        if not working(day):
            return 0
        begins = datetime.combine(day, time.min, WARSAW).astimezone(UTC)
        met = 0
        for doctor in self.doctors:
            if self._dice.random() < ILL / 5:
                substitute = "zastępca" if self._dice.random() < 0.5 else None
                away = Absence(doctor.provider_id, doctor.name, max(begins, now), begins + timedelta(days=1), substitute)
                met += len(absence.apply(self._engine, away, actor=DESK, now=now))
        return met

    def book(self, session: Session, patient_id: int, referral_id: int, slot_id: int, actor: Actor, now: datetime) -> bool:
        """A free slot is booked, at the desk or by the patient himself; False when it was gone."""
        try:
            appointments.book(session, patient_id, slot_id, actor=actor, now=now, referral_id=referral_id)
        except (SlotTaken, NotBookable, TimeConflict, AlreadyClaimed, TooLate):
            return False
        return True

    def close_the_day(self, day: date, now: datetime) -> None:
        """In the evening: who came, and who did not (R73, R129)."""
        while visits := self._still_booked(day):
            with transaction(self._engine) as session:
                for visit_id in visits:
                    self._came(session, visit_id, now)

    def _still_booked(self, day: date) -> list[int]:
        booked = select(Appointment.id).where(Appointment.local_date == day, Appointment.status == "booked").order_by(Appointment.id)
        with transaction(self._engine) as session:
            return list(session.scalars(booked.limit(AT_ONCE)))

    def _came(self, session: Session, visit_id: int, now: datetime) -> None:
        if self._dice.random() >= NO_SHOW:
            attendance.complete(session, visit_id, actor=DESK, now=now)
            return
        try:
            attendance.miss(session, visit_id, actor=DESK, now=now)
        except attendance.NotTheirFault:  # the news never arrived: the patient waits again where he was (R73)
            attendance.excuse(session, visit_id, actor=DESK, now=now)


def _pool(slot: Slot) -> Pool:
    return next(pool for pool in POOLS if pool == slot.pool)


def analyse(engine: Engine) -> None:
    """Fresh statistics, as a database that lives for weeks would have."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
