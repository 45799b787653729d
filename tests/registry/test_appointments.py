"""Visits: booking, confirming, cancelling, taking back and moving, each rule at its border."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from registry import allocation, appointments, cancellations, invariants, moves, people, waiting_room
from registry.appointments import NotBookable, NotHeld, TimeConflict, TooLate
from registry.catalogue import CANCEL_REASONS, POLICY, CancelReason, Pool
from registry.events import SYSTEM, Actor, Event
from registry.people import NoContact
from registry.referrals import ReferralNotUsable
from registry.schedules import Slot, SlotTaken
from registry.waiting_room import AlreadyClaimed, Entry
from tests.registry import build
from tests.registry.build import DESK, PATIENT, warsaw

WEEK = timedelta(days=7)
SECOND = timedelta(seconds=1)
DAY_41 = date(2026, 12, 29)


def entry_of(session: Session, visit: appointments.Appointment) -> Entry:
    return session.scalars(select(Entry).where(Entry.id == visit.entry_id).execution_options(populate_existing=True)).one()


# --- booking


def test_r39_booking_takes_the_slot_and_tells_the_patient(session: Session, now: datetime) -> None:
    """R39, R100: the visit, the slot, the claim, the notice and the event are one change."""
    visit = build.visit(session, now + WEEK, now=now)
    assert (visit.status, visit.version, visit.booked_at) == ("booked", 1, now)
    assert session.get_one(Slot, visit.slot_id).state == "taken"
    assert entry_of(session, visit).state == "booked"
    assert build.kinds(session, appointment_id=visit.id) == ["booked"]
    assert list(session.scalars(select(Event.kind).where(Event.appointment_id == visit.id))) == ["visit.booked"]


def test_r39_without_contact_no_booking(session: Session, now: datetime) -> None:
    """R39, R95: contact data are a condition of booking."""
    person = build.without_contact(session)
    free, right = build.slot(session, now + WEEK), build.referral(session, person)
    with pytest.raises(NoContact):
        appointments.book(session, person.id, free.id, actor=DESK, now=now, referral_id=right.id)


def test_r39_the_contact_must_be_the_patients_own(session: Session, now: datetime) -> None:
    """R39, R96: news of a visit never go to an address of somebody else's."""
    person, stranger = build.patient(session), build.patient(session)
    free, right = build.slot(session, now + WEEK), build.referral(session, person)
    with pytest.raises(NoContact):
        appointments.book(
            session, person.id, free.id, actor=DESK, now=now, referral_id=right.id,
            contact_point_id=build.contact(session, stranger).id,
        )  # fmt: skip


@pytest.mark.parametrize(("days", "bookable"), [(40, True), (41, False)])
@pytest.mark.parametrize("actor", [PATIENT, DESK])
@pytest.mark.parametrize("clock", [(0, 0, 0), (23, 59, 59)])
@pytest.mark.parametrize("today", [date(2026, 11, 18), date(2026, 2, 27), date(2026, 9, 20)])
def test_r31_day_40_may_be_booked_and_day_41_not(
    session: Session, today: date, clock: tuple[int, int, int], actor: Actor, *, days: int, bookable: bool
) -> None:
    """R31, X16, D4: Warsaw days, at both ends of the day, over both clock changes, for patients and the desk alike."""
    now = warsaw(today, *clock)
    person = build.patient(session)
    free, right = build.slot(session, warsaw(today + timedelta(days=days), 23, 0)), build.referral(session, person)

    def book() -> appointments.Appointment:
        return appointments.book(session, person.id, free.id, actor=actor, now=now, referral_id=right.id)

    if bookable:
        assert book().status == "booked"
    else:
        with pytest.raises(NotBookable):
            book()


OPEN_DESK = replace(POLICY, desk_within_horizon=False)


