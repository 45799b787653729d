"""Who of the waiting room may have a slot: each condition once, for one slot or for a set of them, and the first of the queue (D3).

The queue of a country is long and most of it wants to go elsewhere. It is therefore kept by the cells of the map too (`cells`): one look
at the head of each cell in reach, each no further than the best of those before it.
"""

from datetime import datetime
from functools import lru_cache
from typing import Any, get_args

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    Double,
    Select,
    Text,
    Time,
    and_,
    any_,
    bindparam,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    tuple_,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP, array
from sqlalchemy.orm import Session, aliased

from registry.appointments import Appointment
from registry.catalogue import POLICY, Category, Policy, matrix
from registry.cells import reaching
from registry.database import planned_once
from registry.events import Event
from registry.geography import distance_km
from registry.people import ContactPoint, Patient
from registry.referrals import Referral
from registry.rules import WARSAW, admits, local_date, queue_rank
from registry.schedules import Place, Slot
from registry.waiting_room import Entry

# In the statement's own words, not bound: so that a plan made once may rely on the partial indexes.
WAITING, ACTIVE, ISSUED = (literal_column(f"'{word}'", Text) for word in ("waiting", "active", "issued"))
HOLDING = [literal_column(f"'{word}'", Text) for word in ("proposed", "booked", "cancelling")]

Spoken = Any  # a slot, the table of slots, or a slot that is named when the statement runs: `Named`


class Named:
    """A slot in a statement that is built once: each fact a bound parameter."""

    id = bindparam("slot_id", type_=BigInteger)
    service = bindparam("service", type_=Text)
    starts_at = bindparam("starts_at", type_=TIMESTAMP(timezone=True))
    ends_at = bindparam("ends_at", type_=TIMESTAMP(timezone=True))
    day = bindparam("day", type_=Date)
    hour = bindparam("hour", type_=Time)
    weekday = bindparam("weekday", type_=BigInteger)
    place_id = bindparam("place_id", type_=BigInteger)
    latitude, longitude = bindparam("latitude", type_=Double), bindparam("longitude", type_=Double)


def _suits() -> ColumnElement[bool]:
    """The entries whose wishes the named slot meets (R29): Warsaw day, weekday and hour of its start, and its place."""
    distance = distance_km(Entry.latitude, Entry.longitude, Named.latitude, Named.longitude)
    return and_(
        Entry.date_from <= Named.day,
        or_(Entry.date_to.is_(None), Entry.date_to >= Named.day),
        or_(Entry.hour_from.is_(None), Entry.hour_from <= Named.hour),
        or_(Entry.hour_to.is_(None), Entry.hour_to >= Named.hour),
        Entry.weekdays.op("&")(Named.weekday) != 0,
        or_(Entry.place_ids.is_(None), Named.place_id == any_(Entry.place_ids)),
        or_(Entry.radius_km.is_(None), distance <= Entry.radius_km),
    )


def _may_take(allowed: frozenset[str]) -> ColumnElement[bool]:
    """The entries that are of an allowed category, or entitled where the entitled are allowed (D2)."""
    categories = sorted(allowed - {"privileged"})
    return or_(Entry.category.in_(categories), and_(Entry.privileged, literal("privileged" in allowed, Boolean)))


def refused_before(slot: Spoken) -> ColumnElement[bool]:
    """The patient gave this very slot up, let it pass or moved away from it, under the same wishes (X18)."""
    return exists().where(Event.slot_id == slot.id, Event.entry_id == Entry.id, had())


def had() -> ColumnElement[bool]:
    """An event of a visit or offer that the entry had under the wishes that it still has: who waits now has given it up (X18).

    Events, because a visit that was moved has left its earlier slot without a trace of its own.
    """
    return and_(Appointment.id == Event.appointment_id, Appointment.criteria_version == Entry.criteria_version)


def busy(slot: Spoken, policy: Policy) -> ColumnElement[bool]:
    """The patient has another visit at this time, or another open offer (X4, X19)."""
    other = aliased(Appointment)
    margin = policy.travel_margin
    clash = and_(other.starts_at < slot.ends_at + margin, other.ends_at > slot.starts_at - margin)
    active = other.status.in_(HOLDING)
    return exists().where(other.patient_id == Entry.patient_id, active, or_(clash, other.status == "proposed"))


def reachable() -> ColumnElement[bool]:
    """The patient lives and has a usable address, the entry's own or another: nobody holds a slot without knowing it (R54, X6)."""
    usable = exists().where(ContactPoint.patient_id == Entry.patient_id, ContactPoint.state == ACTIVE)
    return and_(usable, exists().where(Patient.id == Entry.patient_id, Patient.died_at.is_(None)))


