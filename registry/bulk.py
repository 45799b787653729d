"""The night's decisions as set-based statements: what `allocation.place` writes for one slot, written for many at once.

Slots, patients and entries are locked and checked by the caller. The unique indexes hold all the same: a set that breaks one is refused
whole.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from registry import tasks
from registry.events import SYSTEM
from registry.matching import Decision, Queue
from registry.notices import ASKS, WRITE_NOTICES

DECIDED = """unnest(CAST(:slots AS bigint[]), CAST(:entries AS bigint[]), CAST(:outcomes AS text[]), CAST(:ends AS timestamptz[]),
              CAST(:visits AS bigint[])) AS d(slot_id, entry_id, outcome, expires_at, visit_id)"""


def _statement(words: str) -> TextClause:
    return text(words.replace("{decided}", DECIDED))


HOLD = _statement("""
INSERT INTO appointments (patient_id, slot_id, entry_id, referral_id, contact_point_id, place_id, provider_id, service, visit_type,
                          origin, status, version, moves, criteria_version, starts_at, ends_at, local_date, booked_at, expires_at)
SELECT e.patient_id, s.id, e.id, e.referral_id, e.contact_point_id, s.place_id, s.provider_id, s.service, 'first', 'waiting_room',
       CASE d.outcome WHEN 'offered' THEN 'proposed' ELSE 'booked' END, 1, 0, e.criteria_version, s.starts_at, s.ends_at, s.local_date,
       :now, d.expires_at
  FROM {decided}
  JOIN slots s ON s.id = d.slot_id
  JOIN entries e ON e.id = d.entry_id
 ORDER BY s.starts_at, s.id
RETURNING id, slot_id, status
""")

NOTE = _statement("""
INSERT INTO decisions (run_id, at, slot_id, place_id, starts_at, outcome, entry_id, rank, queue_at, criteria_version)
SELECT :run_id, :now, s.id, s.place_id, s.starts_at, d.outcome, e.id, e.rank, e.queue_at, e.criteria_version
  FROM {decided}
  JOIN slots s ON s.id = d.slot_id
  LEFT JOIN entries e ON e.id = d.entry_id
 ORDER BY s.starts_at, s.id
""")

TELL = _statement("""
INSERT INTO events (at, kind, actor, channel, provider_id, slot_id, appointment_id, entry_id, facts)
SELECT :now, CASE d.outcome WHEN 'assigned' THEN 'visit.assigned' WHEN 'offered' THEN 'offer.made' ELSE 'slot.' || d.outcome END,
       :actor, :channel, s.provider_id, s.id, d.visit_id, d.entry_id, '{}'
  FROM {decided}
  JOIN slots s ON s.id = d.slot_id
 ORDER BY s.starts_at, s.id
""")

SET_SLOTS = _statement("""
UPDATE slots SET state = CASE d.outcome WHEN 'published' THEN 'free' WHEN 'lost' THEN 'withdrawn' ELSE 'taken' END
  FROM {decided}
 WHERE slots.id = d.slot_id
""")

SET_ENTRIES = _statement("""
UPDATE entries SET state = CASE d.outcome WHEN 'offered' THEN 'offered' ELSE 'booked' END
  FROM {decided}
 WHERE entries.id = d.entry_id
""")

NOTICES = text(WRITE_NOTICES.format(version="a.version", due=":now", which="a.id = ANY(CAST(:appointment_ids AS bigint[]))"))


def write(session: Session, run_id: int, decided: Sequence[Decision], queue: Queue, *, now: datetime) -> None:
    """Write decisions that stand: visits and offers, their notices, the states of slots and entries, events, and why (X22)."""
    what: dict[str, Any] = {
        "now": now, "slots": [one.slot.id for one in decided],
        "entries": [None if one.entry is None else queue.entry_ids[one.entry] for one in decided],
        "outcomes": [one.outcome for one in decided], "ends": [one.expires_at for one in decided], "visits": [],
    }  # fmt: skip
    held = session.execute(HOLD, what).all()
    visits = {row.slot_id: row.id for row in held}
    session.execute(NOTE, {**what, "run_id": run_id})
    session.execute(SET_SLOTS, what)
    session.execute(SET_ENTRIES, what)
    told = {"visits": [visits.get(slot_id) for slot_id in what["slots"]], "actor": SYSTEM.kind, "channel": SYSTEM.channel}
    session.execute(TELL, {**what, **told})
    _notify(session, "booked_from_waiting_room", [row.id for row in held if row.status == "booked"], now)
    _notify(session, "offer", [row.id for row in held if row.status == "proposed"], now)
    session.expire_all()


def _notify(session: Session, kind: str, visits: Sequence[int], now: datetime) -> None:
    """What `notices.notify` does, for many (R54, X29)."""
    if not visits:
        return
    facts = {"kind": kind, "asks": ASKS.get(kind), "now": now, "address": None, "message_id": None, "appointment_ids": visits}
    written = session.execute(NOTICES, facts).all()
    if len(written) < len(visits):
        for visit in visits:
            tasks.unreachable(session, visit, now=now)
