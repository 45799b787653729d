"""Search shows what can be booked at once, and nothing else (R29, R30, R31, R40, R41)."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from registry.catalogue import Category
from registry.search import Order, free_slots
from registry.waiting_room import Criteria
from tests.registry import build

INOWROCLAW, TORUN, WARSZAWA = (52.793, 18.260), (53.010, 18.604), (52.230, 21.011)


def found(session: Session, now: datetime, category: Category = "stable", order: Order = "date", **wishes: Any) -> list[int]:
    criteria = Criteria(**{"date_from": date(2026, 1, 1), **wishes})
    hits = free_slots(session, "CARDIO_FIRST", criteria, category=category, now=now, order=order)
    assert hits.as_of == now
    return [hit.slot_id for hit in hits.found]


@pytest.mark.parametrize("state", ["pending", "taken", "withdrawn", "quarantined"])
def test_only_published_slots_are_found_r40(session: Session, now: datetime, state: str) -> None:
    build.slot(session, now + timedelta(days=3), state=state)
    assert found(session, now) == []


@pytest.mark.parametrize("pool", ["CONTROL", "FIRST_PRIVILEGED"])
def test_control_and_privileged_slots_are_never_found_r40(session: Session, now: datetime, pool: Any) -> None:
    build.slot(session, now + timedelta(days=3), pool=pool)
    assert found(session, now, "urgent") == []


def test_an_urgent_pool_is_found_by_urgent_patients_only_d2(session: Session, now: datetime) -> None:
    slot = build.slot(session, now + timedelta(days=3), pool="FIRST_URGENT")
    assert found(session, now, "stable") == []
    assert found(session, now, "urgent") == [slot.id]


def test_day_40_is_found_and_day_41_is_not_r31(session: Session, now: datetime) -> None:
    inside = build.slot(session, build.warsaw(date(2026, 12, 28), 23, 30), minutes=20)
    build.slot(session, build.warsaw(date(2026, 12, 29), 0, 0))
    assert found(session, now) == [inside.id]


def test_a_slot_that_has_begun_is_not_found(session: Session, now: datetime) -> None:
    build.slot(session, now)
    later = build.slot(session, now + timedelta(seconds=1))
    assert found(session, now) == [later.id]


def test_hours_weekdays_and_days_are_those_of_warsaw_r29(session: Session, now: datetime) -> None:
    friday = build.slot(session, build.warsaw(date(2026, 11, 20), 15, 0))
    build.slot(session, build.warsaw(date(2026, 11, 23), 15, 0))
    assert found(session, now, weekdays=frozenset({5})) == [friday.id]
    assert found(session, now, hour_from=time(15), hour_to=time(15), date_to=date(2026, 11, 20)) == [friday.id]
    assert found(session, now, hour_from=time(15, 1)) == []
    assert found(session, now, date_from=date(2026, 11, 24)) == []


def test_by_distance_the_nearest_comes_first_by_date_the_soonest_r30(session: Session, now: datetime) -> None:
    near = build.slot(session, now + timedelta(days=9), where=build.clinic(session, at=INOWROCLAW))
    far = build.slot(session, now + timedelta(days=3), where=build.clinic(session, at=TORUN))
    circle = {"latitude": INOWROCLAW[0], "longitude": INOWROCLAW[1], "radius_km": 50.0}
    assert found(session, now, **circle) == [far.id, near.id]
    assert found(session, now, order="distance", **circle) == [near.id, far.id]
    assert found(session, now, **{**circle, "radius_km": 20.0}) == [near.id]


def test_the_distance_is_the_great_circle_in_kilometres(session: Session, now: datetime) -> None:
    """Inowrocław to Warszawa is about 196 km as the crow flies."""
    build.slot(session, now + timedelta(days=3), where=build.clinic(session, at=WARSZAWA))
    wish = Criteria(date(2026, 1, 1), latitude=INOWROCLAW[0], longitude=INOWROCLAW[1], radius_km=250.0)
    (hit,) = free_slots(session, "CARDIO_FIRST", wish, category="stable", now=now).found
    assert hit.distance_km == pytest.approx(196, abs=3)


def test_certain_clinics_may_be_asked_for_r29(session: Session, now: datetime) -> None:
    here = build.clinic(session)
    slot = build.slot(session, now + timedelta(days=3), where=here)
    build.slot(session, now + timedelta(days=3), where=build.clinic(session))
    assert found(session, now, place_ids=frozenset({here.id})) == [slot.id]
