"""A death, a lost referral, a verdict on attendance against what happens at the same moment: some order of the two, never a mixture."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from threading import Barrier

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from registry import allocation, appointments, attendance, lifecycle
from registry.appointments import Appointment, NotHeld
from registry.attendance import NotTheirFault
from registry.communications import Message
from registry.database import in_transaction
from registry.people import PatientDied
from registry.referrals import ReferralNotUsable
from registry.schedules import Slot
from registry.waiting_room import Entry
from tests.registry import build
from tests.registry.build import DESK, PATIENT

WEEK, HOUR = timedelta(days=7), timedelta(hours=1)
REFUSALS = (PatientDied, ReferralNotUsable, NotHeld, NotTheirFault)
ROUNDS = 8

Work = Callable[[Session], object]


def both_at_once(engine: Engine, *works: Work) -> list[object]:
    """Each in a thread and a transaction of its own, begun together; a refusal counts as an answer, any other error does not."""
    barrier = Barrier(len(works))

    def run(work: Work) -> object:
        barrier.wait()
        try:
            return in_transaction(engine, work)
        except REFUSALS as refusal:
            return type(refusal)

    with ThreadPoolExecutor(len(works)) as threads:
        return list(threads.map(run, works))


def fresh(session: Session) -> None:
    session.rollback()
    session.expire_all()


def slot_agrees(session: Session, slot_id: int) -> None:
    """X1, R71: the slot is taken just when somebody holds it."""
    held = session.scalars(
        select(Appointment.id).where(Appointment.slot_id == slot_id, Appointment.status.in_(("proposed", "booked", "cancelling")))
    ).all()
    assert (session.get_one(Slot, slot_id).state == "taken") == (len(held) == 1)


@pytest.mark.parametrize("lead", [WEEK, timedelta(hours=60)])
def test_x14_a_death_while_the_slot_is_being_placed(session: Session, engine: Engine, now: datetime, lead: timedelta) -> None:
    """X6, X14, R47: whichever is first, the dead hold nothing, wait for nothing and get no message."""
    for _ in range(ROUNDS):
        entry, slot = build.waiting(session, now=now), build.slot(session, now + lead, state="pending")
        session.commit()
        both_at_once(
            engine,
            partial(allocation.place, slot_id=slot.id, now=now),
            partial(lifecycle.died, patient_id=entry.patient_id, at=now, actor=DESK, now=now),
        )
        fresh(session)
        assert session.get_one(Entry, entry.id).state == "closed"
        assert session.get_one(Slot, slot.id).state in ("pending", "free")
        slot_agrees(session, slot.id)
        states = session.scalars(select(Message.state).where(Message.patient_id == entry.patient_id)).all()
        assert set(states) <= {"suppressed"}


@pytest.mark.parametrize("how", ["cancelled", "used", "dropped"])
def test_x14_a_referral_ends_while_the_slot_is_being_placed(
    session: Session, engine: Engine, now: datetime, how: lifecycle.Ending
) -> None:
    """X5, X14: the place is closed before the slot is placed, or the visit is treated as one that was booked."""
    for _ in range(ROUNDS):
        entry, slot = build.waiting(session, now=now), build.slot(session, now + WEEK, state="pending")
        session.commit()
        both_at_once(
            engine,
            partial(allocation.place, slot_id=slot.id, now=now),
            partial(lifecycle.end_referral, referral_id=entry.referral_id, how=how, actor=DESK, now=now),
        )
        fresh(session)
        visit = session.scalars(select(Appointment).where(Appointment.entry_id == entry.id)).one_or_none()
        state = session.get_one(Entry, entry.id).state
        kept = visit is not None and visit.status == "booked"
        assert state == ("booked" if kept else "closed")
        assert not kept or how == "used"
        slot_agrees(session, slot.id)


def test_x14_a_booking_while_the_patient_dies(session: Session, engine: Engine, now: datetime) -> None:
    """X6, X14: booked and released, or refused."""
    for _ in range(ROUNDS):
        patient, slot = build.patient(session), build.slot(session, now + WEEK)
        right = build.referral(session, patient)
        session.commit()
        both_at_once(
            engine,
            partial(appointments.book, patient_id=patient.id, slot_id=slot.id, actor=PATIENT, now=now, referral_id=right.id),
            partial(lifecycle.died, patient_id=patient.id, at=now, actor=DESK, now=now),
        )
        fresh(session)
        assert session.scalars(select(Appointment.status).where(Appointment.patient_id == patient.id)).all() in ([], ["cancelled"])
        slot_agrees(session, slot.id)


def test_x14_came_and_did_not_come_at_once(session: Session, engine: Engine, now: datetime) -> None:
    """R73, X14: two clerks at two desks: one word counts, the other is refused."""
    for _ in range(ROUNDS):
        visit = build.visit(session, now + WEEK, now=now)
        session.commit()
        answers = both_at_once(
            engine,
            partial(attendance.complete, appointment_id=visit.id, actor=DESK, now=now + WEEK + HOUR),
            partial(attendance.miss, appointment_id=visit.id, actor=DESK, now=now + WEEK + HOUR),
        )
        fresh(session)
        assert answers.count(NotHeld) == 1
        assert session.get_one(Appointment, visit.id).status == ("fulfilled" if answers[1] is NotHeld else "noshow")
