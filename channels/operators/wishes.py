"""The form of wishes (R29): days, hours, weekdays, a postcode or town with a distance; read from a request and shown again as it was.

To wait for a date anywhere in the country is a wish of its own that must be ticked: a place that was forgotten never means it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from math import isfinite
from typing import Final
from urllib.parse import urlencode

from sqlalchemy import text
from sqlalchemy.orm import Session

from channels.operators import words
from dialogs.understanding.text import plain
from registry import localities
from registry.appointments import NEARBY_KM
from registry.rules import local_date
from registry.waiting_room import ALL_WEEKDAYS, Criteria, InvalidCriteria

FURTHEST: Final = 1000.0  # kilometres: the whole country
WRITTEN: Final = ("where", "km", "first", "last", "opens", "closes")


class Unclear(ValueError):
    """The form cannot be followed; the argument is the reason that the page has words for."""


@dataclass(frozen=True, slots=True)
class Given:
    """The form as it was filled in. `anywhere`: the whole country is meant; `named`: the clinics that the kept wishes name stay."""

    where: str = ""
    km: str = ""
    first: str = ""
    last: str = ""
    opens: str = ""
    closes: str = ""
    days: frozenset[int] = frozenset()
    order: str = "date"
    anywhere: bool = False
    named: bool = False

    @property
    def query(self) -> str:
        """The wishes as they stand in an address."""
        said = [(name, value) for name in WRITTEN if (value := getattr(self, name))]
        return urlencode([*said, *(("days", day) for day in sorted(self.days))])


@dataclass(frozen=True, slots=True)
class Told:
    """Wishes to be read back: what was typed as a place, the place that is meant by it, and the clinics that are named."""

    criteria: Criteria
    where: str = ""
    near: str = ""
    clinics: tuple[str, ...] = ()


def given(fields: Mapping[str, str], days: Sequence[str]) -> Given:
    """What stands in a request; anything too long is cut, anything strange is found out when it is followed."""
    said = {name: fields.get(name, "").strip()[:60] for name in WRITTEN}
    weekdays = frozenset(int(day) for day in days if day in "1234567" and len(day) == 1)
    return Given(
        **said, days=weekdays, order="distance" if fields.get("order") == "distance" else "date",
        anywhere=fields.get("anywhere") == "1", named=fields.get("named") == "1",
    )  # fmt: skip


def search_criteria(session: Session, form: Given, *, now: datetime, provider_id: int | None = None) -> Criteria:
    """The wishes of a search: without a place everywhere is looked. A clinic's own people look in its places only. Raises Unclear."""
    wishes = _around(session, _times(form, now), form, None)
    if provider_id is None:
        return wishes
    places = session.scalars(text("SELECT id FROM places WHERE provider_id = :id"), {"id": provider_id}).all()
    if not places:  # no place named would be any place
        raise Unclear("no_places")
    return replace(wishes, place_ids=frozenset(places))


def waiting_criteria(session: Session, form: Given, *, now: datetime, kept: Criteria | None = None) -> Criteria:
    """The wishes of one who waits: a place, or the whole country where that is said. Raises Unclear.

    `kept` are the wishes that are changed: a place whose name is left as it was stays the very point that it was.
    """
    wishes = _around(session, _times(form, now), form, kept)
    if form.named and kept is not None:
        wishes = replace(wishes, place_ids=kept.place_ids)
    somewhere = wishes.radius_km is not None or bool(wishes.place_ids)
    if form.anywhere and somewhere:
        raise Unclear("both")
    if not form.anywhere and not somewhere:
        raise Unclear("anywhere")
    return wishes


def form_of(session: Session, kept: Criteria) -> Given:
    """The form filled in with the wishes that are kept."""
    return Given(
        where=place_name(session, kept), km="" if kept.radius_km is None else words.pointed(f"{kept.radius_km:g}"),
        first=kept.date_from.isoformat(), last=kept.date_to.isoformat() if kept.date_to else "",
        opens=_written(kept.hour_from), closes=_written(kept.hour_to),
        days=frozenset() if kept.weekdays == ALL_WEEKDAYS else kept.weekdays,
        anywhere=kept.radius_km is None and not kept.place_ids, named=bool(kept.place_ids),
    )  # fmt: skip


def told(session: Session, criteria: Criteria, where: str = "") -> Told:
    """Wishes as they are read back before anything is done with them (R57)."""
    numbers = sorted(criteria.place_ids)
    rows = session.execute(text("SELECT name, city FROM places WHERE id = ANY(:ids) ORDER BY name, id"), {"ids": numbers})
    near = place_name(session, criteria, code=True)
    return Told(criteria, where or near, near, tuple(f"{row.name}, {row.city}" for row in rows))


def place_name(session: Session, criteria: Criteria, *, code: bool = False) -> str:
    """What the middle of the wished circle is called: the nearest town, with its postcode; empty without a circle."""
    if criteria.latitude is None or criteria.longitude is None:
        return ""
    found = localities.nearest(session, criteria.latitude, criteria.longitude)
    return "" if found is None else " ".join(found) if code else found[1]


def _times(form: Given, now: datetime) -> Criteria:
    today = local_date(now)
    try:
        return Criteria(
            max(_day(form.first) or today, today), _day(form.last), hour_from=_hour(form.opens), hour_to=_hour(form.closes),
            weekdays=form.days,
        )  # fmt: skip
    except InvalidCriteria as error:
        raise Unclear("contradiction") from error


def _around(session: Session, wishes: Criteria, form: Given, kept: Criteria | None) -> Criteria:
    if not form.where:
        if form.km:
            raise Unclear("km_alone")
        return wishes
    point = _point(session, form.where, kept)
    return replace(wishes, latitude=point[0], longitude=point[1], radius_km=_kilometres(form.km))


def _point(session: Session, where: str, kept: Criteria | None) -> tuple[float, float]:
    unchanged = kept is not None and plain(where) == plain(place_name(session, kept))
    if unchanged and kept is not None and kept.latitude is not None and kept.longitude is not None:
        return kept.latitude, kept.longitude
    find = localities.of_postcode if where[:1].isdigit() else localities.of_town
    point = find(session, plain(where))
    if point is None:
        raise Unclear("where")
    return point


def _kilometres(written: str) -> float:
    if not written:
        return NEARBY_KM
    try:
        wanted = float(written.replace(",", "."))
    except ValueError as error:
        raise Unclear("km") from error
    if not isfinite(wanted) or wanted <= 0:
        raise Unclear("km")
    return min(FURTHEST, max(1.0, wanted))


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written) if written else None
    except ValueError as error:
        raise Unclear("day") from error


def _hour(written: str) -> time | None:
    try:
        found = time.fromisoformat(written) if written else None
    except ValueError as error:
        raise Unclear("hour") from error
    if found is not None and found.tzinfo is not None:  # Warsaw's hours only
        raise Unclear("hour")
    return found


def _written(hour: time | None) -> str:
    return hour.isoformat("minutes") if hour else ""
