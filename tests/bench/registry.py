"""How fast the registry's core is, at a country's size: `python -m tests.bench.registry`. Figures to stdout, progress to stderr.

A server of its own with production's durability (a commit is on disk when it is acknowledged) and a larger cache.
"""

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter, process_time
from typing import Any

from sqlalchemy import Engine, select, text

from registry import allocation, appointments, cancellations, night, schema, withdrawal
from registry.appointments import Appointment, NotBookable
from registry.catalogue import POLICY
from registry.database import create_engine, in_transaction
from registry.embedded import EmbeddedPostgres
from registry.events import Actor
from registry.matching import Matching
from registry.reach import Wishes, accepts, kilometres
from registry.rules import may_take
from registry.schedules import Slot, SlotTaken
from registry.snapshots import WISHES, Snapshot
from registry.waiting_room import AlreadyClaimed, Entry
from tests.bench import country

NOW = datetime(2026, 9, 15, 22, 5, tzinfo=UTC)  # five past midnight in Warsaw
DAY = date(2026, 10, 26)  # day 40, a Monday
DESK = Actor("registrar", "desk")
SETTINGS = {"shared_buffers": "2GB", "max_wal_size": "8GB", "work_mem": "64MB", "maintenance_work_mem": "512MB"}


def say(line: str) -> None:
    sys.stderr.write(line + "\n")


class Watch:
    """Seconds by step, told as they pass."""

    def __init__(self) -> None:
        self.began = self.last = perf_counter()
        self.steps: dict[str, float] = {}

    def __call__(self, step: str, done: int, of: int) -> None:
        now = perf_counter()
        self.steps[step] = self.steps.get(step, 0.0) + now - self.last
        self.last = now
        say(f"  {now - self.began:6.1f} s  {step} {done} of {of}")


def the_night(engine: Engine) -> dict[str, Any]:
    """Read to committed, and its parts."""
    watch = Watch()
    done = night.run(engine, clock=lambda: NOW, progress=watch)
    seconds = perf_counter() - watch.began
    counts = {"slots": done.slots, "waiting": done.waiting, "assigned": done.assigned, "published": done.published}
    return {**counts, "seconds": round(seconds, 1), "steps": {step: round(took, 1) for step, took in watch.steps.items()}}


def matching(engine: Engine, straightforward: int) -> dict[str, Any]:
    """Deciding alone, and the plainest greedy on the same data for the first slots (it is far too slow for all)."""
    began, worked = perf_counter(), process_time()
    snapshot = night.read(engine, NOW)
    read, read_cpu = perf_counter() - began, process_time() - worked
    greedy = Matching(snapshot.queue, snapshot.hindrances, NOW, POLICY)
    began, worked = perf_counter(), process_time()
    decided = [greedy.decide(slot) for slot in snapshot.slots]
    took, match_cpu = perf_counter() - began, process_time() - worked
    plain, chosen = plainly(engine, snapshot, straightforward)
    same = chosen == [one.entry is not None and snapshot.queue.entry_ids[one.entry] for one in decided[:straightforward]]
    each = plain / straightforward
    return {
        "read_seconds": round(read, 2), "read_cpu": round(read_cpu, 2), "match_cpu": round(match_cpu, 2),
        "match_seconds": round(took, 2), "straightforward_slots": straightforward,
        "straightforward_seconds": round(plain, 2), "straightforward_for_all_hours": round(each * len(decided) / 3600, 2),
        "times_faster": round(each * len(decided) / took), "same_choice": same,
    }  # fmt: skip


