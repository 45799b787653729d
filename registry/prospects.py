"""The estimated date of one entry, at once: when it joins, when its wishes change, and what each wish costs (R49, R65, R66).

Looked up in what the places gave in the futures that the night has played (`traces`): for the same wishes the same dates as the
night's, to the day. What has happened since that night is not in them yet; the next night puts it right.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from registry import promises, quantiles, traces
from registry.estimates import Basis, Estimate, Forecast, ForecastTrace, Reason
from registry.lanes import in_reach
from registry.quantiles import Days
from registry.reach import Site, Wishes, accepts
from registry.rules import local_date, may_take
from registry.schedules import Place, Schedule
from registry.supply import LAST_DAY
from registry.traces import Trace, at_night, key_of

if TYPE_CHECKING:  # the waiting room asks for estimates itself
    from registry.waiting_room import Entry

Criterion = Literal["dates", "hours", "weekdays", "distance", "clinics"]
STALE_DAYS: Final = 7  # a forecast older than this says nothing any more
WIDER: Final = 2.0  # how many times the distance is tried
EVERY_DAY: Final = 127


@dataclass(frozen=True, slots=True)
class Prospect:
    """The likely day and the one that nine of ten keep, with what they stand on; or the reason why there are none."""

    p50: date | None = None
    p90: date | None = None
    basis: Basis | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """What one criterion costs: with it given up (the distance: doubled) the dates would be these, `days` earlier than now.

    `days` is None where only giving it up brings any estimate at all.
    """

    criterion: Criterion
    days: int | None
    p50: date
    p90: date


def renew(session: Session, entry: "Entry", *, now: datetime) -> Prospect:
    """Look the entry up with its present wishes and write down what it is told (R49, R66)."""
    found = of_wishes(session, wishes_of(entry), key_of(entry.rank, _micros(entry.queue_at)), now=now)
    row = {
        "p50": found.p50, "p90": found.p90, "basis": found.basis, "reason": found.reason,
        "criteria_version": entry.criteria_version, "computed_at": now, "told": found.p50, "told_at": now,
    }  # fmt: skip
    session.execute(insert(Estimate).values(entry_id=entry.id, **row).on_conflict_do_update(index_elements=["entry_id"], set_=row))
    promises.note(session, entry.id, entry.criteria_version, found.p50, found.p90, now=now)
    return found


def current(session: Session, entry: "Entry", *, now: datetime) -> Prospect:
    """What the entry is told now: the night's estimate, or a new one where there is none for its present wishes and place (R65)."""
    row = session.get(Estimate, entry.id, populate_existing=True)
    if row is None or row.criteria_version != entry.criteria_version or row.reason == "no_forecast" or _past(row, now):
        return renew(session, entry, now=now)
    basis: Any = row.basis
    reason: Any = row.reason
    return Prospect(row.p50, row.p90, basis, reason)


def _past(row: Estimate, now: datetime) -> bool:
    old = local_date(now) - local_date(row.computed_at) > timedelta(days=STALE_DAYS)
    return old or (row.p50 is not None and row.p50 <= local_date(now))


def costs_of_criteria(session: Session, entry: "Entry", *, now: datetime) -> list[Cost]:
    """What each criterion of a waiting entry costs in days, the dearest first; those that cost nothing are left out (R49).

    One criterion at a time is given up, all others stay; the distance is doubled instead.
    """
    key, wishes = key_of(entry.rank, _micros(entry.queue_at)), wishes_of(entry)
    now_told = of_wishes(session, wishes, key, now=now)
    found = []
    for criterion, freer in without_one(wishes, local_date(now)):
        told = of_wishes(session, freer, key, now=now)
        if told.p50 is not None and told.p90 is not None:
            days = None if now_told.p50 is None else (now_told.p50 - told.p50).days
            if days is None or days > 0:
                found.append(Cost(criterion, days, told.p50, told.p90))
    return sorted(found, key=lambda one: (one.days is not None, -(one.days or 0), one.p50))


def without_one(wishes: Wishes, today: date) -> Iterator[tuple[Criterion, Wishes]]:
    """The wishes with one criterion given up at a time, for each that is there."""
    if wishes.date_from > today or wishes.date_to is not None:
        yield "dates", wishes._replace(date_from=today, date_to=None)
    if wishes.hour_from is not None or wishes.hour_to is not None:
        yield "hours", wishes._replace(hour_from=None, hour_to=None)
    if wishes.weekdays != EVERY_DAY:
        yield "weekdays", wishes._replace(weekdays=EVERY_DAY)
    if wishes.radius_km is not None:
        yield "distance", wishes._replace(radius_km=wishes.radius_km * WIDER)
    if wishes.place_ids is not None:
        yield "clinics", wishes._replace(place_ids=None)


