"""Schedules as clinics send them: every row of a batch is taken in, repeated, out of date, contradicted, refused or kept (R15, R16).

The clinic owns its schedule (R11). A row says how one slot is now; what differs from what is here is changed, and repeating it
changes nothing. One bad row spoils no other.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import Engine, Select, select
from sqlalchemy.orm import Session

from registry import announcements, clinic_bookings, deliveries, events, freeze, overlaps, schedules, tasks, withdrawal
from registry.announcements import Announced
from registry.appointments import TooLate
from registry.database import in_transaction
from registry.events import Actor
from registry.schedules import InvalidSlot, Place, Schedule, Slot

Outcome = Literal["accepted", "unchanged", "outdated", "conflict", "refused", "kept"]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one row. `why` is a code, for `refused` and for whatever a person has to look at.

    `quarantined` says that the slot is known but will not be sold, because it overlaps another one of the same resource (R123).
    """

    clinic_slot_id: str
    version: int
    outcome: Outcome
    why: tuple[str, ...] = ()
    slot_ids: tuple[int, ...] = ()
    visits: tuple[int, ...] = ()
    quarantined: bool = False


class CapacityBelowBooked(Exception):
    """More patients hold this slot than the clinic now has room for; it must say whose visit ends first (R25)."""


def take_in(
    session: Session, schedule_id: int, rows: Sequence[Announced], *, actor: Actor, now: datetime, tell: bool = True,
    in_spite_of_freeze: bool = False,
) -> list[Result]:  # fmt: skip
    """Take in what a clinic says of the slots of one schedule; a result for each row, in their order (R15, R16, R28).

    `tell` sends notices to patients whose visits are new here: not at an initial import. On a freeze day rows are `kept` until it is
    over, unless the change is urgent (`in_spite_of_freeze`, which is on record, R119).
    """
    schedule = session.get_one(Schedule, schedule_id)
    if not schedule.ours:  # whom the clinic sees then is nothing that we may know (R1, R27)
        rows = [replace(row, booked=()) for row in rows]
    place = session.get_one(Place, schedule.place_id)
    if place.left_at is not None:  # R58: it says first that it takes part again
        refused = [Result(row.clinic_slot_id, row.version, "refused", ("place_left",)) for row in rows]
        return _noted(session, schedule_id, rows, refused, now)
    provider_id = place.provider_id
    if freeze.frozen(session, provider_id, now=now):
        if not in_spite_of_freeze:
            freeze.keep(session, provider_id, schedule_id, list(rows), actor=actor, now=now)
            return _noted(session, schedule_id, rows, [Result(row.clinic_slot_id, row.version, "kept") for row in rows], now)
        events.record(session, "schedule.changed_in_spite_of_freeze", now=now, actor=actor, provider_id=provider_id, rows=len(rows))
    results = _Batch(session, schedule, provider_id, actor, now, tell=tell).take(rows)
    count = Counter(result.outcome for result in results)
    if count["accepted"]:
        events.record(
            session, "schedule.announced", now=now, actor=actor, provider_id=provider_id, schedule_id=schedule_id, rows=dict(count)
        )  # fmt: skip
    return _noted(session, schedule_id, rows, results, now)


def _noted(session: Session, schedule_id: int, rows: Sequence[Announced], results: list[Result], now: datetime) -> list[Result]:
    known = zip(rows, results, strict=True)
    filled = any(not row.withdrawn and result.outcome in ("accepted", "unchanged", "kept") for row, result in known)
    deliveries.note(session, schedule_id, filled=filled, now=now)
    return results


def take_in_kept(engine: Engine, *, now: datetime) -> list[Result]:
    """Take in what clinics said on freeze days that are over (R119), each schedule in a transaction of its own, as their own act (R9)."""
    results: list[Result] = []
    while (done := in_transaction(engine, lambda session: _take_kept(session, now))) is not None:
        results += done
    return results


def _take_kept(session: Session, now: datetime) -> list[Result] | None:
    kept = freeze.next_kept(session, now=now)
    return None if kept is None else take_in(session, kept[0], kept[2], actor=kept[1], now=now)


