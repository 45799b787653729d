"""Nobody is sold a time that the doctor does not have: overlapping slots, across schedules and clock changes (R123)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from registry import allocation, overlaps
from registry.database import transaction
from registry.overlaps import Span, judge
from registry.schedules import Place, Schedule, Slot
from registry.tasks import Task
from tests.registry import build
from tests.registry.build import WARSAW, warsaw
from tests.registry.race import race
from tests.registry.test_intake import person, row, seats, sell, take

HALF = timedelta(minutes=30)
QUARTER = timedelta(minutes=15)
WEEK = timedelta(days=7)


def states(session: Session, on: Schedule, *names: str) -> list[str]:
    return [slot.state for name in names for slot in seats(session, on, name)]


def clinic_of(session: Session, on: Schedule) -> Place:
    return session.get_one(Place, on.place_id)


# --- on intake


def test_r123_the_same_hour_under_two_ids_is_sold_once(session: Session, now: datetime) -> None:
    """R123: the later known one is kept back, and the result says so; the waiting room never gets it."""
    on = build.schedule(session)
    results = take(session, on, row(now + WEEK, name="A"), row(now + WEEK, name="B"), now=now)
    assert [result.quarantined for result in results] == [False, True]
    assert states(session, on, "A", "B") == ["pending", "quarantined"]
    assert allocation.due_slots(session, now=now) == [results[0].slot_ids[0]]
    assert allocation.place(session, results[1].slot_ids[0], now=now).outcome == "not_due"


def test_r123_touching_ends_do_not_overlap(session: Session, now: datetime) -> None:
    """R123."""
    on = build.schedule(session)
    take(session, on, *(row(now + WEEK + HALF * number, name=str(number)) for number in range(4)), now=now)
    assert states(session, on, "0", "1", "2", "3") == ["pending"] * 4


def test_r25_r123_a_declared_capacity_is_no_overlap(session: Session, now: datetime) -> None:
    """R25, R123."""
    on = build.schedule(session)
    take(session, on, row(now + WEEK, capacity=3), now=now)
    assert states(session, on, "A1") == ["pending"] * 3


def test_r123_rooms_of_their_own_work_in_parallel(session: Session, now: datetime) -> None:
    """R123: other resources of one place, and namesakes in another clinic."""
    place = build.clinic(session)
    for on in (
        build.schedule(session, place, resource="dr Nowak"), build.schedule(session, place, resource="dr Lis"), build.schedule(session)
    ):  # fmt: skip
        take(session, on, row(now + WEEK), now=now)
        assert states(session, on, "A1") == ["pending"]


def test_r27_r123_one_machine_in_two_schedules(session: Session, now: datetime) -> None:
    """R27: the programme's mammograph is also the one of the other contract, under the same clinic slot id too."""
    place = build.clinic(session)
    programme, other = (build.schedule(session, place, service=service, resource="mammograf 1") for service in ("MAMMO", "CYTO"))
    take(session, programme, row(now + WEEK, pool="SCREENING"), now=now)
    take(session, other, row(now + WEEK + QUARTER, pool="SCREENING"), now=now)
    assert (states(session, programme, "A1"), states(session, other, "A1")) == (["pending"], ["quarantined"])


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        (warsaw(date(2026, 11, 24), 23, 45), warsaw(date(2026, 11, 25), 0), True),
        (warsaw(date(2026, 11, 24), 23, 30), warsaw(date(2026, 11, 25), 0), False),
        (datetime(2026, 10, 25, 2, 15, tzinfo=WARSAW), datetime(2026, 10, 25, 2, 15, fold=1, tzinfo=WARSAW), False),
        (datetime(2026, 10, 25, 2, 45, tzinfo=WARSAW), datetime(2026, 10, 25, 2, 0, fold=1, tzinfo=WARSAW), True),
        (datetime(2026, 3, 29, 1, 45, tzinfo=WARSAW), datetime(2026, 3, 29, 3, 0, tzinfo=WARSAW), True),
        (datetime(2026, 3, 29, 1, 30, tzinfo=WARSAW), datetime(2026, 3, 29, 3, 0, tzinfo=WARSAW), False),
    ],
)
def test_r123_x17_across_midnight_and_clock_changes(session: Session, one: datetime, other: datetime, *, together: bool) -> None:
    """R123, X17: in real time, not by the hands of the clock."""
    on = build.schedule(session)
    said = [row(at, name=name, ends_at=at.astimezone(UTC) + HALF) for name, at in (("A", one), ("B", other))]
    take(session, on, *said, now=build.LONG_AGO)
    assert states(session, on, "A", "B") == ["pending", "quarantined" if together else "pending"]