def plainly(engine: Engine, snapshot: Snapshot, slots: int) -> tuple[float, list[int | bool]]:
    """For each slot the queue from its head, each entry tried; seconds without the reading, and the chosen entries."""
    query = select(Entry.id, *WISHES).where(Entry.state == "waiting").order_by(Entry.rank, Entry.queue_at, Entry.id)
    with engine.connect() as connection:
        queue = [(row[0], Wishes._make((*row[1:-1], row[-1] and frozenset(row[-1])))) for row in connection.execute(query)]
    sites = {site.id: site for site in snapshot.queue.reach.sites}
    began, taken, chosen = perf_counter(), set(), []
    for slot in snapshot.slots[:slots]:
        winner: int | bool = False
        for entry_id, wishes in queue:
            if (
                entry_id not in taken and may_take(slot.service, slot.day, slot.pool, wishes.category, privileged=wishes.privileged)
                and accepts(wishes, slot.day, slot.hour) and (wishes.place_ids is None or slot.place_id in wishes.place_ids)
                and (wishes.radius_km is None or kilometres(wishes.latitude, wishes.longitude, sites[slot.place_id]) <= wishes.radius_km)
            ):  # fmt: skip
                winner = entry_id
                taken.add(entry_id)
                break
        chosen.append(winner)
    return perf_counter() - began, chosen


def freed(engine: Engine, tries: int) -> dict[str, Any]:
    """A visit is cancelled at the desk; from there until the next patient's booking is committed."""
    dice = random.Random(7)
    with engine.connect() as connection:
        booked = connection.scalars(select(Appointment.id).where(Appointment.status == "booked").order_by(Appointment.id)).all()
    placing, outcomes = [], []
    for visit in dice.sample(booked, tries):
        slot_id = in_transaction(engine, partial(_cancel, visit=visit))
        began = perf_counter()
        outcomes.append(in_transaction(engine, partial(allocation.place, slot_id=slot_id, now=NOW)).outcome)
        placing.append(1000 * (perf_counter() - began))
    cuts = quantiles(placing, n=100)
    return {
        "tries": tries, "assigned": outcomes.count("assigned"), "p50_ms": round(median(placing), 1), "p99_ms": round(cuts[98], 1),
        "max_ms": round(max(placing), 1),
    }  # fmt: skip


def _cancel(session: Any, visit: int) -> int:
    return cancellations.cancel(session, visit, reason="other", actor=DESK, now=NOW).slot_id


def withdrawn(engine: Engine, visits: int) -> dict[str, Any]:
    """A clinic takes many booked slots back in one call: their patients wait again in their old places and are told (X11)."""
    with engine.connect() as connection:
        booked = select(Appointment.slot_id).where(Appointment.status == "booked").order_by(Appointment.id.desc())
        slot_ids = list(connection.scalars(booked.limit(visits)))
    began = perf_counter()
    done = in_transaction(engine, partial(withdrawal.withdraw, slot_ids=slot_ids, actor=DESK, now=NOW))
    return {"slots": done.slots, "visits": len(done.visits), "seconds": round(perf_counter() - began, 1)}


# --- many who want the same

FREE = select(Slot.id).where(Slot.state == "free", Slot.pool == "FIRST_STABLE")
WHO_WAIT = select(Entry.patient_id).where(Entry.state == "waiting")
GUARD = (SlotTaken, NotBookable, AlreadyClaimed, appointments.TimeConflict)


