"""What may come: the slots, and the patients who will stand before others, of one possible future of a service.

A scenario takes what clinics have published as it is, and beyond that goes on as stretches of the past did: weeks of history that
followed each other, the same for all places, so that what happened together happens together again. Once a whole year is known they
are of the same season: in summer there are fewer doctors, and who waits from May on meets that summer. Schedules end and new ones begin
as often as they have: where few carry a service, one that ends moves everybody's date by much. Days are counted from today.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import exp
from random import Random
from typing import Final, NamedTuple

from registry.reach import Wishes
from registry.rules import is_holiday

STRETCH_WEEKS: Final = 6  # weeks of the past that follow each other in a scenario
YEAR_WEEKS: Final = 52
SEASON_WEEKS: Final = 4  # how far from the same week of last year a stretch may begin: holidays do not fall on the same days every year
LAST_DAY: Final = 900  # no visit is looked for beyond
LEVEL_SPREAD: Final = 0.08  # how far the supply of a future as a whole may be above or below the past's (standard deviation of its log)
SILENT_DAYS: Final = 35  # a schedule that has had no slot for so long, and has none to come, has ended
SHORTEST_NOTICE: Final = 7  # days: nothing that is not published yet comes nearer than this
NEVER: Final = 1 << 14
WEEKS_WATCHED: Final = 520.0  # schedule-weeks, with one event in them, that are added to those a service has shown


class Slot(NamedTuple):
    """A slot of the past or one that a clinic has published: `day` from today, `minute` of the Warsaw day."""

    day: int
    minute: int
    schedule_id: int
    place_id: int
    pool: str


class Coming(NamedTuple):
    """A slot of a scenario as it reaches the waiting room; `freed` is the day on which its first holder gives it up (or NEVER),
    `returns` whether he then waits again."""

    day: int
    minute: int
    place_id: int
    pool: str
    freed: int
    returns: bool


class Held(NamedTuple):
    """A visit in hand, and its entry's index in the queue if its patient would wait again."""

    slot: Slot
    entry: int | None


@dataclass(frozen=True, slots=True)
class Rates:
    """What was observed.

    `given_up`: the share of visits given up in time for the waiting room; `leads`: how many days before; `leaves`: the share of those
    patients who do not wait again; `withdrawn`: the share of published weeks of a schedule that are withdrawn; `attrition`: the chance
    of a waiting patient to leave on a day; `ends`, `begins`: how many schedules end and begin in a week, for each one that there is.
    """

    given_up: float = 0.0
    leads: Sequence[int] = ()
    leaves: float = 0.0
    withdrawn: float = 0.0
    attrition: float = 0.0
    ends: float = 0.0
    begins: float = 0.0


class Session(NamedTuple):
    """What a schedule had on one past day (negative): the minutes and pools of its slots."""

    schedule_id: int
    day: int
    slots: tuple[tuple[int, str], ...]


Week = dict[int, tuple[tuple[int, str], ...]]  # by ISO weekday


@dataclass(frozen=True, slots=True)
class Outlook:
    """All that the futures of one service are made of; histories have the newest week first."""

    service: str
    today: date
    horizon: int
    published: Sequence[Slot] = ()
    held: Sequence[Held] = ()
    past: Mapping[int, Sequence[Week]] = field(default_factory=dict)  # schedule: the weeks of its life
    places: Mapping[int, int] = field(default_factory=dict)  # schedule: where it is
    published_until: Mapping[int, int] = field(default_factory=dict)  # schedule: the last day with a slot
    joined: Sequence[Mapping[int, Sequence[Wishes]]] = ()  # who came and stands before others (R53), by week and ISO weekday
    rates: Rates = field(default_factory=Rates)

    @property
    def weeks(self) -> int:
        """How many weeks of history there are to repeat."""
        return max((len(weeks) for weeks in self.past.values()), default=0)