def test_r123_what_is_sold_stays_and_what_is_on_sale_goes(session: Session, now: datetime) -> None:
    """R123: a clinic's own booking takes the hour from a free slot that was known before."""
    on = build.schedule(session)
    take(session, on, row(now + WEEK, name="A"), now=now)
    (free,) = seats(session, on, "A")
    free.state = "free"
    session.flush()
    take(session, on, row(now + WEEK + QUARTER, name="B", booked=(person(),)), now=now)
    assert states(session, on, "A", "B") == ["quarantined", "taken"]
    assert session.scalars(select(Task)).all() == []


def test_r123_of_two_sold_ones_the_second_is_a_task(session: Session, now: datetime) -> None:
    """R123: both visits stay until a person decides, and it is said once."""
    on = build.schedule(session)
    take(session, on, row(now + WEEK, name="A"), now=now)
    first = sell(session, seats(session, on, "A")[0], now)
    for version in (1, 2):
        results = take(session, on, row(now + WEEK, version, name="B", booked=(person(),)), now=now)
    second = session.scalars(select(Slot.id).where(Slot.clinic_slot_id == "B", Slot.state == "taken")).one()
    assert (first.status, results[0].outcome) == ("booked", "accepted")
    (task,) = session.scalars(select(Task)).all()
    assert (task.kind, task.cause) == ("sold_twice", f"visit {task.appointment_id} slot {second}")
    assert task.appointment_id != first.id


@pytest.mark.parametrize("how", ["withdrawn", "moved"])
def test_r123_a_rival_that_goes_lets_the_other_back(session: Session, now: datetime, how: str) -> None:
    """R123, R52: first to the waiting room again."""
    on = build.schedule(session)
    take(session, on, row(now + WEEK, 1, name="A"), row(now + WEEK, 1, name="B"), now=now)
    gone = row(now + WEEK, 2, name="A", withdrawn=True) if how == "withdrawn" else row(now + WEEK + HALF, 2, name="A")
    take(session, on, gone, now=now)
    assert states(session, on, "B") == ["pending"]


def test_r123_what_is_on_sale_is_not_taken_off_for_what_was_kept_back(session: Session, now: datetime) -> None:
    """R123: B gave way to A; C came where only B would be in its way; when A goes, C stays and B goes on waiting."""
    on = build.schedule(session)
    for name, start in (("A", now + WEEK), ("B", now + WEEK + QUARTER), ("C", now + WEEK + HALF)):
        take(session, on, row(start, 1, name=name), now=now)
    assert states(session, on, "A", "B", "C") == ["pending", "quarantined", "pending"]
    take(session, on, row(now + WEEK, 2, name="A", withdrawn=True), now=now)
    assert states(session, on, "B", "C") == ["quarantined", "pending"]


def test_x14_r123_two_announcements_at_once_see_each_other(engine: Engine, now: datetime) -> None:
    """X14, R123: of the same hour in two schedules of one doctor, one is kept back, however they race."""
    with transaction(engine) as session:
        place = build.clinic(session)
        both = [build.schedule(session, place) for _ in range(2)]
    for day in range(8):
        said = row(now + WEEK + timedelta(days=day), name=f"S{day}")
        race(engine, [lambda session, on=on, said=said: take(session, on, said, now=now) for on in both])
    with transaction(engine) as session:
        for day in range(8):
            found = [slot.state for on in both for slot in seats(session, on, f"S{day}")]
            assert sorted(found) == ["pending", "quarantined"]