def contended(engine: Engine, url: str, tries: int, slots: int) -> dict[str, Any]:
    """Two processes try to book the same slots for other patients each: how many a second, and that none is sold twice."""
    with engine.connect() as connection:
        wanted = list(connection.scalars(FREE.order_by(Slot.id).limit(slots)))
        people = list(connection.scalars(WHO_WAIT.order_by(Entry.id.desc()).limit(200_000)))
    began = perf_counter()
    with ProcessPoolExecutor(2) as pool:
        won = sum(pool.map(partial(_try_many, url, wanted, people, tries // 2), (1, 2)))
    seconds = perf_counter() - began
    with engine.connect() as connection:
        doubles = connection.exec_driver_sql(
            "SELECT count(*) FROM (SELECT slot_id FROM appointments WHERE status IN ('proposed', 'booked', 'cancelling')"
            " GROUP BY slot_id HAVING count(*) > 1) AS twice"
        ).scalar()
    return {
        "tries": tries, "slots": len(wanted), "booked": won, "doubles": doubles, "seconds": round(seconds, 1),
        "tries_per_second": round(tries / seconds),
    }  # fmt: skip


def _try_many(url: str, slots: list[int], people: list[int], tries: int, seed: int) -> int:
    dice, won = random.Random(seed), 0
    engine = create_engine(url, pool_size=1)
    for _ in range(tries):
        slot_id, patient_id = dice.choice(slots), dice.choice(people)
        try:
            in_transaction(engine, partial(_book, slot_id=slot_id, patient_id=patient_id))
            won += 1
        except GUARD:
            continue
    engine.dispose()
    return won


def _book(session: Any, slot_id: int, patient_id: int) -> None:
    appointments.book(session, patient_id, slot_id, actor=DESK, now=NOW, referral_id=patient_id)


def durable(engine: Engine, seconds: float) -> dict[str, Any]:
    """Bookings that succeed, one connection, beside the simplest durable insert on the same server and connection."""
    with engine.connect() as connection:
        slots = list(connection.scalars(FREE.order_by(Slot.id.desc()).limit(15_000)))
        people = list(connection.scalars(WHO_WAIT.order_by(Entry.id).limit(15_000)))
        connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS simplest (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text)")
        connection.commit()
    pairs = iter(zip(slots, people, strict=False))
    books = _rate(seconds, lambda: _booked(engine, pairs))
    inserts = _rate(seconds, lambda: _inserted(engine))
    return {"bookings_per_second": round(books), "simplest_inserts_per_second": round(inserts), "share": round(books / inserts, 2)}


def _rate(seconds: float, work: Callable[[], object]) -> float:
    began, done = perf_counter(), 0
    while perf_counter() - began < seconds:
        work()
        done += 1
    return done / (perf_counter() - began)


def _booked(engine: Engine, pairs: Any) -> None:
    while True:
        slot_id, patient_id = next(pairs)
        try:
            return in_transaction(engine, partial(_book, slot_id=slot_id, patient_id=patient_id))
        except GUARD:
            continue


def _inserted(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO simplest (note) VALUES ('x')"))


def main() -> None:
    """Build the country, measure, print one JSON object."""
    asks = argparse.ArgumentParser(description=__doc__)
    asks.add_argument("--waiting", type=int, default=1_000_000)
    asks.add_argument("--slots", type=int, default=200_000)
    asks.add_argument("--tries", type=int, default=100_000, help="contended booking tries; 10000000 takes hours")
    asks.add_argument("--freed", type=int, default=300)
    asks.add_argument("--withdrawn", type=int, default=1000)
    asks.add_argument("--only", nargs="*", help="measure these alone")
    asks.add_argument("--plain", type=int, default=20, help="slots for the straightforward greedy")
    given = asks.parse_args()
    with tempfile.TemporaryDirectory(prefix="cer-bench-") as directory, EmbeddedPostgres(Path(directory), settings=SETTINGS) as server:
        engine = create_engine(server.url())
        schema.upgrade(engine)
        say(f"{given.waiting} who wait, {given.slots} slots …")
        began = perf_counter()
        country.settle(engine, waiting=given.waiting, slots=given.slots, day=DAY)
        say(f"  {perf_counter() - began:6.1f} s")
        figures: dict[str, Any] = {}
        for name, measure in (
            ("matching", partial(matching, engine, given.plain)), ("night", partial(the_night, engine)),
            ("freed_slot", partial(freed, engine, given.freed)), ("withdrawal", partial(withdrawn, engine, given.withdrawn)),
            ("contended", partial(contended, engine, server.url(), given.tries, 2000)), ("durable", partial(durable, engine, 10.0)),
        ):  # fmt: skip
            if given.only and name not in given.only:
                continue
            say(name)
            figures[name] = measure()
            say(f"  {json.dumps(figures[name])}")
        engine.dispose()
        sys.stdout.write(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
