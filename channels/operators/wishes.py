"""The form of wishes (R29): days, hours, weekdays, a postcode or town with a distance; read from a request and shown again as it was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from dialogs.understanding.text import plain
from registry import localities
from registry.appointments import NEARBY_KM
from registry.rules import local_date
from registry.waiting_room import Criteria, InvalidCriteria

FURTHEST: Final = 1000.0  # kilometres: the whole country


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


def given(fields: Mapping[str, str], days: Sequence[str]) -> Given:
    """What stands in a request; anything too long is cut, anything strange is found out when it is followed."""
    said = {name: fields.get(name, "").strip()[:60] for name in ("where", "km", "first", "last", "opens", "closes")}
    weekdays = frozenset(int(day) for day in days if day in "1234567" and len(day) == 1)
    return Given(**said, days=weekdays, order="distance" if fields.get("order") == "distance" else "date")


def criteria_of(session: Session, form: Given, *, now: datetime, provider_id: int | None = None) -> Criteria:
    """The wishes as the registry takes them; raises Unclear. A clinic's own people look in its places only."""
    today = local_date(now)
    try:
        wishes = Criteria(
            max(_day(form.first) or today, today), _day(form.last), hour_from=_hour(form.opens), hour_to=_hour(form.closes),
            weekdays=form.days,
        )  # fmt: skip
    except InvalidCriteria as error:
        raise Unclear("contradiction") from error
    if provider_id is not None:
        places = session.scalars(text("SELECT id FROM places WHERE provider_id = :id"), {"id": provider_id})
        return replace(wishes, place_ids=frozenset(places))
    return _around(session, wishes, form)


def _around(session: Session, wishes: Criteria, form: Given) -> Criteria:
    if not form.where:
        return wishes
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
