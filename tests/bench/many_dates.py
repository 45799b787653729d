"""How long the estimated dates of a million take: `python -m tests.bench.many_dates`. Figures to stdout, progress to stderr."""

import argparse
import json
import resource
import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from registry import forecast, prospects, schema
from registry.database import create_engine
from registry.embedded import EmbeddedPostgres
from registry.waiting_room import Entry
from tests.bench import country
from tests.bench.registry import SETTINGS, Watch, say

NOW = datetime(2026, 9, 14, 0, 30, tzinfo=UTC)
TODAY = date(2026, 9, 14)

# What was there for half a year, and what is published for the next sixty days: so many slots a working day at each of 700 places.
SUPPLY = """
INSERT INTO slots (schedule_id, place_id, provider_id, clinic_slot_id, seat, service, pool, starts_at, ends_at, local_date, state, version)
SELECT p, p, (p - 1) % 637 + 1, 'H' || d || '.' || n, 0, 'CARDIO_FIRST',
       CASE WHEN n % 10 < 2 THEN 'FIRST_URGENT' WHEN n % 10 < 9 THEN 'FIRST_STABLE' ELSE 'FIRST_PRIVILEGED' END,
       (d + time '08:00' + n * interval '15 min') AT TIME ZONE 'Europe/Warsaw',
       (d + time '08:15' + n * interval '15 min') AT TIME ZONE 'Europe/Warsaw', d,
       CASE WHEN d <= date '{today}' + 40 THEN 'taken' ELSE 'pending' END, 1
  FROM generate_series(1, 700) p, generate_series(0, {each} - 1) n,
       (SELECT d::date AS d FROM generate_series(date '{today}' - 182, date '{today}' + 100, interval '1 day') d
         WHERE extract(isodow FROM d) < 6) days
"""


def settle(engine: Engine, waiting: int, each: int) -> None:
    """The country of the registry's bench with half a year of history."""
    country.settle(engine, waiting=waiting, slots=1, day=TODAY)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM slots"))
        connection.exec_driver_sql(SUPPLY.format(today=TODAY, each=each).replace("%", "%%"))
        connection.execute(text("INSERT INTO events (at, kind, actor, channel, entry_id, facts)"
                                " SELECT joined_at, 'entry.joined', 'patient', 'sms', id, '{}' FROM entries"))  # fmt: skip
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")


def lookups(engine: Engine, number: int) -> dict[str, Any]:
    """One entry at a time, as on joining and on an edit, and what its wishes cost."""
    with Session(engine) as session:
        entries = session.scalars(select(Entry).where(Entry.state == "waiting").order_by(Entry.id.desc()).limit(number)).all()
        one, costs = [], []
        for entry in entries:
            began = perf_counter()
            prospects.renew(session, entry, now=NOW)
            one.append(1000 * (perf_counter() - began))
            began = perf_counter()
            prospects.costs_of_criteria(session, entry, now=NOW)
            costs.append(1000 * (perf_counter() - began))
        session.rollback()
    return {"entries": len(one), "one_p50_ms": round(median(one), 1), "one_p95_ms": round(quantiles(one, n=20)[18], 1),
            "costs_p50_ms": round(median(costs), 1)}  # fmt: skip


def main() -> None:
    """Build the country, estimate, look up; one JSON object."""
    asks = argparse.ArgumentParser(description=__doc__)
    asks.add_argument("--waiting", type=int, default=1_000_000)
    asks.add_argument("--each", type=int, default=12, help="slots a working day at each of 700 places")
    asks.add_argument("--futures", type=int, default=forecast.FUTURES)
    asks.add_argument("--processes", type=int, default=2)
    given = asks.parse_args()
    with tempfile.TemporaryDirectory(prefix="cer-bench-") as directory, EmbeddedPostgres(Path(directory), settings=SETTINGS) as server:
        engine = create_engine(server.url())
        schema.upgrade(engine)
        say(f"{given.waiting} who wait …")
        settle(engine, given.waiting, given.each)
        watch = Watch()
        (done,) = forecast.refresh(engine, now=NOW, processes=given.processes, futures=given.futures, progress=watch)
        seconds, used = perf_counter() - watch.began, resource.getrusage(resource.RUSAGE_CHILDREN)
        with engine.connect() as connection:
            reasons = dict(connection.execute(text("SELECT coalesce(reason, 'dated'), count(*) FROM estimates GROUP BY 1")).all())  # type: ignore[arg-type]  # rows of two
            size = connection.scalar(text("SELECT pg_total_relation_size('forecast_traces') / 1000000"))
        own = resource.getrusage(resource.RUSAGE_SELF)
        sys.stdout.write(json.dumps({
            "waiting": done.waiting, "estimated": done.estimated, "futures": done.futures, "processes": given.processes,
            "seconds": round(seconds, 1), "cpu_seconds": round(used.ru_utime + own.ru_utime + used.ru_stime + own.ru_stime, 1),
            "steps": {step: round(took, 1) for step, took in watch.steps.items()}, "why": reasons, "traces_mb": size,
            "memory_mb_largest": max(used.ru_maxrss, own.ru_maxrss) // 1000, "lookups": lookups(engine, 100),
        }, indent=2, default=str) + "\n")  # fmt: skip
        engine.dispose()


if __name__ == "__main__":
    main()
