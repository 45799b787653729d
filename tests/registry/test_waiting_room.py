"""The waiting room: joining with wishes, changing them, leaving, and what it refuses."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from registry import waiting_room
from registry.events import Event
from registry.people import NoContact
from registry.referrals import ReferralNotUsable
from registry.waiting_room import AlreadyClaimed, Criteria, Entry, InvalidCriteria, NotWaiting, NoWaitingRoom
from tests.registry import build, oracle
from tests.registry.build import DESK, PATIENT

WEEK = timedelta(days=7)
TODAY = date(2026, 11, 18)


def test_r47_r48_joining_keeps_the_wishes_the_referral_and_the_time(session: Session, now: datetime) -> None:
    """R47, R48: the snapshot of what was searched for."""
    wishes = Criteria(
        TODAY, date(2026, 12, 24), time(8), time(12, 30), frozenset({1, 5}), 52.1, 21.1, 30.0, frozenset({7, 3}),
    )  # fmt: skip
    person = build.patient(session)
    right = build.referral(session, person, urgent=True)
    entry = waiting_room.join(
        session, person.id, "CARDIO_FIRST", right.id, wishes, contact_point_id=build.contact(session, person).id, actor=PATIENT, now=now
    )
    session.expire_all()
    assert waiting_room.criteria_of(entry) == wishes
    assert (entry.joined_at, entry.queue_at, entry.state, entry.referral_id, entry.returns) == (now, now, "waiting", right.id, 0)
    assert session.scalars(select(Event.kind).where(Event.entry_id == entry.id)).all() == ["entry.joined"]


@pytest.mark.parametrize(("urgent", "category"), [(True, "urgent"), (False, "stable")])
def test_r43_the_category_is_the_referrals(session: Session, now: datetime, category: str, *, urgent: bool) -> None:
    """R43: never the patient's statement; without one, stable."""
    assert build.waiting(session, now=now, urgent=urgent).category == category


def again(session: Session, entry: Entry, on: build.Referral, now: datetime, **wishes: Any) -> Entry:
    """The same patient joins once more, with another referral."""
    return build.waiting(session, session.get_one(build.Patient, entry.patient_id), on=on, now=now, **wishes)


def another(session: Session, entry: Entry, *, urgent: bool) -> build.Referral:
    return build.referral(session, session.get_one(build.Patient, entry.patient_id), urgent=urgent)


def test_r43_who_is_urgent_now_waits_as_urgent_in_the_old_place(session: Session, now: datetime) -> None:
    """R43, R42: a second referral, urgent, while he waits on a stable one: its class and the new wishes, the old joining time."""
    entry = build.waiting(session, now=now)
    urgent = another(session, entry, urgent=True)
    joined = again(session, entry, urgent, now + WEEK, date_from=TODAY + WEEK)
    assert (joined.id, joined.referral_id, joined.category, joined.rank) == (entry.id, urgent.id, "urgent", 2)
    assert (joined.date_from, joined.joined_at, joined.queue_at, joined.state) == (TODAY + WEEK, now, now, "waiting")
    kinds = session.scalars(select(Event.kind).where(Event.entry_id == entry.id).order_by(Event.id)).all()
    assert kinds == ["entry.joined", "entry.recategorised", "entry.edited"]


def test_r43_a_second_referral_makes_nobody_wait_longer(session: Session, now: datetime) -> None:
    """R43, X3: not from urgent to stable, nor from one stable referral to another that says the same."""
    for first in (True, False):
        entry = build.waiting(session, now=now, urgent=first)
        stable = another(session, entry, urgent=False)
        with pytest.raises(AlreadyClaimed):
            again(session, entry, stable, now)
        session.refresh(entry)
        assert (entry.category, entry.referral_id != stable.id) == ("urgent" if first else "stable", True)


def test_r42_a_place_whose_referral_ran_out_goes_on_with_a_new_one(session: Session, now: datetime) -> None:
    """R42, X5: the day after its last day, before the night has closed the place; a stable one will do."""
    entry = build.waiting(session, now=now, urgent=True)
    session.get_one(build.Referral, entry.referral_id).valid_until = TODAY
    new = another(session, entry, urgent=False)
    joined = again(session, entry, new, now + timedelta(days=1))
    assert (joined.id, joined.referral_id, joined.category, joined.queue_at) == (entry.id, new.id, "stable", now)