# --- the judgement, beside a naive one


@dataclass(frozen=True)
class Plan:
    """Minutes, and the number of the visit that holds it."""

    start: int
    length: int
    sold: int | None
    kept: bool


plans = st.lists(
    st.builds(Plan, st.integers(0, 60), st.integers(1, 30), st.one_of(st.none(), st.none(), st.integers(1, 9)), st.booleans()), max_size=12
)


@given(plans)
def test_r123_the_judgement_is_the_naive_one(drawn: list[Plan]) -> None:
    """R123 against a naive oracle: every pair is compared, in the order sold by visit, on sale by age, kept back by age."""
    base = datetime(2026, 10, 25, 0, tzinfo=UTC)

    def at(minute: int) -> datetime:
        return base + timedelta(minutes=minute)

    spans = [
        Span((number, "s"), at(plan.start), at(plan.start + plan.length), number, plan.kept, plan.sold)
        for number, plan in enumerate(drawn)
    ]  # fmt: skip
    order = sorted(range(len(drawn)), key=lambda n: (drawn[n].sold is None, drawn[n].sold or 0, not drawn[n].kept, n))
    stands: list[int] = []
    lost = set()
    for number in order:
        mine = set(range(drawn[number].start, drawn[number].start + drawn[number].length))
        clash = any(mine & set(range(drawn[n].start, drawn[n].start + drawn[n].length)) for n in stands)
        if clash:
            lost.add((number, "s"))
        if drawn[number].sold is not None or not clash:
            stands.append(number)
    assert judge(spans) == lost


@given(plans)
def test_r123_nothing_left_on_sale_overlaps_anything(drawn: list[Plan]) -> None:
    """R123, as a property: two that stand share a minute only if both are sold, and then one of them is named."""
    base = datetime(2026, 11, 18, tzinfo=UTC)
    spans = [
        Span(
            (number, "s"), base + timedelta(minutes=plan.start), base + timedelta(minutes=plan.start + plan.length), number, plan.kept,
            plan.sold,
        )
        for number, plan in enumerate(drawn)
    ]  # fmt: skip
    lost = judge(spans)
    for one, other in combinations(spans, 2):
        if one.starts_at < other.ends_at and other.starts_at < one.ends_at:
            assert one.key in lost or other.key in lost


# --- the report


def test_r123_r124_the_report_names_hours_ids_and_visits(session: Session, now: datetime) -> None:
    """R123, R124: every pair once, with its states; nothing of the patients, nothing of the past."""
    on = build.schedule(session)
    take(session, on, row(now + WEEK, name="A", booked=(person(1),)), row(now + WEEK + QUARTER, name="B", booked=(person(2),)), now=now)
    take(session, on, row(now + WEEK + HALF, name="C"), row(now + 2 * WEEK, name="D"), now=now)
    found = list(overlaps.report(session, now=now))
    assert [one.clinic_slot_ids for one in found] == [("A", "B"), ("B", "C")]
    assert [one.sold_twice for one in found] == [True, False]
    assert found[1].states == ("taken", "quarantined")
    assert list(overlaps.report(session, now=now + WEEK + 4 * HALF)) == []


def test_r123_the_report_of_one_clinic(session: Session, now: datetime) -> None:
    """R123."""
    schedules: list[Any] = [build.schedule(session) for _ in range(2)]
    for on in schedules:
        take(session, on, row(now + WEEK, name="A"), row(now + WEEK, name="B"), now=now)
    code = session.scalars(select(overlaps.Provider.code).where(overlaps.Provider.id == clinic_of(session, schedules[0]).provider_id)).one()
    assert [one.provider for one in overlaps.report(session, now=now, provider=code)] == [code]
    assert len(list(overlaps.report(session, now=now))) == 2
