"""What wishes allow: which places lie in reach, which days and hours, which slots of a night (R29, D2)."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, time
from functools import cached_property
from math import asin, cos, inf, pi, radians, sin, sqrt
from typing import NamedTuple, Protocol

from registry.geography import EARTH_KM, KM_PER_DEGREE
from registry.rules import may_take

ROUNDING_KM = 1e-6  # nearer to the edge of a circle than this, the database is asked, so that both always agree
EDGE_KM = 1e-3  # nearer than this, the exact distance is worked out


class NightSlot(NamedTuple):
    """A pending slot as the snapshot saw it; `day` and `hour` are Warsaw's, `seen` is the version of its row."""

    id: int
    starts_at: datetime
    ends_at: datetime
    service: str
    pool: str
    place_id: int
    day: date
    hour: time
    seen: int


class Site(NamedTuple):
    """A place in degrees."""

    id: int
    latitude: float
    longitude: float


class Wishes(NamedTuple):
    """What makes an entry suit a slot, and its class: equal for many entries."""

    service: str
    rank: int
    category: str
    privileged: bool
    date_from: date
    date_to: date | None
    hour_from: time | None
    hour_to: time | None
    weekdays: int
    latitude: float | None
    longitude: float | None
    radius_km: float | None
    place_ids: frozenset[int] | None


def kilometres(latitude: float, longitude: float, site: Site) -> float:
    """Great-circle distance: the same formula as `geography.distance_km`, for numbers."""
    a, c = radians(latitude), radians(site.latitude)
    chord = sin(radians(site.latitude - latitude) / 2) ** 2
    chord += cos(a) * cos(c) * sin(radians(site.longitude - longitude) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(min(chord, 1.0)))


class Spot(NamedTuple):
    """A place as a point of the globe of radius 1."""

    x: float
    y: float
    z: float


def spot(latitude: float, longitude: float) -> Spot:
    """The point of these degrees."""
    up, round_ = radians(latitude), radians(longitude)
    return Spot(cos(up) * cos(round_), cos(up) * sin(round_), sin(up))


def cosine(radius: float) -> float:
    """The cosine of the angle between two spots so many kilometres apart, which is the product of their coordinates."""
    return cos(min(radius / EARTH_KM, pi))


def north(site: Site) -> float:
    """What sites are sorted by."""
    return site.latitude


def band(sites: Sequence[Site], latitude: float, longitude: float, radius: float) -> list[Site]:
    """Of sites sorted by latitude, those that a box around the circle holds, and some more: the only ones worth an exact look."""
    height = radius / KM_PER_DEGREE + 0.001
    first = bisect_left(sites, latitude - height, key=north)
    last = bisect_right(sites, latitude + height, lo=first, key=north)
    width = height / max(cos(radians(min(abs(latitude) + height, 90.0))), 0.01)
    around_the_world = width >= 90 or abs(longitude) + width > 180
    return [site for site in sites[first:last] if around_the_world or abs(site.longitude - longitude) <= width]


class Reach:
    """Which of the night's places, and which of its instants, suit which wishes; each distinct wish is worked out once."""

    def __init__(self, slots: Sequence[NightSlot], sites: Iterable[Site], within: Callable[[Wishes, Site], bool]) -> None:
        """`within` decides by the database for places on the very edge of a circle."""
        used = {slot.place_id for slot in slots}
        self.sites = sorted((site for site in sites if site.id in used), key=north)
        self.bits = {instant: number for number, instant in enumerate(sorted({(slot.day, slot.hour) for slot in slots}))}
        self._within = within
        self._latitudes = [site.latitude for site in self.sites]
        self._spots = [(site, *spot(site.latitude, site.longitude)) for site in self.sites]
        self._circles: dict[tuple[float, float, float], frozenset[int]] = {}
        self._instants: dict[tuple[object, ...], int] = {}

    def places(self, wishes: Wishes) -> frozenset[int] | None:
        """The places of this night that the wishes allow; None for all of them."""
        named = wishes.place_ids
        if wishes.radius_km is None or wishes.latitude is None or wishes.longitude is None:
            return named if named is None else named & self._all
        key = (wishes.latitude, wishes.longitude, wishes.radius_km)
        if key not in self._circles:
            self._circles[key] = frozenset(self._around(wishes, *key))
        around = self._circles[key]
        return around if named is None else named & around

    def _around(self, wishes: Wishes, latitude: float, longitude: float, radius: float) -> Iterator[int]:
        """The places in a circle. Angles tell all but those near its edge, in a tenth of the time of the exact distance."""
        height = radius / KM_PER_DEGREE + 0.001
        first, last = bisect_left(self._latitudes, latitude - height), bisect_right(self._latitudes, latitude + height)
        x, y, z = spot(latitude, longitude)
        perhaps, surely = cosine(radius + EDGE_KM), cosine(radius - EDGE_KM) if radius > EDGE_KM else inf
        near = [(c, site) for site, east, far, up in self._spots[first:last] if (c := east * x + far * y + up * z) >= perhaps]
        return (site.id for c, site in near if c > surely or self._inside(wishes, site, latitude, longitude, radius))

    @cached_property
    def _all(self) -> frozenset[int]:
        return frozenset(site.id for site in self.sites)

    def _inside(self, wishes: Wishes, site: Site, latitude: float, longitude: float, radius: float) -> bool:
        distance = kilometres(latitude, longitude, site)
        return self._within(wishes, site) if abs(distance - radius) < ROUNDING_KM else distance <= radius

    def instants(self, wishes: Wishes) -> int:
        """The instants of this night that the wishes allow (R29), as bits."""
        key = (wishes.date_from, wishes.date_to, wishes.hour_from, wishes.hour_to, wishes.weekdays)
        if key not in self._instants:
            self._instants[key] = sum(1 << bit for (day, hour), bit in self.bits.items() if accepts(wishes, day, hour))
        return self._instants[key]

    def anything(self, wishes: Wishes) -> bool:
        """Whether these wishes allow any place and any instant of this night."""
        places = self.places(wishes)
        return (places is None or bool(places)) and bool(self.instants(wishes))

    def suits(self, wishes: Wishes, slot: NightSlot) -> bool:
        """Whether a slot of this night is one that the wishes and the class allow (R29, D2)."""
        if wishes.service != slot.service:
            return False
        if not may_take(slot.service, slot.day, slot.pool, wishes.category, privileged=wishes.privileged):
            return False
        places = self.places(wishes)
        return (places is None or slot.place_id in places) and bool(self.instants(wishes) >> self.bits[slot.day, slot.hour] & 1)


class Times(Protocol):
    """Wishes about days and hours (R29): an entry's, or those of a snapshot."""

    @property
    def date_from(self) -> date: ...
    @property
    def date_to(self) -> date | None: ...
    @property
    def hour_from(self) -> time | None: ...
    @property
    def hour_to(self) -> time | None: ...
    @property
    def weekdays(self) -> int: ...


def accepts(wishes: Times, day: date, hour: time) -> bool:
    """Whether a visit may begin on this Warsaw day at this hour."""
    return (
        wishes.date_from <= day
        and (wishes.date_to is None or day <= wishes.date_to)
        and (wishes.hour_from is None or wishes.hour_from <= hour)
        and (wishes.hour_to is None or hour <= wishes.hour_to)
        and bool(wishes.weekdays >> (day.isoweekday() - 1) & 1)
    )
