"""The estimated dates of all who wait, after each night: each service's futures played through and their quantiles written (R64, R66).

Reading, playing and writing are of one instant of the database. The futures are shared out among processes, which read that same
instant themselves; whose row has changed when the dates are written keeps what it was told on the change (`prospects.renew`).
"""

from array import array
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from multiprocessing import get_context
from typing import Any, Final

from sqlalchemy import Connection, Engine, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from registry import outlook, promises, prospects, quantiles, slips, traces
from registry.catalogue import POLICY, SERVICES, Policy
from registry.database import copy_in, create_engine, in_transaction
from registry.decisions import Run
from registry.estimates import Forecast, ForecastTrace, Reason
from registry.outlook import Read
from registry.prospects import Spots
from registry.replay import Replay
from registry.rules import local_date
from registry.schedules import Schedule
from registry.supply import LAST_DAY
from registry.waiting_room import Entry

LOCK: Final = 0x63657202  # "cer" and two: the advisory lock of the forecast
FUTURES: Final = 16
FEW: Final = 2000  # who wait: for so few another process is not worth its start

Progress = Callable[[str, int, int], None]


class ForecastRunning(Exception):
    """Another process is computing the estimated dates now."""


def _unseen(_step: str, _done: int, _of: int) -> None:
    """Progress that nobody looks at."""


@dataclass(frozen=True, slots=True)
class Played:
    """What a future gave, ready to travel between processes: the visits' days by entry, and the places' traces packed."""

    future: int
    days: "array[int]"
    packed: dict[int | None, bytes]


def refresh(
    engine: Engine, *, now: datetime, services: Sequence[str] | None = None, processes: int = 1, futures: int = FUTURES,
    progress: Progress = _unseen, policy: Policy = POLICY,
) -> list[Forecast]:  # fmt: skip
    """Play the futures of every service that has a waiting room and a schedule, write everybody's dates, and tell who slipped (R66).

    Raises `ForecastRunning`. A failure leaves what was written before, service by service.
    """
    with _alone(engine):
        wanted = [code for code in _services(engine) if services is None or code in services]
        return [_service(engine, code, now, processes, futures, progress, policy) for code in wanted]


def refresh_due(engine: Engine, *, now: datetime, processes: int = 1, policy: Policy = POLICY) -> bool:
    """Refresh once on each Warsaw date, after its night is done (R66); whether there was anything to do."""
    today = local_date(now)
    with Session(engine) as session:
        night = session.scalar(select(Run.id).where(Run.local_date == today, Run.state == "finished"))
        done = set(session.scalars(select(Forecast.service).where(Forecast.local_date >= today)))
    missing = [code for code in _services(engine) if code not in done]
    if night is None or not missing:
        return False
    try:
        refresh(engine, now=now, services=missing, processes=processes, policy=policy)
    except ForecastRunning:
        return False
    return True


