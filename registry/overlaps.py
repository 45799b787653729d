"""No doctor and no machine sees two patients at once unless the clinic says so: overlapping slots are kept from being sold (R123).

What overlaps is judged by resource: a doctor or a machine of one clinic, across all its schedules (R27). The seats of one slot are
meant to be parallel (R25), as are different rooms; touching ends do not overlap. A visit that somebody holds is never taken away
here: of two sold ones the first is kept and the other becomes a task for a person.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, select, text, update
from sqlalchemy.orm import Session

from registry import events, tasks
from registry.appointments import ACTIVE, Appointment
from registry.events import Actor
from registry.rules import overlaps
from registry.schedules import Provider, Schedule, Slot

Key = tuple[int, str]  # schedule, the clinic's own slot id: the seats of one slot are one thing


@dataclass(frozen=True, slots=True)
class Span:
    """All living seats of one slot, of which none is quarantined if `kept`.

    `sold` is the first visit or offer that holds one of them, 0 for time that the clinic uses otherwise (R1, R27).
    """

    key: Key
    starts_at: datetime
    ends_at: datetime
    first_id: int
    kept: bool = True
    sold: int | None = None


def judge(spans: Iterable[Span]) -> frozenset[Key]:
    """The slots that must not be sold any further (R123).

    First come those whose time is used otherwise and those that are sold, the earlier visit before the later; then what is on sale,
    then what was kept back, each by its age. Whatever overlaps one that came before it loses, so a slot on sale is never taken off it
    for one that was kept back.
    """
    taken, lost = _Times(), set()
    for span in sorted(spans, key=_precedence):
        if taken.meet(span.starts_at, span.ends_at):
            lost.add(span.key)
        if span.sold is not None or span.key not in lost:
            taken.add(span.starts_at, span.ends_at)
    return frozenset(lost)


def _precedence(span: Span) -> tuple[bool, int, bool, int]:
    return span.sold is None, span.sold or 0, not span.kept, span.first_id


class _Times:
    """Spans of time as disjoint pieces in order, so that one look at two neighbours tells whether a further one meets them."""

    def __init__(self) -> None:
        self._starts: list[datetime] = []
        self._ends: list[datetime] = []

    def meet(self, starts_at: datetime, ends_at: datetime) -> bool:
        at = bisect_left(self._starts, ends_at)
        return at > 0 and overlaps(self._starts[at - 1], self._ends[at - 1], starts_at, ends_at)

    def add(self, starts_at: datetime, ends_at: datetime) -> None:
        at = bisect_left(self._starts, starts_at)
        if at > 0 and self._ends[at - 1] > starts_at:
            at -= 1
        until = bisect_left(self._starts, ends_at, lo=at)
        self._starts[at:until] = [min([starts_at, *self._starts[at:until]])]
        self._ends[at:until] = [max([ends_at, *self._ends[at:until]])]


resource_of: ColumnElement[str] = func.coalesce(Slot.substitute, Schedule.resource)
LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('resource ' || :provider_id || ' ' || :resource, 0))")


def lock_time(session: Session, provider_id: int, resource: str, starts_at: datetime, ends_at: datetime) -> None:
    """Lock a doctor or a machine, and then its living slots between two instants, until the transaction ends.

    Two announcements at once must see each other, and nothing may be sold between the judgement and the quarantine. Taken before any
    patient is locked (X14).
    """
    session.execute(LOCK, {"provider_id": provider_id, "resource": resource})
    within = _of(provider_id, resource, starts_at, ends_at)
    ids = select(Slot.id).join(Schedule, Schedule.id == Slot.schedule_id).where(within)
    session.execute(select(Slot.id).where(Slot.id.in_(ids)).order_by(Slot.id).with_for_update(key_share=True)).all()


def settle(
    session: Session, provider_id: int, resource: str, starts_at: datetime, ends_at: datetime, *, actor: Actor, now: datetime
) -> list[int]:
    """Judge what one resource has between two instants and act on it; ids of the slots that are quarantined now.

    Unsold losers are quarantined, those quarantined whose rival is gone go back to the waiting room's turn, and each visit that was
    sold beside an earlier one becomes a task.
    """
    lock_time(session, provider_id, resource, starts_at, ends_at)
    seats = _seats(session, provider_id, resource, *_reach(session, provider_id, resource, starts_at, ends_at))
    lost = judge(spans_of(seats))
    inside = [seat for seat in seats if overlaps(seat.starts_at, seat.ends_at, starts_at, ends_at)]
    on_sale = [seat for seat in inside if _key(seat) in lost and seat.state in ("pending", "free")]
    cleared = [seat for seat in inside if _key(seat) not in lost and seat.quarantined_for == "overlap"]
    _change(session, on_sale, {"state": "quarantined", "quarantined_for": "overlap"}, "slot.quarantined", actor, now)
    _change(session, cleared, {"state": "pending", "quarantined_for": None}, "slot.restored", actor, now)
    for seat in inside:
        if _key(seat) in lost and seat.visit_id is not None:
            tasks.open_task(
                session, "sold_twice", f"visit {seat.visit_id} slot {seat.id}",
                now=now, appointment_id=seat.visit_id, patient_id=seat.patient_id,
            )  # fmt: skip
    return [seat.id for seat in inside if _key(seat) in lost and seat.state not in ("taken", "blocked")]


def _change(session: Session, seats: list[Row[Any]], to: dict[str, str | None], kind: str, actor: Actor, now: datetime) -> None:
    if not seats:
        return
    session.execute(update(Slot).where(Slot.id.in_([seat.id for seat in seats])).values(to))
    about = [{"provider_id": seat.provider_id, "slot_id": seat.id} for seat in seats]
    events.record_all(session, kind, about, now=now, actor=actor)


def _reach(session: Session, provider_id: int, resource: str, starts_at: datetime, ends_at: datetime) -> tuple[datetime, datetime]:
    """The time that all slots between two instants cover: what stands outside may overlap one that reaches out."""
    within = _of(provider_id, resource, starts_at, ends_at)
    hull = select(func.min(Slot.starts_at), func.max(Slot.ends_at)).join(Schedule, Schedule.id == Slot.schedule_id).where(within)
    first, last = session.execute(hull).one()
    return (min(first, starts_at), max(last, ends_at)) if first is not None else (starts_at, ends_at)


def _of(provider_id: int, resource: str, starts_at: datetime, ends_at: datetime) -> ColumnElement[bool]:
    return and_(
        Slot.provider_id == provider_id, resource_of == resource, Slot.state != "withdrawn",
        Slot.starts_at < ends_at, Slot.ends_at > starts_at,
    )  # fmt: skip


def _living() -> Select[Any]:
    held = and_(Appointment.slot_id == Slot.id, text(f"appointments.{ACTIVE}"))
    columns: tuple[Any, ...] = (
        Slot.id, Slot.schedule_id, Slot.clinic_slot_id, Slot.provider_id, resource_of.label("resource"), Slot.starts_at, Slot.ends_at,
        Slot.state, Slot.quarantined_for, Appointment.id.label("visit_id"), Appointment.patient_id,
    )  # fmt: skip
    return select(*columns).join(Schedule, Schedule.id == Slot.schedule_id).outerjoin(Appointment, held)


def _seats(session: Session, provider_id: int, resource: str, starts_at: datetime, ends_at: datetime) -> Sequence[Row[Any]]:
    within = _of(provider_id, resource, starts_at, ends_at)
    return session.execute(_living().where(within).order_by(Slot.id)).all()


def _key(seat: Row[Any]) -> Key:
    return seat.schedule_id, seat.clinic_slot_id


def spans_of(seats: Sequence[Row[Any]]) -> list[Span]:
    """The seats of a resource, those of one slot and one time together."""
    groups = groupby(sorted(seats, key=lambda seat: (_key(seat), seat.starts_at, seat.ends_at)), lambda seat: (_key(seat), seat.starts_at))
    return [_span(key, list(group)) for (key, _), group in groups]


def _span(key: Key, seats: list[Row[Any]]) -> Span:
    held = [seat.visit_id for seat in seats if seat.visit_id is not None]
    kept = all(seat.state != "quarantined" for seat in seats)
    ends_at = max(seat.ends_at for seat in seats)
    sold = 0 if seats[0].state == "blocked" else min(held, default=None)
    return Span(key, seats[0].starts_at, ends_at, min(seat.id for seat in seats), kept, sold)


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two slots of one resource that share time, the one that began first before the other; visits where they are sold."""

    provider: str
    resource: str
    slots: tuple[int, int]
    clinic_slot_ids: tuple[str, str]
    starts_at: tuple[datetime, datetime]
    ends_at: tuple[datetime, datetime]
    states: tuple[str, str]
    visits: tuple[int | None, int | None]

    @property
    def sold_twice(self) -> bool:
        """Whether both have a patient: a person must decide (R123)."""
        return None not in self.visits


