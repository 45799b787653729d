"""Who waits for a service, in lanes that any number of futures are played through (R64): entries with the same wishes share them."""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, time
from typing import Final, NamedTuple

from registry.reach import Site, Wishes, accepts, band, kilometres, north

FAR: Final = 1 << 14


class Kind(NamedTuple):
    """What entries of one lane have in common; `dated` ones have first or last days, each its own."""

    rank: int
    category: str
    privileged: bool
    pattern: int
    dated: bool


class Seat(NamedTuple):
    """Where entries with the same wishes stand: their lanes, and their first and last day if they have any."""

    wishes: Wishes
    lanes: list["Lane"]
    dates: tuple[int, int] | None


@dataclass(slots=True)
class Lane:
    """Entries of one kind at one place, by index, first of the queue first; `back` are those who wait again."""

    kind: Kind
    entries: "array[int]" = field(default_factory=lambda: array("i"))
    head: int = 0
    back: list[int] = field(default_factory=list)
    own: int = 0  # how many entries wait today; those after them join in a scenario


class Patterns:
    """The hours and weekdays that wishes allow, as bits of a number for each instant of a week."""

    def __init__(self) -> None:
        self._bits: dict[tuple[object, ...], int] = {}
        self._wishes: list[Wishes] = []
        self._masks: dict[tuple[int, int], int] = {}

    def bit(self, wishes: Wishes) -> int:
        """The bit of these wishes' hours and weekdays."""
        key = (wishes.hour_from, wishes.hour_to, wishes.weekdays)
        if key not in self._bits:
            self._bits[key] = 1 << len(self._wishes)
            self._wishes.append(wishes._replace(date_from=date.min, date_to=None))
            self._masks.clear()
        return self._bits[key]

    def mask(self, day: date, minute: int) -> int:
        """The patterns that accept a visit on this day at this minute."""
        key = (day.isoweekday(), minute)
        if key not in self._masks:
            hour = time(minute // 60, minute % 60)
            self._masks[key] = sum(1 << n for n, wishes in enumerate(self._wishes) if accepts(wishes, day, hour))
        return self._masks[key]


class Queue:
    """Who waits for a service, ready to be played through any number of futures."""

    def __init__(self, today: date, sites: Iterable[Site]) -> None:
        self.today, self.sites = today, sorted(sites, key=north)
        self.entry_ids, self.queue_at = array("q"), array("q")
        self.patterns = Patterns()
        self.lanes: dict[int | None, dict[Kind, Lane]] = {}
        self.asleep: set[int] = set()
        self.dates: dict[int, tuple[int, int]] = {}  # first and last day, for those who have any to come
        self.latest_start = 0
        self._circles: dict[tuple[object, ...], tuple[int | None, ...]] = {}
        self.seats: list[Seat] = []

    def __len__(self) -> int:
        return len(self.entry_ids)

    def add(self, entry_id: int, queue_at: int, seat: Seat, *, asleep: bool = False) -> None:
        """The next of the queue, in its order; `queue_at` in microseconds since 1970. Who is asleep has a visit and may come back."""
        index = len(self.entry_ids)
        self.entry_ids.append(entry_id)
        self.queue_at.append(queue_at)
        self.seats.append(seat)
        if seat.dates is not None:
            self.dates[index] = seat.dates
        if asleep:
            self.asleep.add(index)
            return
        for lane in seat.lanes:
            lane.entries.append(index)
            lane.own += 1
        if seat.dates is not None:
            self.latest_start = max(self.latest_start, seat.dates[0])

    def seat(self, wishes: Wishes) -> Seat:
        """Where entries with these wishes stand; equal wishes may share it."""
        first, last = self.days_of(wishes)
        dated = first > 0 or last < FAR
        kind = Kind(wishes.rank, wishes.category, wishes.privileged, self.patterns.bit(wishes), dated)
        lanes = [self._lane(place, kind) for place in self.stops(wishes)]
        return Seat(wishes, lanes, (first, last) if dated else None)

    def days_of(self, wishes: Wishes) -> tuple[int, int]:
        """The first and the last day from today that the wishes allow; one that has come already is no bound."""
        last = FAR if wishes.date_to is None else (wishes.date_to - self.today).days
        return max((wishes.date_from - self.today).days, 0), last

    def _lane(self, place_id: int | None, kind: Kind) -> Lane:
        shelf = self.lanes.setdefault(place_id, {})
        return shelf.setdefault(kind, Lane(kind))

    def stops(self, wishes: Wishes) -> tuple[int | None, ...]:
        """The places that the wishes allow; `(None,)` for all."""
        key = (wishes.latitude, wishes.longitude, wishes.radius_km, wishes.place_ids)
        if key not in self._circles:
            self._circles[key] = self._around(wishes) if any(one is not None for one in key) else (None,)
        return self._circles[key]

    def _around(self, wishes: Wishes) -> tuple[int, ...]:
        circle = (wishes.latitude, wishes.longitude, wishes.radius_km)
        near = self.sites if None in circle else band(self.sites, *(value or 0.0 for value in circle))
        return tuple(sorted(site.id for site in near if in_reach(wishes, site)))


def in_reach(wishes: Wishes, site: Site) -> bool:
    """Whether the wishes allow this place (R29)."""
    if wishes.place_ids is not None and site.id not in wishes.place_ids:
        return False
    if wishes.radius_km is None or wishes.latitude is None or wishes.longitude is None:
        return True
    return kilometres(wishes.latitude, wishes.longitude, site) <= wishes.radius_km
