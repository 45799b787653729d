"""Every rule that decides something about time or order, as pure functions with an explicit `now`.

Nothing else decides a rule. "Hours" rules count elapsed UTC hours, "days" rules count Warsaw calendar days (X17).
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Literal
from zoneinfo import ZoneInfo

import holidays

from registry.catalogue import Category, Policy, Service, Window, matrix

WARSAW = ZoneInfo("Europe/Warsaw")

Placement = Literal["assign", "propose", "publish", "lost"]


def local_date(instant: datetime) -> date:
    """The Warsaw calendar day of an instant."""
    return instant.astimezone(WARSAW).date()


def placement(starts_at: datetime, now: datetime, policy: Policy) -> Placement:
    """What happens to a free slot at `now` (R60-R62, D4): the lead is elapsed time, judged when the decision commits (X15)."""
    lead = starts_at - now
    if lead <= timedelta(0):
        return "lost"
    if lead > policy.assign_above:
        return "assign"
    return "propose" if lead >= policy.propose_from else "publish"


def last_open_day(now: datetime, service: Service) -> date:
    """The last Warsaw day that may be booked or allocated at `now` (R31, R82): day 40 or 90, itself included."""
    return local_date(now) + timedelta(days=service.horizon_days)


def may_take(service_code: str, day: date, pool: str, category: str, *, privileged: bool) -> bool:
    """Whether a patient of this category may get a slot of this pool, waiting or booking (R24, D2), by the matrix of its day (X25)."""
    return admits(matrix(service_code, day).who[pool], category, privileged=privileged)


def admits(allowed: frozenset[str], category: str, *, privileged: bool) -> bool:
    """Whether a pool that is for these takes a patient of this category (D2)."""
    return category in allowed or (privileged and "privileged" in allowed)


def queue_rank(category: Category, *, privileged: bool) -> int:
    """The class of a waiting patient, first served lowest (R53, D3): entitlement, then category."""
    return (0 if privileged else 2) + (0 if category == "urgent" else 1)


@lru_cache(maxsize=8)
def _public_holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("PL", years=year))


def is_holiday(day: date) -> bool:
    """Whether a Warsaw day is a public holiday in Poland."""
    return day in _public_holidays(day.year)


def is_contact_day(day: date, window: Window) -> bool:
    """Whether people may be contacted on this day at all (D10)."""
    return day.isoweekday() in window.days and (window.on_holidays or not is_holiday(day))


def day_window(day: date, window: Window) -> tuple[datetime, datetime]:
    """The contact hours of one Warsaw day as UTC instants, right across clock changes."""
    opens = datetime.combine(day, window.opens, WARSAW).astimezone(UTC)
    closes = datetime.combine(day, window.closes, WARSAW).astimezone(UTC)
    return opens, closes


def _windows_from(now: datetime, window: Window) -> Iterator[tuple[datetime, datetime]]:
    """Contact windows that end after `now`, the first cut to begin at `now`, without an end."""
    day = local_date(now)
    while True:
        opens, closes = day_window(day, window)
        if is_contact_day(day, window) and closes > now:
            yield max(opens, now), closes
        day += timedelta(days=1)


def contact_moment(now: datetime, window: Window) -> datetime:
    """The first instant from `now` on at which a person may be contacted (D10, X30)."""
    return next(_windows_from(now, window))[0]


def offer_deadline(now: datetime, starts_at: datetime, window: Window, policy: Policy) -> datetime | None:
    """When an offer made at `now` ends (D5): after 4 hours inside contact hours, at the latest 48 h before the visit.

    None when not a minute of contact hours is left before that mark: such an offer could not be answered (X19).
    """
    mark = starts_at - policy.propose_from
    left = policy.offer_lives
    for opens, closes in islice(_windows_from(now, window), 60):
        if opens >= mark:
            return None if left == policy.offer_lives else mark
        if closes - opens >= left:
            return min(opens + left, mark)
        left -= closes - opens
    raise AssertionError("contact hours never open")


def reminder_day(visit_day: date, days_before: int, window: Window) -> date:
    """The Warsaw day on which the reminder D-7 or D-1 goes out (R101): where people may not be called, the day before that."""
    day = visit_day - timedelta(days=days_before)
    while not is_contact_day(day, window):
        day -= timedelta(days=1)
    return day


def visit_days_reminded_on(today: date, days_before: int, window: Window) -> tuple[date, ...]:
    """The visit days whose reminder goes out today: the inverse of `reminder_day` (a long holiday is six days at most)."""
    days = (today + timedelta(days=days_before + ahead) for ahead in range(8))
    return tuple(day for day in days if reminder_day(day, days_before, window) == today)


def keeps_place(returns: int, policy: Policy) -> bool:
    """Whether a patient who has now come back `returns` times keeps the original place (D1: the third time not)."""
    return returns <= policy.returns_with_place


def months_later(day: date, months: int) -> date:
    """The same day so many calendar months later, or the last day of a month that is too short (Civil Code, art. 112; R89)."""
    years, month = divmod(day.month - 1 + months, 12)
    last = monthrange(day.year + years, month + 1)[1]
    return date(day.year + years, month + 1, min(day.day, last))


def birthday(born: date, years: int) -> date:
    """The day on which a person reaches an age; who was born on 29 February does on the 28th of a common year (art. 112; R86)."""
    return months_later(born, 12 * years)


def moves_with_notice(starts_at: datetime, new_start: datetime, policy: Policy) -> bool:
    """Whether a clinic may move a visit and only tell its patient (X12): by little, and on the same Warsaw day."""
    return abs(new_start - starts_at) <= policy.move_tolerance and local_date(new_start) == local_date(starts_at)


def overlaps(starts_a: datetime, ends_a: datetime, starts_b: datetime, ends_b: datetime) -> bool:
    """Whether two half-open spans share an instant (X4, R123: touching ends do not)."""
    return starts_a < ends_b and starts_b < ends_a
