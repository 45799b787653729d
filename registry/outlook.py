"""What the database knows of a service's queue and supply, read for the forecast in one instant (R64).

History is read as days of a schedule, not as slots, and wishes that many entries share are understood once.
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from heapq import merge
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Select, and_, exists, extract, func, literal_column, null, or_, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from registry import snapshots
from registry.appointments import Appointment
from registry.catalogue import FIRST, POLICY, Policy, service
from registry.events import Event
from registry.lanes import Queue, Seat
from registry.reach import Site, Wishes
from registry.rules import local_date
from registry.schedules import Place, Schedule, Slot
from registry.snapshots import WISHES, read_wishes
from registry.supply import Held, Outlook, Rates, past_of, turnover
from registry.supply import Session as Day
from registry.supply import Slot as Announced
from registry.waiting_room import Entry

HISTORY_WEEKS: Final = 52
ENOUGH_WEEKS: Final = 8  # of history: with less, nothing beyond what is published is known
LOOK_BACK: Final = timedelta(days=182)  # for the rates
LEADS: Final = 5000  # examples of how long before their visits people give them up
TELLING: Final = 3  # the rank that nobody waits behind: those who join in it concern nobody who waits (D3)
SIDE_COLUMNS: Final = 5  # before the wishes in a line of the queue

WARSAW_CLOCK = func.timezone("Europe/Warsaw", Slot.starts_at)
MINUTE_OF_DAY = (extract("hour", WARSAW_CLOCK) * 60 + extract("minute", WARSAW_CLOCK)).cast(postgresql.INTEGER)
WHEN_AND_WHERE: tuple[Any, ...] = (Slot.local_date, MINUTE_OF_DAY.label("minute"), Slot.schedule_id, Slot.place_id, Slot.pool)


@dataclass(slots=True)
class Read:
    """A service as it was read; `seen` are the versions of the entries' rows (0 for those who have a visit)."""

    queue: Queue
    outlook: Outlook
    seen: "array[int]" = field(default_factory=lambda: array("q"))


def read(session: Session, service_code: str, *, now: datetime, policy: Policy = POLICY) -> Read:
    """Everything of one service; the session's transaction should be REPEATABLE READ, so that it is one instant."""
    today = local_date(now)
    queue = Queue(today, sites(session, service_code))
    found = Read(queue, Outlook(service_code, today, service(service_code).horizon_days))
    visits = {row.entry_id: row for row in session.execute(_visits(service_code, now))}
    indices = _fill(found, session, service_code, now)
    held = [Held(_announced(row, today), indices.get(entry_id)) for entry_id, row in visits.items()]
    lives = {row[0]: ((row[1] - today).days, (row[2] - today).days) for row in session.execute(_lives(service_code))}
    until = {schedule: last for schedule, (_, last) in lives.items()}
    past = past_of(_days(session, service_code, today), today, HISTORY_WEEKS, until)
    enough = max((len(weeks) for weeks in past.values()), default=0) >= ENOUGH_WEEKS
    found.outlook = Outlook(
        service_code, today, service(service_code).horizon_days, _published(session, service_code, now, policy), held,
        past if enough else {}, _places(session, service_code), until,
        _joined(session, service_code, today),
        _rates(session, service_code, now, len(queue) - len(queue.asleep), turnover(lives.values(), HISTORY_WEEKS)),
    )  # fmt: skip
    return found


def sites(session: Session, service_code: str) -> list[Site]:
    """The places that have a schedule for the service."""
    used = select(Place.id, Place.latitude, Place.longitude).join(Schedule, Schedule.place_id == Place.id)
    return [Site(*row) for row in session.execute(used.where(Schedule.service == service_code).distinct().order_by(Place.id))]


# --- the queue


