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
from concurrent.futures import Future, ThreadPoolExecutor, wait
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

    def share(self) -> float:
        """How much of the reminders is out of our hands."""
        written = "SELECT count(*) FROM messages WHERE kind = 'reminder_d7' AND state NOT IN ('queued', 'sending')"
        return self.number(written) / self.messages

    def sending(self) -> bool:
        """Whether a worker has messages in hand now: the moment at which it must not die."""
        return bool(self.number("SELECT count(*) FROM messages WHERE state = 'sending'"))

    def turns(self) -> int:
        return self.number("SELECT count(*) FROM turns")

    def at_rest(self) -> bool:
        """Nothing on its way, no hold that will still end, nothing that the carrier still has to bring."""
        self.made.nobody_gave_up()
        waiting = """SELECT (SELECT count(*) FROM messages WHERE state IN ('queued', 'sending'))
                          + (SELECT count(*) FROM appointments WHERE status = 'cancelling')
                          + (SELECT count(*) FROM slots WHERE state = 'pending')"""
        return not self.number(waiting) and not httpx.get(f"{self.made.base}/simulator/webhooks", timeout=30).json()["pending"]

    # --- processes

    def start_worker(self) -> None:
        self.workers.append(self.made.start_worker(CER_SPREAD_REMINDERS="false", CER_UNDO_SECONDS=str(self.undo_seconds)))

    def start_web(self) -> None:
        self.web.append(self.made.start_web(CER_UNDO_SECONDS=str(self.undo_seconds)))

    def kill_worker(self, random: Random) -> None:
        """One of the workers dies and another is started; what it had claimed is watched until somebody has it in hand again."""
        victim = self.workers.pop(random.randrange(len(self.workers)))
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
    """Everything that happens, each at its own share of what goes on: replies evenly, kills at random, undoings when told."""
    seeds = [day.random.random() for _ in range(2)]
    parts = [
        day.watchers.submit(_kill_workers, day, kills, Random(seeds[0])),
        day.watchers.submit(_kill_web, day, kills, Random(seeds[1])),
        day.watchers.submit(_reply, day),
        day.watchers.submit(_take_back, day),
    ]
    deadline = time.monotonic() + EVERYTHING
    while wait(parts, timeout=5).not_done:
        if time.monotonic() > deadline:
            raise TimeoutError("replies, undoings or kills are left")
        day.made.nobody_gave_up()
        _progress(day)
    for part in parts:
        part.result()


def _kill_workers(day: Run, kills: int, random: Random) -> None:
    for mark in sorted(random.uniform(0.02, 0.9) for _ in range(kills)):
        wait_until(lambda mark=mark: day.share() >= mark and (day.sending() or day.share() >= 1), "workers to kill", EVERYTHING)
        day.kill_worker(random)


def _kill_web(day: Run, kills: int, random: Random) -> None:
    for mark in sorted(random.uniform(0.02, 0.9) for _ in range(kills)):
        wait_until(lambda mark=mark: day.turns() / len(day.cancelling) >= mark, "web processes to kill", EVERYTHING, every=0.1)
        day.kill_web()


def _reply(day: Run) -> None:
    """The replies, spread over the time that the reminders take."""
    for number, patient in enumerate(day.cancelling):
        mark = 0.9 * number / len(day.cancelling)
        wait_until(lambda mark=mark: day.share() >= mark, "reminders to reply to", EVERYTHING, every=0.1)
        day.say(patient, SAYINGS[number % len(SAYINGS)])


def _take_back(day: Run) -> None:
    """COFNIJ from those who take it back, as soon as their telephones have told them that the visit is cancelled."""
    left = set(day.taking_back)
    while left:
        wait_until(lambda: bool(_told(day, left)), "cancellations to take back", EVERYTHING, every=0.25)
        for patient in _told(day, left):
            day.say(patient, "COFNIJ")
            left.discard(patient)


def _told(day: Run, patients: set[int]) -> list[int]:
    """Those of the patients whose telephone has told them that the visit is cancelled."""
    told = day.told_of_cancellation()
    return [patient for patient in sorted(patients) if world.number(patient) in told]


def _progress(day: Run) -> None:
    kills = f"{day.killed['worker']} workers and {day.killed['web']} web processes killed"
    print(f"  {day.share():4.0%} of the reminders handed over, {day.turns()} turns, {kills}", flush=True)


def main() -> int:
    """Run as told, print the verdict; exit code 1 when anything is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.kill.messages", description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--replies", type=int, default=1_000)
    parser.add_argument("--kills", type=int, default=6, help="of workers, and as many of the web process")
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(2**31))
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is ended on the way out
    print(f"seed {given.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="cer-kill-") as directory:
        verdict = run(Path(directory), messages=given.messages, replies=given.replies, kills=given.kills, seed=given.seed)
    print(verdict)
    return 1 if verdict.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
