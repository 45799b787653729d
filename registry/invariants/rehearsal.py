"""The night beside slot by slot, on one and the same state: a sentence that no row can show (X21, R51)."""

from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from registry import allocation, snapshots
from registry.appointments import Appointment
from registry.catalogue import POLICY, Policy
from registry.matching import Matching

NAME = "the_night_equals_slot_by_slot"


def compare(engine: Engine, *, now: datetime, policy: Policy = POLICY, limit: int = 100) -> tuple[int, list[int]]:
    """Decide the first `limit` due slots as the night would, then place each by itself, and undo it all.

    How many were compared, and the slots that went another way. It locks what it places, until it has undone it.
    """
    as_one_instant = engine.connect().execution_options(isolation_level="REPEATABLE READ")
    with as_one_instant as connection, Session(connection, autoflush=False) as session:
        seen = snapshots.take(session, now=now)
        night = Matching(seen.queue, seen.hindrances, now, policy)
        decided = [night.decide(slot) for slot in seen.slots[:limit]]
        differently = [
            one.slot.id for one in decided
            if _placed(session, one.slot.id, now, policy) != (one.outcome, None if one.entry is None else seen.queue.entry_ids[one.entry])
        ]  # fmt: skip
        session.rollback()
    return len(decided), differently


def _placed(session: Session, slot_id: int, now: datetime, policy: Policy) -> tuple[str, int | None]:
    placed = allocation.place(session, slot_id, now=now, policy=policy)
    visit = placed.appointment_id and session.get_one(Appointment, placed.appointment_id)
    return placed.outcome, visit.entry_id if visit else None
