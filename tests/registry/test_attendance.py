"""Visits that took place, no-shows and their reversal: who loses a place in the queue, and who never does."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from registry import allocation, appointments, attendance, cancellations, invariants, lifecycle, moves, offers, waiting_room
from registry.appointments import Appointment, NotHeld
from registry.attendance import NoClinic, NotTheirFault, NotYet
from registry.communications import Message
from registry.events import Event
from registry.referrals import Referral
from registry.schedules import Slot
from registry.waiting_room import Criteria, Entry
from tests.registry import build
from tests.registry.build import DESK, PATIENT

WEEK, DAY, HOUR, SECOND = timedelta(days=7), timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)


def entry_of(session: Session, visit: Appointment) -> Entry:
    return session.scalars(select(Entry).where(Entry.id == visit.entry_id).execution_options(populate_existing=True)).one()


def referral_state(session: Session, visit: Appointment) -> str:
    return session.scalars(select(Referral.state).where(Referral.id == visit.referral_id)).one()


def events_of(session: Session, visit: Appointment) -> list[str]:
    return list(session.scalars(select(Event.kind).where(Event.appointment_id == visit.id).order_by(Event.id)))


def missed(session: Session, now: datetime, **more: bool) -> Appointment:
    """A visit booked at `now` to which the patient did not come a week later."""
    visit = build.visit(session, now + WEEK, now=now)
    return attendance.miss(session, visit.id, actor=DESK, now=now + WEEK + HOUR)


def rejoin(session: Session, visit: Appointment, now: datetime) -> Entry:
    return waiting_room.join(
        session, visit.patient_id, visit.service, visit.referral_id, Criteria(now.date()),
        contact_point_id=visit.contact_point_id, actor=PATIENT, now=now,
    )  # fmt: skip


# --- the visit took place


def test_r129_a_visit_that_took_place_uses_its_referral(session: Session, now: datetime) -> None:
    """R129, R42, R59: completed, the claim closed, the referral used, told to the clinic's system."""
    visit = build.visit(session, now + WEEK, now=now)
    attendance.complete(session, visit.id, actor=DESK, now=now + WEEK + HOUR)
    assert (visit.status, entry_of(session, visit).state, referral_state(session, visit)) == ("fulfilled", "closed", "used")
    assert events_of(session, visit) == ["visit.booked", "visit.fulfilled"]
    again = attendance.complete(session, visit.id, actor=DESK, now=now + WEEK + DAY)
    assert (again.version, len(events_of(session, visit))) == (2, 2)


def test_a_visit_is_completed_from_its_warsaw_day_on(session: Session, now: datetime) -> None:
    """R129, X17: a patient who is seen before the hour was seen; the day before nobody can have been."""
    visit = build.visit(session, now + WEEK, now=now)
    with pytest.raises(NotYet):
        attendance.complete(session, visit.id, actor=DESK, now=now + WEEK - DAY)
    assert attendance.complete(session, visit.id, actor=DESK, now=now + WEEK - HOUR).status == "fulfilled"


def test_a_cancelled_visit_cannot_have_taken_place_or_been_missed(session: Session, now: datetime) -> None:
    """R67, R73: who cancelled in time is never a no-show."""
    visit = build.visit(session, now + WEEK, now=now)
    cancellations.cancel(session, visit.id, reason="illness", actor=PATIENT, now=now + WEEK - SECOND)
    for verdict in (attendance.complete, attendance.miss):
        with pytest.raises(NotHeld):
            verdict(session, visit.id, actor=DESK, now=now + WEEK + HOUR)


# --- no-show


def test_r73_a_no_show_loses_the_claim_and_keeps_the_referral(session: Session, now: datetime) -> None:
    """R73: registered anew from the start; the referral stays usable; the patient is told (R100)."""
    visit = missed(session, now)
    entry = entry_of(session, visit)
    assert (visit.status, entry.state, entry.closed_because, referral_state(session, visit)) == ("noshow", "closed", "noshow", "issued")
    assert build.kinds(session, appointment_id=visit.id) == ["booked", "no_show"]
    attendance.miss(session, visit.id, actor=DESK, now=now + WEEK + DAY)
    assert build.kinds(session, appointment_id=visit.id) == ["booked", "no_show"]