@pytest.mark.parametrize("actor", [PATIENT, Actor("patient", "chat"), Actor("patient", "voice"), Actor("patient", "email"), SYSTEM])
def test_r31_the_switch_opens_nothing_to_anybody_but_a_desk(session: Session, now: datetime, actor: Actor) -> None:
    """R31: with the switch off, day 41 stays shut to patients, whatever channel they come by, and day 40's locked slots too."""
    person = build.patient(session)
    right, free = build.referral(session, person), build.slot(session, warsaw(DAY_41, 12), state="pending")
    with pytest.raises(NotBookable):
        appointments.book(session, person.id, free.id, actor=actor, now=now, referral_id=right.id, policy=OPEN_DESK)


@pytest.mark.parametrize("actor", [DESK, Actor("system", "api", "KS-Somed"), Actor("operator", "console", "A. Operator")])
def test_r31_with_the_switch_off_a_desk_sells_first_visits_beyond_day_40(session: Session, now: datetime, actor: Actor) -> None:
    """R31, R10: a locked slot of day 41 is booked, moved further and cancelled; freed, it is locked as before; every invariant holds."""
    person = build.patient(session)
    right = build.referral(session, person)
    first, second = (build.slot(session, warsaw(DAY_41 + timedelta(days=days), 12), state="pending") for days in (0, 1))
    visit = appointments.book(session, person.id, first.id, actor=actor, now=now, referral_id=right.id, policy=OPEN_DESK)
    assert (visit.status, visit.local_date) == ("booked", DAY_41)
    with pytest.raises(NotBookable):  # switched on again: what is booked stays, nothing moves there
        moves.change(session, visit.id, second.id, actor=actor, now=now)
    moves.change(session, visit.id, second.id, actor=actor, now=now, policy=OPEN_DESK)
    cancellations.cancel(session, visit.id, reason="illness", actor=actor, now=now)
    session.commit()
    assert [one.state for one in (first, second)] == ["pending", "pending"]
    assert (allocation.due_slots(session, now=now), build.kinds(session)) == ([], ["booked", "changed", "cancelled"])
    beyond = "SELECT kind FROM events WHERE facts ? 'beyond_horizon' ORDER BY id"
    assert session.scalars(text(beyond)).all() == ["visit.booked", "visit.changed"]
    assert invariants.broken(session) == []


def test_r31_within_the_horizon_the_switch_lets_no_desk_past_the_waiting_room(session: Session, now: datetime) -> None:
    """R31, R52, R82: a slot of day 40 that the waiting room has not seen stays its own, and screening has no switch."""
    person = build.patient(session)
    right, slot = build.referral(session, person), build.slot(session, warsaw(DAY_41 - timedelta(days=1), 12), state="pending")
    with pytest.raises(NotBookable):
        appointments.book(session, person.id, slot.id, actor=DESK, now=now, referral_id=right.id, policy=OPEN_DESK)
    exam = build.slot(session, warsaw(date(2026, 11, 18) + timedelta(days=91), 12), service="MAMMO")
    build.eligible(session, person, "MAMMO", now=now)
    with pytest.raises(NotBookable):
        appointments.book(session, person.id, exam.id, actor=DESK, now=now, visit_type="screening", policy=OPEN_DESK)


@pytest.mark.parametrize(("days", "bookable"), [(90, True), (91, False)])
def test_r82_screening_is_booked_up_to_day_90(session: Session, now: datetime, *, days: int, bookable: bool) -> None:
    """R82, X16: another horizon, and no referral (R78)."""
    starts_at = warsaw(date(2026, 11, 18) + timedelta(days=days), 12)
    if bookable:
        visit = build.visit(session, starts_at, now=now, service="MAMMO")
        assert (visit.visit_type, visit.entry_id, visit.referral_id) == ("screening", None, None)
    else:
        with pytest.raises(NotBookable):
            build.visit(session, starts_at, now=now, service="MAMMO")


