"""The estimated date over a real database: read, played, written, renewed (R64-R66, R49)."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from registry import allocation, appointments, forecast, people, prospects, waiting_room
from registry.catalogue import POOLS, Pool
from registry.database import transaction
from registry.decisions import Run
from registry.estimates import Estimate, Forecast, ForecastTrace
from registry.events import SYSTEM
from registry.rules import last_open_day, local_date
from registry.schedules import Place, Schedule, Slot
from registry.waiting_room import Criteria, Entry
from tests.registry import build

NOW = datetime(2026, 11, 18, 0, 30, tzinfo=UTC)
TODAY = date(2026, 11, 18)
FAR_AWAY = (54.3520, 18.6466)


def plan(
    session: Session, where: Place, *, past: int = 70, ahead: int = 60, each: int = 2, hour: int = 9, pool: Pool = "FIRST_STABLE",
    weekdays: frozenset[int] = frozenset({1, 2, 3, 4, 5}), resource: str = "dr Nowak",
) -> Schedule:  # fmt: skip
    """A doctor's slots on working days from `past` days ago to `ahead` days from today; those of the past were taken."""
    made = build.schedule(session, where, resource=resource)
    for offset in range(-past, ahead + 1):
        day = TODAY + timedelta(days=offset)
        if day.isoweekday() not in weekdays:
            continue
        for number in range(each):
            state = "taken" if offset <= 40 else "pending"
            build.slot(session, build.warsaw(day, hour, 20 * number), on=made, state=state, minutes=20, pool=pool)
    return made


def queue(session: Session, number: int, **wishes: Any) -> list[Entry]:
    """So many who joined one after another, an hour apart, the first ten days ago."""
    began = NOW - timedelta(days=10)
    return [build.waiting(session, now=began + timedelta(hours=one), **wishes) for one in range(number)]


def estimate(session: Session, entry: Entry) -> Estimate:
    return session.get_one(Estimate, entry.id, populate_existing=True)


def test_the_first_of_the_queue_gets_the_first_day_that_unlocks_r64(engine: Engine) -> None:
    """R64, R31: two a day unlock from day 41 on, so of five who wait two have day 41, two day 42, one the next working day."""
    with transaction(engine) as session:
        plan(session, build.clinic(session))
        waiting = [one.id for one in queue(session, 5)]
    (done,) = forecast.refresh(engine, now=NOW)
    assert (done.waiting, done.estimated, done.futures) == (5, 5, forecast.FUTURES)
    with transaction(engine) as session:
        told = [session.get_one(Estimate, one) for one in waiting]
        first = TODAY + timedelta(days=41)
        days = [day for day in (first + timedelta(days=ahead) for ahead in range(7)) if day.isoweekday() < 6]
        assert [one.p50 for one in told] == [days[0], days[0], days[1], days[1], days[2]]
        assert all(one.basis == "published" and one.p90 is not None and one.p90 >= one.p50 for one in told if one.p50)