def report(session: Session, *, now: datetime, provider: str | None = None) -> Iterator[Overlap]:
    """Every pair of living slots of one resource that overlap and end after `now`, by clinic, resource and time (R123, R124).

    Memory stays small: rows are streamed and only those that still run are remembered.
    """
    query = _living().add_columns(Provider.code).join(Provider, Provider.id == Slot.provider_id)
    query = query.where(Slot.state != "withdrawn", Slot.ends_at > now)
    if provider is not None:
        query = query.where(Provider.code == provider)
    ordered = query.order_by(Provider.code, resource_of, Slot.starts_at, Slot.id).execution_options(yield_per=2000)
    for (_, _), seats in groupby(session.execute(ordered), lambda row: (row.code, row.resource)):
        yield from _pairs(seats)


def _pairs(seats: Iterable[Row[Any]]) -> Iterator[Overlap]:
    running: list[Row[Any]] = []
    for seat in seats:
        running = [other for other in running if other.ends_at > seat.starts_at]
        yield from (_overlap(other, seat) for other in running if _key(other) != _key(seat))
        running.append(seat)


def _overlap(one: Row[Any], other: Row[Any]) -> Overlap:
    return Overlap(
        one.code, one.resource, (one.id, other.id), (one.clinic_slot_id, other.clinic_slot_id), (one.starts_at, other.starts_at),
        (one.ends_at, other.ends_at), (one.state, other.state), (one.visit_id, other.visit_id),
    )  # fmt: skip
