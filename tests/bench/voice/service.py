"""The service under measurement: the real web process on a core of its own, a database of patients with landlines, calls about to be told.

PostgreSQL, the caller and whoever measures share the other core. With an oracle, recognition costs nothing and is always right; all else
is as in production.
"""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep

from sqlalchemy import text

from channels.policy import AT_ANY_HOUR
from registry import calls, reminders
from registry.catalogue import POLICY
from registry.database import transaction
from tests.bench import world
from tests.bench.stage import Stage, children, cpu_seconds, stage, wait_until

FIRST = 523_570_000  # patient n has +48 and this plus n
PLACES = 400
SPOKEN = Path(__file__).parents[3] / "build" / "bench-voice"
LISTS = Path(__file__).parents[3] / "voice_models" / "lists"
LANDLINES = "UPDATE contact_points SET channel = 'voice', value = '+48' || (:first + right(value, 6)::int) WHERE value LIKE '+48600%'"
NAMES = """
UPDATE patients p SET given_name = initcap(g.names[1 + p.id % cardinality(g.names)]),
                      family_name = initcap(g.families[1 + (p.id * 7) % cardinality(g.families)])
  FROM (SELECT CAST(:names AS text[]) AS names, CAST(:families AS text[]) AS families) g
"""
ACCEPTED = "UPDATE messages SET state = 'accepted', claimed_at = now(), tries = 1 WHERE channel = 'voice' RETURNING id, address"


@dataclass
class Service:
    """The running service. `calls_waiting` are calls that were placed, by the number that rings: each can be answered once."""

    stage: Stage
    web: subprocess.Popen[bytes]
    waiting: list[tuple[int, str]] = field(default_factory=list)

    def cpu(self) -> float:
        """Processor seconds used so far by the web process and its synthesizer."""
        return cpu_seconds(self.web.pid) + sum(cpu_seconds(child) for child in children(self.web.pid))

    def memory(self) -> float:
        """Megabytes of the web process."""
        lines = Path(f"/proc/{self.web.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024

    def holds(self) -> tuple[int, int]:
        """Open descriptors and threads."""
        place = Path(f"/proc/{self.web.pid}")
        return len(list((place / "fd").iterdir())), len(list((place / "task").iterdir()))

    def said_last(self, address: str) -> str:
        """The kind of the last thing that was said to a number: a caller who has ears would know it from the words."""
        with self.stage.engine.connect() as connection:
            query = text("""SELECT kind FROM messages WHERE address = :address AND direction = 'out' AND sent_at IS NOT NULL
                             ORDER BY sent_at DESC, id DESC LIMIT 1""")
            return str(connection.scalar(query, {"address": address}) or "")

    def outcome(self, call_id: int) -> tuple[str | None, str]:
        """What a call came to, and how its patient's visit stands."""
        with self.stage.engine.connect() as connection:
            query = text("""SELECT k.outcome, a.status FROM calls k JOIN messages m ON m.id = k.message_id
                              JOIN appointments a ON a.id = m.appointment_id WHERE k.id = :id""")
            outcome, status = connection.execute(query, {"id": call_id}).one()
            return outcome, str(status)


@contextmanager
def service(*, core: int, patients: int, clips: Mapping[str, str] | None = None) -> Iterator[Service]:
    """Start everything; `clips` (frames in hex to words) make the ears an oracle's."""
    with tempfile.TemporaryDirectory(prefix="cer-bench-") as directory, stage(Path(directory)) as made:
        waiting = _people(made, patients)
        oracle = {}
        if clips is not None:
            heard = Path(directory) / "clips.json"
            heard.write_text(json.dumps(clips), encoding="utf-8")
            oracle = {"BENCH_CLIPS": str(heard)}
        web = _web(made, core, oracle)
        yield Service(made, web, waiting)
        made.nobody_gave_up()


def _web(made: Stage, core: int, oracle: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    spoken = made.directory / "data" / "voice"
    spoken.parent.mkdir(exist_ok=True)
    SPOKEN.mkdir(parents=True, exist_ok=True)
    spoken.symlink_to(SPOKEN)  # fixed sentences are kept from one run to the next
    settings = {"CER_VOICE_CALLS": str(PLACES), "CER_LOG_LEVEL": "info", **oracle}
    web = made.start_web(**settings) if not oracle else made.cer_by("tests.bench.voice.oracle", "web", CER_MODE="production", **settings)
    os.sched_setaffinity(web.pid, {core})  # before it has begun any thread
    made.web_answers()
    wait_until(lambda: "sentences prepared" in made.log("web"), "its sentences are not prepared", every=0.2)
    sleep(1)
    return web


def _people(made: Stage, patients: int) -> list[tuple[int, str]]:
    now = datetime.now(UTC)
    world.populate(made.engine, visits=patients, now=now, days=7)
    any_hour = replace(POLICY, call_hours=AT_ANY_HOUR, spread_reminders=False)
    given, family = (_words(name) for name in ("first_names", "surnames"))
    with transaction(made.engine) as session:
        session.execute(text(LANDLINES), {"first": FIRST})
        session.execute(text(NAMES), {"names": given, "families": family})
        reminders.write_due(session, now=now + timedelta(seconds=1), policy=any_hour)
        placed = session.execute(text(ACCEPTED)).all()
        return [(calls.place(session, row.id, row.address, now=now), row.address) for row in placed]


def _words(name: str) -> list[str]:
    return [word.strip() for word in (LISTS / f"{name}.txt").read_text(encoding="utf-8").replace("\n", " ").split(",") if word.strip()]
