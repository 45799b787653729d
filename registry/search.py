"""Free dates that a patient can book by himself (R29, R30, R40): published slots within the horizon, by date or by distance."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, Double, Time, and_, cast, false, func, null, or_, select, true
from sqlalchemy.orm import Session

from registry.catalogue import FIRST, POOLS, Category, Matrix, Pool, matrices, service
from registry.geography import distance_km
from registry.rules import last_open_day, local_date
from registry.schedules import Place, Schedule, Slot
from registry.waiting_room import Criteria

Order = Literal["date", "distance"]
BEYOND = timedelta(days=365)
OWN_POOLS = ("SCREENING", "VACCINATION")  # whoever qualifies may book there


@dataclass(frozen=True, slots=True)
class Hit:
    """One free date; `distance_km` is None when no point was given."""

    slot_id: int
    starts_at: datetime
    ends_at: datetime
    place_id: int
    clinic: str
    street: str
    city: str
    phone: str
    distance_km: float | None


@dataclass(frozen=True, slots=True)
class Hits:
    """What was free at one moment (R41: shown as "stan na")."""

    as_of: datetime
    found: tuple[Hit, ...]


def free_slots(
    session: Session, service_code: str, criteria: Criteria, *, category: Category, now: datetime, order: Order = "date", limit: int = 20,
    kinds: frozenset[str] | None = None, beyond: bool = False,
) -> Hits:  # fmt: skip
    """The first `limit` free dates that meet the criteria, for a patient of this category.

    `kinds` are those of schedules that the patient qualifies for (`eligibility.kinds_open`); without it, the service's usual one (R26).

    Locked, held, offered, control and privileged slots are never among them (R40), nor anything beyond the horizon (R31, R82);
    `beyond` adds first visits that are locked there, for a desk that may sell them (R31).
    """
    distance = distance_to(criteria)
    locked = _locked(service_code, category, now) if beyond else false()
    query = (
        select(Slot.id, Slot.starts_at, Slot.ends_at, Place.id, Place.name, Place.street, Place.city, Place.phone, distance)
        .join(Place, Place.id == Slot.place_id)
        .where(
            Slot.service == service_code, Slot.starts_at > now, or_(_open_to(service_code, category, now), locked),
            _of_kind(service_code, kinds), meets(criteria, distance),
        )
    )  # fmt: skip
    first = (distance, Slot.starts_at) if order == "distance" else (Slot.starts_at, distance)
    return Hits(now, tuple(Hit(*row) for row in session.execute(query.order_by(*first, Slot.id).limit(limit))))


def _of_kind(service_code: str, kinds: frozenset[str] | None) -> ColumnElement[bool]:
    """Slots of schedules of these kinds; a service with one kind needs no look at them."""
    offered = service(service_code).kinds
    if len(offered) == 1:
        return true()
    kind = select(func.coalesce(Schedule.kind, offered[0])).where(Schedule.id == Slot.schedule_id).scalar_subquery()
    return kind.in_(sorted(kinds if kinds is not None else {offered[0]}))


def _open_to(service_code: str, category: Category, now: datetime) -> ColumnElement[bool]:
    """Published slots within the horizon of the pools that a patient may book by himself: those of his category, or a service's own."""
    wanted = service(service_code)
    spans = matrices(service_code, local_date(now), last_open_day(now, wanted))
    within = pools_by_day(spans, lambda pool, table: pool in wanted.first_pools and (category in table.who[pool] or pool in OWN_POOLS))
    return and_(Slot.state == "free", within)


def _locked(service_code: str, category: Category, now: datetime) -> ColumnElement[bool]:
    """Slots of the year beyond the horizon, of the pools for first visits of this category (R31)."""
    first = last_open_day(now, service(service_code)) + timedelta(days=1)
    spans = matrices(service_code, first, first + BEYOND)
    within = pools_by_day(spans, lambda pool, table: pool in FIRST and category in table.who[pool])
    return and_(Slot.state.in_(("free", "pending")), within)


def pools_by_day(spans: Sequence[tuple[date, date, Matrix]], is_open: Callable[[Pool, Matrix], bool]) -> ColumnElement[bool]:
    """Slots of the pools that are open by the matrix of their day (X25)."""
    return or_(
        *(
            and_(Slot.local_date.between(first, last), Slot.pool.in_([pool for pool in POOLS if is_open(pool, table)]))
            for first, last, table in spans
        )
    )


def distance_to(criteria: Criteria) -> ColumnElement[float]:
    """Kilometres to the wanted point; NULL when none was given."""
    if criteria.latitude is None or criteria.longitude is None:
        return cast(null(), Double)
    return distance_km(criteria.latitude, criteria.longitude, Place.latitude, Place.longitude)


def meets(criteria: Criteria, distance: ColumnElement[float]) -> ColumnElement[bool]:
    """Slots that these wishes allow (R29): Warsaw days and hours of their start, and where."""
    start = func.timezone("Europe/Warsaw", Slot.starts_at)
    conditions = [Slot.local_date >= criteria.date_from, func.date_part("isodow", start).in_(sorted(criteria.weekdays))]
    if criteria.date_to is not None:
        conditions.append(Slot.local_date <= criteria.date_to)
    if criteria.hour_from is not None:
        conditions.append(cast(start, Time) >= criteria.hour_from)
    if criteria.hour_to is not None:
        conditions.append(cast(start, Time) <= criteria.hour_to)
    if criteria.radius_km is not None:
        conditions.append(distance <= criteria.radius_km)
    if criteria.place_ids:
        conditions.append(Slot.place_id.in_(sorted(criteria.place_ids)))
    return and_(*conditions)
