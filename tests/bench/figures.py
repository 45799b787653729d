"""How long the page of figures and the nightly counting take: `python -m tests.bench.figures [--messages N] [--days N] [--data DIR]`.

On a server of its own with so many messages (default 5,000,000 over 365 days, a third of them incoming), their
turns, visits and events. Targets: the page at most 200 ms for all clinics and for one, whatever the span; a day counted in seconds.
With a directory for the data the database stays there, counted, and is looked at again the next time.
"""

import argparse
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select, text
from sqlalchemy.dialects.postgresql import insert

from channels import operators
from channels.operators import sessions
from registry import rollup, schema
from registry.database import create_engine, transaction
from registry.embedded import EmbeddedPostgres
from registry.staff import Operator

NOW = datetime(2026, 11, 18, 17, 0, tzinfo=UTC)
CLINICS, PATIENTS, LOOKS = 600, 200_000, 40

FILL = """
SET session_replication_role = replica;
INSERT INTO providers (code, name, phone) SELECT 'P' || n, 'Poradnia ' || n, '+48224410000' FROM generate_series(1, :clinics) n;
INSERT INTO places (provider_id, name, street, postcode, city, phone, latitude, longitude)
SELECT n, '', '', '', '', '', 52, 21 FROM generate_series(1, :clinics) n;
INSERT INTO contact_points (patient_id, channel, value, state, rank, created_at)
SELECT n, 'sms', '+48' || (600000000 + n), 'active', 1, :now FROM generate_series(1, :patients) n;
INSERT INTO appointments (patient_id, slot_id, contact_point_id, place_id, provider_id, service, visit_type, origin, status, version, moves,
                          starts_at, ends_at, local_date, booked_at)
SELECT 1 + n % :patients, n, 1, 1 + (n % :patients) % :clinics, 1 + (n % :patients) % :clinics, 'CARDIO_FIRST', 'first', 'registrar',
       CASE WHEN n % 12 = 0 THEN 'noshow' WHEN n % 9 = 0 THEN 'cancelled' ELSE 'fulfilled' END, 1, 0, d, d + interval '20 minutes', d::date,
       d - interval '30 days'
  FROM generate_series(1, :visits) n CROSS JOIN LATERAL (SELECT CAST(:now AS timestamptz) - n % :days * interval '1 day' AS d) x;
INSERT INTO slots (id, schedule_id, place_id, provider_id, clinic_slot_id, seat, service, pool, state, starts_at, ends_at, local_date,
                   version)
SELECT n, 1, 1, 1, n, 1, 'CARDIO_FIRST', 'FIRST_STABLE', 'taken', d, d + interval '20 minutes', d::date, 1
  FROM generate_series(1, :visits) n CROSS JOIN LATERAL (SELECT CAST(:now AS timestamptz) - n % :days * interval '1 day' AS d) x;
INSERT INTO events (at, kind, actor, channel, provider_id, slot_id, appointment_id, facts)
SELECT a.starts_at - interval '5 days' + k.n * interval '1 hour', k.kind, 'patient', 'sms', a.provider_id, a.slot_id, a.id,
       '{"reason": "sms"}'
  FROM appointments a CROSS JOIN (VALUES (0, 'visit.cancelled'), (1, 'slot.freed'), (3, 'visit.assigned')) k (n, kind)
 WHERE a.status = 'cancelled' ORDER BY 1;
INSERT INTO messages (at, direction, channel, address, kind, state, language, facts, attempt, tries, sent_at, in_reply_to)
SELECT CAST(:now AS timestamptz) - (:messages - n) * (CAST(:days AS float) / :messages) * interval '1 day',
       CASE WHEN n % 3 = 1 THEN 'in' ELSE 'out' END, (ARRAY['sms','sms','sms','email','chat'])[1 + n / 3 % 5],
       '+48' || (600000001 + n / 3 % :patients), 'message', CASE WHEN n % 3 = 1 THEN 'received' ELSE 'delivered' END, 'pl', '{}', 1, 0,
       CAST(:now AS timestamptz) - (:messages - n) * (CAST(:days AS float) / :messages) * interval '1 day' + n % 7 * interval '1 second',
       CASE WHEN n % 3 = 2 THEN n - 1 END
  FROM generate_series(1, :messages) n;
INSERT INTO turns (message_id, at, intent, confidence, question, entities, others, asked, action, outcome)
SELECT id, at, 'confirm_visit', 0.5 + id % 50 / 100.0, false, '{}', '[]', 'nothing', 'x',
       CASE WHEN id % 8 = 0 THEN 'handed_over' ELSE 'confirmed' END
  FROM messages WHERE direction = 'in';
INSERT INTO calls (at, direction, address, steps, misses, outcome, ended_at, timings)
SELECT at, 'out', address, 0, 0, 'told', at, '[{"ended_ms": 1000, "decided_ms": 1500, "think_ms": 300}]' FROM messages WHERE id % 50 = 0;
"""


