"""What wishes reach: the quick look at a circle says what the exact distance says, and what is read for it leaves nothing behind."""

from collections.abc import Iterator
from datetime import date, time
from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine, Select, literal_column, select, text
from sqlalchemy.orm import Session

from registry import snapshots
from registry.reach import ROUNDING_KM, NightSlot, Reach, Site, Wishes, kilometres
from registry.snapshots import CopyFailed
from tests.registry.test_night import NOW

DAY, HOUR = date(2026, 10, 26), time(9)
ANY = Wishes("CARDIO_FIRST", 3, "stable", False, DAY, None, None, None, 127, 0.0, 0.0, 0.0, None)
FAR = (Site(900, 90.0, 0.0), Site(901, -90.0, 10.0), Site(902, 0.0, 179.999), Site(903, 0.0, -179.999))


def reach_of(sites: tuple[Site, ...]) -> Reach:
    """A night with a slot at every place; the database, asked for the very edge, says yes."""
    slots = [NightSlot(site.id, NOW, NOW, ANY.service, "FIRST_STABLE", site.id, DAY, HOUR, 1) for site in sites]
    return Reach(slots, sites, lambda _wishes, _site: True)


def circles(sites: tuple[Site, ...], dice: Random) -> Iterator[Wishes]:
    """Circles of all sizes all over the globe, and such whose edge runs through a place, or a hair beside it."""
    for _ in range(200):
        yield ANY._replace(latitude=dice.uniform(-90, 90), longitude=dice.uniform(-180, 180), radius_km=dice.uniform(0, 20_037))
    for site in sites:
        for beside in (0.0, 1e-7, -1e-7, 5e-6, -5e-6, 9e-4, -9e-4, 2e-3, -2e-3):
            north, east = dice.uniform(49, 55), dice.uniform(14, 24)
            yield ANY._replace(latitude=north, longitude=east, radius_km=kilometres(north, east, site) + beside)


def test_a_circle_holds_what_the_exact_distance_says() -> None:
    """R29: every place nearer than the radius and none farther, at the poles, across the date line and on the edge too."""
    dice = Random(29)
    sites = (*(Site(n, dice.uniform(49, 55), dice.uniform(14, 24)) for n in range(1, 60)), *FAR)
    reach = reach_of(sites)
    for wishes in circles(sites, dice):
        away = {site.id: kilometres(wishes.latitude or 0.0, wishes.longitude or 0.0, site) for site in sites}
        near = frozenset(number for number, far in away.items() if far < (wishes.radius_km or 0.0) + ROUNDING_KM)
        assert reach.places(wishes) == near


def rows(column: str) -> Select[Any]:
    """A query of 50,000 rows with the numbers `n`."""
    return select(literal_column(column)).select_from(text("generate_series(1, 50000) n"))


def test_who_stops_reading_leaves_the_connection_fit(session: Session) -> None:
    """X20: a reading that is broken off half-way takes nothing from the next statement of its transaction."""
    numbers = rows("n")
    reading = snapshots.lines(session, numbers)
    assert next(reading) == b"1\n"
    reading.close()  # type: ignore[attr-defined]  # it is a generator
    assert len(list(snapshots.lines(session, numbers))) == 50_000


@pytest.mark.parametrize("broken", ["no_such_column", "1 / (n - 40000)"], ids=["before the first line", "half-way"])
def test_a_broken_reading_is_an_error_and_no_short_queue(engine: Engine, broken: str) -> None:
    """X20: PostgreSQL's failure ends the reading loudly, so that no night is decided on a part of the queue."""
    with Session(engine) as session, pytest.raises(CopyFailed):
        list(snapshots.lines(session, rows(broken)))
