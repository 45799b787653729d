"""Writing a night's decisions down: many slots in one transaction, each decision checked against what has changed meanwhile.

A decision stands while its slot, its patient and the queue before them are as the snapshot saw them. The first that does not stand
cuts the set: what comes before it is written, it is decided again by `allocation.place`, in its place of the order. So the night ends
as if every slot had been placed one after another (X14, X21).
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile

from sqlalchemy import column, func, literal, literal_column, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import BigInteger

from registry import allocation, bulk, candidates, decisions
from registry.catalogue import Policy
from registry.matching import Decision
from registry.people import Patient
from registry.rules import local_date, placement
from registry.schedules import Slot
from registry.snapshots import ROW_VERSION, Fresh, Snapshot, fresh
from registry.waiting_room import Entry

# The thousand rows of a set are found by their keys, at every size of the tables: with a hundred thousand who wait PostgreSQL's own
# choice was to read all of them, in three statements of a set.
BY_KEYS = text("SELECT set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)")
LOOK_BACK = 1000  # events and entries: a transaction may commit after others that took later numbers
AT_MOST = 500  # changed entries that are weighed one by one
CHANGED = text("""
SELECT DISTINCT entry_id FROM events
 WHERE id > :event AND entry_id IS NOT NULL AND kind NOT IN ('visit.assigned', 'offer.made')
 UNION
SELECT id FROM entries WHERE id > :entry AND state = 'waiting'
""")


class TooMuchChanged(Exception):
    """So many entries changed since the snapshot that a new one is quicker than weighing each of them."""


class Changes:
    """The entries that are not as the snapshot saw them, or that lost their slot: each may come before a planned winner."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._displaced: set[int] = set()
        self._seen: dict[int, int] = {}

    def displaced(self, entry_id: int) -> None:
        """The entry did not get what was planned for it, so it competes for everything that comes."""
        self._displaced.add(entry_id)

    def now(self, session: Session, now: datetime) -> list[Fresh]:
        """Those that may be given something at this moment; `TooMuchChanged`."""
        since = {"event": self._snapshot.last_event - LOOK_BACK, "entry": self._snapshot.last_entry - LOOK_BACK}
        moved = set(session.scalars(CHANGED, since))
        if not moved | self._displaced:
            return []
        found = [one for one in fresh(session, moved | self._displaced, now=now) if self._differs(one)]
        if len(found) > AT_MOST:
            raise TooMuchChanged(len(found))
        return found

    def _differs(self, one: Fresh) -> bool:
        if not self._snapshot.queue.reach.anything(one.wishes):
            return False
        if one.order.entry_id in self._displaced:
            return True
        if not self._seen:
            queue = self._snapshot.queue
            self._seen = dict(zip(queue.entry_ids, queue.seen, strict=True))
        return self._seen.get(one.order.entry_id) != one.seen


class Settler:
    """Writes the decisions of one snapshot for one run."""

    def __init__(self, snapshot: Snapshot, run_id: int, policy: Policy) -> None:
        self._snapshot, self._run_id, self._policy = snapshot, run_id, policy
        self._changes = Changes(snapshot)

    def settle(self, session: Session, planned: Sequence[Decision], now: datetime) -> int:
        """Write the decisions that stand, up to the first that does not; how many. Locks slots, patients, entries (X14)."""
        session.execute(BY_KEYS)
        unchanged = _lock_slots(session, planned)
        ready = self._lock_entries(session, planned, now)
        changed = self._changes.now(session, now)
        standing = list(takewhile(lambda one: self._stands(one, unchanged, ready, changed, now), planned))
        if standing:
            bulk.write(session, self._run_id, standing, self._snapshot.queue, now=now)
        return len(standing)

    def decide_again(self, session: Session, planned: Decision, now: datetime) -> None:
        """Place one slot by what is true now; who was to get it competes for the slots after it."""
        placed = allocation.place(session, planned.slot.id, now=now, policy=self._policy)
        if placed.outcome != "not_due":
            decisions.adopt(session, planned.slot.id, self._run_id)
        if planned.entry is not None:
            self._changes.displaced(self._snapshot.queue.entry_ids[planned.entry])

    def _stands(self, one: Decision, unchanged: set[int], ready: set[int], changed: list[Fresh], now: datetime) -> bool:
        verdict = placement(one.slot.starts_at, now, self._policy)
        if one.slot.id not in unchanged or verdict != one.verdict or (one.expires_at is not None and one.expires_at <= now):
            return False
        if verdict in ("publish", "lost"):
            return True
        if one.entry is not None and self._snapshot.queue.entry_ids[one.entry] not in ready:
            return False
        return not any(self._comes_before(other, one) for other in changed)

    def _comes_before(self, other: Fresh, one: Decision) -> bool:
        queue = self._snapshot.queue
        ahead = one.entry is None or other.order < queue.order(one.entry)
        return ahead and queue.reach.suits(other.wishes, one.slot)

    def _lock_entries(self, session: Session, planned: Sequence[Decision], now: datetime) -> set[int]:
        """Lock the winners and their patients; the entries that can still get what was planned."""
        queue = self._snapshot.queue
        winners = [(one.slot.id, one.entry) for one in planned if one.entry is not None]
        if not winners:
            return set()
        patients = sorted({queue.patient_ids[index] for _, index in winners})
        session.execute(select(Patient.id).where(Patient.id.in_(patients)).order_by(Patient.id).with_for_update(key_share=True)).all()
        wanted = [(queue.entry_ids[index], slot_id, queue.seen[index]) for slot_id, index in winners]
        return _still_ready(session, wanted, now, self._policy)


def _lock_slots(session: Session, planned: Sequence[Decision]) -> set[int]:
    """Lock the slots; those that are as they were."""
    seen = {one.slot.id: one.slot.seen for one in planned}
    rows = select(Slot.id, literal_column(ROW_VERSION.format("slots"), BigInteger)).where(Slot.id.in_(seen))
    locked = session.execute(rows.order_by(Slot.id).with_for_update(key_share=True)).all()
    return {slot_id for slot_id, version in locked if seen[slot_id] == version}


def _still_ready(session: Session, wanted: Sequence[tuple[int, int, int]], now: datetime, policy: Policy) -> set[int]:
    """Which of (entry, slot, row version) are as they were, with patients who may have the slot by allocation's own conditions."""
    arrays = [literal(list(numbers), ARRAY(BigInteger)) for numbers in zip(*wanted, strict=True)]
    plan = func.unnest(*arrays).table_valued(column("entry", BigInteger), column("slot", BigInteger), column("seen", BigInteger))
    named = plan.render_derived(name="wanted")
    ready = (
        select(Entry.id)
        .join(named, named.c.entry == Entry.id)
        .join(Slot, Slot.id == named.c.slot)
        .where(
            literal_column(ROW_VERSION.format("entries"), BigInteger) == named.c.seen,
            candidates.reachable(), candidates.entitled(local_date(now)),
            ~candidates.busy(Slot, policy), ~candidates.refused_before(Slot),
        )
        .order_by(Entry.id)
        .with_for_update(key_share=True, of=Entry)
    )  # fmt: skip
    return set(session.scalars(ready))
