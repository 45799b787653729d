"""Messages out and in per second, and what they cost: `python -m tests.bench.messages` (make bench-messages).

Out: `cer worker` with the real twilio client against the simulated carrier, a process of its own that takes 20 ms for every answer
and sends no receipts; reminders are worded, claimed, sent, settled. Beside it a plain Celery worker with Redis that only sends.
In: signed `POST /sms/inbound` over 64 connections to two web processes: whole turns of patients who cancel, confirm and ask; apart,
strangers' messages, which are stored and answered but touch no visit; and turns that come at a steady rate. Where 64 connections
always wait, the mean time is 64 divided by the rate and says nothing more; the steady rate shows how long a message takes.

Every part runs three times; min / median / max are printed, and how steady the machine was meanwhile.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median

import redis
from sqlalchemy import text

from registry import reminders
from registry.catalogue import POLICY
from registry.database import transaction
from tests.bench import world
from tests.bench.hammer import Blows, drip, hammer, request
from tests.bench.stage import ACCOUNT, SERVICE, TOKEN, Stage, children, cpu_seconds, now, stage, wait_until
from tests.ports import free_port

LATENCY = 0.02  # seconds that the carrier takes for every answer
CONNECTIONS = 64
STEADY = 100  # a second, twice what the whole country's busiest two hours bring
WEB_PROCESSES = 2
CELERY_PROCESSES = 16
SAYINGS = ("nie dam rady, proszę odwołać", "ODWOLAJ", "TAK", "Dzien dobry, bede na wizycie", "o której mam wizytę?")
WORDS = "Przypominamy: wizyta 27.11 o 10:20, Poradnia Kardiologiczna Bulwar, Torun. Potwierdza TAK, odwoluje ODWOLAJ."
_sids = count(1)


@dataclass(frozen=True, slots=True)
class Sent:
    """Messages per second, and processor milliseconds of the worker for each."""

    rate: float
    cost: float


@dataclass(frozen=True, slots=True)
class Taken:
    """Messages taken per second, milliseconds of the median and the 99th of a hundred, processor milliseconds for each."""

    rate: float
    p50: float
    p99: float
    cost: float


def main() -> None:
    """Measure and print."""
    given = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is ended on the way out
    with tempfile.TemporaryDirectory(prefix="cer-bench-") as directory, stage(Path(directory)) as made:
        world.populate(made.engine, visits=max(given.messages, 2 * given.turns * given.rounds), now=now())
        made.start_carrier(latency=LATENCY, receipts=False)
        print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; {given.rounds} rounds; min / median / max", flush=True)
        noise: list[float] = []
        ours = [_noted(noise, lambda: send(made, given.messages)) for _ in range(given.rounds)]
        _tell_sent("out: cer worker, one process", ours, aim="≥ 1,500/s, ≤ 1 ms")
        _beside_celery(made, given, noise, ours)
        full = f"as fast as {CONNECTIONS} connections bring them"
        turns, strangers, steady = receive(made, given.turns, given.rounds, noise)
        _tell_taken(f"in: whole turns, {WEB_PROCESSES} web processes, {full}", turns, aim="≥ 300/s")
        _tell_taken(f"in: strangers' messages, stored and answered, {full}", strangers)
        _tell_taken(f"in: whole turns, a steady {STEADY} a second", steady, aim="p99 < 100 ms")
        _tell("machine: seconds for the same plain loop", noise, "{:.2f}")
        print(f"load at the end {os.getloadavg()[0]:.1f}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.messages", description=__doc__)
    parser.add_argument("--messages", type=int, default=5000, help="sent in each round")
    parser.add_argument("--turns", type=int, default=1000, help="taken in each round")
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def _noted(noise: list[float], measure: Callable[[], Sent]) -> Sent:
    noise.append(plain_loop())
    return measure()


def plain_loop() -> float:
    """Seconds for a fixed piece of work: the same each time on a machine that does nothing else."""
    began = time.perf_counter()
    sum(number * number for number in range(2_000_000))
    return time.perf_counter() - began


# --- out


def send(made: Stage, messages: int) -> Sent:
    """Reminders of so many visits through one worker, from its first accepted message to the last."""
    _write_reminders(made, messages)
    worker = made.start_worker()
    try:
        wait_until(lambda: _accepted(made) > 0, f"nothing is sent: {made.log('worker')[-500:]}")
        first, began, used = _accepted(made), time.perf_counter(), cpu_seconds(worker.pid)
        wait_until(lambda: _accepted(made) >= messages, "not everything is sent", 600)
        sent = messages - first
        return Sent(sent / (time.perf_counter() - began), 1000 * (cpu_seconds(worker.pid) - used) / sent)
    finally:
        made.end(worker)


def _write_reminders(made: Stage, messages: int) -> None:
    """The reminders as a worker writes them at the opening of the day; from the second round on the same ones, queued anew."""
    with transaction(made.engine) as session:
        session.execute(text("UPDATE messages SET state = 'queued', body = NULL, wire_id = NULL, tries = 0, sent_at = NULL"))
        if not session.scalar(text("SELECT count(*) FROM messages")):
            noon = now().replace(hour=11)
            reminders.write_due(session, now=noon, policy=POLICY)
            session.execute(text("DELETE FROM messages WHERE id NOT IN (SELECT id FROM messages LIMIT :n)"), {"n": messages})
        session.execute(text("UPDATE messages SET due_at = now()"))


def _accepted(made: Stage) -> int:
    with made.engine.connect() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM messages WHERE state = 'accepted'")) or 0)


# --- beside it


def _beside_celery(made: Stage, given: argparse.Namespace, noise: list[float], ours: Sequence[Sent]) -> None:
    if shutil.which("redis-server") is None:
        print("out: plain Celery with Redis: left out, there is no redis-server (apt-get install redis-server)")
        return
    with _redis(made) as (url, queue):
        theirs = [_noted(noise, lambda: send_by_celery(made, url, queue, given.messages // 2)) for _ in range(given.rounds)]
    _tell_sent(f"out: plain Celery with Redis, {CELERY_PROCESSES} processes", theirs)
    rate, cost = (median(getattr(one, what) for one in ours) / median(getattr(one, what) for one in theirs) for what in ("rate", "cost"))
    print(f"    ours to Celery's: {rate:.1f} times as many a second for {cost:.2f} times the processor time each (medians)", flush=True)


@contextmanager
def _redis(made: Stage) -> Iterator[tuple[str, "redis.Redis"]]:
    port = free_port()
    server = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
        cwd=made.directory, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        queue = redis.Redis(port=port)
        wait_until(lambda: _pings(queue), "redis does not answer")
        yield f"redis://127.0.0.1:{port}/0", queue
    finally:
        server.terminate()
        server.wait()


def _pings(queue: "redis.Redis") -> bool:
    try:
        return bool(queue.ping())
    except redis.ConnectionError:
        return False


def send_by_celery(made: Stage, url: str, queue: "redis.Redis", messages: int) -> Sent:
    """The same texts through a Celery worker of as many processes as help it, whose tasks wait in Redis when it starts."""
    account = {"BENCH_ACCOUNT": ACCOUNT, "BENCH_TOKEN": TOKEN, "BENCH_NUMBER": SERVICE}
    environment = {"BENCH_REDIS": url, "BENCH_CARRIER": made.base, **account}
    os.environ.update(environment)
    from tests.bench.celery_worker import send as task  # noqa: PLC0415  it reads the environment when it is imported

    for number in range(messages):
        task.delay(world.number(number % 5000 + 1), WORDS)
    worker = made.start(
        "celery", "celery", "-A", "tests.bench.celery_worker", "worker", "--pool", "prefork", "--concurrency", str(CELERY_PROCESSES),
        "--loglevel", "ERROR", "--without-gossip", "--without-mingle", **environment,
    )  # fmt: skip
    try:
        wait_until(lambda: _waiting(queue) < messages - CELERY_PROCESSES * 5, f"Celery takes nothing: {made.log('celery')[-500:]}")
        first, began, used = _waiting(queue), time.perf_counter(), _family_cpu(worker.pid)
        wait_until(lambda: not _waiting(queue), "Celery does not finish", 600)
        return Sent(first / (time.perf_counter() - began), 1000 * (_family_cpu(worker.pid) - used) / first)
    finally:
        made.end(worker)


def _waiting(queue: "redis.Redis") -> int:
    """Tasks that no process has finished: still in the list, or taken and not acknowledged."""
    return int(queue.llen("celery")) + int(queue.hlen("unacked"))  # type: ignore[arg-type]  # the library types both colours at once


def _family_cpu(pid: int) -> float:
    return cpu_seconds(pid) + sum(cpu_seconds(child) for child in children(pid))


# --- in


def receive(made: Stage, turns: int, rounds: int, noise: list[float]) -> tuple[list[Taken], list[Taken], list[Taken]]:
    """Whole turns of patients, each round others; as many messages of numbers that nobody knows; and whole turns at a steady rate."""
    web = made.start_web(WEB_PROCESSES)
    try:
        made.web_answers()
        _post(made, web, [_message(made, f"+4879900{number:04}", "dzień dobry") for number in range(200)])  # connections, caches
        patients, strangers, steady = [], [], []
        for round_ in range(rounds):
            noise.append(plain_loop())
            first = 2 * round_ * turns + 1
            patients.append(_post(made, web, [_said(made, one) for one in range(first, first + turns)]))
            strangers.append(_post(made, web, [_message(made, f"+4872{one:07}", "TAK") for one in range(first, first + turns)]))
            steady.append(_post(made, web, [_said(made, one) for one in range(first + turns, first + 2 * turns)], rate=STEADY))
    finally:
        made.end(web)
    return patients, strangers, steady


def _said(made: Stage, patient: int) -> bytes:
    return _message(made, world.number(patient), SAYINGS[patient % len(SAYINGS)])


def _message(made: Stage, number: str, words: str) -> bytes:
    sid = f"SM{next(_sids):032x}"
    form = {
        "AccountSid": ACCOUNT, "ApiVersion": "2010-04-01", "Body": words, "From": number, "FromCity": "", "FromCountry": "PL",
        "FromState": "", "FromZip": "", "MessageSid": sid, "NumMedia": "0", "NumSegments": "1", "SmsMessageSid": sid, "SmsSid": sid,
        "SmsStatus": "received", "To": SERVICE, "ToCity": "", "ToCountry": "PL", "ToState": "", "ToZip": "",
    }  # fmt: skip
    return request(f"{made.public}/sms/inbound", form, TOKEN)


def _post(made: Stage, web: "subprocess.Popen[bytes]", requests: Sequence[bytes], rate: float | None = None) -> Taken:
    used = _family_cpu(web.pid)
    blows: Blows = hammer(made.web_port, requests, CONNECTIONS) if rate is None else drip(made.web_port, requests, CONNECTIONS, rate)
    if set(blows.statuses) != {200}:
        raise RuntimeError(f"not every message was taken: {dict(blows.statuses)}\n{made.log('web')[-2000:]}")
    cost = 1000 * (_family_cpu(web.pid) - used) / len(requests)
    return Taken(blows.rate, 1000 * blows.percentile(0.5), 1000 * blows.percentile(0.99), cost)


# --- telling


def _tell_sent(what: str, rounds: Sequence[Sent], aim: str = "") -> None:
    print(f"{what}{f' (aim {aim})' if aim else ''}")
    _tell("    sent per second", [one.rate for one in rounds], "{:.0f}")
    _tell("    processor milliseconds each", [one.cost for one in rounds], "{:.2f}")


def _tell_taken(what: str, rounds: Sequence[Taken], aim: str = "") -> None:
    print(f"{what}{f' (aim {aim})' if aim else ''}")
    _tell("    taken per second", [one.rate for one in rounds], "{:.0f}")
    _tell("    p50 milliseconds", [one.p50 for one in rounds], "{:.0f}")
    _tell("    p99 milliseconds", [one.p99 for one in rounds], "{:.0f}")
    _tell("    processor milliseconds each", [one.cost for one in rounds], "{:.2f}")


def _tell(what: str, figures: Sequence[float], form: str) -> None:
    print(f"{what}: " + " / ".join(form.format(figure) for figure in (min(figures), median(figures), max(figures))), flush=True)


if __name__ == "__main__":
    sys.exit(main())
