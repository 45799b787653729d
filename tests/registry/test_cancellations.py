"""Cancelling a visit, taking it back, and what becomes of its slot and its patient, each rule at its border."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from registry import appointments, cancellations
from registry.appointments import NotHeld, TooLate
from registry.catalogue import CANCEL_REASONS, POLICY, CancelReason
from registry.events import Event
from registry.schedules import Slot
from registry.waiting_room import Entry
from tests.registry import build
from tests.registry.build import DESK, PATIENT

WEEK = timedelta(days=7)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("reason", CANCEL_REASONS)
def test_r70_a_cancellation_keeps_its_reason(session: Session, now: datetime, reason: CancelReason) -> None:
    """R70, D20, R71, R56: slot free for the waiting room and patient waiting again in the same step."""
    visit = build.visit(session, now + WEEK, now=now)
    cancellations.cancel(session, visit.id, reason=reason, actor=DESK, now=now)
    assert (visit.status, visit.cancel_reason, visit.cancelled_at) == ("cancelled", reason, now)
    assert session.get_one(Slot, visit.slot_id).state == "pending"
    assert build.entry_of(session, visit).state == "waiting"


def test_r70_a_reason_outside_the_list_is_refused(session: Session, now: datetime) -> None:
    """R70, D20: as a program that speaks to us may send one; nothing is cancelled."""
    visit = build.visit(session, now + WEEK, now=now)
    with pytest.raises(appointments.UnknownReason):
        cancellations.cancel(session, visit.id, reason="because", actor=DESK, now=now)  # type: ignore[arg-type]  # not of the list
    assert visit.status == "booked"


def test_r67_a_visit_may_be_cancelled_until_it_begins(session: Session, now: datetime) -> None:
    """R67: at the instant of its start it is too late."""
    visit, other = (build.visit(session, now + WEEK, now=now) for _ in range(2))
    with pytest.raises(TooLate):
        cancellations.cancel(session, visit.id, reason="sms", actor=PATIENT, now=visit.starts_at)
    assert visit.status == "booked"
    cancellations.cancel(session, other.id, reason="sms", actor=PATIENT, now=other.starts_at - SECOND)
    assert other.status == "cancelled"


def test_r67_a_repeated_cancellation_changes_nothing(session: Session, now: datetime) -> None:
    """R67, R100: one notice, one return to the queue, one event."""
    visit = build.visit(session, now + WEEK, now=now)
    for _ in range(3):
        cancellations.cancel(session, visit.id, reason="sms", actor=PATIENT, now=now)
    assert build.kinds(session, appointment_id=visit.id) == ["booked", "cancelled"]
    assert build.entry_of(session, visit).returns == 1
    assert session.scalars(select(Event.kind).where(Event.kind == "visit.cancelled")).all() == ["visit.cancelled"]


def test_d6_a_visit_cancelled_by_sms_keeps_its_slot_for_the_canceller(session: Session, now: datetime) -> None:
    """D6, X1: nobody else can have the slot meanwhile, neither the queue nor a search."""
    visit = build.visit(session, now + WEEK, now=now)
    cancellations.cancel(session, visit.id, reason="sms", actor=PATIENT, now=now, hold_for=POLICY.undo_hold)
    assert (visit.status, visit.held_until) == ("cancelling", now + timedelta(minutes=5))
    assert session.get_one(Slot, visit.slot_id).state == "taken"
    assert build.entry_of(session, visit).state == "booked"


@pytest.mark.parametrize(("before", "restored"), [(SECOND, True), (timedelta(0), False), (-SECOND, False)])
def test_d6_undo_restores_the_visit_until_the_hold_ends(session: Session, now: datetime, *, before: timedelta, restored: bool) -> None:
    """D6, R102: five minutes to the second."""
    visit = build.visit(session, now + WEEK, now=now)
    cancellations.cancel(session, visit.id, reason="sms", actor=PATIENT, now=now, hold_for=POLICY.undo_hold)
    then = now + timedelta(minutes=5) - before
    if restored:
        cancellations.undo(session, visit.id, actor=PATIENT, now=then)
        cancellations.undo(session, visit.id, actor=PATIENT, now=then)
        assert (visit.status, visit.cancel_reason, visit.cancelled_at, visit.held_until) == ("booked", None, None, None)
        assert build.kinds(session, appointment_id=visit.id) == ["booked", "cancelled", "undone"]
        assert build.entry_of(session, visit).returns == 0
    else:
        with pytest.raises(TooLate):
            cancellations.undo(session, visit.id, actor=PATIENT, now=then)


def test_d6_a_visit_cancelled_at_the_last_minute_is_not_restored_after_its_start(session: Session, now: datetime) -> None:
    """D6, R67."""
    visit = build.visit(session, now + timedelta(minutes=3), now=now)
    cancellations.cancel(session, visit.id, reason="sms", actor=PATIENT, now=now, hold_for=POLICY.undo_hold)
    with pytest.raises(TooLate):
        cancellations.undo(session, visit.id, actor=PATIENT, now=visit.starts_at)


def test_d6_a_cancellation_at_the_desk_is_not_held(session: Session, now: datetime) -> None:
    """D6: there the patient was asked first."""
    visit = build.visit(session, now + WEEK, now=now)
    cancellations.cancel(session, visit.id, reason="other", actor=DESK, now=now)
    with pytest.raises(TooLate):
        cancellations.undo(session, visit.id, actor=DESK, now=now)


def test_r55_cancelling_and_leaving_ends_the_wait(session: Session, now: datetime) -> None:
    """R55: the third choice; there is nothing to hold the slot for."""
    visit = build.visit(session, now + WEEK, now=now)
    cancellations.cancel(session, visit.id, reason="treated_elsewhere", actor=DESK, now=now, hold_for=POLICY.undo_hold, leave=True)
    entry = build.entry_of(session, visit)
    assert (visit.status, entry.state, entry.closed_because) == ("cancelled", "closed", "left")
    assert build.kinds(session, appointment_id=visit.id) == ["booked", "cancelled_left"]


def test_r55_who_leaves_after_a_cancellation_by_sms_leaves(session: Session, now: datetime) -> None:
    """R55, D6: within the five minutes he rings the desk: he will not wait either."""
    visit = build.visit(session, now + WEEK, now=now)
    cancellations.cancel(session, visit.id, reason="sms", actor=PATIENT, now=now, hold_for=POLICY.undo_hold)
    cancellations.cancel(session, visit.id, reason="other", actor=DESK, now=now + POLICY.undo_hold / 2, leave=True)
    assert (visit.status, visit.cancel_reason, build.entry_of(session, visit).closed_because) == ("cancelled", "sms", "left")
    with pytest.raises(TooLate):
        cancellations.undo(session, visit.id, actor=PATIENT, now=now + POLICY.undo_hold / 2)


def test_r56_d1_the_place_is_kept_twice_and_lost_the_third_time(session: Session, now: datetime) -> None:
    """R56, D1: the joining time stays what it was, the place in the queue is what moves."""
    joined = now - 10 * WEEK
    entry = build.waiting(session, now=joined)
    places = []
    for weeks in (1, 2, 3):
        free = build.slot(session, now + weeks * WEEK)
        visit = appointments.book(session, entry.patient_id, free.id, actor=PATIENT, now=now, referral_id=entry.referral_id)
        cancellations.cancel(session, visit.id, reason="sms", actor=PATIENT, now=now)
        places.append(entry.queue_at)
    assert places == [joined, joined, now]
    assert (entry.joined_at, entry.returns, entry.state) == (joined, 3, "waiting")


def test_x11_a_cancellation_by_the_clinic_is_not_counted_against_the_patient(session: Session, now: datetime) -> None:
    """X11, D1."""
    entry = build.waiting(session, now=now - WEEK)
    for weeks in (1, 2, 3, 4):
        free = build.slot(session, now + weeks * WEEK)
        visit = appointments.book(session, entry.patient_id, free.id, actor=PATIENT, now=now, referral_id=entry.referral_id)
        cancellations.cancel(session, visit.id, reason="clinic", actor=DESK, now=now)
    assert (entry.queue_at, entry.returns) == (now - WEEK, 0)
    assert "cancelled_by_clinic" in build.kinds(session, patient_id=entry.patient_id)


def test_r56_a_referral_that_ended_meanwhile_ends_the_wait_and_is_told(session: Session, now: datetime) -> None:
    """R56: closed, and the patient is told."""
    visit = build.visit(session, now + WEEK, now=now)
    session.execute(text("UPDATE referrals SET valid_until = '2026-11-17' WHERE id = :id"), {"id": visit.referral_id})
    cancellations.cancel(session, visit.id, reason="sms", actor=PATIENT, now=now)
    assert (build.entry_of(session, visit).state, build.entry_of(session, visit).closed_because) == ("closed", "referral_ended")
    assert build.kinds(session, appointment_id=visit.id) == ["booked", "cancelled", "waiting_room_referral_ended"]


def test_r75_d17_a_cancelled_control_visit_goes_back_to_the_clinic(session: Session, now: datetime) -> None:
    """R68, R75, D17: the patient does not wait, the slot never passes through the waiting room."""
    visit = build.control_visit(session, now + WEEK, now=now)
    cancellations.cancel(session, visit.id, reason="sms", actor=PATIENT, now=now, hold_for=POLICY.undo_hold)
    cancellations.release(session, *appointments.lock_visit(session, visit.id), actor=PATIENT, now=now)
    assert (visit.status, session.get_one(Slot, visit.slot_id).state) == ("cancelled", "free")
    assert build.kinds(session, appointment_id=visit.id) == ["booked", "cancelled_control"]
    assert session.scalars(select(Entry.id)).all() == []


def test_r71_a_withdrawn_slot_is_not_released(session: Session, now: datetime) -> None:
    """R71: the clinic took the hour away while the visit stood."""
    visit = build.visit(session, now + WEEK, now=now)
    slot = session.get_one(Slot, visit.slot_id)
    slot.state = "withdrawn"
    session.flush()
    cancellations.cancel(session, visit.id, reason="sms", actor=PATIENT, now=now)
    assert (visit.status, slot.state) == ("cancelled", "withdrawn")


def test_an_offer_is_not_cancelled_as_a_visit(session: Session, now: datetime) -> None:
    """R61: an open offer is declined; it was never a visit."""
    slot, entry = build.slot(session, now + timedelta(hours=60), state="pending"), build.waiting(session, now=now)
    offer = appointments.hold(
        session, slot, entry.patient_id, entry.contact_point_id,
        entry=entry, visit_type="first", status="proposed", origin="waiting_room", now=now, expires_at=now + timedelta(hours=4),
    )  # fmt: skip
    with pytest.raises(NotHeld):
        cancellations.cancel(session, offer.id, reason="sms", actor=PATIENT, now=now)
