"""The worker's jobs: each by itself, failures counted and tried again, all stopped together."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import Engine

from channels import health, worker
from channels.jobs import Job, Task, keep_job, keep_task
from channels.policy import policy
from channels.settings import Settings

PATIENCE = 20.0  # seconds after which a test that waits has failed


def _run(work: Coroutine[None, None, None]) -> None:
    asyncio.run(asyncio.wait_for(work, PATIENCE))


def _counted(job: str, outcome: str) -> float:
    return REGISTRY.get_sample_value("cer_job_runs_total", {"job": job, "outcome": outcome}) or 0


class Calls:
    """A job that counts its runs, fails in the first `failing`, and stops everything after the `last`."""

    def __init__(self, last: int, failing: int = 0) -> None:
        self.times: list[datetime] = []
        self.stop = asyncio.Event()
        self._last, self._failing = last, failing

    def __call__(self, engine: Engine, now: datetime) -> None:
        self.times.append(now)
        if len(self.times) == self._last:
            self._loop.call_soon_threadsafe(self.stop.set)
        if len(self.times) <= self._failing:
            raise LookupError("the job's own defect")

    async def keep(self, job: Job, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._loop = asyncio.get_running_loop()
        await keep_job(job, engine, clock, self.stop)


def test_a_job_runs_again_and_again_until_stopped(engine: Engine, now: datetime) -> None:
    calls = Calls(last=3)
    _run(calls.keep(Job("again", 0.001, calls), engine, lambda: now))
    assert calls.times == [now] * 3
    assert _counted("again", "done") == 3


def test_a_failed_run_is_counted_and_tried_again(engine: Engine, now: datetime) -> None:
    calls = Calls(last=2, failing=1)
    _run(calls.keep(Job("failing_once", 0.001, calls), engine, lambda: now))
    assert len(calls.times) == 2
    assert (_counted("failing_once", "failed"), _counted("failing_once", "done")) == (1, 1)


def test_a_failing_job_does_not_hold_up_another(engine: Engine, now: datetime) -> None:
    failing, healthy = Calls(last=1, failing=1), Calls(last=5)

    async def both() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(failing.keep(Job("failing", 60.0, failing), engine, lambda: now))
            group.create_task(healthy.keep(Job("healthy", 0.001, healthy), engine, lambda: now))

    _run(both())
    assert len(healthy.times) == 5


def test_stopping_ends_a_long_pause_at_once(engine: Engine, now: datetime) -> None:
    calls = Calls(last=1)
    _run(calls.keep(Job("rare", 3600.0, calls), engine, lambda: now))
    assert len(calls.times) == 1


@pytest.mark.parametrize("ending", [LookupError("broken"), None])
def test_a_task_that_fails_or_ends_is_started_again(ending: Exception | None) -> None:
    starts = 0

    async def run(stop: asyncio.Event) -> None:
        nonlocal starts
        starts += 1
        if starts == 2:
            stop.set()
        if ending:
            raise ending

    async def main() -> None:
        await keep_task(Task("dispatcher", run), asyncio.Event())

    _run(main())
    assert starts == 2


def test_the_worker_runs_its_jobs_gives_signs_of_life_and_stops(engine: Engine, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    before = _counted("write_reminders", "done")

    async def main() -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(worker.run(settings, engine, stop))
        while health.worker_alive(tmp_path) != "ok" or any(_counted(job.name, "done") == 0 for job in worker.jobs(settings)):
            await asyncio.to_thread(lambda: None)
        stop.set()
        await running

    _run(main())
    assert _counted("write_reminders", "done") > before
    assert _counted("write_reminders", "failed") == 0


def test_every_job_has_a_name_of_its_own(tmp_path: Path) -> None:
    names = [job.name for job in worker.jobs(Settings(data_dir=tmp_path))]
    assert len(set(names)) == len(names) > 0


def test_the_settings_change_what_they_may_of_the_policy(tmp_path: Path) -> None:
    """D6 and D10 in the demo: an undo of seconds, any hour, no spreading; all else as decided."""
    rules = policy(Settings(data_dir=tmp_path))
    assert rules.undo_hold.total_seconds() == 5
    assert not rules.spread_reminders
    assert rules.hours("sms") == rules.hours("voice") == rules.near_hours
    assert rules.assign_above.total_seconds() == 72 * 3600