@pytest.mark.parametrize("service", ["MAMMO", "CYTO"])
def test_r46_only_cardiology_has_a_waiting_room(session: Session, now: datetime, service: str) -> None:
    """R46: a polite refusal, nothing written."""
    person = build.patient(session)
    with pytest.raises(NoWaitingRoom):
        build.waiting(session, person, on=build.referral(session, person, service=service), now=now)
    assert session.scalars(select(Entry.id)).all() == []


def test_x2_one_claim_on_a_referral(session: Session, now: datetime) -> None:
    """X2: waiting twice, or waiting while a visit is held."""
    entry = build.waiting(session, now=now)
    person = session.get_one(build.Patient, entry.patient_id)
    with pytest.raises(AlreadyClaimed):
        build.waiting(session, person, on=session.get_one(build.Referral, entry.referral_id), now=now)
    visit = build.visit(session, now + WEEK, now=now)
    holder = session.get_one(build.Patient, visit.patient_id)
    with pytest.raises(AlreadyClaimed):
        build.waiting(session, holder, on=session.get_one(build.Referral, visit.referral_id), now=now)


def test_x3_a_second_referral_of_the_same_service_does_not_queue_twice(session: Session, now: datetime) -> None:
    """X2, X3, R42: two referrals to one specialty."""
    entry = build.waiting(session, now=now)
    with pytest.raises(AlreadyClaimed):
        build.waiting(session, session.get_one(build.Patient, entry.patient_id), now=now)


@pytest.mark.parametrize("constraint", ["uq_entries_referral", "uq_entries_patient_service"])
def test_x2_the_store_itself_refuses_a_second_claim(session: Session, now: datetime, constraint: str) -> None:
    """X2: the unique indexes, not the use case."""
    one, other = build.waiting(session, now=now), build.waiting(session, now=now)
    if constraint == "uq_entries_referral":
        other.referral_id = one.referral_id
    else:
        other.patient_id = one.patient_id
    with pytest.raises(IntegrityError, match=constraint):
        session.flush()


@pytest.mark.parametrize("problem", [{"state": "cancelled"}, {"state": "used"}, {"valid_until": TODAY - timedelta(days=1)}])
def test_r42_only_a_usable_referral_gives_a_place(session: Session, now: datetime, problem: dict[str, Any]) -> None:
    """R42."""
    person = build.patient(session)
    with pytest.raises(ReferralNotUsable):
        build.waiting(session, person, on=build.referral(session, person, **problem), now=now)


def test_r39_the_place_is_reached_at_the_patients_own_address(session: Session, now: datetime) -> None:
    """R39, R48."""
    person, stranger = build.patient(session), build.patient(session)
    right = build.referral(session, person)
    with pytest.raises(NoContact):
        waiting_room.join(
            session, person.id, "CARDIO_FIRST", right.id, Criteria(TODAY),
            contact_point_id=build.contact(session, stranger).id, actor=PATIENT, now=now,
        )  # fmt: skip


@pytest.mark.parametrize(
    "wishes",
    [
        {"date_to": TODAY - timedelta(days=1)},
        {"hour_from": time(14), "hour_to": time(13)},
        {"weekdays": frozenset({0, 8})},
        {"latitude": 52.0, "longitude": 21.0},
        {"radius_km": 30.0},
    ],
)
def test_r29_wishes_that_nothing_can_meet_are_refused(wishes: dict[str, Any]) -> None:
    """R29, R48: from > to, hours over midnight, no such weekday, half a circle."""
    with pytest.raises(InvalidCriteria):
        Criteria(TODAY, **wishes)


def test_r29_no_weekday_named_is_any(session: Session, now: datetime) -> None:
    """R29: and stays so in the place in the queue."""
    assert Criteria(TODAY, weekdays=frozenset()) == Criteria(TODAY)
    entry = build.waiting(session, now=now, weekdays=frozenset())
    assert waiting_room.criteria_of(entry).weekdays == frozenset(range(1, 8))


@pytest.mark.parametrize("how", ["join", "edit"])
def test_r29_a_window_wholly_in_the_past_is_refused(session: Session, now: datetime, how: str) -> None:
    """R29: on joining and on editing; a window that ends today is still open."""
    past = Criteria(TODAY - WEEK, TODAY - timedelta(days=1))
    if how == "join":
        with pytest.raises(InvalidCriteria):
            build.waiting(session, now=now, date_from=past.date_from, date_to=past.date_to)
        assert build.waiting(session, now=now, date_from=past.date_from, date_to=TODAY).state == "waiting"
    else:
        entry = build.waiting(session, now=now)
        with pytest.raises(InvalidCriteria):
            waiting_room.edit_criteria(session, entry.id, past, actor=PATIENT, now=now)


