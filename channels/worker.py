"""The worker process put together: what is due is found and done, reminders, expiries, retries; messages are sent.

Any number of workers on any number of machines may run: every job takes its work from the database under a lock of the
database, so a worker that dies leaves nothing undone and nothing half done.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial

import structlog
from sqlalchemy import Engine

from channels import clock, health
from channels.jobs import Job, Task, keep_job, keep_task, pause
from channels.policy import policy
from channels.settings import Settings
from registry import allocation, reminders
from registry.catalogue import Policy
from registry.database import transaction

HEARTBEAT_SECONDS = 1.0
THREADS = 16

log = structlog.get_logger("worker")


def jobs(settings: Settings) -> list[Job]:
    """The list of everything that is looked for again and again, with the seconds between two looks."""
    rules = policy(settings)

    def release(engine: Engine, now: datetime) -> int:
        return allocation.release_due(engine, now=now, policy=rules)

    def expire(engine: Engine, now: datetime) -> int:
        return allocation.expire_due(engine, now=now, policy=rules)

    def place(engine: Engine, now: datetime) -> int:
        return allocation.place_due(engine, now=now, policy=rules)

    return [
        Job("release_held_slots", 1.0, release),
        Job("expire_offers", 1.0, expire),
        Job("place_freed_slots", 1.0, place),
        Job("write_reminders", 5.0, partial(_write_reminders, rules=rules)),
    ]


def tasks(settings: Settings, engine: Engine) -> list[Task]:  # noqa: ARG001 - the dispatcher will need both
    """The list of everything that keeps itself going, beside the jobs."""
    return []


async def run(settings: Settings, engine: Engine, stop: asyncio.Event) -> None:
    """Keep every job and task going until `stop` is set, then let each finish what it has begun."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS, "job"))
    to_do = jobs(settings)
    log.info("worker started", jobs=[job.name for job in to_do])
    async with asyncio.TaskGroup() as group:
        group.create_task(_beat(settings, stop))
        for job in to_do:
            group.create_task(keep_job(job, engine, clock.now, stop))
        for task in tasks(settings, engine):
            group.create_task(keep_task(task, stop))
    log.info("worker stopped")


def _write_reminders(engine: Engine, now: datetime, rules: Policy) -> int:
    with transaction(engine) as session:
        return reminders.write_due(session, now=now, policy=rules)


async def _beat(settings: Settings, stop: asyncio.Event) -> None:
    """A sign of life from the loop itself: it stops when the loop is stuck."""
    while not stop.is_set():
        health.beat(settings.data_dir)
        await pause(stop, HEARTBEAT_SECONDS)