@pytest.mark.parametrize("state", ["pending", "withdrawn", "quarantined"])
def test_r40_only_published_slots_are_bookable(session: Session, now: datetime, state: str) -> None:
    """R40, R52, R123: what the waiting room has not seen yet, or what is not to be sold, cannot be booked around it."""
    with pytest.raises(NotBookable):
        build.visit(session, now + WEEK, now=now, state=state)


def test_x1_a_taken_slot_is_refused(session: Session, now: datetime) -> None:
    """X1, R37."""
    visit, person = build.visit(session, now + WEEK, now=now), build.patient(session)
    with pytest.raises(SlotTaken):
        appointments.book(session, person.id, visit.slot_id, actor=PATIENT, now=now, referral_id=build.referral(session, person).id)


def test_x1_the_store_itself_refuses_a_second_holder(session: Session, now: datetime) -> None:
    """X1: not the check before the insert but the unique index makes it true."""
    visit, other = build.visit(session, now + WEEK, now=now), build.visit(session, now + 2 * WEEK, now=now)
    other.slot_id = visit.slot_id
    with pytest.raises(IntegrityError, match="uq_appointments_slot"):
        session.flush()


def test_r67_a_slot_that_has_begun_is_not_sold(session: Session, now: datetime) -> None:
    """R28, R67."""
    with pytest.raises(TooLate):
        build.visit(session, now, now=now)
    assert build.visit(session, now + SECOND, now=now).status == "booked"


def test_r42_a_first_visit_needs_a_usable_referral(session: Session, now: datetime) -> None:
    """R42: none, expired, cancelled, used, somebody else's, another specialty's."""
    person, stranger = build.patient(session), build.patient(session)
    free = build.slot(session, now + WEEK)
    wrong = [
        None,
        build.referral(session, person, valid_until=date(2026, 11, 17)).id,
        build.referral(session, person, state="cancelled").id,
        build.referral(session, person, state="used").id,
        build.referral(session, stranger).id,
        build.referral(session, person, service="MAMMO").id,
    ]
    for referral_id in wrong:
        with pytest.raises(ReferralNotUsable):
            appointments.book(session, person.id, free.id, actor=DESK, now=now, referral_id=referral_id)
    last_day = build.referral(session, person, valid_until=date(2026, 11, 18))
    assert appointments.book(session, person.id, free.id, actor=DESK, now=now, referral_id=last_day.id).status == "booked"


@pytest.mark.parametrize("state", ["cancelled", "used"])
def test_r42_a_waiting_patient_whose_referral_ended_cannot_book_on_it(session: Session, now: datetime, state: str) -> None:
    """R42, X5: the place in the queue does not outlive the right to it."""
    person = build.patient(session)
    right = build.referral(session, person)
    build.waiting(session, person, on=right, now=now)
    right.state = state
    session.flush()
    free = build.slot(session, now + WEEK)
    with pytest.raises(ReferralNotUsable):
        appointments.book(session, person.id, free.id, actor=PATIENT, now=now, referral_id=right.id)


