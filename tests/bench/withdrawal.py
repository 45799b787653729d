"""How long a clinic's withdrawal of many booked slots takes, call to commit: `python -m tests.bench.withdrawal [VISITS]`.

On a durable server of its own (fsync on). Every patient has a telephone, a referral and a place in the queue. Target: 1,000 in 10 s.
"""

import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from registry import schema, withdrawal
from registry.appointments import Appointment
from registry.communications import Message
from registry.database import create_engine, transaction
from registry.embedded import EmbeddedPostgres
from registry.schedules import Slot
from registry.waiting_room import Entry
from tests.registry import build

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
ROUNDS = 3


def booked(engine: Engine, visits: int) -> list[int]:
    """So many booked slots of one clinic, by its desk; their ids."""
    with transaction(engine) as session:
        on = build.schedule(session)
        starts = (NOW + timedelta(days=7 + number // 40, minutes=15 * (number % 40)) for number in range(visits))
        return [build.visit(session, start, now=NOW, on=on, minutes=15).slot_id for start in starts]


def measured(engine: Engine, slot_ids: list[int]) -> float:
    """Seconds from the call to the commit."""
    began = perf_counter()
    with transaction(engine) as session:
        done = withdrawal.withdraw(session, slot_ids, actor=build.DESK, now=NOW)
    seconds = perf_counter() - began
    assert (done.slots, len(done.visits), len(done.entries)) == (len(slot_ids),) * 3
    return seconds


def proven(session: Session, total: int) -> None:
    """Nothing was left out."""
    counted = session.execute(select(Appointment.status, func.count().label("number")).group_by(Appointment.status))
    states = {row.status: row.number for row in counted}
    notices = session.scalar(select(func.count()).where(Message.kind == "cancelled_by_clinic"))
    waiting = session.scalar(select(func.count()).where(Entry.state == "waiting"))
    withdrawn = session.scalar(select(func.count()).where(Slot.state == "withdrawn"))
    assert (states, notices, waiting, withdrawn) == ({"cancelled": total}, total, total, total)


def main() -> None:
    """Measure a few rounds and print one line for each."""
    visits = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory(prefix="cer-bench-") as directory, EmbeddedPostgres(Path(directory) / "postgres") as server:
        engine = create_engine(server.url())
        schema.upgrade(engine)
        for _ in range(ROUNDS):
            sys.stdout.write(f"{visits} booked slots withdrawn in {measured(engine, booked(engine, visits)):.2f} s\n")
        with Session(engine) as session:
            proven(session, ROUNDS * visits)
        engine.dispose()


if __name__ == "__main__":
    main()
