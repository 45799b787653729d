"""The nightly counting: every Warsaw day that is over is counted once, and days on which something may still change once a night more.

Messages and calls are counted again for a week: a receipt comes late, a call ends after midnight. Visits and slots for 92 days: a slot
finds its next patient, a no-show is noted late or taken back (X24). Afterwards a day stands as it was counted, whatever is deleted.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import Engine, delete, func, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from registry import counting
from registry.counting import SPOKEN
from registry.database import copy_in, in_transaction
from registry.figures import Counted, CountedDay, Figure
from registry.rules import local_date

SPOKEN_CHANGES: Final = 7
VISITS_CHANGE: Final = 92
"""For how many days after it a day is counted again each night: what was said, and what became of visits and slots."""
AT_ONCE: Final = 31  # days in one look of the worker, so that it can be stopped while it counts years
LOCK: Final = 0x636572  # "cer": with a day's number the advisory lock of that day's counting

TOGETHER: Final = 0  # no clinic's number: all clinics

Progress = Callable[[str, int, int], None]

DUE = text("""
SELECT CAST(d AS date) FROM generate_series(CAST(:first AS timestamp), CAST(:last AS timestamp), interval '1 day') d
  LEFT JOIN counted_days c ON c.local_date = CAST(d AS date)
 WHERE c.local_date IS NULL OR (c.counted_at < :midnight AND c.local_date >= :changes)
 ORDER BY 1 DESC LIMIT :limit
""")

FIRST = text("""
SELECT least((SELECT min(at) FROM messages), (SELECT min(at) FROM calls),
             (SELECT min(at) FROM events WHERE kind IN ('visit.cancelled', 'slot.freed')),
             (SELECT CAST(min(local_date) AS timestamp) AT TIME ZONE 'Europe/Warsaw' FROM appointments
               WHERE status IN ('fulfilled', 'noshow')))
""")


def due(session: Session, *, now: datetime, limit: int = AT_ONCE) -> list[date]:
    """The past days to be counted now, newest first: those that never were, and those that may have changed, once each Warsaw day."""
    first, today = session.scalar(FIRST), local_date(now)
    if first is None:
        return []
    facts = {
        "first": local_date(first), "last": today - timedelta(days=1), "midnight": counting.span(today)[0],
        "changes": today - timedelta(days=VISITS_CHANGE), "limit": limit,
    }  # fmt: skip
    return list(session.scalars(DUE, facts))


def count_due(engine: Engine, *, now: datetime) -> int:
    """Count what is due, each day in a transaction of its own; how many days. Any number of workers may run it at once."""
    days = in_transaction(engine, partial(due, now=now))
    return sum(in_transaction(engine, partial(_count_if_due, day=day, now=now)) for day in days)


def rebuild(engine: Engine, first: date, last: date, *, now: datetime, progress: Progress = lambda _step, _done, _of: None) -> int:
    """Count these days anew, whatever is kept of them; how many. Today and later days are left out: they are not over."""
    last = min(last, local_date(now) - timedelta(days=1))
    days = [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]
    for done, day in enumerate(days, 1):
        in_transaction(engine, partial(_count_alone, day=day, now=now))
        progress("counted", done, len(days))
    return len(days)


def _count_if_due(session: Session, day: date, now: datetime) -> bool:
    """Count a day unless another worker has since it was found due."""
    _lock(session, day)
    before = session.scalar(select(CountedDay.counted_at).where(CountedDay.local_date == day))
    today = local_date(now)
    if before is not None and before >= counting.span(today)[0]:
        return False
    _count(session, day, now, spoken=before is None or (today - day).days <= SPOKEN_CHANGES)
    return True


def _count_alone(session: Session, day: date, now: datetime) -> None:
    _lock(session, day)
    _count(session, day, now, spoken=True)


def _lock(session: Session, day: date) -> None:
    """One at a time counts a day; whoever waited sees what the other has written, because every statement reads anew."""
    session.execute(text("SELECT pg_advisory_xact_lock(:key, :day)"), {"key": LOCK, "day": day.toordinal()})


def _count(session: Session, day: date, now: datetime, *, spoken: bool) -> None:
    found = [*counting.happened(session, day, "all"), *counting.happened(session, day, "each"), *counting.promised(session, day)]
    _replace(session, day, found, Figure.measure.not_in(SPOKEN))
    if spoken:
        _replace_spoken(session, day, [*counting.spoken(session, day, "all"), *counting.spoken(session, day, "each")])
    told = postgresql.insert(CountedDay).values(local_date=day, counted_at=now)
    session.execute(told.on_conflict_do_update(index_elements=["local_date"], set_={"counted_at": now}))


def _replace_spoken(session: Session, day: date, found: Sequence[Counted]) -> None:
    """A past day never has fewer messages than before: where some were deleted, what was counted then stands (D15)."""
    now_there = _volumes(found)
    kept = {clinic for clinic, before in _volumes(_stored(session, day)).items() if now_there[clinic] < before}
    fresh = [one for one in found if (one.provider_id or TOGETHER) not in kept]
    _replace(session, day, fresh, Figure.measure.in_(SPOKEN) & func.coalesce(Figure.provider_id, TOGETHER).not_in(kept))


def _volumes(found: Iterable[Counted]) -> Counter[int]:
    sums: Counter[int] = Counter()
    for one in found:
        if one.measure in ("sent", "received", "calls"):
            sums[one.provider_id or TOGETHER] += one.number
    return sums


def _stored(session: Session, day: date) -> list[Counted]:
    columns = (Figure.provider_id, Figure.measure, Figure.channel, Figure.kind, Figure.number, Figure.total)
    return [Counted(*row) for row in session.execute(select(*columns).where(Figure.local_date == day))]


def _replace(session: Session, day: date, found: Sequence[Counted], which: Any) -> None:
    session.execute(delete(Figure).where(Figure.local_date == day, which), execution_options={"synchronize_session": False})
    copy_in(session, "figures (local_date, provider_id, measure, channel, kind, number, total)", ((day, *one) for one in found))