def wishes_of(entry: "Entry") -> Wishes:
    """An entry's wishes and class as the night knows them."""
    return Wishes(
        entry.service, entry.rank, entry.category, entry.privileged, entry.date_from, entry.date_to, entry.hour_from, entry.hour_to,
        entry.weekdays, entry.latitude, entry.longitude, entry.radius_km, frozenset(entry.place_ids) if entry.place_ids else None,
    )  # fmt: skip


def _micros(instant: datetime) -> int:
    return int(instant.timestamp()) * traces.MICROSECONDS + instant.microsecond


def of_wishes(session: Session, wishes: Wishes, key: int, *, now: datetime) -> Prospect:
    """What an entry with these wishes at this place in the queue would be told (R64)."""
    forecast = session.get(Forecast, wishes.service)
    since = 0 if forecast is None else (local_date(now) - forecast.local_date).days
    if forecast is None or since > STALE_DAYS:
        return Prospect(reason="no_forecast")
    if wishes.date_to is not None and wishes.date_to < local_date(now):
        return Prospect(reason="days_past")
    there = _traces(session, wishes)
    if not there:
        return Prospect(reason="no_place" if not _sites_in_reach(session, wishes) else "no_supply")
    days = [first_day(there.get(future, ()), wishes, key, forecast.local_date, since) for future in range(forecast.futures)]
    told = quantiles.told(days, LAST_DAY)
    if told is None:
        spots = [spots_of(trace, forecast.local_date) for trace in there.get(0, ())]
        return Prospect(reason=why_none(spots, wishes, forecast.history_weeks))
    return prospect(told, forecast.local_date, forecast.published_until)


def prospect(told: Days, today: date, published_until: int) -> Prospect:
    """Days from the forecast's day as dates; they stand on what is published when the later one does."""
    basis: Basis = "published" if told.p90 <= published_until else "extrapolated"
    return Prospect(today + timedelta(days=told.p50), today + timedelta(days=told.p90), basis)


def first_day(there: Iterable[Trace], wishes: Wishes, key: int, today: date, since: int) -> int:
    """The day of the visit in one future, by the traces of the places in reach; negative for none."""

    def accepted(day: int, minute: int, pool: str) -> bool:
        when = today + timedelta(days=day)
        return _may_take(wishes, when, pool) and accepts(wishes, when, time(minute // 60, minute % 60))

    found = (trace.first(key, accepted, at_night(since)) for trace in there)
    return min((one for one in found if one is not None), default=(0, -1))[1]


def _may_take(wishes: Wishes, day: date, pool: str) -> bool:
    """Whether this class of patients may take this pool on that day (D2, X25)."""
    return may_take(wishes.service, day, pool, wishes.category, privileged=wishes.privileged)


Spots = dict[tuple[int, int, str], date]  # ISO weekday, minute and pool: a day on which there was such a slot


def spots_of(trace: Trace, today: date) -> Spots:
    """The kinds of slots that a place has in a week: few, however long the future."""
    found: Spots = {}
    for day, minute, pool in sorted({(one.day % 7, one.minute, one.pool) for one in trace}):
        when = today + timedelta(days=day)
        found[when.isoweekday(), minute, pool] = when
    return found


def why_none(there: Iterable[Spots], wishes: Wishes, history_weeks: int) -> Reason:
    """Why the futures bring these wishes no visit, by what the places in reach gave in one of them.

    With a last day it is those days that nothing meets; else there are slots that suit, and too many who stand before.
    """
    if not history_weeks:
        return "too_little_history"
    undated, any_slot = wishes._replace(date_from=date.min, date_to=None), False
    for (_, minute, pool), day in (spot for spots in there for spot in spots.items()):
        if _may_take(wishes, day, pool):
            any_slot = True
            if accepts(undated, day, time(minute // 60, minute % 60)):
                return "too_far" if wishes.date_to is None else "never_match"
    return "never_match" if any_slot else "no_supply"


def _traces(session: Session, wishes: Wishes) -> dict[int, list[Trace]]:
    """By future, what the places in reach gave; where every place will do, what all gave together."""
    query = select(ForecastTrace.future, ForecastTrace.packed).where(ForecastTrace.service == wishes.service)
    if wishes.radius_km is None and wishes.place_ids is None:
        query = query.where(ForecastTrace.place_id.is_(None))
    else:
        query = query.where(ForecastTrace.place_id.in_(_sites_in_reach(session, wishes)))
    found: dict[int, list[Trace]] = {}
    for future, packed in session.execute(query):
        found.setdefault(future, []).append(traces.unpack(packed))
    return found


def _sites_in_reach(session: Session, wishes: Wishes) -> list[int]:
    sites = select(Place.id, Place.latitude, Place.longitude).join(Schedule, Schedule.place_id == Place.id)
    rows = session.execute(sites.where(Schedule.service == wishes.service).distinct())
    return [site.id for site in (Site(*row) for row in rows) if in_reach(wishes, site)]
