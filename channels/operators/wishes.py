"""The form of wishes (R29): days, hours, weekdays, a postcode or town with a distance; read from a request and shown again as it was."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from channels.operators.words import DAYS, texts
from dialogs.understanding.text import plain
from registry import localities
from registry.appointments import NEARBY_KM
from registry.rules import local_date
from registry.waiting_room import ALL_WEEKDAYS, Criteria, InvalidCriteria

FURTHEST: Final = 1000.0  # kilometres: the whole country
ANYWHERE: Final = "anywhere"
AS_KEPT: Final = "kept"
PLACES: Final = ("", ANYWHERE, AS_KEPT)


class Unclear(ValueError):
    """The form cannot be followed; the argument is the reason that the page has words for."""


@dataclass(frozen=True, slots=True)
class Given:
    """The form as it was filled in."""

    where: str = ""
    km: str = ""
    first: str = ""
    last: str = ""
    opens: str = ""
    closes: str = ""
    days: frozenset[int] = frozenset()
    order: str = "date"
    place: str = ""

    @property
    def nowhere(self) -> bool:
        """Whether neither a place nor the whole country was named."""
        return not self.where and self.place not in (ANYWHERE, AS_KEPT)


def given(fields: Mapping[str, str], days: Sequence[str]) -> Given:
    """What stands in a request; anything too long is cut, anything strange is found out when it is followed."""
    said = {name: fields.get(name, "").strip()[:60] for name in ("where", "km", "first", "last", "opens", "closes")}
    weekdays = frozenset(int(day) for day in days if day in "1234567" and len(day) == 1)
    place = fields.get("place", "") if fields.get("place") in PLACES else ""
    return Given(**said, days=weekdays, order="distance" if fields.get("order") == "distance" else "date", place=place)


def kept_as(criteria: Criteria, *, now: datetime) -> Given:
    """The form filled in with wishes that are kept already; where, stands in it as "as before" (`AS_KEPT`)."""
    first = criteria.date_from if criteria.date_from > local_date(now) else None
    days = criteria.weekdays if criteria.weekdays != ALL_WEEKDAYS else frozenset()
    return Given(
        km=f"{criteria.radius_km:g}" if criteria.radius_km is not None else "",
        first=_written(first), last=_written(criteria.date_to), opens=_written(criteria.hour_from), closes=_written(criteria.hour_to),
        days=days, place=AS_KEPT if _somewhere(criteria) else ANYWHERE,
    )  # fmt: skip


def _written(part: date | time | None) -> str:
    return "" if part is None else part.isoformat("minutes") if isinstance(part, time) else part.isoformat()


def _somewhere(criteria: Criteria) -> bool:
    return criteria.latitude is not None or bool(criteria.place_ids)


def criteria_of(
    session: Session, form: Given, *, now: datetime, provider_id: int | None = None, kept: Criteria | None = None
) -> Criteria:  # fmt: skip
    """The wishes as the registry takes them; raises Unclear. A clinic's own people look in its places only.

    `kept` are the wishes that are changed: where, stays as it is in them when the form says so.
    """
    today = local_date(now)
    try:
        wishes = Criteria(
            max(_day(form.first) or today, today), _day(form.last), hour_from=_hour(form.opens), hour_to=_hour(form.closes),
            weekdays=form.days,
        )  # fmt: skip
    except InvalidCriteria as error:
        raise Unclear("contradiction") from error
    if provider_id is not None:
        places = frozenset(session.scalars(text("SELECT id FROM places WHERE provider_id = :id"), {"id": provider_id}))
        if not places:  # no place named would be any
            raise Unclear("no_places")
        return replace(wishes, place_ids=places)
    if form.place == AS_KEPT and kept is not None and not form.where:
        return _where_kept(wishes, form, kept)
    return _around(session, wishes, form)


def decided(session: Session, form: Given, *, now: datetime, kept: Criteria | None = None) -> Criteria:
    """The wishes by which a visit will be booked without asking again: `Unclear` when neither a place nor the whole country is named."""
    if form.nowhere:
        raise Unclear("nowhere")
    return criteria_of(session, form, now=now, kept=kept)


def _where_kept(wishes: Criteria, form: Given, kept: Criteria) -> Criteria:
    """Where, as it was; only how far from there may be another."""
    radius = kept.radius_km if kept.latitude is None or not form.km else _kilometres(form.km)
    return replace(wishes, latitude=kept.latitude, longitude=kept.longitude, radius_km=radius, place_ids=kept.place_ids)


def _around(session: Session, wishes: Criteria, form: Given) -> Criteria:
    if not form.where:
        if form.km and form.place != ANYWHERE:
            raise Unclear("km_nowhere")
        return wishes
    if form.place == ANYWHERE:
        raise Unclear("two_places")
    find = localities.of_postcode if form.where[:1].isdigit() else localities.of_town
    point = find(session, plain(form.where))
    if point is None:
        raise Unclear("where")
    return replace(wishes, latitude=point[0], longitude=point[1], radius_km=_kilometres(form.km))


def _kilometres(written: str) -> float:
    try:
        return min(FURTHEST, max(1.0, float(written.replace(",", ".")))) if written else NEARBY_KM
    except ValueError as error:
        raise Unclear("km") from error


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written) if written else None
    except ValueError as error:
        raise Unclear("day") from error


def _hour(written: str) -> time | None:
    try:
        return time.fromisoformat(written) if written else None
    except ValueError as error:
        raise Unclear("hour") from error


AROUND = text("""
SELECT city FROM places ORDER BY (latitude - :latitude) ^ 2 + ((longitude - :longitude) * cos(radians(:latitude))) ^ 2, id LIMIT 1
""")
NAMED = text("SELECT name || ', ' || city FROM places WHERE id = ANY(:ids) ORDER BY name, id LIMIT 5")


def where_of(session: Session, criteria: Criteria) -> str:
    """Where, in words: around the nearest town that has a place, in certain places, or in the whole country."""
    say = texts()["wishes"]
    if criteria.latitude is not None:
        town = session.scalar(AROUND, {"latitude": criteria.latitude, "longitude": criteria.longitude})
        return say["around"].format(km=f"{criteria.radius_km:g}", town=town)
    return "; ".join(session.scalars(NAMED, {"ids": sorted(criteria.place_ids)})) if criteria.place_ids else say["everywhere"]


def read_back(session: Session, criteria: Criteria) -> list[tuple[str, str]]:
    """The wishes in words, each with what it is about, to be read to the patient before they are kept."""
    say = texts()["wishes"]
    return [(say[name], words) for name, words in _in_words(criteria, where_of(session, criteria), say)]


def _in_words(criteria: Criteria, where: str, say: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield "where", where
    last = say["until"].format(day=f"{criteria.date_to:%d.%m.%Y}") if criteria.date_to else ""
    yield "when", say["since"].format(day=f"{criteria.date_from:%d.%m.%Y}") + last
    if criteria.hour_from or criteria.hour_to:
        yield "hours", f"{criteria.hour_from or time(0):%H:%M}-{criteria.hour_to or time(23, 59):%H:%M}"
    if criteria.weekdays != ALL_WEEKDAYS:
        yield "days", ", ".join(DAYS[day - 1] for day in sorted(criteria.weekdays))