def past_of(
    sessions: Iterable[Session], today: date, weeks: int, published_until: Mapping[int, int]
) -> dict[int, list[Week]]:  # fmt: skip
    """The weeks of each schedule's life, the newest first, of at most so many; without those schedules that have ended.

    A public holiday is taken to be like the same day of the week before it.
    """
    lives: dict[int, dict[int, Week]] = {}
    newest: dict[int, int] = {}
    for schedule, day, slots in sessions:
        back, weekday = (-day - 1) // 7, (today + timedelta(days=day)).isoweekday()
        if back < weeks:
            lives.setdefault(schedule, {}).setdefault(back, {})[weekday] = slots
            newest[schedule] = max(newest.get(schedule, day), day)
    going_on = [one for one, last in newest.items() if max(last, published_until.get(one, last)) >= -SILENT_DAYS]
    return {one: [_week(lives[one], back, today) for back in range(max(lives[one]) + 1)] for one in going_on}


def turnover(lives: Iterable[tuple[int, int]], weeks: int) -> tuple[float, float]:
    """How many schedules have ended and begun a week, for each that there was, in so many weeks; of their first and last days.

    A service shows few such events, so its own are mixed with one in `WEEKS_WATCHED`: the shorter and the smaller, the nearer to that.
    What was there when the registry began to watch did not begin then.
    """
    known = list(lives)
    since = max(-7 * weeks, min((first for first, _ in known), default=0) + SILENT_DAYS)
    ended = sum(since <= last < -SILENT_DAYS for _, last in known)
    begun = sum(since <= first < 0 for first, _ in known)
    watched = sum(max(min(last, 0) - max(first, since), 0) for first, last in known) / 7 + WEEKS_WATCHED
    return (ended + 1) / watched, (begun + 1) / watched


def _week(life: dict[int, Week], back: int, today: date) -> Week:
    found = dict(life.get(back, {}))
    for ago in range(7 * back + 1, 7 * back + 8):
        day = today - timedelta(days=ago)
        if is_holiday(day) and day.isoweekday() not in found and (instead := life.get(back + 1, {}).get(day.isoweekday())):
            found[day.isoweekday()] = instead
    return found