def fill(engine: Engine, messages: int, days: int) -> None:
    facts = {"clinics": CLINICS, "patients": PATIENTS, "visits": 400_000, "messages": messages, "days": days, "now": NOW}
    with transaction(engine) as session:
        for statement in FILL.strip().split(";\n"):
            began = perf_counter()
            session.execute(text(statement.rstrip(";")), facts)
            print(f"  {statement.split('(')[0].strip()[:40]}: {perf_counter() - began:.0f} s", flush=True)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")


def browser(engine: Engine, provider_id: int | None) -> TestClient:
    app = FastAPI()
    operators.mount(app, engine, clock=lambda: NOW, public_url="http://testserver", secret_key="bench", factor_needed=False)
    with transaction(engine) as session:
        login = f"b{provider_id}"
        session.execute(insert(Operator).values(login=login, name="B", role="supervisor", active=True, password_hash="-", created_at=NOW,
                                                provider_id=provider_id).on_conflict_do_nothing())  # fmt: skip
        operator_id = session.scalars(select(Operator.id).where(Operator.login == login)).one()
        token = sessions.begin(session, operator_id, now=NOW, verified=True)
    client = TestClient(app)
    client.cookies.set("cer-console", token)
    return client


def timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    began = perf_counter()
    work()
    return (perf_counter() - began) * 1000


def main() -> None:
    """Fill and count, unless it was done before; look."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=5_000_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--data", type=Path, help="a directory in which the database is kept, and found again")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cer-bench-") as thrown_away:
        directory = wanted.data or Path(thrown_away)
        with EmbeddedPostgres(directory / "postgres", settings={"fsync": "off", "shared_buffers": "512MB"}) as server:
            server.ensure_database("bench")
            engine = create_engine(server.url("bench"))
            schema.upgrade(engine)
            if not _counted(engine):
                print(f"{wanted.messages:,} messages over {wanted.days} days", flush=True)
                fill(engine, wanted.messages, wanted.days)
                _count(engine, wanted.days)
            _look(engine)
            engine.dispose()


def _counted(engine: Engine) -> bool:
    with engine.connect() as connection:
        return bool(connection.scalar(text("SELECT EXISTS (SELECT FROM figures)")))


def _count(engine: Engine, days: int) -> None:
    today = date(NOW.year, NOW.month, NOW.day)
    took = timed(lambda: rollup.rebuild(engine, today - timedelta(days=days), today, now=NOW))
    print(f"{days} days rebuilt: {took / 1000:.0f} s, {took / days:.0f} ms a day", flush=True)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE figures")
        kept = connection.exec_driver_sql("SELECT count(*) FROM figures").scalar_one()
        print(f"{kept:,} figures kept", flush=True)


def _look(engine: Engine) -> None:
    for provider_id in (None, 7):
        client = browser(engine, provider_id)
        for query in ("days=7", "days=30", "days=90", "days=365"):
            looks = sorted(timed(partial(client.get, f"/console/figures?{query}")) for _ in range(LOOKS))
            told = f"median {median(looks):.0f} ms, p95 {looks[-LOOKS // 20]:.0f} ms, worst {looks[-1]:.0f} ms"
            print(f"page, {provider_id or 'all'}, {query}: {told}", flush=True)


if __name__ == "__main__":
    main()
