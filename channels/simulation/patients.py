"""What patients do of themselves: look for a date, book it or wait, cancel, come back after a visit that they missed."""

from datetime import date, datetime, timedelta
from random import Random

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from channels.simulation.clinics import Clinics
from channels.simulation.people import DESK, People
from channels.simulation.phones import CANCELS, Phones
from registry import cancellations, search, waiting_room
from registry.appointments import Appointment, TooLate
from registry.catalogue import CancelReason
from registry.database import transaction
from registry.events import Actor
from registry.people import ContactPoint
from registry.rules import WARSAW
from registry.waiting_room import AlreadyClaimed

SERVICE = "CARDIO_FIRST"
HIMSELF = Actor("patient", "chat")
LOOKS, AT_THE_DESK, REGISTERS_AGAIN = 0.6, 0.3, 0.6
REASONS: tuple[CancelReason, ...] = ("cannot_come", "feeling_better", "treated_elsewhere", "date_does_not_suit", "illness", "other")
LEADS = (1, 2, 3, 3, 4, 5, 7, 7, 10, 14, 21, 28)  # days before the visit on which somebody gives it up


class Patients:
    """The people of the country, one decision at a time."""

    def __init__(self, engine: Engine, dice: Random, people: People, clinics: Clinics, phones: Phones) -> None:
        """Nobody has come yet."""
        self._engine, self._dice, self._people, self._clinics, self._phones = engine, dice, people, clinics, phones

    def come(self, number: int, now: datetime) -> None:
        """So many patients with new referrals: who looks for a date and finds one has it, who does not waits (R33)."""
        for _ in range(number):
            with transaction(self._engine) as session:
                self._one(session, now)

    def _one(self, session: Session, now: datetime) -> None:
        doctor = self._dice.choice(self._clinics.doctors)
        patient, contact, referral = self._people.register(session, provider_id=doctor.provider_id, now=now)
        wishes = self._people.wishes(now.astimezone(WARSAW).date())
        if self._dice.random() < LOOKS:
            category = "urgent" if referral.category == "urgent" else "stable"
            found = search.free_slots(session, SERVICE, wishes, category=category, now=now, limit=3).found  # type: ignore[arg-type]  # mypy takes the conditional for str
            actor = DESK if self._dice.random() < AT_THE_DESK else HIMSELF
            if any(self._clinics.book(session, patient.id, referral.id, one.slot_id, actor, now) for one in found):
                return
        waiting_room.join(
            session, patient.id, SERVICE, referral.id, wishes, contact_point_id=contact.id, actor=HIMSELF, now=now
        )  # fmt: skip

    def cancel_elsewhere(self, number: int, today: date, now: datetime) -> int:
        """So many patients cancel on the web or in the application; some leave altogether."""
        chosen = self._some_visits(number, today)
        for visit_id in chosen:
            with transaction(self._engine) as session:
                cancellations.cancel(
                    session, visit_id, reason=self._dice.choice(REASONS), actor=HIMSELF, now=now, leave=self._dice.random() < 0.15
                )  # fmt: skip
        return len(chosen)

    def cancel_by_sms(self, number: int, today: date, now: datetime) -> None:
        """So many patients write of themselves that they will not come."""
        for visit_id in self._some_visits(number, today):
            with transaction(self._engine) as session:
                point = session.get_one(ContactPoint, session.get_one(Appointment, visit_id).contact_point_id)
            if point.channel == "sms":
                self._phones.write(point.value, self._dice.choice(CANCELS), now)

    def given_up_by_clinics(self, number: int, today: date, now: datetime) -> int:
        """So many visits that clinics give up: half keep the slot for somebody else, half take it back."""
        chosen = self._some_visits(number, today)
        self._clinics.cancel(chosen[::2], now)
        self._clinics.take_back(chosen[1::2], now)
        return len(chosen)

    def _some_visits(self, number: int, today: date) -> list[int]:
        """Booked visits, some days ahead as `LEADS` says."""
        chosen: set[int] = set()
        for ahead in self._dice.choices(LEADS, k=number):
            day = today + timedelta(days=ahead)
            with transaction(self._engine) as session:
                booked = select(Appointment.id).where(Appointment.local_date == day, Appointment.status == "booked")
                ids = session.scalars(booked.order_by(Appointment.id)).all()
            if ids:
                chosen.add(self._dice.choice(ids))
        return sorted(chosen)

    def register_again(self, day: date, now: datetime) -> None:
        """Who missed a visit begins anew, at the end of the queue (R73)."""
        with transaction(self._engine) as session:
            of_day = Appointment.local_date == day, Appointment.referral_id.is_not(None)
            missed = select(Appointment).where(Appointment.status == "noshow", *of_day)
            visits = session.scalars(missed.order_by(Appointment.id)).all()
        for visit in visits:
            if self._dice.random() < REGISTERS_AGAIN:
                self._again(visit, now)

    def _again(self, visit: Appointment, now: datetime) -> None:
        try:
            with transaction(self._engine) as session:
                waiting_room.join(
                    session, visit.patient_id, visit.service, visit.referral_id, self._people.wishes(now.astimezone(WARSAW).date()),
                    contact_point_id=visit.contact_point_id, actor=HIMSELF, now=now,
                )  # fmt: skip
        except (AlreadyClaimed, TooLate):
            return  # somebody of the family was quicker
