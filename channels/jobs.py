"""How the worker keeps its jobs going: each by itself, each failure counted and tried again, all stopped together."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from time import perf_counter
from typing import NamedTuple

import structlog
from sqlalchemy import Engine

from channels import metrics

LONGEST_PAUSE = 60.0  # seconds between two tries of what keeps failing

log = structlog.get_logger("worker")


class Job(NamedTuple):
    """Work found by asking the database what is due: run in a thread, then again after `seconds`."""

    name: str
    seconds: float
    run: Callable[[Engine, datetime], object]


class Task(NamedTuple):
    """Work that keeps itself going until `stop` is set, such as the dispatcher; started again when it fails or ends."""

    name: str
    run: Callable[[asyncio.Event], Awaitable[None]]


async def keep_job(job: Job, engine: Engine, clock: Callable[[], datetime], stop: asyncio.Event) -> None:
    """Run the job again and again until `stop`; a run in progress is finished."""
    failures = 0
    while not stop.is_set():
        began = perf_counter()
        try:
            await asyncio.to_thread(job.run, engine, clock())
        except Exception as error:  # noqa: BLE001 - the border of a job: counted, logged, tried again
            failures += 1
            _failed(job.name, error)
            await pause(stop, _back_off(job.seconds, failures))
        else:
            failures = 0
            _done(job.name, perf_counter() - began)
            await pause(stop, job.seconds)


async def keep_task(task: Task, stop: asyncio.Event) -> None:
    """Run the task until `stop`; start it again, after a growing pause, when it fails or ends before."""
    failures = 0
    while not stop.is_set():
        began = perf_counter()
        try:
            await task.run(stop)
        except Exception as error:  # noqa: BLE001 - the border of a task: counted, logged, started again
            _failed(task.name, error)
        if stop.is_set():
            return
        failures = 1 if perf_counter() - began > LONGEST_PAUSE else failures + 1
        await pause(stop, _back_off(1.0, failures))


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait, but not for longer than `stop` takes."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


def _back_off(seconds: float, failures: int) -> float:
    return min(LONGEST_PAUSE, max(seconds, 2.0 ** min(failures - 1, 10)))


def _done(name: str, seconds: float) -> None:
    metrics.JOB_RUNS.labels(name, "done").inc()
    metrics.JOB_SECONDS.labels(name).observe(seconds)
    metrics.JOB_LAST_DONE.labels(name).set_to_current_time()


def _failed(name: str, error: Exception) -> None:
    metrics.JOB_RUNS.labels(name, "failed").inc()
    log.error("job failed, will be tried again", job=name, exc_info=error)