class _Batch:
    """The rows of one announcement, with what they all need: the schedule, its locks, what was heard before."""

    def __init__(self, session: Session, schedule: Schedule, provider_id: int, actor: Actor, now: datetime, *, tell: bool) -> None:
        self.session, self.schedule, self.provider_id = session, schedule, provider_id
        self.actor, self.now, self.tell = actor, now, tell
        self._heard: dict[str, tuple[int, str]] = {}
        self._known: set[str] = set()

    def take(self, rows: Sequence[Announced]) -> list[Result]:
        """All rows, then one look at what overlaps."""
        span = self._lock([row for row in rows if row.starts_at.tzinfo and row.ends_at.tzinfo])
        self._heard = announcements.heard(self.session, self.schedule.id, [row.clinic_slot_id for row in rows])
        new = self._take_new(rows)
        results = [new.get(number) or self._row(row) for number, row in enumerate(rows)]
        if span is None:
            return results
        lost = overlaps.settle(self.session, self.provider_id, self.schedule.resource, *span, actor=self.actor, now=self.now)
        return [_marked(result, frozenset(lost)) for result in results]

    def _take_new(self, rows: Sequence[Announced]) -> dict[int, Result]:
        """What was never heard of, is sound and has nobody in it yet, written together: a clinic's whole day costs a few statements."""
        ids = Counter(row.clinic_slot_id for row in rows)
        fit = {number: row for number, row in enumerate(rows) if ids[row.clinic_slot_id] == 1 and self._is_new(row)}
        utc = [row.in_utc() for row in fit.values()]
        made = schedules.add_new(self.session, self.schedule, [row.slot(row.capacity) for row in utc], version_of={
            row.clinic_slot_id: row.version for row in utc
        }, now=self.now)  # fmt: skip
        announcements.remember_all(self.session, self.schedule.id, utc, now=self.now)
        return {
            number: Result(row.clinic_slot_id, row.version, "accepted", slot_ids=tuple(made[row.clinic_slot_id]))
            for number, row in fit.items()
        }

    def _is_new(self, row: Announced) -> bool:
        if row.clinic_slot_id in self._heard or row.clinic_slot_id in self._known or row.withdrawn or row.booked:
            return False
        try:
            utc = row.in_utc()
        except InvalidSlot:
            return False
        return schedules.flaw(self.schedule, utc.slot(row.capacity), self.now) is None

    def _lock(self, rows: list[Announced]) -> tuple[datetime, datetime] | None:
        """Lock the time that these rows take up, or took up until now; None when there is none."""
        said = [moment.astimezone(UTC) for row in rows for moment in (row.starts_at, row.ends_at)]
        known = self._of([row.clinic_slot_id for row in rows])
        times = self.session.execute(known.with_only_columns(Slot.clinic_slot_id, Slot.starts_at, Slot.ends_at)).all()
        self._known = {seat.clinic_slot_id for seat in times}
        moments = [*said, *(moment for seat in times for moment in (seat.starts_at, seat.ends_at))]
        if not moments:
            return None
        overlaps.lock_time(self.session, self.provider_id, self.schedule.resource, min(moments), max(moments))
        return min(moments), max(moments)

    def _of(self, clinic_slot_ids: list[str]) -> Select[Slot]:
        query = select(Slot).where(Slot.schedule_id == self.schedule.id, Slot.clinic_slot_id.in_(clinic_slot_ids))
        return query.where(Slot.state != "withdrawn").order_by(Slot.id)

    def _living(self, clinic_slot_id: str) -> list[Slot]:
        locked = self._of([clinic_slot_id]).with_for_update(key_share=True)
        return list(self.session.scalars(locked.execution_options(populate_existing=True)))

    def _row(self, said: Announced) -> Result:
        try:
            with self.session.begin_nested():
                return self._compare(said.in_utc())
        except InvalidSlot as flaw:
            return Result(said.clinic_slot_id, said.version, "refused", (str(flaw.args[1]),))
        except CapacityBelowBooked:
            return Result(said.clinic_slot_id, said.version, "refused", ("capacity_below_booked",))
        except TooLate:
            return Result(said.clinic_slot_id, said.version, "refused", ("visit_has_begun",))

    def _compare(self, row: Announced) -> Result:
        """Newer than what was heard: a change. The same version: a repetition, or a contradiction that a person must look at."""
        before = self._heard.get(row.clinic_slot_id)
        if before is None or row.version > before[0]:
            return self._change(row)
        if row.version < before[0]:
            return Result(row.clinic_slot_id, row.version, "outdated")
        if row.digest == before[1]:
            return Result(row.clinic_slot_id, row.version, "unchanged")
        cause = f"schedule {self.schedule.id} slot {row.clinic_slot_id} version {row.version} {row.digest[:12]}"
        tasks.open_task(self.session, "schedule_contradicts_itself", cause, now=self.now)
        return Result(row.clinic_slot_id, row.version, "conflict", ("same_version_other_content",))

    def _change(self, row: Announced) -> Result:
        seats = self._living(row.clinic_slot_id)
        if row.withdrawn:
            seated = clinic_bookings.Seated()
            withdrawal.withdraw(self.session, [seat.id for seat in seats], actor=self.actor, now=self.now)
            seats = []
        else:
            self._check(row, seats)
            seats = self._resized(row, [self._moved(row, seat) for seat in seats])
            seated = clinic_bookings.seat_all(self.session, seats, row.booked, actor=self.actor, now=self.now, tell=self.tell)
        for seat in seats:
            seat.version = row.version
        self.session.flush()
        announcements.remember_all(self.session, self.schedule.id, [row], now=self.now)
        self._heard[row.clinic_slot_id] = row.version, row.digest
        ids = tuple(seat.id for seat in seats)
        return Result(row.clinic_slot_id, row.version, "accepted", seated.conflicts, ids, seated.visits)

    def _check(self, row: Announced, seats: list[Slot]) -> None:
        wrong = schedules.flaw(self.schedule, row.slot(row.capacity), self.now)
        if wrong is None and len(row.booked) > row.capacity:
            wrong = "booked_above_capacity"
        if wrong is not None:
            raise InvalidSlot(row.clinic_slot_id, wrong)
        if sum(seat.state == "taken" for seat in seats) > row.capacity:
            raise CapacityBelowBooked(row.clinic_slot_id)

    def _moved(self, row: Announced, seat: Slot) -> Slot:
        """The seat at the time and under the label that the clinic now says; a visit made under another label stands (R24)."""
        before = seat.pool
        if (seat.starts_at, seat.ends_at) != (row.starts_at, row.ends_at):
            seat, _ = withdrawal.move(self.session, seat.id, row.slot(1), actor=self.actor, now=self.now)
        elif before != row.pool:
            seat.pool = row.pool
            seat.state = "pending" if seat.state == "free" else seat.state  # others may have it now: they are asked first (R52)
            self.session.flush()
        if before != row.pool:
            events.record(
                self.session, "slot.relabelled", now=self.now, actor=self.actor, provider_id=self.provider_id, slot_id=seat.id,
                pool=row.pool, was=before,
            )  # fmt: skip
        return seat

    def _resized(self, row: Announced, seats: list[Slot]) -> list[Slot]:
        """As many seats as the clinic has (R25): further ones for the waiting room, or fewer, unsold ones first."""
        kept = sorted(seats, key=lambda seat: (seat.state != "taken", seat.seat))
        surplus = [seat.id for seat in kept[row.capacity :]]
        if surplus:
            withdrawal.withdraw(self.session, surplus, actor=self.actor, now=self.now)
        kept = kept[: row.capacity]
        if len(kept) < row.capacity:
            kept += schedules.add_seats(self.session, self.schedule, row.slot(row.capacity - len(kept)), now=self.now)
        return kept


def _marked(result: Result, lost: frozenset[int]) -> Result:
    if not lost.intersection(result.slot_ids):
        return result
    return Result(
        result.clinic_slot_id, result.version, result.outcome, result.why, result.slot_ids, result.visits, quarantined=True
    )