@pytest.mark.parametrize(
    ("urgent", "pool", "bookable"),
    [
        (True, "FIRST_URGENT", True), (True, "FIRST_STABLE", True), (True, "FIRST_PRIVILEGED", False),
        (False, "FIRST_URGENT", False), (False, "FIRST_STABLE", True), (False, "FIRST_PRIVILEGED", False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("was_waiting", [False, True])
def test_d2_a_patient_books_only_slots_of_the_pools_for_his_category(
    session: Session, now: datetime, pool: Pool, *, urgent: bool, bookable: bool, was_waiting: bool
) -> None:
    """D2, R24: a published urgent slot is still for urgent patients; the category is the referral's (R43)."""
    person = build.patient(session)
    right, free = build.referral(session, person, urgent=urgent), build.slot(session, now + WEEK, pool=pool)
    if was_waiting:
        build.waiting(session, person, on=right, now=now)

    def book() -> appointments.Appointment:
        return appointments.book(session, person.id, free.id, actor=PATIENT, now=now, referral_id=right.id)

    if bookable:
        assert book().status == "booked"
    else:
        with pytest.raises(NotBookable):
            book()


def test_r76_privileged_slots_are_sold_by_the_clinic_alone(session: Session, now: datetime) -> None:
    """R76: the clinic checks the entitlement and books."""
    assert build.visit(session, now + WEEK, now=now, pool="FIRST_PRIVILEGED").status == "booked"


def test_r75_control_visits_are_booked_by_the_clinic_alone(session: Session, now: datetime) -> None:
    """R35, R75: no referral, no place in the queue, no horizon."""
    visit = build.control_visit(session, now + timedelta(days=200), now=now)
    assert (visit.visit_type, visit.entry_id) == ("control", None)
    free = build.slot(session, now + WEEK, pool="CONTROL")
    for visit_type in ("control", "first"):
        with pytest.raises(NotBookable):
            appointments.book(session, visit.patient_id, free.id, actor=PATIENT, now=now, visit_type=visit_type)


def test_r75_a_first_visit_is_not_put_into_a_control_slot_nor_the_other_way_round(session: Session, now: datetime) -> None:
    """R24, R75."""
    person = build.patient(session)
    control, first = build.slot(session, now + WEEK, pool="CONTROL"), build.slot(session, now + WEEK)
    with pytest.raises(NotBookable):
        appointments.book(session, person.id, control.id, actor=DESK, now=now, referral_id=build.referral(session, person).id)
    with pytest.raises(NotBookable):
        appointments.book(session, person.id, first.id, actor=DESK, now=now, visit_type="control")


def test_r85_a_screening_is_never_booked_as_a_first_visit(session: Session, now: datetime) -> None:
    """R85, R69: it could otherwise be moved like one."""
    person, free = build.patient(session), build.slot(session, now + WEEK, service="MAMMO")
    with pytest.raises(NotBookable):
        appointments.book(session, person.id, free.id, actor=DESK, now=now)


def test_x2_booking_ends_the_wait_in_the_same_step(session: Session, now: datetime) -> None:
    """X2: the waiting entry becomes the claim of the visit, in its old place."""
    entry = build.waiting(session, now=now - WEEK)
    free = build.slot(session, now + WEEK)
    visit = appointments.book(session, entry.patient_id, free.id, actor=PATIENT, now=now, referral_id=entry.referral_id)
    assert (visit.entry_id, entry_of(session, visit).state, entry.queue_at) == (entry.id, "booked", now - WEEK)


def test_x3_a_second_first_visit_of_one_service_is_refused(session: Session, now: datetime) -> None:
    """X2, X3, R42: with the same referral and with another one."""
    visit = build.visit(session, now + WEEK, now=now)
    free, second = build.slot(session, now + 2 * WEEK), build.referral(session, session.get_one(people.Patient, visit.patient_id))
    for referral_id in (visit.referral_id, second.id):
        with pytest.raises(AlreadyClaimed):
            appointments.book(session, visit.patient_id, free.id, actor=PATIENT, now=now, referral_id=referral_id)


def test_a_refused_booking_leaves_nothing_behind(session: Session, now: datetime) -> None:
    """X1: a conversation that goes on after the refusal must not commit a slot without a holder, or a claim without a visit."""
    visit = build.visit(session, now + WEEK, now=now, service="MAMMO")
    free = build.slot(session, now + 2 * WEEK, service="MAMMO")
    with pytest.raises(AlreadyClaimed):
        appointments.book(session, visit.patient_id, free.id, actor=DESK, now=now, visit_type="screening")
    session.commit()
    assert session.scalar(select(Slot.state).where(Slot.id == free.id)) == "free"


@pytest.mark.parametrize(("minutes", "conflict"), [(-30, False), (-29, True), (0, True), (29, True), (30, False)])
def test_x4_two_visits_of_a_patient_may_touch_but_not_overlap(session: Session, now: datetime, *, minutes: int, conflict: bool) -> None:
    """X4: also across services and clinics."""
    visit = build.visit(session, now + WEEK, now=now)
    person = session.get_one(people.Patient, visit.patient_id)
    if conflict:
        with pytest.raises(TimeConflict):
            build.visit(session, now + WEEK + timedelta(minutes=minutes), now=now, of=person, service="MAMMO")
    else:
        assert build.visit(session, now + WEEK + timedelta(minutes=minutes), now=now, of=person, service="MAMMO").status == "booked"


# --- confirming


def test_r102_confirming_twice_notes_it_once(session: Session, now: datetime) -> None:
    """R102: the first word counts, the second changes nothing."""
    visit = build.visit(session, now + WEEK, now=now)
    for later in (1, 2):
        appointments.confirm(session, visit.id, actor=PATIENT, now=now + timedelta(hours=later))
    assert visit.confirmed_at == now + timedelta(hours=1)
    assert session.scalars(select(Event.kind).where(Event.kind == "visit.confirmed")).all() == ["visit.confirmed"]


def test_r67_what_has_begun_or_was_cancelled_cannot_be_confirmed(session: Session, now: datetime) -> None:
    """R67, R102."""
    visit = build.visit(session, now + WEEK, now=now)
    with pytest.raises(TooLate):
        appointments.confirm(session, visit.id, actor=PATIENT, now=visit.starts_at)
    cancellations.cancel(session, visit.id, reason="sms", actor=PATIENT, now=now)
    with pytest.raises(NotHeld):
        appointments.confirm(session, visit.id, actor=PATIENT, now=now)


# --- cancelling and taking it back


@pytest.mark.parametrize("reason", CANCEL_REASONS)
def test_r70_a_cancellation_keeps_its_reason(session: Session, now: datetime, reason: CancelReason) -> None:
    """R70, D20, R71, R56: slot free for the waiting room and patient waiting again in the same step."""
    visit = build.visit(session, now + WEEK, now=now)
    cancellations.cancel(session, visit.id, reason=reason, actor=DESK, now=now)
    assert (visit.status, visit.cancel_reason, visit.cancelled_at) == ("cancelled", reason, now)
    assert session.get_one(Slot, visit.slot_id).state == "pending"
    assert entry_of(session, visit).state == "waiting"


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
    assert entry_of(session, visit).returns == 1
    assert session.scalars(select(Event.kind).where(Event.kind == "visit.cancelled")).all() == ["visit.cancelled"]


def test_d6_a_visit_cancelled_by_sms_keeps_its_slot_for_the_canceller(session: Session, now: datetime) -> None:
    """D6, X1: nobody else can have the slot meanwhile, neither the queue nor a search."""
    visit = build.visit(session, now + WEEK, now=now)
    cancellations.cancel(session, visit.id, reason="sms", actor=PATIENT, now=now, hold_for=POLICY.undo_hold)
    assert (visit.status, visit.held_until) == ("cancelling", now + timedelta(minutes=5))
    assert session.get_one(Slot, visit.slot_id).state == "taken"
    assert entry_of(session, visit).state == "booked"


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
        assert entry_of(session, visit).returns == 0
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
    assert (visit.status, entry_of(session, visit).state, entry_of(session, visit).closed_because) == ("cancelled", "closed", "left")
    assert build.kinds(session, appointment_id=visit.id) == ["booked", "cancelled_left"]


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
    assert (entry_of(session, visit).state, entry_of(session, visit).closed_because) == ("closed", "referral_ended")
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


# --- moving


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


def test_x2_leaving_while_a_visit_is_held_is_refused(session: Session, now: datetime) -> None:
    """X2, R55: who holds a visit cancels it; leaving the queue alone would orphan it."""
    visit = build.visit(session, now + WEEK, now=now)
    with pytest.raises(waiting_room.NotWaiting):
        waiting_room.leave(session, visit.entry_id or 0, actor=PATIENT, now=now)
