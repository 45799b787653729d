"""A busy day: operators who watch the live log while patients chat: `python -m tests.bench.crowd [--operators 200 --chats 1000]`.

A real `cer web` (two processes) and PostgreSQL on this machine; the crowd is one more process on it. Each chat has a window open, from an
address of its own on the loopback, and says something every half a minute on average; each operator has the live list open. Told are: how
long a patient waits for the answer, how long after a turn the operators see it, and what the server used meanwhile.
"""

import argparse
import asyncio
import json
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
from websockets.asyncio.client import ClientConnection, connect

from channels.operators import ensure_operator
from registry.database import transaction
from tests.bench.stage import Stage, children, cpu_seconds, now, stage

LOGIN: Final = "bench"
PASSWORD: Final = "bench-console-password"  # of a database that is thrown away
EVERY: Final = 30.0  # seconds between two messages of a chat, on average
SAID: Final = ("dzień dobry", "gdzie jest przychodnia?", "chcę odwołać wizytę", "kiedy mam wizytę?", "dziękuję", "ile się czeka?", "pomocy")
WAITS: Final = 60.0  # seconds after which an answer is called missing


@dataclass
class Seen:
    """What the crowd noticed, in milliseconds."""

    answered: list[float] = field(default_factory=list)
    shown: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


class Patient:
    """One chat window."""

    def __init__(self, number: int, base: str, seen: Seen) -> None:
        self._url, self._seen = base.replace("http", "ws") + "/chat/ws", seen
        self._from = (f"127.0.{1 + number // 250}.{1 + number % 250}", 0)
        self._draw = random.Random(number)

    async def talk(self, until: float) -> None:
        try:
            async with connect(self._url, local_addr=self._from, open_timeout=WAITS, ping_interval=None) as window:
                await window.send(json.dumps({"token": f"{self._draw.getrandbits(256):064x}"[:43], "last": 0}))
                await asyncio.sleep(self._draw.uniform(0, EVERY))
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
    """One operator's open live list."""

    def __init__(self, base: str, cookies: httpx.Cookies, seen: Seen) -> None:
        self._base, self._cookies, self._seen = base, cookies, seen

    async def look(self, until: float) -> None:
        browser = httpx.AsyncClient(base_url=self._base, cookies=self._cookies, timeout=httpx.Timeout(WAITS))
        async with browser, browser.stream("GET", "/console/events") as events:
            if events.status_code != 200:
                self._seen.failures.append(f"operator: {events.status_code}")
                return
            async for line in events.aiter_lines():
                if line.startswith("data: "):
                    self._note(json.loads(line.removeprefix("data: ")))
                if perf_counter() > until:
                    return

    def _note(self, event: dict[str, Any]) -> None:
        here = datetime.now(UTC)
        self._seen.shown += [1000 * (here - datetime.fromisoformat(row["at"])).total_seconds() for row in event.get("rows", ())]


def sign_in(base: str) -> httpx.Cookies:
    """A session of its own for an operator."""
    with httpx.Client(base_url=base, timeout=WAITS) as client:
        token = re.search(r'name="csrf" value="([^"]+)"', client.get("/console/login").text)
        assert token, "the login form has no token"
        client.post("/console/login", data={"login": LOGIN, "password": PASSWORD, "csrf": token[1]})
        return client.cookies


async def crowd(base: str, cookies: Sequence[httpx.Cookies], chats: int, seconds: float, seen: Seen) -> None:
    """All of them at once, for so long."""
    until = perf_counter() + seconds
    everybody = [Watching(base, one, seen).look(until) for one in cookies]
    everybody += [Patient(number, base, seen).talk(until) for number in range(chats)]
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


def measure(here: Stage, operators: int, chats: int, seconds: float) -> dict[str, Any]:
    """Start the service, let the crowd in, look at what it used."""
    with transaction(here.engine) as session:
        ensure_operator(session, LOGIN, PASSWORD, now=now(), role="operator")
    web = here.start_web(2, CER_CONSOLE_FACTOR="false")
    here.web_answers()
    cookies = [sign_in(here.public) for _ in range(operators)]
    sys.stderr.write(f"{operators} operators are signed in\n")
    serving = [web.pid, *children(web.pid)]
    used, seen, began = sum(map(cpu_seconds, serving)), Seen(), perf_counter()
    asyncio.run(crowd(here.public, cookies, chats, seconds, seen))
    took = perf_counter() - began
    return {
        "operators": operators, "chats": chats, "seconds": round(took), "turns": len(seen.answered),
        "answer_ms": told(seen.answered), "shown_ms": told(seen.shown), "failures": seen.failures[:5], "failed": len(seen.failures),
        "web_cores": round((sum(map(cpu_seconds, serving)) - used) / took, 2), "web_megabytes": round(sum(map(memory, serving))),
    }  # fmt: skip


def main() -> None:
    """Measure once and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operators", type=int, default=200)
    parser.add_argument("--chats", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=90.0)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cer-bench-") as directory, stage(Path(directory)) as here:
        sys.stdout.write(json.dumps(measure(here, wanted.operators, wanted.chats, wanted.seconds), indent=1) + "\n")


if __name__ == "__main__":
    main()