def entitled(today: Any) -> ColumnElement[bool]:
    """The referral still gives the right to a first visit on this Warsaw day (R42, R47).

    A scalar subquery on purpose: an EXISTS beside the OR would be answered by reading every referral there is.
    """
    usable = and_(Referral.state == ISSUED, or_(Referral.valid_until.is_(None), Referral.valid_until >= today))
    return func.coalesce(select(usable).where(Referral.id == Entry.referral_id).scalar_subquery(), true())


QUEUE = (Entry.rank, Entry.queue_at, Entry.id)
BEFORE_ALL = literal_column("'-infinity'::timestamptz", TIMESTAMP(timezone=True))


def _waiting(allowed: frozenset[str], policy: Policy) -> ColumnElement[bool]:
    return and_(
        Entry.state == WAITING, Entry.service == Named.service, _may_take(allowed), _suits(),
        ~refused_before(Named), ~busy(Named, policy), reachable(), entitled(bindparam("today", type_=Date)),
    )  # fmt: skip


def _last_rank(allowed: frozenset[str]) -> int:
    """The last class of the queue that may take a slot of a pool for these (D2, D3); -1 when nobody may."""
    classes = [(category, privileged) for category in get_args(Category) for privileged in (False, True)]
    return max((queue_rank(one, privileged=first) for one, first in classes if admits(allowed, one, privileged=first)), default=-1)


@lru_cache(maxsize=64)
def _first(allowed: frozenset[str], policy: Policy) -> Select[Any]:
    """The head of the queue for the named slot: of those who named its place, then of one cell in reach after another.

    Each look goes no further than the best of the looks before it, or the last class that may have the slot.
    """
    may, last = _waiting(allowed, policy), _last_rank(allowed)
    named = Entry.place_ids.contains(array([Named.place_id], type_=BigInteger)), Entry.cell.is_(None), Entry.rank <= last
    by_name = select(*QUEUE).where(may, *named).order_by(*QUEUE).limit(1).subquery("by_name")
    begin: Any = select(
        literal_column("0").label("looks"), bindparam("cells", type_=ARRAY(BigInteger)).label("cells"),
        func.coalesce(by_name.c.rank, last + 1).label("rank"), func.coalesce(by_name.c.queue_at, BEFORE_ALL).label("queue_at"),
        func.coalesce(by_name.c.id, 0).label("id"),
    ).select_from(func.generate_series(1, 1).alias("once").outerjoin(by_name, true()))  # fmt: skip
    best = begin.cte("best", recursive=True)
    ahead = tuple_(*QUEUE) < tuple_(best.c.rank, best.c.queue_at, best.c.id)
    head = (
        select(*QUEUE).where(Entry.cell == best.c.cells[best.c.looks + 1], ahead, may).order_by(*QUEUE).limit(1)
        .correlate(best).lateral("head")
    )  # fmt: skip
    better = [func.coalesce(head.c[name], best.c[name]) for name in ("rank", "queue_at", "id")]
    look = select(best.c.looks + 1, best.c.cells, *better).select_from(best.outerjoin(head, true()))
    looks = best.union_all(look.where(best.c.looks < func.cardinality(best.c.cells)))
    winner = select(looks.c.id).order_by(looks.c.looks.desc()).limit(1).scalar_subquery()
    return select(Entry).where(Entry.id == winner).execution_options(populate_existing=True)


@lru_cache(maxsize=64)
def _still(allowed: frozenset[str], policy: Policy) -> Select[Any]:
    of_entry = Entry.id == bindparam("entry_id", type_=BigInteger)
    return select(Entry).where(of_entry, _waiting(allowed, policy)).execution_options(populate_existing=True)


def first(session: Session, slot: Slot, where: Place, now: datetime, policy: Policy = POLICY, *, only: int | None = None) -> Entry | None:
    """The first of the queue that may have this slot at `now` (R53, D3); with `only`, that entry if it may. Nothing is locked."""
    allowed = matrix(slot.service, slot.local_date).who.get(slot.pool, frozenset())  # D2, X25: by the matrix of its day
    facts: dict[str, Any] = {
        "slot_id": slot.id, "service": slot.service, "starts_at": slot.starts_at, "ends_at": slot.ends_at, "day": slot.local_date,
        "hour": slot.starts_at.astimezone(WARSAW).time(), "weekday": 1 << (slot.local_date.isoweekday() - 1), "place_id": where.id,
        "latitude": where.latitude, "longitude": where.longitude, "today": local_date(now),
    }  # fmt: skip
    if only is not None:
        statement, facts["entry_id"] = _still(allowed, policy), only
    else:
        statement, facts["cells"] = _first(allowed, policy), list(reaching(where.latitude, where.longitude))
    with planned_once(session):
        found: Entry | None = session.scalars(statement, facts).one_or_none()
    return found