class Scenario:
    """One future, by its number: the same number makes the same future."""

    def __init__(self, outlook: Outlook, number: int) -> None:
        self.outlook, self.number = outlook, number
        self._dice = Random(f"{outlook.service} {number}")  # noqa: S311  futures are drawn, not secrets
        self._level = exp(self._dice.gauss(0.0, LEVEL_SPREAD))
        self._repeats = list(self._stretches(self._alike))
        self._joins = list(self._stretches(self._any))
        self._ends = {schedule: self._end(schedule) for schedule in outlook.past}
        self._beginnings = self._newcomers()
        self._ahead: dict[int, list[int]] = {}
        for schedule in outlook.past:
            ahead = min(max(outlook.published_until.get(schedule, 0), SHORTEST_NOTICE), outlook.horizon)
            self._ahead.setdefault(ahead, []).append(schedule)

    def _stretches(self, begin: Callable[[int, int], int]) -> Iterator[int]:
        """For each week from today on, the past week that it repeats: stretches in the order in which they were (R64)."""
        there = self.outlook.weeks
        coming = range((LAST_DAY + self.outlook.horizon) // 7 + 1 if there else 0)
        for week in coming[::STRETCH_WEEKS]:
            newest = begin(week, there)
            yield from ((newest - step) % there for step in range(len(coming[week : week + STRETCH_WEEKS])))

    def _alike(self, week: int, there: int) -> int:
        """The past week that a stretch from this coming week on begins with: of its season a year ago, if that was seen, else any."""
        if there < YEAR_WEEKS:
            return self._any(week, there)
        return (YEAR_WEEKS - 1 - week + self._dice.randint(-SEASON_WEEKS, SEASON_WEEKS)) % YEAR_WEEKS

    def _any(self, _week: int, there: int) -> int:
        """Any past week: how many join and wait changes with the queue itself more than with the season."""
        return self._dice.randrange(there)

    def _end(self, schedule: int) -> int:
        """The day after which a schedule has nothing more in this future; what is published stays."""
        ends = self.outlook.rates.ends
        if not ends:
            return NEVER
        return max(self.outlook.published_until.get(schedule, 0), 0) + round(7 * self._dice.expovariate(ends))

    def _newcomers(self) -> dict[int, list[int]]:
        """The days on which new schedules begin in this future, by the one of today that each is like."""
        begin: dict[int, list[int]] = {}
        alike, rate = sorted(self.outlook.past), self.outlook.rates.begins * len(self.outlook.past) / 7
        day = self._dice.expovariate(rate) if rate else float(NEVER)
        while day <= LAST_DAY + self.outlook.horizon:
            begin.setdefault(self._dice.choice(alike), []).append(round(day))
            day += self._dice.expovariate(rate)
        return begin

    def given_up(self) -> list[tuple[Coming, int | None]]:
        """The visits in hand that are given up in this future, and the entries that wait again then."""
        fates = ((self._fate(one.slot, 0), one.entry) for one in self.outlook.held if one.slot.day <= LAST_DAY)
        return [(slot, entry if slot.returns else None) for slot, entry in fates if slot.freed != NEVER]

    def nights(self) -> Iterator[list[Coming]]:
        """For each day from today on, what its night gives: the day that unlocks, soonest visit first; tonight all that is due."""
        published, horizon = self._published(), self.outlook.horizon
        for tonight in range(LAST_DAY):
            days = range(horizon + 1) if tonight == 0 else (tonight + horizon,)
            due = [slot for day in days for slot in published.get(day, ())]
            due.extend(self._extrapolated(tonight))
            due.sort(key=_soonest)
            yield [self._fate(slot, tonight) for slot in due]

    def joining(self, day: int) -> Sequence[Wishes]:
        """Who joins on this day and stands before others."""
        if not self.outlook.joined or not self._repeats:
            return ()
        week = self.outlook.joined[self._joins[day // 7] % len(self.outlook.joined)]
        return week.get((self.outlook.today + timedelta(days=day)).isoweekday(), ())

    def _published(self) -> dict[int, list[Slot]]:
        """What clinics have announced, without the weeks of a schedule that are withdrawn in this future."""
        gone: dict[tuple[int, int], bool] = {}
        kept: dict[int, list[Slot]] = {}
        for slot in self.outlook.published:
            week = slot.schedule_id, slot.day // 7
            if week not in gone:
                gone[week] = self._dice.random() < self.outlook.rates.withdrawn
            if not gone[week]:
                kept.setdefault(slot.day, []).append(slot)
        return kept

    def _extrapolated(self, tonight: int) -> Iterator[Slot]:
        """What the schedules add to what they have published: each as far ahead as it publishes now, at most the horizon."""
        for ahead, schedules in self._ahead.items():
            day = tonight + ahead
            when = self.outlook.today + timedelta(days=day)
            if not is_holiday(when):
                yield from self._repeated(schedules, day, when.isoweekday())

    def _repeated(self, schedules: Sequence[int], day: int, weekday: int) -> Iterator[Slot]:
        for schedule in schedules:
            if alive := self._alive(schedule, day):
                weeks = self.outlook.past[schedule]
                for minute, pool in weeks[self._repeats[day // 7] % len(weeks)].get(weekday, ()):
                    for _ in range(sum(self._copies() for _ in range(alive))):
                        yield Slot(day, minute, schedule, self.outlook.places[schedule], pool)

    def _alive(self, schedule: int, day: int) -> int:
        """How many schedules are like this one on a day that it has not published: itself until it ends, and the newcomers."""
        itself = self.outlook.published_until.get(schedule, -1) < day <= self._ends[schedule]
        return itself + sum(begin <= day for begin in self._beginnings.get(schedule, ()))

    def _copies(self) -> int:
        """One for most slots; none or two for some, as the level of this future wants."""
        whole = int(self._level)
        return whole + (self._dice.random() < self._level - whole)

    def _fate(self, slot: Slot, given: int) -> Coming:
        rates, freed, returns = self.outlook.rates, NEVER, False
        if rates.leads and self._dice.random() < rates.given_up:
            on = slot.day - self._dice.choice(rates.leads)
            freed = on if on > given else NEVER
            returns = self._dice.random() >= rates.leaves
        return Coming(slot.day, slot.minute, slot.place_id, slot.pool, freed, returns)


def _soonest(slot: Slot) -> tuple[int, int, int]:
    return slot.day, slot.minute, slot.schedule_id
