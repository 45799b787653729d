"""Slots as clinics announce them: what is taken in, what is refused, what a repetition does."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry import schedules
from registry.catalogue import Pool
from registry.schedules import InvalidSlot, NewSlot, Slot
from tests.registry import build
from tests.registry.build import warsaw

HALF = timedelta(minutes=30)
WEEK = timedelta(days=7)


def new(
    starts_at: datetime, clinic_slot_id: str = "A1", pool: Pool = "FIRST_STABLE", length: timedelta = HALF, capacity: int = 1
) -> NewSlot:
    return NewSlot(clinic_slot_id, starts_at, starts_at + length, pool, capacity)


def test_r28_r52_a_new_slot_is_first_for_the_waiting_room(session: Session, now: datetime) -> None:
    """R28, R52: pending, at its schedule's place and clinic."""
    schedule = build.schedule(session)
    (slot_id,) = schedules.publish(session, schedule, [new(now + WEEK)], now=now)
    slot = session.get_one(Slot, slot_id)
    assert (slot.state, slot.place_id, slot.service, slot.version, slot.seat) == ("pending", schedule.place_id, "CARDIO_FIRST", 1, 0)


@pytest.mark.parametrize(("hour", "minute"), [(0, 0), (0, 30), (1, 30), (2, 30), (3, 0), (23, 59)])
@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25), date(2026, 6, 10)])
def test_x17_the_day_of_a_slot_is_warsaws(session: Session, day: date, hour: int, minute: int) -> None:
    """X17, R28: at both ends of the day and around the hour that is missing or comes twice."""
    starts_at = warsaw(day, hour, minute)
    schedule = build.schedule(session)
    (slot_id,) = schedules.publish(session, schedule, [new(starts_at)], now=build.LONG_AGO)
    assert session.get_one(Slot, slot_id).local_date == day


def test_r15_a_repeated_announcement_changes_nothing(session: Session, now: datetime) -> None:
    """R15: by the clinic's own id; another schedule may use the same one."""
    schedule, other = build.schedule(session), build.schedule(session)
    first = schedules.publish(session, schedule, [new(now + WEEK)], now=now)
    session.get_one(Slot, first[0]).state = "free"
    session.flush()
    again = schedules.publish(session, schedule, [new(now + WEEK), new(now + WEEK + HALF, "A2")], now=now)
    elsewhere = schedules.publish(session, other, [new(now + WEEK)], now=now)
    assert (len(again), len(elsewhere)) == (1, 1)
    states = session.scalars(select(Slot.state).where(Slot.id.in_(first)).execution_options(populate_existing=True)).all()
    assert states == ["free"]


def test_r25_a_slot_for_several_is_several_seats(session: Session, now: datetime) -> None:
    """R25, X1: capacity n is n rows, each with one holder."""
    schedule = build.schedule(session)
    made = schedules.publish(session, schedule, [new(now + WEEK, capacity=3)], now=now)
    assert sorted(session.get_one(Slot, one).seat for one in made) == [0, 1, 2]


@pytest.mark.parametrize("what", ["backwards", "empty", "past", "begun", "pool", "capacity"])
def test_r28_what_cannot_be_sold_refuses_the_whole_list(session: Session, now: datetime, what: str) -> None:
    """R28: nothing of the list is taken in."""
    wrong = {
        "backwards": new(now + WEEK, length=-HALF),
        "empty": new(now + WEEK, length=timedelta(0)),
        "past": new(now - WEEK),
        "begun": new(now),
        "pool": new(now + WEEK, pool="SCREENING"),
        "capacity": new(now + WEEK, capacity=0),
    }
    with pytest.raises(InvalidSlot):
        schedules.publish(session, build.schedule(session), [new(now + WEEK, "good"), wrong[what]], now=now)
    assert session.scalars(select(Slot.id)).all() == []


@pytest.mark.parametrize(
    ("service", "pool", "right"),
    [
        ("CARDIO_FIRST", "FIRST_URGENT", True), ("CARDIO_FIRST", "CONTROL", True), ("CARDIO_FIRST", "SCREENING", False),
        ("MAMMO", "SCREENING", True), ("MAMMO", "FIRST_STABLE", False), ("CYTO", "SCREENING", True),
    ],
)  # fmt: skip
def test_r24_the_pool_is_one_of_the_service(session: Session, now: datetime, service: str, pool: Pool, *, right: bool) -> None:
    """R24."""
    schedule = build.schedule(session, service=service)
    if right:
        assert len(schedules.publish(session, schedule, [new(now + WEEK, pool=pool)], now=now)) == 1
    else:
        with pytest.raises(InvalidSlot):
            schedules.publish(session, schedule, [new(now + WEEK, pool=pool)], now=now)
