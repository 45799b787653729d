"""Why not me: what others were given since a patient began to wait, and by which rule, without saying who they are (X22).

And who waits too long, or for what can never come (X23).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Row, extract, func, or_, select, true
from sqlalchemy.orm import Session

from registry.appointments import Appointment
from registry.decisions import Decided
from registry.geography import distance_km
from registry.reach import Site, accepts, kilometres
from registry.rules import WARSAW, local_date, may_take, overlaps
from registry.schedules import Place, Schedule, Slot
from registry.waiting_room import Entry, criteria_of

Why = Literal["class", "earlier", "lower_number", "gave_up", "busy", "differently"]
MEANING: Final[dict[Why, str]] = {
    "class": "entitled out of turn, or urgent before stable",
    "earlier": "of the same class and waiting for longer",
    "lower_number": "of the same class and since the same instant, written down before",
    "gave_up": "the patient had given this very slot up",
    "busy": "the patient had another visit or an offer at that time",
    "differently": "the patient could not be reached then, was not waiting, or had other wishes",
}
EXAMPLES = 20
BATCH = 1000


@dataclass(frozen=True, slots=True)
class Given:
    """A slot that would have suited and went to somebody else, and the rule by which it did."""

    starts_at: datetime
    place: str
    decided_at: datetime
    why: Why


@dataclass(frozen=True, slots=True)
class Explanation:
    """How often each rule decided, and the newest cases."""

    entry_id: int
    state: str
    joined_at: datetime
    ahead: int
    reasons: dict[Why, int]
    newest: list[Given]


def explain(session: Session, entry_id: int) -> Explanation:
    """Why an entry still waits (X22): every suiting slot given away since it joined. LookupError for an unknown entry."""
    entry = session.get(Entry, entry_id)
    if entry is None:
        raise LookupError(f"there is no entry {entry_id}")
    own: Sequence[Any] = session.execute(
        select(Appointment.slot_id, Appointment.starts_at, Appointment.ends_at, Appointment.booked_at, Appointment.cancelled_at,
               Appointment.status, Appointment.criteria_version).where(Appointment.patient_id == entry.patient_id)
    ).all()  # fmt: skip
    reasons: Counter[Why] = Counter()
    newest: list[Given] = []
    for row in session.execute(_given_near(entry).execution_options(yield_per=BATCH)):
        if _suited(entry, row):
            why = _why(entry, row, own)
            reasons[why] += 1
            if len(newest) < EXAMPLES:
                newest.append(Given(row.starts_at, row.name, row.at, why))
    return Explanation(entry.id, entry.state, entry.joined_at, _ahead(session, entry), dict(reasons), newest)


def _given_near(entry: Entry) -> Any:
    """What was given to others at places in reach since the entry joined, newest first."""
    wishes = criteria_of(entry)
    here: ColumnElement[bool] = true()
    if wishes.radius_km is not None:
        here = distance_km(wishes.latitude, wishes.longitude, Place.latitude, Place.longitude) <= wishes.radius_km
    named = Place.id.in_(wishes.place_ids) if wishes.place_ids else true()
    return (
        select(Decided.at, Decided.slot_id, Decided.entry_id, Decided.rank, Decided.queue_at, Slot.starts_at, Slot.ends_at,
               Slot.local_date, Slot.pool, Place.name)
        .join(Place, Place.id == Decided.place_id)
        .join(Slot, Slot.id == Decided.slot_id)
        .where(Decided.entry_id.is_not(None), Decided.entry_id != entry.id, Decided.at >= entry.joined_at,
               Slot.service == entry.service, here, named)
        .order_by(Decided.at.desc(), Decided.id.desc())
    )  # fmt: skip


def _suited(entry: Entry, given: Row[Any]) -> bool:
    hour = given.starts_at.astimezone(WARSAW).time()
    fits = may_take(entry.service, given.local_date, given.pool, entry.category, privileged=entry.privileged)
    return fits and accepts(entry, given.local_date, hour)


def _why(entry: Entry, given: Row[Any], own: Sequence[Any]) -> Why:
    """The first rule, in the order of the queue, by which the other one came before; else what kept the patient from the slot."""
    if given.rank != entry.rank:
        return "class" if given.rank < entry.rank else _hindrance(given, own)
    if given.queue_at != entry.queue_at:
        return "earlier" if given.queue_at < entry.queue_at else _hindrance(given, own)
    return "lower_number" if given.entry_id < entry.id else _hindrance(given, own)


def _hindrance(given: Row[Any], own: Sequence[Any]) -> Why:
    before = [visit for visit in own if visit.booked_at <= given.at]
    if any(visit.slot_id == given.slot_id for visit in before):
        return "gave_up"
    held = [visit for visit in before if visit.cancelled_at is None or visit.cancelled_at > given.at]
    if any(overlaps(visit.starts_at, visit.ends_at, given.starts_at, given.ends_at) for visit in held):
        return "busy"
    return "differently"


def _ahead(session: Session, entry: Entry) -> int:
    """How many waiting entries of the service stand before this one."""
    before = or_(
        Entry.rank < entry.rank,
        (Entry.rank == entry.rank) & ((Entry.queue_at < entry.queue_at) | ((Entry.queue_at == entry.queue_at) & (Entry.id < entry.id))),
    )
    return session.scalar(select(func.count()).where(Entry.state == "waiting", Entry.service == entry.service, before)) or 0


# --- X23


@dataclass(frozen=True, slots=True)
class Watch:
    """Waiting entries of one service that need a person's look."""

    service: str
    p99: timedelta
    oldest: list[int]
    hopeless: dict[str, list[int]]


def watch(session: Session, service: str, *, now: datetime, at_most: int = 1000) -> Watch:
    """Entries that have waited longer than 99 of 100, and those whose wishes nothing can ever meet (X23)."""
    waiting = (Entry.state == "waiting", Entry.service == service)
    p99 = session.scalar(select(func.percentile_cont(0.99).within_group(extract("epoch", now - Entry.joined_at))).where(*waiting))
    age = timedelta(seconds=p99 or 0)
    oldest = select(Entry.id).where(*waiting, Entry.joined_at < now - age).order_by(Entry.joined_at, Entry.id).limit(at_most)
    passed = select(Entry.id).where(*waiting, Entry.date_to < local_date(now)).order_by(Entry.id).limit(at_most)
    hopeless = {"days_are_past": list(session.scalars(passed)), "no_place_in_reach": _out_of_reach(session, service)[:at_most]}
    return Watch(service, age, list(session.scalars(oldest)), hopeless)


def _out_of_reach(session: Session, service: str) -> list[int]:
    """The entries for whose service no place that they allow has a schedule; circles are many entries' own, so each is tried once."""
    used = select(Place.id, Place.latitude, Place.longitude).join(Schedule, Schedule.place_id == Place.id)
    sites = [Site(*row) for row in session.execute(used.where(Schedule.service == service).distinct())]
    where = (Entry.latitude, Entry.longitude, Entry.radius_km, Entry.place_ids)
    groups = select(func.array_agg(Entry.id), *where).where(
        Entry.state == "waiting", Entry.service == service, or_(Entry.radius_km.is_not(None), Entry.place_ids.is_not(None))
    )
    found: list[int] = []
    rows: Sequence[Any] = session.execute(groups.group_by(*where)).all()
    for ids, latitude, longitude, radius, places in rows:
        named = [site for site in sites if places is None or site.id in places]
        if not any(radius is None or kilometres(latitude, longitude, site) <= radius for site in named):
            found.extend(ids)
    return sorted(found)
