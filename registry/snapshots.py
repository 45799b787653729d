"""What the night sees: due slots, waiting entries and what hinders whom, all of one instant of the database.

A million entries come as PostgreSQL writes them, one line each; what is the same in many lines is understood once.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from hashlib import sha256
from typing import Any

from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn
from sqlalchemy import ColumnElement, Engine, Row, Select, and_, exists, extract, func, literal_column, select, text, true
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session, aliased

from registry.allocation import is_due
from registry.appointments import ACTIVE, Appointment
from registry.candidates import entitled, had, reachable
from registry.events import Event
from registry.geography import distance_km
from registry.matching import Hindrances, Order, Queue, Shelf
from registry.people import ContactPoint
from registry.reach import NightSlot, Reach, Site, Wishes
from registry.rules import local_date
from registry.schedules import Place, Slot
from registry.waiting_room import Entry

NULL = b"\\N"
ROW_VERSION = "{}.xmin::text::bigint"  # changes with every change of the row


class CopyFailed(RuntimeError):
    """PostgreSQL did not give the whole of what was to be read."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A night's world; `last_event` and `last_entry` say where to look for what changed since, `digest` is the SHA-256 of it all."""

    slots: Sequence[NightSlot]
    waiting: int
    queue: Queue
    hindrances: Hindrances
    last_event: int
    last_entry: int
    digest: str


def take(session: Session, *, now: datetime) -> Snapshot:
    """Read all of it; the session's transaction must be REPEATABLE READ, so that it is one instant."""
    session.execute(text("SET LOCAL work_mem = '256MB'"))
    last_event = session.scalar(select(func.max(Event.id))) or 0
    last_entry = session.scalar(select(func.max(Entry.id))) or 0
    digest = sha256()
    slots = _slots(session, now)
    for slot in slots:
        digest.update(repr(slot).encode())
    engine = session.connection().engine
    reach = Reach(slots, _sites(session), lambda wishes, site: _within(engine, wishes, site))
    queue = Queue(reach)
    there = _fill(queue, lines(session, waiting(now, true())), digest.update) if slots else 0
    return Snapshot(slots, there, queue, _hindrances(session, now), last_event, last_entry, digest.hexdigest())


def _slots(session: Session, now: datetime) -> list[NightSlot]:
    hour = func.timezone("Europe/Warsaw", Slot.starts_at).cast(postgresql.TIME)
    columns: tuple[Any, ...] = (
        Slot.id, Slot.starts_at, Slot.ends_at, Slot.service, Slot.pool, Slot.place_id, Slot.local_date, hour,
        literal_column(ROW_VERSION.format("slots")),
    )  # fmt: skip
    return [NightSlot(*row) for row in session.execute(select(*columns).where(is_due(now)).order_by(Slot.starts_at, Slot.id))]


def _sites(session: Session) -> list[Site]:
    return [Site(*row) for row in session.execute(select(Place.id, Place.latitude, Place.longitude))]


def _within(engine: Engine, wishes: Wishes, site: Site) -> bool:
    """The database's word on the edge of a circle; by a connection of its own, for the reading one is in the middle of a COPY."""
    distance = distance_km(wishes.latitude, wishes.longitude, site.latitude, site.longitude)
    with engine.connect() as connection:
        return bool(connection.scalar(select(distance <= wishes.radius_km)))


# --- the waiting entries

WISHES = (
    Entry.service, Entry.rank, Entry.category, Entry.privileged, Entry.date_from, Entry.date_to, Entry.hour_from, Entry.hour_to,
    Entry.weekdays, Entry.latitude, Entry.longitude, Entry.radius_km, Entry.place_ids,
)  # fmt: skip


own = aliased(ContactPoint)


WHERE = 9  # of the columns of WISHES, the first that says where
READ: tuple[Callable[[str], Any], ...] = (
    str, int, str, "t".__eq__, date.fromisoformat, date.fromisoformat, time.fromisoformat, time.fromisoformat, int, float, float, float,
    lambda numbers: frozenset(int(number) for number in numbers[1:-1].split(",")),
)  # fmt: skip


def waiting(now: datetime, only: ColumnElement[bool]) -> Select[Any]:
    """The entries that may be given something tonight, in the order of the queue, with the channel of their next message (D13)."""
    other = (
        select(ContactPoint.channel)
        .where(ContactPoint.patient_id == Entry.patient_id, ContactPoint.state == "active")
        .order_by(ContactPoint.rank, ContactPoint.id)
        .limit(1)
    )
    micros = (extract("epoch", Entry.queue_at) * 1_000_000).cast(postgresql.BIGINT)
    channel = func.coalesce(own.channel, other.scalar_subquery())
    columns: tuple[Any, ...] = (Entry.id, Entry.patient_id, literal_column(ROW_VERSION.format("entries")), micros, channel, *WISHES)
    return (
        select(*columns)
        .outerjoin(own, and_(own.id == Entry.contact_point_id, own.state == "active"))
        .where(Entry.state == "waiting", reachable(), entitled(local_date(now)), only)
        .order_by(Entry.service, Entry.rank, Entry.queue_at, Entry.id)
    )


