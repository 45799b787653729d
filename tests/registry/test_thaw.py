"""A patient's own cancellation on a clinic's freeze day (R119): kept, told, taken back, and carried out when the day is over."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from registry import (
    appointments,
    attendance,
    cancellations,
    freeze,
    invariants,
    lifecycle,
    moves,
    outbox,
    reminders,
    thaw,
    withdrawal,
)  # fmt: skip
from registry.appointments import Appointment
from registry.database import transaction
from registry.events import Actor, Event
from registry.schedules import NewSlot, Slot
from registry.tasks import Task
from registry.waiting_room import Entry
from tests.dialogs.exchange import Exchange
from tests.registry import build
from tests.registry.build import DESK, PATIENT, warsaw
from tests.registry.test_intake import CLINIC, row, seats, take

WEEK, SECOND = timedelta(days=7), timedelta(seconds=1)
TODAY = date(2026, 11, 18)
MIDNIGHT = warsaw(TODAY + timedelta(days=1), 0)


def frozen_visit(session: Session, now: datetime, starts_at: datetime | None = None, days: int = 1) -> Appointment:
    """A visit at a clinic whose schedules stand still today, and for `days` in all."""
    visit = build.visit(session, starts_at or now + WEEK, now=now - WEEK)
    for number in range(days):
        freeze.freeze(session, visit.provider_id, TODAY + timedelta(days=number), actor=DESK, now=now)
    return visit


def status(session: Session, visit: Appointment) -> str:
    session.expire_all()
    return session.get_one(Appointment, visit.id).status


def cancel(session: Session, visit: Appointment, now: datetime, actor: Actor = PATIENT, *, leave: bool = False) -> str:
    return cancellations.cancel(session, visit.id, reason="illness", actor=actor, now=now, leave=leave).status


def test_r119_it_is_kept_until_the_day_is_over_and_then_carried_out_once(session: Session, engine: Engine, now: datetime) -> None:
    """R119, R56, R52: the visit and its slot stand still; then the patient waits again and the next one gets the slot."""
    visit = frozen_visit(session, now)
    assert (cancel(session, visit, now), cancel(session, visit, now)) == ("booked", "booked")
    assert build.kinds(session, appointment_id=visit.id) == ["booked", "cancellation_kept"]
    heir = build.waiting(session, now=now)
    session.commit()
    assert thaw.thaw(engine, now=MIDNIGHT - SECOND) == 0
    assert status(session, visit) == "booked"
    assert (thaw.thaw(engine, now=MIDNIGHT), thaw.thaw(engine, now=MIDNIGHT)) == (1, 0)
    assert status(session, visit) == "cancelled"
    assert (visit.cancel_reason, visit.cancelled_at, session.get_one(Entry, visit.entry_id).state) == ("illness", MIDNIGHT, "waiting")
    assert session.get_one(Entry, heir.id).state == "booked"
    assert build.kinds(session, appointment_id=visit.id) == ["booked", "cancellation_kept", "cancelled"]
    event = session.scalars(select(Event).where(Event.kind == "visit.cancelled")).one()
    assert (event.actor, event.channel) == ("patient", "sms")


def test_r119_who_leaves_the_waiting_room_with_it_leaves_then(session: Session, engine: Engine, now: datetime) -> None:
    """R119, R55."""
    visit = frozen_visit(session, now)
    cancel(session, visit, now)
    cancel(session, visit, now, leave=True)
    session.commit()
    thaw.thaw(engine, now=MIDNIGHT)
    assert status(session, visit) == "cancelled"
    assert session.get_one(Entry, visit.entry_id).closed_because == "left"


@pytest.mark.parametrize("how", ["confirms", "takes it back", "moves"])
def test_r119_the_last_word_holds(session: Session, engine: Engine, now: datetime, how: str) -> None:
    """R119, D6: who comes after all is not cancelled in the night."""
    visit = frozen_visit(session, now)
    elsewhere = build.slot(session, now + 2 * WEEK)
    cancel(session, visit, now)
    if how == "confirms":
        appointments.confirm(session, visit.id, actor=PATIENT, now=now)
    elif how == "moves":
        moves.change(session, visit.id, elsewhere.id, actor=PATIENT, now=now)
    else:
        cancellations.undo(session, visit.id, actor=PATIENT, now=now)
    session.commit()
    assert thaw.thaw(engine, now=MIDNIGHT) == 0
    assert status(session, visit) == "booked"


@pytest.mark.parametrize(
    ("starts_at", "days", "kept"),
    [
        (warsaw(TODAY, 23, 59), 1, False), (MIDNIGHT, 1, True), (MIDNIGHT, 2, False),
        (MIDNIGHT + timedelta(days=1) - SECOND, 2, False), (MIDNIGHT + timedelta(days=1), 2, True),
    ],
)  # fmt: skip
def test_r119_a_visit_that_takes_place_before_the_thaw_is_cancelled_now(
    session: Session, now: datetime, starts_at: datetime, days: int, *, kept: bool
) -> None:
    """R119, X17: of several days in a row the last one counts; the exception is on record."""
    visit = frozen_visit(session, now, starts_at, days)
    assert cancel(session, visit, now) == ("booked" if kept else "cancelled")
    kinds = session.scalars(select(Event.kind).where(Event.appointment_id == visit.id)).all()
    assert ("visit.cancelled_in_spite_of_freeze" in kinds) is not kept


def test_r119_the_clinic_itself_cancels_at_once_and_on_record(session: Session, now: datetime) -> None:
    """R119, R11: an urgent change of its own."""
    visit = frozen_visit(session, now)
    assert cancel(session, visit, now, DESK) == "cancelled"
    assert "visit.cancelled_in_spite_of_freeze" in session.scalars(select(Event.kind)).all()


def test_r119_other_clinics_and_other_days_are_not_touched(session: Session, now: datetime) -> None:
    """R119."""
    frozen_visit(session, now)
    other = build.visit(session, now + WEEK, now=now - WEEK)
    tomorrow = frozen_visit(session, now)
    assert (cancel(session, other, now), cancel(session, tomorrow, MIDNIGHT)) == ("cancelled", "cancelled")


def test_r119_what_the_clinic_announced_comes_first(session: Session, engine: Engine, now: datetime) -> None:
    """R119, R71: a slot that it takes back in the same night is not released; the visit ends once, by the clinic."""
    on = build.schedule(session)
    take(session, on, row(now + WEEK), now=now)
    (slot,) = seats(session, on)
    slot.state = "free"
    who = build.patient(session)
    visit = appointments.book(session, who.id, slot.id, actor=DESK, now=now, referral_id=build.referral(session, who).id)
    freeze.freeze(session, visit.provider_id, TODAY, actor=DESK, now=now)
    cancel(session, visit, now)
    take(session, on, row(now + WEEK, 2, withdrawn=True), now=now)
    session.commit()
    thaw.thaw(engine, now=MIDNIGHT)
    assert status(session, visit) == "cancelled"
    assert (visit.cancel_reason, session.get_one(Slot, slot.id).state) == ("clinic", "withdrawn")
    assert build.kinds(session, appointment_id=visit.id).count("cancelled") == 0


def test_r119_a_clinic_that_moved_the_visit_into_the_past_is_told_by_a_person(session: Session, engine: Engine, now: datetime) -> None:
    """R119: cancelled in time, carried out too late by nobody's wish: it is not passed over in silence."""
    visit = frozen_visit(session, now, MIDNIGHT + timedelta(minutes=20))
    cancel(session, visit, now)
    sooner = NewSlot("S", MIDNIGHT, MIDNIGHT + timedelta(minutes=30), "FIRST_STABLE")
    withdrawal.move(session, visit.slot_id, sooner, actor=CLINIC, now=now)
    session.commit()
    thaw.thaw(engine, now=MIDNIGHT + timedelta(minutes=1))
    assert status(session, visit) == "booked"
    assert "call_patient" in session.scalars(select(Task.kind)).all()
    assert "visit.kept_cancellation_dropped" in session.scalars(select(Event.kind)).all()


