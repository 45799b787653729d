"""A second, naive telling of the rules, written from the requirements alone, so that a mistake must be made twice to pass.

Everything here is slow and literal on purpose: minutes are counted one by one, queues are sorted by plain tuples and each
condition is a sentence of the requirement that it cites. It imports nothing of the registry.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WARSAW = ZoneInfo("Europe/Warsaw")
UTC = ZoneInfo("UTC")
DAYS_AHEAD = {
    "CARDIO_FIRST": 40, "MAMMO": 90, "CYTO": 90, "HPV_VACCINATION": 366, "VASCULAR_FIRST": 40, "INFECTIOUS_FIRST": 40,
    "ENDOCRINOLOGY_FIRST": 40, "HEPATOLOGY_FIRST": 40, "IMMUNOLOGY_FIRST": 40, "CYSTIC_FIBROSIS_FIRST": 40, "NEPHROLOGY_FIRST": 40,
    "NEONATOLOGY_FIRST": 40, "PULMONOLOGY_FIRST": 40,
}
POOLS_FOR = {
    "privileged": {"FIRST_URGENT", "FIRST_STABLE", "FIRST_PRIVILEGED"},
    "urgent": {"FIRST_URGENT", "FIRST_STABLE"},
    "stable": {"FIRST_STABLE"},
}


@dataclass(frozen=True)
class Wishes:
    """What R29 lets a patient ask for; an absent wish asks for nothing."""

    first_day: date
    last_day: date | None = None
    hour_from: time | None = None
    hour_to: time | None = None
    weekdays: frozenset[int] = frozenset()  # 1 = Monday … 7 = Sunday
    places: frozenset[int] = frozenset()  # none named: anywhere
    around: tuple[float, float] | None = None  # latitude, longitude in degrees
    within_km: float | None = None


@dataclass(frozen=True)
class Term:
    """A free slot as the waiting room sees it."""

    number: int
    starts: datetime
    ends: datetime
    pool: str = "FIRST_STABLE"
    service: str = "CARDIO_FIRST"
    place: int = 1
    where: tuple[float, float] = (52.23, 21.01)


@dataclass(frozen=True)
class Waiting:
    """One waiting patient: wishes, rank, what he already holds and which terms he gave back or refused."""

    number: int
    joined: datetime
    wishes: Wishes
    urgent: bool = False
    privileged: bool = False
    service: str = "CARDIO_FIRST"
    busy: tuple[tuple[datetime, datetime], ...] = ()
    given_back: frozenset[int] = frozenset()
    has_open_offer: bool = False


@dataclass(frozen=True)
class Record:
    """One referral's returns to the waiting room (D1)."""

    joined: datetime
    returns: int = 0


def warsaw_day(instant: datetime) -> date:
    return instant.astimezone(WARSAW).date()


def last_open_day(now: datetime, service: str = "CARDIO_FIRST") -> date:
    """R31, D4: day 40 (screening 90) of the Warsaw calendar is the last one inside."""
    day = warsaw_day(now)
    for _ in range(DAYS_AHEAD[service]):
        day += timedelta(days=1)
    return day


def placement(starts: datetime, now: datetime, pool: str = "FIRST_STABLE", service: str = "CARDIO_FIRST") -> str:
    """R60-R62, R46, R75, D4, D17: what becomes of a term that is free at `now`."""
    seconds_left = starts.timestamp() - now.timestamp()
    if seconds_left <= 0:
        return "lost"
    if pool == "CONTROL":
        return "clinic"
    if warsaw_day(starts) > last_open_day(now, service):
        return "locked"
    if service != "CARDIO_FIRST" or seconds_left < 48 * 3600:
        return "publish"
    return "assign" if seconds_left > 72 * 3600 else "propose"


def in_contact_hours(instant: datetime) -> bool:
    """D10: messages at 8:00 up to, not including, 20:00 on the Warsaw clock, every day."""
    return 8 <= instant.astimezone(WARSAW).hour < 20