def lines(session: Session, query: Select[Any]) -> Iterator[bytes]:
    """The rows of a query as PostgreSQL's COPY writes them."""
    dialect = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]  # SQLAlchemy's dialects are untyped
    written = str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    driver: Any = session.connection().connection.driver_connection
    return _copied(driver.pgconn, f"COPY ({written}) TO STDOUT".encode())


def _copied(server: PGconn, copy: bytes) -> Iterator[bytes]:
    """The lines of a COPY, straight from libpq: a cursor asks the network anew for each, which costs as much as understanding it.

    Raises `CopyFailed` when it cannot begin, or broke off. Whoever stops reading leaves the connection fit for the next statement.
    """
    begun = server.exec_(copy)
    if begun.status != ExecStatus.COPY_OUT:
        raise CopyFailed(begun.error_message.decode(errors="replace"))
    left = 1
    try:
        while left > 0:
            left, line = server.get_copy_data(0)
            if left > 0:
                yield bytes(line)
    finally:
        while left > 0:
            left, _ = server.get_copy_data(0)
        ended = [result for result in iter(server.get_result, None) if result.status != ExecStatus.COMMAND_OK]
    if ended:
        raise CopyFailed(ended[0].error_message.decode(errors="replace"))


def _fill(queue: Queue, lines: Iterable[bytes], told: Callable[[bytes], object]) -> int:
    """Put the entries into their lanes; those that suit no slot of this night need no place. How many there were.

    What a class, some hours or a circle mean is worked out when it is met for the first time.
    """
    shelves: dict[tuple[bytes, ...], Shelf | None] = {}
    stops: dict[tuple[bytes, ...], tuple[int | None, ...]] = {}
    index = read = 0
    for line in lines:
        told(line)
        read += 1
        entry, patient, seen, queue_at, channel, *wishes = line[:-1].split(b"\t")
        when, where = tuple(wishes[:WHERE]), tuple(wishes[WHERE:])
        if when not in shelves:
            shelves[when] = queue.shelf(read_wishes(wishes))
        if where not in stops:
            stops[where] = queue.stops(read_wishes(wishes))
        shelf, places = shelves[when], stops[where]
        if shelf is not None and places:
            queue.add(int(entry), int(patient), int(seen), int(queue_at), channel, int(wishes[1]))
            for place in places:
                shelf[place].entries.append(index)
            index += 1
    return read


def read_wishes(fields: Sequence[bytes]) -> Wishes:
    """The wishes behind the columns of `WISHES`, as PostgreSQL writes them."""
    return Wishes._make(None if field == NULL else read(field.decode()) for read, field in zip(READ, fields, strict=True))


@dataclass(frozen=True, slots=True)
class Fresh:
    """An entry as it is now, to be weighed against decisions made before."""

    order: Order
    wishes: Wishes
    seen: int


def fresh(session: Session, entry_ids: Iterable[int], *, now: datetime) -> list[Fresh]:
    """Those of the entries that may be given something now."""
    rows = session.execute(waiting(now, Entry.id.in_(list(entry_ids))))
    return [_as_fresh(row) for row in rows]


def _as_fresh(row: Row[Any]) -> Fresh:
    entry_id, _, seen, queue_at, _, *columns, place_ids = tuple(row)
    wishes = Wishes._make((*columns, place_ids and frozenset(place_ids)))
    return Fresh(Order(wishes.rank, queue_at, entry_id), wishes, seen)


# --- what hinders


def _hindrances(session: Session, now: datetime) -> Hindrances:
    found = Hindrances()
    waits = exists().where(Entry.patient_id == Appointment.patient_id, Entry.state == "waiting")
    visits = select(Appointment.patient_id, Appointment.starts_at, Appointment.ends_at, Appointment.status).where(text(ACTIVE), waits)
    for patient_id, starts_at, ends_at, status in session.execute(visits):
        found.visits.setdefault(patient_id, []).append((starts_at, ends_at))
        if status == "proposed":
            found.offers.add(patient_id)
    given_up = (
        select(Event.entry_id, Event.slot_id)
        .join(Slot, Slot.id == Event.slot_id)
        .join(Entry, Entry.id == Event.entry_id)
        .join(Appointment, had())
        .where(is_due(now), Entry.state == "waiting")
        .distinct()
    )
    found.refused.update((int(row[0] or 0), int(row[1] or 0)) for row in session.execute(given_up))
    return found