def test_r119_by_text_message_the_patient_hears_that_it_is_kept(engine: Engine, now: datetime) -> None:
    """R119, R102: the answer to ODWOLAJ on such a day, and TAK that takes it back."""
    with transaction(engine) as session:
        visit = frozen_visit(session, now).id
        address = build.contact(session, session.get_one(build.Patient, session.get_one(Appointment, visit).patient_id)).value
    talk = Exchange(engine, address, now)
    assert talk.write("ODWOLAJ").outcome == "cancellation_kept"
    assert (talk.last(), talk.status(visit)) == ("cancellation_kept", "booked")
    talk.write("TAK")
    assert (talk.last(), thaw.thaw(engine, now=MIDNIGHT)) == ("confirmed", 0)


LATE = MIDNIGHT + timedelta(minutes=20)  # a visit so soon after the freeze day that the thaw may come after it


@pytest.mark.parametrize("thawed", [False, True])
def test_r73_who_cancelled_on_a_freeze_day_is_no_no_show_when_the_thaw_comes_too_late(
    session: Session, engine: Engine, now: datetime, *, thawed: bool
) -> None:
    """R119, R73: he gave it up in time; the visit ends as the clinic's and he waits in his old place."""
    visit = frozen_visit(session, now, LATE)
    joined = build.entry_of(session, visit).queue_at
    cancel(session, visit, now)
    session.commit()
    if thawed:
        thaw.thaw(engine, now=LATE)
        session.expire_all()
    with pytest.raises(attendance.NotTheirFault):
        attendance.miss(session, visit.id, actor=DESK, now=LATE)
    assert attendance.excuse(session, visit.id, actor=DESK, now=LATE).status == "cancelled"
    entry = build.entry_of(session, visit)
    assert (entry.state, entry.queue_at, entry.returns) == ("waiting", joined, 0)
    session.commit()
    assert thaw.thaw(engine, now=LATE) == 0