@pytest.mark.parametrize("urgent", [True, False])
def test_r73_after_a_no_show_the_patient_waits_at_the_end_of_his_category(session: Session, now: datetime, *, urgent: bool) -> None:
    """R73, D1, D3: behind everyone of the same category, also who joined after the missed visit; not below another category."""
    patient = build.patient(session)
    right = build.referral(session, patient, urgent=urgent)
    visit = appointments.book(
        session, patient.id, build.slot(session, now + WEEK).id, actor=DESK, now=now, referral_id=right.id
    )  # fmt: skip
    attendance.miss(session, visit.id, actor=DESK, now=now + WEEK)
    peers = [build.waiting(session, now=now + offset, urgent=urgent) for offset in (DAY, WEEK + HOUR)]
    others = build.waiting(session, now=now, urgent=not urgent)
    back = rejoin(session, visit, now + WEEK + DAY)
    queue = session.scalars(select(Entry.id).where(Entry.state == "waiting").order_by(Entry.rank, Entry.queue_at, Entry.id)).all()
    own_class = [entry.id for entry in (*peers, back)]
    assert queue == ([*own_class, others.id] if urgent else [others.id, *own_class])


def test_r73_a_visit_is_not_missed_before_it_begins(session: Session, now: datetime) -> None:
    """R73: at its very start it can be."""
    visit = build.visit(session, now + WEEK, now=now)
    with pytest.raises(NotYet):
        attendance.miss(session, visit.id, actor=DESK, now=now + WEEK - SECOND)
    assert attendance.miss(session, visit.id, actor=DESK, now=now + WEEK).status == "noshow"


def test_r73_only_the_clinic_says_that_a_patient_did_not_come(session: Session, now: datetime) -> None:
    """R73, R9."""
    visit = build.visit(session, now + WEEK, now=now)
    for verdict in (attendance.miss, attendance.complete):
        with pytest.raises(NoClinic):
            verdict(session, visit.id, actor=PATIENT, now=now + WEEK + HOUR)


def test_r122_where_the_clinic_failed_nobody_is_a_no_show(session: Session, now: datetime) -> None:
    """R73, R122: the clinic took the slot back, so the patient could not be seen."""
    visit = build.visit(session, now + WEEK, now=now)
    session.get_one(Slot, visit.slot_id).state = "withdrawn"
    session.flush()
    with pytest.raises(NotTheirFault):
        attendance.miss(session, visit.id, actor=DESK, now=now + WEEK + HOUR)
    assert (visit.status, entry_of(session, visit).state) == ("booked", "booked")


def assigned(session: Session, now: datetime) -> Appointment:
    """A visit that the waiting room gave to a patient who did not ask for this very date."""
    build.waiting(session, now=now)
    free = build.slot(session, now + WEEK, state="pending")
    placed = allocation.place(session, free.id, now=now)
    assert placed.outcome == "assigned"
    return session.get_one(Appointment, placed.appointment_id)


def fate(session: Session, visit: Appointment, state: str) -> None:
    session.execute(update(Message).where(Message.appointment_id == visit.id).values(state=state))


@pytest.mark.parametrize("state", ["queued", "failed", "undelivered", "suppressed"])
def test_r54_who_never_heard_of_an_assigned_visit_is_no_no_show(session: Session, now: datetime, state: str) -> None:
    """R54, R73: the notice of the automatic assignment did not arrive."""
    visit = assigned(session, now)
    fate(session, visit, state)
    with pytest.raises(NotTheirFault):
        attendance.miss(session, visit.id, actor=DESK, now=now + WEEK + HOUR)


@pytest.mark.parametrize("state", ["accepted", "sent", "delivered"])
def test_r73_who_was_told_of_an_assigned_visit_can_miss_it(session: Session, now: datetime, state: str) -> None:
    """R54, R73."""
    visit = assigned(session, now)
    fate(session, visit, state)
    assert attendance.miss(session, visit.id, actor=DESK, now=now + WEEK + HOUR).status == "noshow"