def _services(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        offered = set(connection.scalars(select(Schedule.service).distinct()))
    return [code for code, one in SERVICES.items() if one.waiting_room and code in offered]


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """Hold the forecast's lock on a connection of its own; it falls with the process that holds it."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as guard:
        if not guard.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK}):
            raise ForecastRunning
        try:
            yield
        finally:
            guard.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})


def _service(
    engine: Engine, code: str, now: datetime, processes: int, futures: int, progress: Progress, policy: Policy
) -> Forecast:  # fmt: skip
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        with Session(connection) as session:
            waiting = session.scalar(select(func.count()).where(Entry.service == code, Entry.state == "waiting")) or 0
            progress(f"{code}: read", 0, 1)
            if waiting <= FEW:
                there = outlook.read(session, code, now=now)
                played = list(_one_by_one(there, futures, lambda done: progress(f"{code}: played", done, futures)))
            else:
                there, played = _shared_out(connection, session, code, now, processes, futures, progress)
        connection.rollback()
    progress(f"{code}: written", 0, 1)
    written = in_transaction(engine, lambda session: _write(session, code, there, played, now, policy))
    progress(f"{code}: written", 1, 1)
    return written


def _one_by_one(there: Read, futures: int, told: Callable[[int], None]) -> Iterator[Played]:
    for number in range(futures):
        yield play(there, number)
        told(number + 1)


def play(there: Read, number: int) -> Played:
    """One future of a service, packed."""
    done = Replay(there.queue, there.outlook, number).play()
    packed: dict[int | None, bytes] = {place: trace.pack() for place, trace in done.traces.items()}
    packed[None] = traces.anywhere(done.traces.values()).pack()
    return Played(number, done.days, packed)


def _shared_out(
    connection: Connection, session: Session, code: str, now: datetime, processes: int, futures: int, progress: Progress
) -> tuple[Read, list[Played]]:  # fmt: skip
    """Other processes read the same instant and play; this one reads for the writing."""
    snapshot = str(session.scalar(text("SELECT pg_export_snapshot()")))
    url = connection.engine.url.render_as_string(hide_password=False)
    shares = [list(range(first, futures, processes)) for first in range(processes)]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        tasks = [pool.submit(_play_share, url, snapshot, code, now, share) for share in shares]
        there = outlook.read(session, code, now=now)
        progress(f"{code}: read", 1, 1)
        played = []
        for task in tasks:
            played.extend(task.result())
            progress(f"{code}: played", len(played), futures)
    return there, sorted(played, key=lambda one: one.future)


def _play_share(url: str, snapshot: str, code: str, now: datetime, numbers: Sequence[int]) -> list[Played]:
    """In a process of its own: the same reading, and these futures."""
    engine = create_engine(url, pool_size=1)
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection, Session(connection) as session:
        session.execute(text(f"SET TRANSACTION SNAPSHOT '{snapshot}'"))
        there = outlook.read(session, code, now=now)
    engine.dispose()
    return [play(there, number) for number in numbers]


# --- writing


def _write(session: Session, code: str, there: Read, played: Sequence[Played], now: datetime, policy: Policy) -> Forecast:
    known = there.outlook
    until = max(known.published_until.values(), default=0)
    head: dict[str, Any] = {
        "local_date": known.today, "computed_at": now, "futures": len(played), "history_weeks": known.weeks,
        "published_until": max(until, 0), "waiting": len(there.queue) - len(there.queue.asleep), "estimated": 0,
    }  # fmt: skip
    session.execute(insert(Forecast).values(service=code, **head).on_conflict_do_update(index_elements=["service"], set_=head))
    _write_traces(session, code, played)
    session.execute(text(STAGE))
    copy_in(session, "staged (entry_id, p50, p90, basis, reason, seen)", _rows(there, played, until))
    session.execute(text(KEEP), {"now": now, "service": code})
    session.execute(text(NOT_ENTITLED), {"now": now, "service": code})
    promises.note_all(session, code)
    session.execute(text(FORGET), {"service": code})
    slips.tell(session, code, now=now, policy=policy)
    estimated = session.scalar(text("SELECT count(*) FROM staged WHERE p50 IS NOT NULL"))
    session.execute(text("DROP TABLE staged"))
    written = session.get_one(Forecast, code, populate_existing=True)
    written.estimated = estimated or 0
    session.flush()
    session.expunge(written)
    return written


def _write_traces(session: Session, code: str, played: Sequence[Played]) -> None:
    session.execute(delete(ForecastTrace).where(ForecastTrace.service == code))
    rows = ((code, place, one.future, packed) for one in played for place, packed in one.packed.items())
    copy_in(session, "forecast_traces (service, place_id, future, packed)", rows)


STAGE = """
CREATE TEMPORARY TABLE staged (entry_id bigint, p50 date, p90 date, basis text, reason text, seen bigint) ON COMMIT DROP
"""
# An entry that changed since it was read was told on that change, by wishes that the futures did not know.
KEEP = """
INSERT INTO estimates (entry_id, p50, p90, basis, reason, criteria_version, computed_at, told, told_at)
SELECT s.entry_id, s.p50, s.p90, s.basis, s.reason, e.criteria_version, :now, s.p50, :now
  FROM staged s JOIN entries e ON e.id = s.entry_id
 WHERE e.service = :service AND e.state = 'waiting' AND e.xmin::text::bigint = s.seen
    ON CONFLICT (entry_id) DO UPDATE SET p50 = excluded.p50, p90 = excluded.p90, basis = excluded.basis, reason = excluded.reason,
       criteria_version = excluded.criteria_version, computed_at = excluded.computed_at,
       told_at = CASE WHEN estimates.told IS NULL THEN excluded.told_at ELSE estimates.told_at END,
       told = coalesce(estimates.told, excluded.told)
 WHERE estimates.computed_at <= excluded.computed_at
"""
NOT_ENTITLED = """
INSERT INTO estimates (entry_id, reason, criteria_version, computed_at)
SELECT e.id, 'not_entitled', e.criteria_version, :now FROM entries e
 WHERE e.service = :service AND e.state = 'waiting' AND e.joined_at < :now AND NOT EXISTS (SELECT 1 FROM staged s WHERE s.entry_id = e.id)
    ON CONFLICT (entry_id) DO UPDATE SET p50 = NULL, p90 = NULL, basis = NULL, reason = excluded.reason,
       criteria_version = excluded.criteria_version, computed_at = excluded.computed_at
 WHERE estimates.computed_at < excluded.computed_at
"""
FORGET = """
DELETE FROM estimates x USING entries e WHERE e.id = x.entry_id AND e.service = :service AND e.state NOT IN ('waiting', 'offered')
"""

Row = tuple[int, date | None, date | None, str | None, str | None, int]


def _rows(there: Read, played: Sequence[Played], until: int) -> Iterator[Row]:
    """Everybody's dates, or the reason why there are none."""
    queue, today, reasons = there.queue, there.outlook.today, _Reasons(there, played)
    dates = [today + timedelta(days=day) for day in range(LAST_DAY + 1)]
    known: dict[tuple[int, ...], quantiles.Days | None] = {}
    for index, days in enumerate(zip(*(one.days for one in played), strict=True)):
        if index in queue.asleep:
            continue
        if days not in known:
            known[days] = quantiles.told(days, LAST_DAY)
        told = known[days]
        if told is None:
            yield queue.entry_ids[index], None, None, None, reasons.of(index), there.seen[index]
        else:
            basis = "published" if told.p90 <= until else "extrapolated"
            yield queue.entry_ids[index], dates[told.p50], dates[told.p90], basis, None, there.seen[index]


class _Reasons:
    """Why there is no date, once for entries with equal wishes."""

    def __init__(self, there: Read, played: Sequence[Played]) -> None:
        self._there, self._played = there, played
        self._known: dict[int, Reason] = {}
        self._spots: dict[int | None, Spots] = {}

    def of(self, index: int) -> Reason:
        seat = self._there.queue.seats[index]
        if id(seat) not in self._known:
            self._known[id(seat)] = self._why(index)
        return self._known[id(seat)]

    def _why(self, index: int) -> Reason:
        queue, wishes = self._there.queue, self._there.queue.seats[index].wishes
        if wishes.date_to is not None and wishes.date_to < queue.today:
            return "days_past"
        stops = queue.stops(wishes)
        if not stops or not queue.sites:
            return "no_place"
        return prospects.why_none((self._of_place(place) for place in stops), wishes, self._there.outlook.weeks)

    def _of_place(self, place: int | None) -> Spots:
        """What a place gave in one future: enough to say what there is."""
        if place not in self._spots:
            packed = self._played[0].packed.get(place)
            self._spots[place] = {} if packed is None else prospects.spots_of(traces.unpack(packed), self._there.queue.today)
        return self._spots[place]