@pytest.mark.parametrize("moved", [False, True])
def test_r55_who_left_on_a_freeze_day_leaves_though_the_clinic_was_quicker(
    session: Session, engine: Engine, now: datetime, *, moved: bool
) -> None:
    """R119, R55, X11, X12: the clinic takes the slot back, or moves it and offers the new date; he had said that he will not wait."""
    visit = frozen_visit(session, now)
    cancel(session, visit, now, leave=True)
    if moved:
        later = NewSlot("S", now + 2 * WEEK, now + 2 * WEEK + timedelta(minutes=30), "FIRST_STABLE")
        assert withdrawal.move(session, visit.slot_id, later, actor=CLINIC, now=now)[1] == "asked"
    else:
        withdrawal.withdraw(session, [visit.slot_id], actor=CLINIC, now=now)
    session.commit()
    thaw.thaw(engine, now=MIDNIGHT)
    session.expire_all()
    entry = build.entry_of(session, visit)
    assert (entry.state, entry.closed_because) == ("closed", "left")
    assert build.kinds(session, patient_id=visit.patient_id)[-1] == "left_waiting_room"
    assert invariants.broken(session) == []


@pytest.mark.parametrize("begun", [False, True])
def test_x6_who_died_after_a_freeze_day_is_nobodys_call(session: Session, engine: Engine, now: datetime, *, begun: bool) -> None:
    """X6, R119: the day after; no message and no task is left of the cancellation that was kept."""
    visit = frozen_visit(session, now, LATE)
    cancel(session, visit, now)
    at = LATE if begun else MIDNIGHT - SECOND
    lifecycle.died(session, visit.patient_id, at=at, actor=DESK, now=at)
    session.commit()
    assert thaw.thaw(engine, now=LATE) == 0
    session.expire_all()
    assert session.scalars(select(Task.kind).where(Task.state == "open")).all() == []
    assert {one.state for one in build.messages(session)} == {"suppressed"}


def test_r119_who_came_after_all_is_not_called_afterwards(session: Session, engine: Engine, now: datetime) -> None:
    """R119, R73: the clinic says that the visit took place, so nothing is left to be cancelled."""
    visit = frozen_visit(session, now, LATE)
    cancel(session, visit, now)
    attendance.complete(session, visit.id, actor=DESK, now=LATE)
    session.commit()
    assert thaw.thaw(engine, now=LATE) == 0
    assert session.scalars(select(Task.kind)).all() == []


@pytest.mark.parametrize("written", [False, True])
def test_r101_nobody_is_reminded_of_a_visit_that_he_has_given_up(session: Session, now: datetime, *, written: bool) -> None:
    """R101, R119: a day before the visit, on the freeze day: a reminder that is due, or already on its way out; if he comes, it goes."""
    visit = frozen_visit(session, now, warsaw(TODAY + timedelta(days=1), 12))
    if written:
        assert reminders.write_due(session, now=now) == 1
    cancel(session, visit, now)
    assert reminders.write_due(session, now=now) == 0
    sent = outbox.claim(session, "sms", worker="w", now=warsaw(TODAY, 19, 59))
    assert "reminder_d1" not in {one.kind for one in sent}
    if not written:
        appointments.confirm(session, visit.id, actor=PATIENT, now=now)
        assert reminders.write_due(session, now=now) == 1