def test_r73_who_confirmed_an_assigned_visit_knew_of_it(session: Session, now: datetime) -> None:
    """R73: the word of the patient counts for more than a carrier's receipt."""
    visit = assigned(session, now)
    fate(session, visit, "failed")
    appointments.confirm(session, visit.id, actor=PATIENT, now=now + DAY)
    assert attendance.miss(session, visit.id, actor=DESK, now=now + WEEK + HOUR).status == "noshow"


def test_r73_who_accepted_an_offer_knew_of_it(session: Session, now: datetime) -> None:
    """R61, R73: accepted by the patient himself, whatever became of the messages."""
    build.waiting(session, now=now)
    placed = allocation.place(session, build.slot(session, now + timedelta(hours=60), state="pending").id, now=now)
    visit = offers.accept(session, placed.appointment_id or 0, actor=PATIENT, now=now + HOUR)
    fate(session, visit, "failed")
    assert attendance.miss(session, visit.id, actor=DESK, now=now + WEEK).status == "noshow"


@pytest.mark.parametrize(("actor", "can_miss"), [(PATIENT, True), (DESK, False)])
def test_r105_a_move_that_never_reached_the_patient_is_no_fault_of_his(
    session: Session, now: datetime, actor: appointments.Actor, *, can_miss: bool
) -> None:
    """R73, R105: moved by the clinic and not told; moved by himself he knows."""
    visit = build.visit(session, now + WEEK, now=now)
    fate(session, visit, "delivered")
    moves.change(session, visit.id, build.slot(session, now + WEEK + DAY).id, actor=actor, now=now + HOUR)
    session.execute(update(Message).where(Message.kind == "changed").values(state="undelivered"))
    if can_miss:
        assert attendance.miss(session, visit.id, actor=DESK, now=now + WEEK + DAY).status == "noshow"
    else:
        with pytest.raises(NotTheirFault):
            attendance.miss(session, visit.id, actor=DESK, now=now + WEEK + DAY)


# --- nobody's fault


def test_r73_whom_nobody_told_waits_again_where_he_was(session: Session, now: datetime) -> None:
    """R73, R54, R122: not a no-show, and not held for ever by a visit that did not take place: the place and the referral are his."""
    visit = assigned(session, now)
    fate(session, visit, "failed")
    joined, late = entry_of(session, visit).queue_at, now + WEEK + HOUR
    with pytest.raises(NotYet):
        attendance.excuse(session, visit.id, actor=DESK, now=now + WEEK - HOUR)
    with pytest.raises(NoClinic):
        attendance.excuse(session, visit.id, actor=PATIENT, now=late)
    attendance.excuse(session, visit.id, actor=DESK, now=late)
    version = attendance.excuse(session, visit.id, actor=DESK, now=late + HOUR).version
    entry = entry_of(session, visit)
    assert (visit.status, visit.cancel_reason, version) == ("cancelled", "clinic", 2)
    assert (entry.state, entry.queue_at, entry.returns) == ("waiting", joined, 0)
    assert referral_state(session, visit) == "issued"
    assert build.kinds(session, appointment_id=visit.id)[-1] == "cancelled_by_clinic"
    assert allocation.place(session, visit.slot_id, now=late).outcome == "lost"
    assert invariants.broken(session) == []


def test_x5_whose_referral_ended_meanwhile_is_told_so(session: Session, now: datetime) -> None:
    """R73, X5, R56."""
    visit = assigned(session, now)
    session.get_one(Referral, visit.referral_id).valid_until = (now + DAY).date()
    session.flush()
    attendance.excuse(session, visit.id, actor=DESK, now=now + WEEK + HOUR)
    assert entry_of(session, visit).closed_because == "referral_ended"
    assert build.kinds(session, appointment_id=visit.id)[-1] == "waiting_room_referral_ended"


# --- reversal