def _fill(found: Read, session: Session, service_code: str, now: datetime) -> dict[int, int]:
    """Seat everybody in the order of the queue; the index of each who has a visit."""
    seats: dict[tuple[bytes, ...], Seat] = {}
    asleep: dict[int, int] = {}
    waiting = _lines(session, snapshots.waiting(now, Entry.service == service_code), asleep=False)
    with_visit = list(_lines(session, _with_visit(service_code, now), asleep=True))
    for (_, queue_at, entry_id), seen, sleeps, wishes in merge(list(waiting), with_visit, key=itemgetter(0)):
        if wishes not in seats:
            seats[wishes] = found.queue.seat(read_wishes(wishes))
        if sleeps:
            asleep[entry_id] = len(found.queue)
        found.queue.add(entry_id, queue_at, seats[wishes], asleep=sleeps)
        found.seen.append(seen)
    return asleep


Line = tuple[tuple[int, int, int], int, bool, tuple[bytes, ...]]


def _lines(session: Session, query: Select[Any], *, asleep: bool) -> Iterator[Line]:
    for line in snapshots.lines(session, query):
        entry, _, seen, queue_at, _, *wishes = line[:-1].split(b"\t")
        yield (int(wishes[1]), int(queue_at), int(entry)), int(seen), asleep, tuple(wishes)


def _with_visit(service_code: str, now: datetime) -> Select[Any]:
    """The entries that have a visit to come, in the columns of those who wait."""
    micros = (extract("epoch", Entry.queue_at) * 1_000_000).cast(postgresql.BIGINT)
    upcoming = exists().where(Appointment.entry_id == Entry.id, Appointment.status == "booked", Appointment.starts_at > now)
    columns: tuple[Any, ...] = (Entry.id, Entry.patient_id, literal_column("0"), micros, null(), *WISHES)
    return (
        select(*columns)
        .where(Entry.service == service_code, Entry.state == "booked", upcoming)
        .order_by(Entry.rank, Entry.queue_at, Entry.id)
    )


# --- the supply


def _visits(service_code: str, now: datetime) -> Select[Any]:
    columns: tuple[Any, ...] = (Appointment.entry_id, *WHEN_AND_WHERE)
    return (
        select(*columns)
        .join(Slot, Slot.id == Appointment.slot_id)
        .where(
            Appointment.service == service_code, Appointment.visit_type == "first", Appointment.status == "booked",
            Appointment.starts_at > now, Appointment.entry_id.is_not(None),
        )
    )  # fmt: skip


def _announced(row: Any, today: date) -> Announced:
    return Announced((row.local_date - today).days, row.minute, row.schedule_id, row.place_id, row.pool)


def _published(session: Session, service_code: str, now: datetime, policy: Policy) -> list[Announced]:
    """The slots that the waiting room has yet to be given; control slots never (D17), nor what is too near for it (D4)."""
    query = select(*WHEN_AND_WHERE).where(
        Slot.service == service_code, Slot.state == "pending", Slot.pool.in_(FIRST), Slot.starts_at > now + policy.assign_above
    )
    today = local_date(now)
    return [_announced(row, today) for row in session.execute(query)]


def _places(session: Session, service_code: str) -> dict[int, int]:
    rows = session.execute(select(Schedule.id, Schedule.place_id).where(Schedule.service == service_code))
    return {row.id: row.place_id for row in rows}


def _lives(service_code: str) -> Select[Any]:
    sold = Slot.state.not_in(("withdrawn", "quarantined"))
    columns: tuple[Any, ...] = (Slot.schedule_id, func.min(Slot.local_date), func.max(Slot.local_date))
    return select(*columns).where(Slot.service == service_code, sold).group_by(Slot.schedule_id)


def _days(session: Session, service_code: str, today: date) -> Iterator[Day]:
    """The past of each schedule by day; equal days share their slots."""
    known: dict[tuple[tuple[int, str], ...], tuple[tuple[int, str], ...]] = {}
    query = (
        select(Slot.schedule_id, Slot.local_date, func.array_agg(MINUTE_OF_DAY), func.array_agg(Slot.pool))
        .where(
            Slot.service == service_code, Slot.state.not_in(("withdrawn", "quarantined")), Slot.pool.in_(FIRST),
            Slot.local_date < today, Slot.local_date >= today - timedelta(weeks=HISTORY_WEEKS),
        )
        .group_by(Slot.schedule_id, Slot.local_date)
    )  # fmt: skip
    for schedule, day, minutes, pools in session.execute(query.execution_options(yield_per=10_000)):
        slots = tuple(sorted(zip(minutes, pools, strict=True)))
        yield Day(schedule, (day - today).days, known.setdefault(slots, slots))


