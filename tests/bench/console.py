"""How soon the console answers over a year's log of dialogues: `python -m tests.bench.console [--messages 10000000]`.

A real `cer web` with an operator who is signed in; each kind of request is made again and again with other words, days and pages.
The peer is what one would write first: a search by `ILIKE` over the same messages in the same database, in the same run.
"""

import argparse
import json
import random
import re
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import httpx
from sqlalchemy import Engine, text

from channels.operators import ensure_operator
from channels.operators.keys import written
from registry.database import transaction
from tests.bench import dialogue_log
from tests.bench.dialogue_log import Log
from tests.bench.stage import Stage, now, stage

TIMES: Final = 100
LOGIN: Final = "bench"
PASSWORD: Final = "bench-console-password"  # of a database that is thrown away
COMMON: Final = ("wizyta", "odwołuję", "proszę", "potwierdzam", "termin", "tak", "dziękuję", "Toruń")
SETTINGS: Final = {"shared_buffers": "2GB", "max_wal_size": "8GB", "work_mem": "64MB", "maintenance_work_mem": "1GB"}

Draw = random.Random
KINDS: Final[dict[str, Callable[[Draw, Log], str]]] = {
    "list, newest": lambda _draw, _log: "/console",
    "list, a page far back": lambda draw, log: f"/console?before={_key(draw, log)}",
    "list, an intent": lambda draw, _log: f"/console?intent={draw.choice(('cancel_visit', 'confirm_visit', 'request_human', 'undo'))}",
    "list, an outcome": lambda draw, _log: f"/console?outcome={draw.choice(('confirmed', 'cancelled'))}",
    "list, Ukrainian": lambda _draw, _log: "/console?language=uk",
    "list, doubtful": lambda _draw, _log: "/console?doubtful=1",
    "list, needs a person": lambda _draw, _log: "/console?person=1",
    "list, three filters": lambda _draw, _log: "/console?language=uk&intent=cancel_visit&doubtful=1",
    "list, a clinic": lambda draw, _log: f"/console?clinic=B{draw.randint(1, dialogue_log.CLINICS)}",
    "search, a common word": lambda draw, _log: f"/console/search?q={draw.choice(COMMON)}",
    "search, two words": lambda draw, _log: f"/console/search?q={'+'.join(draw.sample(COMMON, 2))}",
    "search, a rare word": lambda draw, log: f"/console/search?q={draw.choice(log.rare)}",
    "search, no such word": lambda draw, _log: f"/console/search?q={''.join(draw.choice('qvx') for _ in range(6))}",
    "search, a word of an intent": lambda draw, _log: f"/console/search?q={draw.choice(COMMON)}&intent=cancel_visit",
    "search, a word at a clinic": lambda draw, _log: f"/console/search?q={draw.choice(COMMON)}&clinic=B{draw.randint(1, 637)}",
    "a conversation": lambda draw, log: f"/console/conversations/{draw.randint(1, log.messages // dialogue_log.EACH)}",
}


def _key(draw: Draw, log: Log) -> str:
    return written((log.now - timedelta(days=draw.uniform(0, 30)), draw.randint(1, log.messages // dialogue_log.EACH)))


def signed_in(base: str) -> httpx.Client:
    """The first operator, as a browser would come in."""
    client = httpx.Client(base_url=base, follow_redirects=True, timeout=120)
    token = re.search(r'name="csrf" value="([^"]+)"', client.get("/console/login").text)
    assert token, "the login form has no token"
    answer = client.post("/console/login", data={"login": LOGIN, "password": PASSWORD, "csrf": token[1]})
    assert str(answer.url.path) == "/console", (answer.status_code, answer.url)
    return client


def asked(client: httpx.Client, kind: str, log: Log) -> Iterator[float]:
    """Milliseconds of each request of a kind."""
    draw = Draw(kind)
    for _ in range(TIMES):
        path = KINDS[kind](draw, log)
        began = perf_counter()
        answer = client.get(path)
        yield 1000 * (perf_counter() - began)
        assert (answer.status_code, answer.history) == (200, []), (path, answer.status_code, answer.url)


def figures(took: list[float]) -> dict[str, float]:
    """Milliseconds: median, 95th of a hundred, worst."""
    return {"p50": round(statistics.median(took), 1), "p95": round(sorted(took)[-len(took) // 20], 1), "max": round(max(took), 1)}


PEER = text("SELECT id, body FROM messages WHERE body ILIKE :like ORDER BY id DESC LIMIT 31")


def peer(engine: Engine, words: list[str]) -> dict[str, float]:
    """The same words looked for without an index of words."""
    took = []
    for word in words:
        began = perf_counter()
        with engine.connect() as connection:
            connection.execute(PEER, {"like": f"%{word}%"}).all()
        took.append(1000 * (perf_counter() - began))
    return figures(took)


def measure(here: Stage, log: Log, say: Callable[[str], None], only: str = "") -> dict[str, Any]:
    """Every kind of request whose name holds `only`, one after another; of all kinds, the peer's searches too."""
    with transaction(here.engine) as session:
        ensure_operator(session, LOGIN, PASSWORD, now=log.now, role="operator")
    here.start_web(1, CER_CONSOLE_FACTOR="false")
    here.web_answers()
    client, found = signed_in(here.public), dict[str, Any]()
    for kind in (kind for kind in KINDS if only in kind):
        took = list(asked(client, kind, log))
        found[kind] = {"first": round(took[0], 1), **figures(took[1:])}
        say(f"{kind}: {found[kind]}")
    if only:
        return found
    draw = Draw(3)
    found["peer: ILIKE, a common word"] = peer(here.engine, draw.choices(COMMON, k=10))
    found["peer: ILIKE, a rare word"] = peer(here.engine, draw.choices(log.rare, k=5))
    return found


def main() -> None:
    """Build, measure, print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000_000)
    parser.add_argument("--data", type=Path, help="a directory in which the log is kept, and found again")
    parser.add_argument("--only", default="", help="kinds of requests whose names hold this; without the peer")
    wanted = parser.parse_args()
    begun = perf_counter()

    def say(line: str) -> None:
        sys.stderr.write(f"{perf_counter() - begun:7.1f} s  {line}\n")

    with tempfile.TemporaryDirectory(prefix="cer-bench-") as thrown_away:
        directory: Path = wanted.data or Path(thrown_away)
        directory.mkdir(parents=True, exist_ok=True)
        with stage(directory, SETTINGS) as here:
            log = dialogue_log.kept(directory / "log.json", here.engine, wanted.messages, now=now(), say=say)
            found = measure(here, log, say, wanted.only)
    sys.stdout.write(json.dumps({"messages": wanted.messages, "ms": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