def test_x24_a_wrong_no_show_gives_the_old_place_back(session: Session, now: datetime) -> None:
    """X24: the old entry waits again with its own joining time; both states stay in the audit."""
    visit = missed(session, now)
    joined = entry_of(session, visit).joined_at
    attendance.reverse(session, visit.id, came=False, actor=DESK, now=now + WEEK + DAY)
    entry = entry_of(session, visit)
    assert (entry.state, entry.joined_at, entry.queue_at, entry.closed_because) == ("waiting", joined, joined, None)
    assert (visit.status, visit.cancel_reason) == ("cancelled", "clinic")
    assert events_of(session, visit)[-2:] == ["visit.noshow", "visit.noshow_reversed"]
    assert build.kinds(session, appointment_id=visit.id)[-1] == "no_show_reversed"


def test_x24_a_claim_made_after_the_wrong_no_show_gets_the_old_place(session: Session, now: datetime) -> None:
    """X24, X2: still one claim on the referral."""
    visit = missed(session, now)
    newer = rejoin(session, visit, now + WEEK + DAY)
    attendance.reverse(session, visit.id, came=False, actor=DESK, now=now + WEEK + 2 * DAY)
    session.refresh(newer)
    assert (newer.state, newer.queue_at, newer.joined_at) == ("waiting", now, now)
    assert entry_of(session, visit).state == "closed"


def test_x24_the_patient_came_after_all(session: Session, now: datetime) -> None:
    """X24: the visit counts as done, its referral as used, and a claim made meanwhile on it ends with a word to the patient (X5)."""
    visit = missed(session, now)
    newer = rejoin(session, visit, now + WEEK + DAY)
    attendance.reverse(session, visit.id, came=True, actor=DESK, now=now + WEEK + 2 * DAY)
    session.refresh(newer)
    assert (visit.status, referral_state(session, visit), newer.state) == ("fulfilled", "used", "closed")
    assert build.kinds(session, patient_id=visit.patient_id)[-1] == "waiting_room_referral_ended"


def test_x24_repeated_it_changes_nothing_and_only_a_no_show_is_reversed(session: Session, now: datetime) -> None:
    """X24."""
    visit = missed(session, now)
    version = attendance.reverse(session, visit.id, came=False, actor=DESK, now=now + WEEK + DAY).version
    assert attendance.reverse(session, visit.id, came=False, actor=DESK, now=now + WEEK + 2 * DAY).version == version
    other = build.visit(session, now + WEEK, now=now)
    with pytest.raises(NotHeld):
        attendance.reverse(session, other.id, came=False, actor=DESK, now=now + WEEK + DAY)


def test_x24_without_a_referral_the_place_cannot_come_back_and_the_patient_hears_why(session: Session, now: datetime) -> None:
    """X24, R56: the referral ran out meanwhile."""
    visit = missed(session, now)
    session.get_one(Referral, visit.referral_id).valid_until = (now + WEEK).date()
    session.flush()
    attendance.reverse(session, visit.id, came=False, actor=DESK, now=now + WEEK + 2 * DAY)
    assert entry_of(session, visit).state == "closed"
    assert build.kinds(session, appointment_id=visit.id)[-1] == "waiting_room_referral_ended"


def test_x6_a_visit_excused_after_its_patient_died_leaves_nobody_waiting(session: Session, now: datetime) -> None:
    """The visit had begun when the death was told, so it stayed for its clinic to say what became of it."""
    visit = build.visit(session, now + WEEK, now=now)
    lifecycle.died(session, visit.patient_id, at=now + WEEK + HOUR, actor=DESK, now=now + WEEK + HOUR)
    attendance.excuse(session, visit.id, actor=DESK, now=now + WEEK + DAY)
    assert (visit.status, entry_of(session, visit).state, entry_of(session, visit).closed_because) == ("cancelled", "closed", "death")
    assert invariants.broken(session) == []


def test_x24_nothing_is_restored_to_a_patient_who_died_meanwhile(session: Session, now: datetime) -> None:
    """X24, X6: the no-show is taken back in the record; the place stays closed and nobody is written to."""
    visit = missed(session, now)
    lifecycle.died(session, visit.patient_id, at=now + WEEK + DAY, actor=DESK, now=now + WEEK + DAY)
    attendance.reverse(session, visit.id, came=False, actor=DESK, now=now + WEEK + 2 * DAY)
    assert (visit.status, entry_of(session, visit).state) == ("cancelled", "closed")
    assert "no_show_reversed" not in build.kinds(session, patient_id=visit.patient_id)
