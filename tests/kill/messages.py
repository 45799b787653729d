"""`kill -9` of workers and the web process in the middle of the day's messages: `python -m tests.kill.messages`.

Ten thousand reminders go out and a thousand patients cancel, some of whom take it back, while two workers and the web process are
killed again and again and started anew. In the end the carrier's file and our database are compared, message by message.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random, SystemRandom

import httpx
from sqlalchemy import text

from tests.bench import world
from tests.bench.stage import Stage, now, stage, wait_until
from tests.kill.verdict import Verdict, judge

SAYINGS = ("nie dam rady, proszę odwołać", "ODWOLAJ", "odwołuję wizytę", "prosze odwolac moja wizyte", "Niestety nie przyjdę, odwołuję")
WORKERS = 2
WAITING = 0.5  # of a patient in the waiting room for every one who cancels
TAKE_BACK = 0.1  # of those who cancel, take it back
EVERYTHING = 1800.0  # seconds that all of it may take on a busy machine


@dataclass
class Run:
    """One run: what is there, who cancels, who takes it back, and how long the work of killed workers lay about."""

    made: Stage
    random: Random
    messages: int
    cancelling: list[int]
    undo_seconds: int
    taking_back: set[int] = field(default_factory=set)
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    web: list[subprocess.Popen[bytes]] = field(default_factory=list)
    killed: dict[str, int] = field(default_factory=lambda: {"worker": 0, "web": 0})
    recoveries: list[Future[float]] = field(default_factory=list)
    watchers: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(32))

    # --- what stands in the database

    def number(self, query: str, **facts: object) -> int:
        with self.made.engine.connect() as connection:
            return int(connection.scalar(text(query), facts) or 0)

    def handed(self) -> int:
        return self.number("SELECT count(*) FROM messages WHERE direction = 'out' AND state NOT IN ('queued', 'sending')")

    def sending(self) -> bool:
        """Whether a worker has messages in hand now: the moment at which it must not die."""
        return bool(self.number("SELECT count(*) FROM messages WHERE state = 'sending'"))

    def turns(self) -> int:
        return self.number("SELECT count(*) FROM turns")

    def at_rest(self) -> bool:
        """Nothing on its way, no hold that will still end, nothing that the carrier still has to bring."""
        waiting = """SELECT (SELECT count(*) FROM messages WHERE state IN ('queued', 'sending'))
                          + (SELECT count(*) FROM appointments WHERE status = 'cancelling')
                          + (SELECT count(*) FROM slots WHERE state = 'pending')"""
        return not self.number(waiting) and not httpx.get(f"{self.made.base}/simulator/webhooks", timeout=30).json()["pending"]

    # --- processes

    def start_worker(self) -> None:
        self.workers.append(self.made.start_worker(CER_SPREAD_REMINDERS="false", CER_UNDO_SECONDS=str(self.undo_seconds)))

    def start_web(self) -> None:
        self.web.append(self.made.start_web(CER_UNDO_SECONDS=str(self.undo_seconds)))

    def kill_worker(self) -> None:
        """One of the workers dies and another is started; what it had claimed is watched until somebody has it in hand again."""
        victim = self.workers.pop(self.random.randrange(len(self.workers)))
        self._kill(victim)
        self.recoveries.append(self.watchers.submit(self._recovery, now(), time.monotonic()))
        self.killed["worker"] += 1
        self.start_worker()

    def kill_web(self) -> None:
        self._kill(self.web.pop())
        self.killed["web"] += 1
        self.start_web()

    def _kill(self, victim: subprocess.Popen[bytes]) -> None:
        os.kill(victim.pid, signal.SIGKILL)
        victim.wait()
        self.made.running.remove(victim)

    def _recovery(self, killed_at: datetime, began: float) -> float:
        """Seconds until no message that was claimed before the kill is still in a claim from before it."""
        stranded = "SELECT count(*) FROM messages WHERE state = 'sending' AND claimed_at <= :killed_at"
        wait_until(lambda: not self.number(stranded, killed_at=killed_at), "stranded messages", EVERYTHING, every=0.25)
        return time.monotonic() - began

    # --- patients

    def say(self, patient: int, words: str) -> None:
        path = f"{self.made.base}/simulator/telephones/{world.number(patient)}/messages"
        httpx.post(path, json={"body": words}, timeout=60).raise_for_status()

    def told_of_cancellation(self) -> set[str]:
        with self.made.engine.connect() as connection:
            told = "SELECT address FROM messages WHERE kind = 'cancelled' AND state IN ('accepted', 'sent', 'delivered')"
            return set(connection.scalars(text(told)))


def run(directory: Path, *, messages: int, replies: int, kills: int, seed: int, undo_seconds: int = 90) -> Verdict:
    """Do it all in a directory; the verdict says what was found. Raises TimeoutError when it does not come to rest."""
    random = Random(seed)
    cancelling = random.sample(range(1, messages + 1), replies)
    with stage(directory) as made:
        world.populate(made.engine, visits=messages, waiting=int(replies * WAITING), now=now())
        made.start_carrier()
        shelf = [{"number": world.number(one), "kind": "mobile", "whose": f"Pacjent {one}"} for one in cancelling]
        httpx.put(f"{made.base}/simulator/telephones", json=shelf, timeout=60).raise_for_status()
        day = Run(made, random, messages, cancelling, undo_seconds, set(cancelling[: int(replies * TAKE_BACK)]))
        day.start_web()
        for _ in range(WORKERS):
            day.start_worker()
        began = time.monotonic()
        _play(day, kills)
        wait_until(day.at_rest, "it does not come to rest", EVERYTHING)
        recoveries = [one.result() for one in day.recoveries]
        return judge(made, day.messages, day.cancelling, day.taking_back, day.killed, recoveries, time.monotonic() - began)


def _play(day: Run, kills: int) -> None:
    """Everything that happens, each at its share of the messages handed over: replies evenly, kills at random."""
    worker_kills = sorted(day.random.uniform(0.02, 0.95) for _ in range(kills))
    web_kills = sorted(day.random.uniform(0.02, 0.95) for _ in range(kills))
    replies, to_take_back = list(day.cancelling), set(day.taking_back)
    said_at, deadline = time.monotonic(), time.monotonic() + EVERYTHING
    while replies or to_take_back or worker_kills or web_kills:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(replies)} replies, {len(to_take_back)} undoings, {len(worker_kills)} kills are left")
        share = day.handed() / day.messages
        if worker_kills and share >= worker_kills[0] and (share >= 1 or day.sending()):
            worker_kills.pop(0)
            day.kill_worker()
        while replies and 1 - len(replies) / len(day.cancelling) <= share / 0.9:
            day.say(replies.pop(), day.random.choice(SAYINGS))
        if web_kills and day.turns() / len(day.cancelling) >= web_kills[0]:
            web_kills.pop(0)
            day.kill_web()
        for patient in _told(day, to_take_back):
            day.say(patient, "COFNIJ")
            to_take_back.discard(patient)
        if time.monotonic() - said_at > 5:
            said_at = time.monotonic()
            _progress(day, share, len(replies))


def _told(day: Run, patients: set[int]) -> Iterator[int]:
    """Those of the patients whose telephone has told them that the visit is cancelled."""
    told = day.told_of_cancellation() if patients else set()
    return (patient for patient in sorted(patients) if world.number(patient) in told)


def _progress(day: Run, share: float, replies_left: int) -> None:
    kills = f"{day.killed['worker']} workers and {day.killed['web']} web processes killed"
    print(f"  {share:4.0%} handed over, {day.turns()} turns, {replies_left} replies to come, {kills}", flush=True)


def main() -> int:
    """Run as told, print the verdict; exit code 1 when anything is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.kill.messages", description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--replies", type=int, default=1_000)
    parser.add_argument("--kills", type=int, default=6, help="of workers, and as many of the web process")
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(2**31))
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="cer-kill-") as directory:
        verdict = run(Path(directory), messages=given.messages, replies=given.replies, kills=given.kills, seed=given.seed)
    print(verdict)
    return 1 if verdict.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
