"""Moving a visit to another slot in one step, each rule at its border."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from registry import appointments, cancellations, moves, people
from registry.appointments import NotBookable, NotHeld, TimeConflict, TooLate
from registry.catalogue import POLICY
from registry.events import Actor
from registry.schedules import Slot, SlotTaken
from tests.registry import build
from tests.registry.build import DESK, PATIENT, warsaw

WEEK = timedelta(days=7)


def test_r69_a_change_secures_the_new_slot_and_frees_the_old(session: Session, now: datetime) -> None:
    """R69, R100: one visit, one notice; the old slot goes to the waiting room."""
    visit, new = build.visit(session, now + WEEK, now=now), build.slot(session, now + 2 * WEEK)
    old_id, old_start = visit.slot_id, visit.starts_at
    appointments.confirm(session, visit.id, actor=PATIENT, now=now)
    moves.change(session, visit.id, new.id, actor=PATIENT, now=now)
    assert (visit.slot_id, visit.starts_at, visit.moved_from, visit.moves) == (new.id, new.starts_at, old_start, 1)
    assert (visit.status, visit.confirmed_at, visit.local_date) == ("booked", None, new.local_date)
    assert (session.get_one(Slot, old_id).state, new.state) == ("pending", "taken")
    assert build.kinds(session, appointment_id=visit.id) == ["booked", "changed"]


@pytest.mark.parametrize("state", ["taken", "pending", "withdrawn"])
def test_r69_when_the_new_slot_is_lost_the_old_one_is_kept(session: Session, now: datetime, state: str) -> None:
    """R69."""
    visit, new = build.visit(session, now + WEEK, now=now), build.slot(session, now + 2 * WEEK, state=state)
    old_id = visit.slot_id
    with pytest.raises((SlotTaken, NotBookable)):
        moves.change(session, visit.id, new.id, actor=PATIENT, now=now)
    session.commit()
    assert (visit.slot_id, visit.status, session.get_one(Slot, old_id).state) == (old_id, "booked", "taken")


def test_r69_a_change_to_the_same_slot_is_none(session: Session, now: datetime) -> None:
    """R69."""
    visit = build.visit(session, now + WEEK, now=now)
    moves.change(session, visit.id, visit.slot_id, actor=PATIENT, now=now)
    assert (visit.version, visit.moves) == (1, 0)


def test_r31_a_change_stays_inside_the_horizon(session: Session, now: datetime) -> None:
    """R31, R69."""
    visit, far = build.visit(session, now + WEEK, now=now), build.slot(session, warsaw(date(2026, 12, 29)))
    with pytest.raises(NotBookable):
        moves.change(session, visit.id, far.id, actor=PATIENT, now=now)


@pytest.mark.parametrize("actor", [PATIENT, DESK])
def test_d2_a_change_does_not_cross_into_a_pool_of_others(session: Session, now: datetime, actor: Actor) -> None:
    """D2, R69: "change crossing categories"."""
    visit, urgent = build.visit(session, now + WEEK, now=now), build.slot(session, now + 2 * WEEK, pool="FIRST_URGENT")
    with pytest.raises(NotBookable):
        moves.change(session, visit.id, urgent.id, actor=actor, now=now)


def test_r69_control_visits_and_other_services_are_not_changed_by_oneself(session: Session, now: datetime) -> None:
    """R69, R75, R85."""
    control, first = build.control_visit(session, now + WEEK, now=now), build.visit(session, now + WEEK, now=now)
    free, mammo = build.slot(session, now + 2 * WEEK), build.slot(session, now + 2 * WEEK, service="MAMMO")
    with pytest.raises(NotBookable):
        moves.change(session, control.id, free.id, actor=PATIENT, now=now)
    with pytest.raises(NotBookable):
        moves.change(session, first.id, mammo.id, actor=PATIENT, now=now)


def test_x4_a_change_may_overlap_the_visit_it_moves_but_no_other(session: Session, now: datetime) -> None:
    """X4, R69: half an hour later in the same morning is a change like any other."""
    visit = build.visit(session, now + WEEK, now=now)
    person = session.get_one(people.Patient, visit.patient_id)
    build.visit(session, now + 2 * WEEK, now=now, of=person, service="MAMMO")
    moves.change(session, visit.id, build.slot(session, now + WEEK + timedelta(minutes=15)).id, actor=PATIENT, now=now)
    with pytest.raises(TimeConflict):
        moves.change(session, visit.id, build.slot(session, now + 2 * WEEK).id, actor=PATIENT, now=now)


def test_r67_a_visit_that_has_begun_or_is_being_cancelled_is_not_moved(session: Session, now: datetime) -> None:
    """R67, D6."""
    visit, new = build.visit(session, now + WEEK, now=now), build.slot(session, now + 2 * WEEK)
    with pytest.raises(TooLate):
        moves.change(session, visit.id, new.id, actor=PATIENT, now=visit.starts_at)
    cancellations.cancel(session, visit.id, reason="sms", actor=PATIENT, now=now, hold_for=POLICY.undo_hold)
    with pytest.raises(NotHeld):
        moves.change(session, visit.id, new.id, actor=PATIENT, now=now)
