"""Whole conversations through a real Rasa server, each beside the same one with the embedded engine: equal replies, and what both cost.

Everything is real: PostgreSQL, Redis for tracker and lock store, `cer actions`, `rasa run`, and between them the code that
CER_DIALOGS=rasa puts behind our channels.
"""

import shutil
import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import psutil
import redis
from sqlalchemy import Engine

from channels import clock
from channels.rasa import Embedded, ThroughRasa
from registry import schema
from registry.communications import Received
from registry.database import create_engine
from registry.embedded import EmbeddedPostgres
from tests.conftest import CLEAN, TEST_SETTINGS
from tests.dialogs.exchange import UNDO, Exchange, interpreter
from tests.ports import free_port
from tests.stories import worlds
from tests.stories.servers import megabytes, serving
from tests.stories.talk import ADDRESSES

SECONDS = 20.0  # the check compares answers: a slow machine is told by the figures, not by a turn that changed hands
Story = Mapping[str, Any]
Told = tuple[str, str, str, tuple[tuple[str, str], ...]]  # action, outcome, intent, and the answers by kind and words
_wire = count(1)


@dataclass
class Side:
    """One of the two that take turns, with its own database."""

    engine: Engine
    turns: Embedded | ThroughRasa
    seconds: list[float] = field(default_factory=list)
    by_server: int = 0

    def begin(self, story: Story, now: datetime) -> None:
        """A clean database with the story's world as it stands at `now`."""
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(CLEAN)
        worlds.make(self.engine, story["world"], now)
        self.talk = Exchange(self.engine, ADDRESSES[story["channel"]], now, story["channel"])
        self.talk.reach()

    def say(self, words: str) -> Told:
        """One turn, timed."""
        before = len(self.talk.answers())
        received = Received(self.talk.channel, self.talk.address, f"SM{next(_wire):032x}", words, {})
        started = time.perf_counter()
        done = self.turns.take(received, clock.now())
        self.seconds.append(time.perf_counter() - started)
        self.by_server += done.decision is None
        self.talk.now = clock.now()
        self.talk.reach()
        return done.action, done.outcome, done.intent, tuple(self.talk.answers()[before:])


@dataclass
class Live:
    """Both sides, and what runs behind them."""

    embedded: Side
    rasa: Side
    behind: Mapping[str, psutil.Process]
    remembers: redis.Redis

    def compare(self, name: str, story: Story, lines: list[str]) -> bool:
        """Whether a conversation goes alike, turn by turn; where not, it is told how."""
        self.remembers.flushall()  # every story is told by the same address: a server must not remember the one before
        minute = clock.now().replace(second=0, microsecond=0)
        for side in (self.embedded, self.rasa):
            side.begin(story, minute)
        for words in lines:
            one, other = self.embedded.say(words), self.rasa.say(words)
            if one != other:
                print(f"  differs: {name}, after {words!r}:\n    embedded {one}\n    rasa     {other}")
                return False
        return True

    def figures(self) -> Iterator[str]:
        """How long a turn took, and what memory each side holds."""
        yield "                    turns   p50 ms   p99 ms   memory MB"
        held = {name: megabytes(process) for name, process in self.behind.items()}
        yield f"embedded engine  {_times(self.embedded.seconds)}   {held['actions']:9.0f}  (that of the action server, which holds it too)"
        parts = ", ".join(f"{name} {size:.0f}" for name, size in held.items())
        yield f"through Rasa     {_times(self.rasa.seconds)}   {sum(held.values()):9.0f}  ({parts})"


def _times(seconds: list[float]) -> str:
    taken = sorted(1000 * one for one in seconds)
    return f"{len(taken):8d} {statistics.median(taken):8.1f} {taken[int(len(taken) * 0.99)]:8.1f}"


def conversations(stories: Mapping[str, Story], live: Live) -> bool:
    """Every story, live; whether all went alike and every turn of the one side was the server's."""
    alike = 0
    for name, story in stories.items():
        lines = [step["user"] for step in story["steps"] if "user" in step]
        alike += live.compare(name, story["metadata"], lines)
    served, turns = live.rasa.by_server, len(live.rasa.seconds)
    print(f"live over REST: {alike} of {len(stories)} conversations with equal replies; {served} of {turns} turns by the server")
    print("\n".join(live.figures()))
    return alike == len(stories) and served == turns


@contextmanager
def servers(rasa: str, project: Path, env: Mapping[str, str]) -> Iterator[Live]:
    """PostgreSQL, Redis, the action server and Rasa with the model of `project`, for as long as the block lasts."""
    store = shutil.which("redis-server")
    if store is None:
        sys.exit("make rasa-check: the live conversations need redis-server")
    ports = {name: free_port() for name in ("redis", "actions", "rasa")}
    with ExitStack() as stack:
        there, here = _databases(stack, project)
        behind = {
            "redis": [store, "--port", str(ports["redis"]), "--bind", "127.0.0.1", "--save", ""],
            "actions": [str(Path(sys.executable).with_name("cer")), "actions", "--port", str(ports["actions"])],
            "rasa": [rasa, "run", "--model", "models/cer.tar.gz", "--interface", "127.0.0.1", "--port", str(ports["rasa"])],
        }
        its = {
            **env, "ACTIONS_URL": f"http://127.0.0.1:{ports['actions']}/webhook", "REDIS_PORT": str(ports["redis"]),
            "CER_DATABASE_URL": there.url.render_as_string(hide_password=False), "CER_DATA_DIR": str(project / "cer"),
            "CER_UNDO_SECONDS": str(int(UNDO.total_seconds())),
        }  # fmt: skip
        running = {name: stack.enter_context(serving(command, ports[name], cwd=project, env=its)) for name, command in behind.items()}
        client = stack.enter_context(httpx.Client())
        through = ThroughRasa(_embedded(there), f"http://127.0.0.1:{ports['rasa']}", SECONDS, client)
        remembers = stack.enter_context(redis.Redis(port=ports["redis"]))
        yield Live(Side(here, _embedded(here)), Side(there, through), running, remembers)


def _embedded(engine: Engine) -> Embedded:
    return Embedded(engine, interpreter(), UNDO)


def _databases(stack: ExitStack, folder: Path) -> tuple[Engine, Engine]:
    postgres = EmbeddedPostgres(folder.parent / "postgres", settings=TEST_SETTINGS, dies_with_parent=True)
    postgres.start()
    stack.callback(postgres.stop)
    made = []
    for name in ("through_rasa", "embedded"):
        postgres.ensure_database(name)
        engine = create_engine(postgres.url(name))
        stack.callback(engine.dispose)
        schema.upgrade(engine)
        made.append(engine)
    return made[0], made[1]