# --- who will come, and what was observed


def _joined(session: Session, service_code: str, today: date) -> list[dict[int, list[Wishes]]]:
    """Who joined in the past weeks, in a class that stands before another: by week, the newest first, and ISO weekday."""
    day = func.timezone("Europe/Warsaw", Entry.joined_at).cast(postgresql.DATE)
    joined = exists().where(Event.entry_id == Entry.id, Event.kind == "entry.joined")
    query = select(day, *WISHES).where(
        Entry.service == service_code, Entry.rank < TELLING, day < today, day >= today - timedelta(weeks=HISTORY_WEEKS), joined
    )
    weeks: list[dict[int, list[Wishes]]] = []
    for when, *columns, place_ids in (tuple(row) for row in session.execute(query)):
        wishes = Wishes._make((*columns, place_ids and frozenset(place_ids)))._replace(date_from=date.min, date_to=None)
        back = ((today - when).days - 1) // 7
        weeks.extend({} for _ in range(back + 1 - len(weeks)))
        weeks[back].setdefault(when.isoweekday(), []).append(wishes)
    return weeks


def _rates(session: Session, service_code: str, now: datetime, waiting: int, turned: tuple[float, float]) -> Rates:
    since = now - LOOK_BACK
    in_time = and_(Appointment.cancelled_at.is_not(None), Appointment.cancel_reason != "clinic",
                   Appointment.starts_at - Appointment.cancelled_at > POLICY.assign_above)  # fmt: skip
    visits = (Appointment.service == service_code, Appointment.visit_type == "first", Appointment.booked_at >= since)
    lead = extract("day", Appointment.starts_at - Appointment.cancelled_at).cast(postgresql.INTEGER)
    booked, given_up = session.execute(select(func.count(), func.count().filter(in_time)).where(*visits)).one()
    leads = session.scalars(select(lead).where(*visits, in_time).order_by(Appointment.id.desc()).limit(LEADS)).all()
    gone = and_(Entry.closed_at.is_not(None), Entry.closed_at <= Appointment.cancelled_at + timedelta(days=1))
    left = select(func.count()).select_from(Appointment).join(Entry, Entry.id == Appointment.entry_id).where(*visits, in_time, gone)
    return Rates(
        given_up / max(booked, 1), tuple(leads), (session.scalar(left) or 0) / max(given_up, 1), _withdrawn(session, service_code, now),
        _attrition(session, service_code, now, waiting), *turned,
    )  # fmt: skip


def _withdrawn(session: Session, service_code: str, now: datetime) -> float:
    """The share of the weeks of schedules in which slots were withdrawn."""
    week = func.date_trunc("week", Slot.local_date)
    since, until = local_date(now - LOOK_BACK), local_date(now)
    weeks = (
        select(func.bool_or(Slot.state == "withdrawn").label("any"))
        .where(Slot.service == service_code, Slot.pool.in_(FIRST), Slot.local_date >= since, Slot.local_date < until)
        .group_by(Slot.schedule_id, week)
        .subquery()
    )
    total, hit = session.execute(select(func.count(), func.count().filter(weeks.c.any))).one()
    return float(hit / max(total, 1))


def _attrition(session: Session, service_code: str, now: datetime, waiting: int) -> float:
    """The chance of one who waits to leave on a day: those who did, over as many days of as many people as wait now."""
    never_booked = ~exists().where(Appointment.entry_id == Entry.id, Appointment.status.in_(("fulfilled", "noshow")))
    ended = or_(Entry.closed_because.in_(("left", "referral_ended", "death")), Entry.closed_because.is_(None))
    left = select(func.count()).where(Entry.service == service_code, Entry.closed_at >= now - LOOK_BACK, ended, never_booked)
    first = session.scalar(select(func.min(Entry.joined_at)).where(Entry.service == service_code))
    days = 1.0 if first is None else min(max((now - first).days, 1), LOOK_BACK.days)
    return min((session.scalar(left) or 0) / max(waiting * days, 1.0), 0.05)