def offer_ends(starts: datetime, now: datetime, awake: Callable[[datetime], bool] = in_contact_hours) -> datetime | None:
    """D5, X19: four hours lived inside contact hours, never past 48 hours before the visit; counted minute by minute.

    None when the patient could not have answered at any moment of the offer's life.
    """
    mark = starts.astimezone(UTC) - timedelta(hours=48)
    at = now.astimezone(UTC)
    left = timedelta(hours=4)
    while left > timedelta(0) and at < mark:
        next_minute = at.replace(second=0, microsecond=0) + timedelta(minutes=1)
        if awake(at):
            stretch = min(next_minute - at, left, mark - at)
            left -= stretch
            at += stretch
        else:
            at = next_minute
    return None if left == timedelta(hours=4) else min(at, mark)


def in_calling_hours(instant: datetime, public_holidays: frozenset[date]) -> bool:
    """D10: calls at 9:00 up to 19:00 on the Warsaw clock, Monday to Saturday, never on a public holiday."""
    local = instant.astimezone(WARSAW)
    return 9 <= local.hour < 19 and local.isoweekday() <= 6 and local.date() not in public_holidays


def kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Great-circle distance by the spherical law of cosines, on a globe of 6371 km."""
    (lat1, lon1), (lat2, lon2) = ((math.radians(a), math.radians(b)) for a, b in (one, other))
    cosine = math.sin(lat1) * math.sin(lat2) + math.cos(lat1) * math.cos(lat2) * math.cos(lon2 - lon1)
    return 6371.0 * math.acos(max(-1.0, min(1.0, cosine)))


def suits(wishes: Wishes, term: Term) -> bool:
    """R29, R48: Warsaw days, weekdays and hours of the start, both ends inside; a named place; a circle with its edge."""
    local = term.starts.astimezone(WARSAW)
    answers = [local.date() >= wishes.first_day]
    if wishes.last_day is not None:
        answers.append(local.date() <= wishes.last_day)
    if wishes.hour_from is not None:
        answers.append(local.time() >= wishes.hour_from)
    if wishes.hour_to is not None:
        answers.append(local.time() <= wishes.hour_to)
    if wishes.weekdays:
        answers.append(local.isoweekday() in wishes.weekdays)
    if wishes.places:
        answers.append(term.place in wishes.places)
    if wishes.around is not None and wishes.within_km is not None:
        answers.append(kilometres(wishes.around, term.where) <= wishes.within_km)
    return all(answers)


def rank(one: Waiting) -> tuple[int, int, float, int]:
    """R53, D3: entitlement, then urgent before stable, then the instant of joining, then the number."""
    return (0 if one.privileged else 1, 0 if one.urgent else 1, one.joined.timestamp(), one.number)


def pools(one: Waiting) -> set[str]:
    """D2, R24, R44."""
    if one.privileged:
        return POOLS_FOR["privileged"]
    return POOLS_FOR["urgent" if one.urgent else "stable"]


def overlaps(busy: tuple[tuple[datetime, datetime], ...], term: Term) -> bool:
    """X4, R123: touching intervals do not overlap."""
    return any(begin.timestamp() < term.ends.timestamp() and term.starts.timestamp() < end.timestamp() for begin, end in busy)


def may_take(one: Waiting, term: Term, now: datetime) -> bool:
    """R47, R52, X4, X18, X19 together, for a term that is placed at `now`."""
    step = placement(term.starts, now, term.pool, term.service)
    if step not in ("assign", "propose") or one.service != term.service:
        return False
    if one.has_open_offer:
        return False
    return (
        term.pool in pools(one)
        and suits(one.wishes, term)
        and not overlaps(one.busy, term)
        and term.number not in one.given_back
    )


def winner(queue: list[Waiting], term: Term, now: datetime) -> Waiting | None:
    """R44, R52, R53: the first of the queue who may take the term, or nobody, and then it goes to everyone."""
    for one in sorted(queue, key=rank):
        if may_take(one, term, now):
            return one
    return None


def after_return(record: Record, now: datetime) -> Record:
    """D1, R56: the joining time is kept, but the third return on one referral sends to the end of the category."""
    returns = record.returns + 1
    joined = now if returns >= 3 else record.joined
    return Record(joined=joined, returns=returns)
