"""A busy day: operators who watch the live log while patients chat: `python -m tests.bench.crowd [--operators 200 --chats 1000]`.

A real `cer web` (two processes) and PostgreSQL on this machine; the crowd is one more process on it. Each chat has a window open, from an
address of its own on the loopback, and says something every half a minute on average; each operator has the live list open. Told are: how
long a patient waits for the answer, how long after a turn the operators see it, and what web processes, PostgreSQL and the crowd itself
used meanwhile. The crowd takes its cores from the same machine, so it reads as little as it can: one operator in ten looks at what he is
told, of the others' events only the ends are found.
"""

import argparse
import asyncio
import json
import os
import random
import re
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any, Final
from uuid import uuid4

import httpx
from sqlalchemy import Engine
from websockets.asyncio.client import ClientConnection, connect

from channels.operators import sessions
from registry.database import transaction
from registry.processes import all_working_in
from registry.staff import Operator
from tests.bench.stage import Stage, children, cpu_of_the_ended, cpu_seconds, now, stage

EVERY: Final = 30.0  # seconds between two messages of a chat, on average
SAID: Final = ("dzień dobry", "gdzie jest przychodnia?", "chcę odwołać wizytę", "kiedy mam wizytę?", "dziękuję", "ile się czeka?", "pomocy")
WAITS: Final = 60.0  # seconds after which an answer is called missing
LONGEST: Final = 2**22  # bytes of an event
CLOSELY: Final = 10  # of so many operators one looks at what he is told
SAID_AT: Final = re.compile(rb'"at": "([^"]+)"')


@dataclass
class Seen:
    """What the crowd noticed, in milliseconds."""

    answered: list[float] = field(default_factory=list)
    shown: list[float] = field(default_factory=list)
    events: int = 0
    failures: list[str] = field(default_factory=list)


class Patient:
    """One chat window."""

    def __init__(self, number: int, base: str, seen: Seen, *, at_once: bool) -> None:
        self._url, self._seen, self._at_once = base.replace("http", "ws") + "/chat/ws", seen, at_once
        self._from = (f"127.0.{1 + number // 250}.{1 + number % 250}", 0)
        self._draw = random.Random(number)

    async def talk(self, until: float) -> None:
        if not self._at_once:
            await asyncio.sleep(self._draw.uniform(0, EVERY))
        try:
            async with connect(self._url, local_addr=self._from, open_timeout=WAITS, ping_interval=None) as window:
                await window.send(json.dumps({"token": f"{self._draw.getrandbits(256):064x}"[:43], "last": 0}))
                await asyncio.sleep(self._draw.uniform(0, EVERY) if self._at_once else 0)
                while perf_counter() < until:
                    await self._say(window)
                    await asyncio.sleep(self._draw.uniform(0.5, 1.5) * EVERY)
        except (OSError, TimeoutError) as error:
            self._seen.failures.append(f"chat: {type(error).__name__}: {error}")

    async def _say(self, window: ClientConnection) -> None:
        name, began = uuid4().hex, perf_counter()
        await window.send(json.dumps({"name": name, "text": self._draw.choice(SAID)}))
        async with asyncio.timeout(WAITS):
            while True:
                told = json.loads(await window.recv())
                if "refused" in told:
                    self._seen.failures.append(f"chat refused: {told['refused']}")
                    return
                if told.get("said") == name:  # the turn is committed, and what it answers follows at once
                    self._seen.answered.append(1000 * (perf_counter() - began))
                    return


class Watching:
    """One operator's open live list. Whoever looks `closely` notes when each line was shown; all count the events."""

    def __init__(self, base: str, cookie: str, seen: Seen, *, closely: bool) -> None:
        self._url, self._cookie, self._seen, self._closely = httpx.URL(base), cookie, seen, closely

    async def look(self, until: float) -> None:
        reader, writer = await asyncio.open_connection(self._url.host, self._url.port, limit=LONGEST)
        writer.write(f"GET /console/events HTTP/1.1\r\nHost: {self._url.host}\r\nCookie: cer-console={self._cookie}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200 "):
            self._seen.failures.append(f"operator: {head[:40]!r}")
            return
        while perf_counter() < until:
            try:
                event = await reader.readuntil(b"\n\n")
            except asyncio.IncompleteReadError:
                self._seen.failures.append("operator: the stream ended")  # too much at once: a page would be loaded anew
                return
            self._seen.events += 1
            if self._closely:
                self._note(event)
        writer.close()

    def _note(self, event: bytes) -> None:
        here = datetime.now(UTC)
        self._seen.shown += [1000 * (here - datetime.fromisoformat(at.decode())).total_seconds() for at in SAID_AT.findall(event)]


