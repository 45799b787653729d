"""Published dates for those who came into the queue after them (R33, R49, R52): the same rule, asked once more.

Such a date is taken off sale and placed anew in one transaction, so the first of the queue whom it suits gets it, by lead as always
(R60-R62), and the public never sees it in between.
"""

from datetime import datetime
from functools import partial

from sqlalchemy import Engine, bindparam, select
from sqlalchemy.orm import Session

from registry import allocation, candidates, seeking
from registry.catalogue import POLICY, Policy, matrices, service
from registry.database import in_transaction
from registry.rules import last_open_day, local_date
from registry.schedules import Place, Slot
from registry.search import distance_to, meets, pools_by_day
from registry.seeking import Seeking
from registry.waiting_room import Entry, criteria_of

FREE = (
    select(Slot)
    .where(Slot.id == bindparam("slot_id"), Slot.state == "free")
    .with_for_update(key_share=True, skip_locked=True)
    .execution_options(populate_existing=True)
)
AT_MOST = 20  # dates that are tried for one place in the queue; who gets none of them waits for the next


def give_due(engine: Engine, *, now: datetime, policy: Policy = POLICY, limit: int = 200) -> int:
    """Look through the published dates for everyone who has not been looked at, oldest first; how many got one."""
    with Session(engine) as session:
        waiting = session.execute(select(Seeking.entry_id, Seeking.version).order_by(Seeking.id).limit(limit)).all()
    return sum(in_transaction(engine, partial(_give, entry_id=row[0], seen=row[1], now=now, policy=policy)) for row in waiting)


def _give(session: Session, entry_id: int, seen: int, now: datetime, policy: Policy) -> bool:
    got = give(session, entry_id, now=now, policy=policy)
    seeking.end(session, entry_id, seen)
    return got


def give(session: Session, entry_id: int, *, now: datetime, policy: Policy = POLICY) -> bool:
    """Place the first published date that suits this entry; whether the entry got one. Who is ahead of it in the queue comes first."""
    for slot_id in _suiting(session, entry_id, now, policy):
        slot = session.scalars(FREE, {"slot_id": slot_id}).one_or_none()
        if slot is None:  # somebody is booking it, or has
            continue
        slot.state = "pending"
        session.flush()
        allocation.place(session, slot_id, now=now, policy=policy)
        if session.scalar(select(Entry.state).where(Entry.id == entry_id)) != "waiting":
            return True
    return False


def _suiting(session: Session, entry_id: int, now: datetime, policy: Policy) -> list[int]:
    """The published dates that the waiting room may take for this entry, soonest first."""
    entry = session.get(Entry, entry_id, populate_existing=True)
    if entry is None or entry.state != "waiting":
        return []
    wishes, offered = criteria_of(entry), service(entry.service)
    classes = frozenset({entry.category, *(("privileged",) if entry.privileged else ())})
    spans = matrices(entry.service, local_date(now), last_open_day(now, offered))
    query = (
        select(Slot.id)
        .join(Place, Place.id == Slot.place_id)
        .join(Entry, Entry.id == entry_id)
        .where(
            Slot.state == "free", Slot.service == entry.service, Slot.starts_at >= now + policy.propose_from,
            pools_by_day(spans, lambda pool, table: bool(classes & table.who[pool])), meets(wishes, distance_to(wishes)),
            candidates.reachable(), candidates.entitled(local_date(now)), ~candidates.refused_before(Slot), ~candidates.busy(Slot, policy),
        )
        .order_by(Slot.starts_at, Slot.id)
        .limit(AT_MOST)
    )  # fmt: skip
    return list(session.scalars(query))