def test_r49_other_wishes_keep_the_place(session: Session, now: datetime) -> None:
    """R49, X18: same place, new version of the wishes."""
    entry = build.waiting(session, now=now - WEEK)
    waiting_room.edit_criteria(session, entry.id, Criteria(TODAY, weekdays=frozenset({6})), actor=PATIENT, now=now)
    session.expire_all()
    assert (entry.queue_at, entry.joined_at, entry.criteria_version) == (now - WEEK, now - WEEK, 2)
    assert waiting_room.criteria_of(entry).weekdays == frozenset({6})


def test_r55_leaving_is_for_good_and_frees_the_referral(session: Session, now: datetime) -> None:
    """R55, R59, X2: the next joining is a new place at the end."""
    entry = build.waiting(session, now=now - WEEK)
    waiting_room.leave(session, entry.id, actor=PATIENT, now=now)
    assert (entry.state, entry.closed_at, entry.closed_because) == ("closed", now, "left")
    person, right = session.get_one(build.Patient, entry.patient_id), session.get_one(build.Referral, entry.referral_id)
    again = build.waiting(session, person, on=right, now=now)
    assert (again.id != entry.id, again.queue_at) == (True, now)


def test_x2_r55_who_does_not_wait_cannot_leave_or_edit(session: Session, now: datetime) -> None:
    """R55, X2: after leaving, and while a visit is held: who holds one cancels it; leaving the queue alone would orphan it."""
    entry = build.waiting(session, now=now)
    waiting_room.leave(session, entry.id, actor=DESK, now=now)
    visit = build.visit(session, now + WEEK, now=now)
    for entry_id in (entry.id, visit.entry_id or 0):
        with pytest.raises(NotWaiting):
            waiting_room.leave(session, entry_id, actor=PATIENT, now=now)
        with pytest.raises(NotWaiting):
            waiting_room.edit_criteria(session, entry_id, Criteria(TODAY), actor=PATIENT, now=now)


def test_d1_returning_twice_keeps_the_place_and_the_third_time_ends_it(session: Session, now: datetime) -> None:
    """D1, R56, against the oracle: the end of the category, not of the whole queue."""
    entry, record = build.waiting(session, now=now - WEEK, urgent=True), oracle.Record(now - WEEK)
    for hours in range(5):
        back = now + timedelta(hours=hours)
        waiting_room.come_back(session, entry, actor=PATIENT, now=back, own_choice=True)
        record = oracle.after_return(record, back)
        assert (entry.queue_at, entry.returns) == (record.joined, record.returns)
    other_urgent, stable = build.waiting(session, now=now, urgent=True), build.waiting(session, now=now - 2 * WEEK)
    queue = session.scalars(select(Entry).order_by(Entry.rank, Entry.queue_at, Entry.id)).all()
    assert [one.id for one in queue] == [other_urgent.id, entry.id, stable.id]


def test_x11_d1_what_the_clinic_cancels_never_costs_the_place(session: Session, now: datetime) -> None:
    """X11, D1: not even after three returns of one's own."""
    entry = build.waiting(session, now=now - WEEK)
    for hours in range(3):
        waiting_room.come_back(session, entry, actor=PATIENT, now=now + timedelta(hours=hours), own_choice=True)
    waiting_room.come_back(session, entry, actor=DESK, now=now + WEEK, own_choice=False)
    assert (entry.queue_at, entry.returns) == (now + timedelta(hours=2), 3)


def test_d3_the_order_is_entitlement_category_time_and_number(session: Session, now: datetime) -> None:
    """D3, R53: equal instants are settled by the number, whatever the order of storage."""
    stable_late = build.waiting(session, now=now)
    stable = [build.waiting(session, now=now - WEEK) for _ in range(2)]
    urgent = build.waiting(session, now=now, urgent=True)
    privileged = build.waiting(session, now=now + WEEK, privileged=True)
    privileged_urgent = build.waiting(session, now=now + WEEK, privileged=True, urgent=True)
    queue = session.scalars(select(Entry.id).order_by(Entry.rank, Entry.queue_at, Entry.id)).all()
    assert queue == [privileged_urgent.id, privileged.id, urgent.id, stable[0].id, stable[1].id, stable_late.id]