def signed_in(engine: Engine, operators: int) -> list[str]:
    """Operators with a session each. -> their cookies' values; 200 logins would take longer than what is measured."""
    with transaction(engine) as session:
        people = [Operator(login=f"b{number}", name="B", role="operator", active=True, password_hash="-", created_at=now())
                  for number in range(operators)]  # fmt: skip
        session.add_all(people)
        session.flush()
        return [sessions.begin(session, one.id, now=now(), verified=True) for one in people]


async def crowd(base: str, cookies: Sequence[str], chats: int, seconds: float, seen: Seen, *, at_once: bool) -> None:
    """All of them together, for so long; windows open one after another, or `at_once` as after a restart."""
    until = perf_counter() + seconds
    everybody = [Watching(base, one, seen, closely=number % CLOSELY == 0).look(until) for number, one in enumerate(cookies)]
    everybody += [Patient(number, base, seen, at_once=at_once).talk(until) for number in range(chats)]
    for failure in await asyncio.gather(*everybody, return_exceptions=True):
        if failure is not None:
            seen.failures.append(f"{type(failure).__name__}: {failure}")


def told(milliseconds: list[float]) -> dict[str, float]:
    """How many, median, 95th and 99th of a hundred, worst."""
    parts = statistics.quantiles(milliseconds, n=100)
    found = {"p50": parts[49], "p95": parts[94], "p99": parts[98], "max": max(milliseconds)}
    return {"n": len(milliseconds), **{name: round(value) for name, value in found.items()}}


def memory(pid: int) -> float:
    """Resident megabytes of a process."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def cores(here: Stage, serving: Sequence[int]) -> dict[str, float]:
    """Seconds of processor time used so far by the web processes, by PostgreSQL, by this process."""
    database = all_working_in(here.directory / "postgres" / "cluster")
    return {
        "web": sum(map(cpu_seconds, serving)), "postgres": sum(map(cpu_seconds, database)) + sum(map(cpu_of_the_ended, database)),
        "crowd": cpu_seconds(os.getpid()),
    }  # fmt: skip


def measure(here: Stage, operators: int, chats: int, seconds: float, *, at_once: bool) -> dict[str, Any]:
    """Start the service, let the crowd in, look at what it used."""
    cookies = signed_in(here.engine, operators)
    web = here.start_web(2, CER_CONSOLE_FACTOR="false", CER_VOICE_CALLS="0")  # a first start would speak its sentences meanwhile
    here.web_answers()
    serving = [web.pid, *children(web.pid)]
    used, seen, began = cores(here, serving), Seen(), perf_counter()
    asyncio.run(crowd(here.public, cookies, chats, seconds, seen, at_once=at_once))
    took = perf_counter() - began
    share = {name: round((now_used - used[name]) / took, 2) for name, now_used in cores(here, serving).items()}
    return {
        "operators": operators, "chats": chats, "seconds": round(took), "turns": len(seen.answered),
        "answer_ms": told(seen.answered), "shown_ms": told(seen.shown), "failures": seen.failures[:5], "failed": len(seen.failures),
        "events": seen.events, "cores": share, "web_megabytes": round(sum(map(memory, serving))),
    }  # fmt: skip


def main() -> None:
    """Measure once and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operators", type=int, default=200)
    parser.add_argument("--chats", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=90.0)
    parser.add_argument("--at-once", action="store_true", help="all chats open in the same moment, as after a restart")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cer-bench-") as directory, stage(Path(directory)) as here:
        sys.stdout.write(json.dumps(measure(here, wanted.operators, wanted.chats, wanted.seconds, at_once=wanted.at_once), indent=1) + "\n")


if __name__ == "__main__":
    main()
