"""Visits: booking and confirming, each rule at its border."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from registry import allocation, appointments, cancellations, invariants, moves, people
from registry.appointments import NotBookable, NotHeld, TimeConflict, TooLate
from registry.catalogue import POLICY, Pool
from registry.events import SYSTEM, Actor, Event
from registry.people import NoContact
from registry.referrals import ReferralNotUsable
from registry.schedules import Slot, SlotTaken
from registry.waiting_room import AlreadyClaimed
from tests.registry import build
from tests.registry.build import DESK, PATIENT, warsaw

WEEK = timedelta(days=7)
SECOND = timedelta(seconds=1)
DAY_41 = date(2026, 12, 29)


# --- booking


def test_r39_booking_takes_the_slot_and_tells_the_patient(session: Session, now: datetime) -> None:
    """R39, R100: the visit, the slot, the claim, the notice and the event are one change."""
    visit = build.visit(session, now + WEEK, now=now)
    assert (visit.status, visit.version, visit.booked_at) == ("booked", 1, now)
    assert session.get_one(Slot, visit.slot_id).state == "taken"
    assert build.entry_of(session, visit).state == "booked"
    assert build.kinds(session, appointment_id=visit.id) == ["booked"]
    assert list(session.scalars(select(Event.kind).where(Event.appointment_id == visit.id))) == ["visit.booked"]


def test_r39_without_contact_no_booking(session: Session, now: datetime) -> None:
    """R39, R95: contact data are a condition of booking."""
    person = build.without_contact(session)
    free, right = build.slot(session, now + WEEK), build.referral(session, person)
    with pytest.raises(NoContact):
        appointments.book(session, person.id, free.id, actor=DESK, now=now, referral_id=right.id)


def test_r39_an_address_that_does_not_work_is_no_contact(session: Session, now: datetime) -> None:
    """R39, R54, R95: the one named is known to be wrong: refused where it is the only one, else the news go to the next."""
    person = build.patient(session, build.mobile())
    point, slot, right = build.contact(session, person), build.slot(session, now + WEEK), build.referral(session, person)
    build.mark_address(session, point.value, "invalid")
    book = partial(
        appointments.book, session, person.id, slot.id, actor=DESK, now=now, referral_id=right.id, contact_point_id=point.id
    )
    with pytest.raises(NoContact):
        book()
    other = people.add_contact(session, person.id, build.mobile(), now=now)
    book()
    assert [one.address for one in build.messages(session)] == [other.value]


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


def test_r43_a_waiting_patient_books_by_the_more_urgent_referral(session: Session, now: datetime) -> None:
    """R43, R42, D2: he waits on a stable one and chooses the urgent one: its pools are open to him, and the visit rests on it."""
    entry = build.waiting(session, now=now)
    person = session.get_one(build.Patient, entry.patient_id)
    urgent = build.referral(session, person, urgent=True)
    slot = build.slot(session, now + WEEK, pool="FIRST_URGENT")
    visit = appointments.book(session, person.id, slot.id, actor=PATIENT, now=now + SECOND, referral_id=urgent.id)
    session.refresh(entry)
    assert (visit.referral_id, visit.entry_id) == (urgent.id, entry.id)
    assert (entry.state, entry.category, entry.queue_at) == ("booked", "urgent", now)


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
    assert (visit.entry_id, build.entry_of(session, visit).state, entry.queue_at) == (entry.id, "booked", now - WEEK)


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
