"""The worker process put together: what is due is found and done, reminders, expiries, retries; messages are sent.

Any number of workers on any number of machines may run: every job takes its work from the database under a lock of the
database, so a worker that dies leaves nothing undone and nothing half done.
"""

import asyncio
import os
import secrets
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial

import structlog
from sqlalchemy import Engine

from channels import calling, clock, health, posting, pushing, upkeep
from channels.jobs import Job, Task, keep_job, keep_task, pause
from channels.policy import policy
from channels.settings import Settings
from channels.sms.carrier import Carrier
from channels.sms.dispatcher import Dispatcher
from channels.voice.dialler import Dialler
from dialogs import notices
from registry import allocation, forecast, night, reminders
from registry.catalogue import Policy
from registry.database import transaction
from registry.outbox import Claimed

HEARTBEAT_SECONDS = 1.0
LOOK_SECONDS = 0.1
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
        """Slot by slot, but not into a night at work; while no night has been done yet, this is its safety net (R51)."""
        return 0 if night.at_work(engine) else allocation.place_due(engine, now=now, policy=rules)

    def unlock(engine: Engine, now: datetime) -> bool:
        return night.run_due(engine, clock=clock.now, now=now, policy=rules)

    def estimate(engine: Engine, now: datetime) -> bool:
        return forecast.refresh_due(engine, now=now, policy=rules)

    return [
        Job("release_held_slots", 1.0, release),
        Job("expire_offers", 1.0, expire),
        Job("run_the_night", 1.0, unlock),
        Job("place_freed_slots", 1.0, place),
        Job("estimate_dates", 60.0, estimate),
        Job("write_reminders", 5.0, partial(_write_reminders, rules=rules)),
        *upkeep.jobs(settings),
    ]


def tasks(settings: Settings, engine: Engine) -> list[Task]:
    """The list of everything that keeps itself going, beside the jobs."""

    async def dispatch(stop: asyncio.Event) -> None:
        carrier = _carrier(settings)
        try:
            await Dispatcher(engine, carrier, _words, name=_name(), policy=policy(settings), clock=clock.now).run(stop)
        finally:
            await carrier.close()

    async def ring(stop: asyncio.Event) -> None:
        telephony = calling.carrier(settings)
        try:
            await Dialler(engine, telephony, calling.words, name=_name(), policy=policy(settings), clock=clock.now).run(stop)
        finally:
            await telephony.close()

    async def post(stop: asyncio.Event) -> None:
        await posting.send(settings, engine, _name(), clock.now, stop)

    async def push(stop: asyncio.Event) -> None:
        await pushing.send(settings, engine, _name(), clock.now, stop)

    return [Task("send_pushes", push), Task("dispatch_messages", dispatch), Task("send_letters", post), Task("ring_landlines", ring)]


def _carrier(settings: Settings) -> Carrier:
    if settings.twilio_account_sid is None or settings.twilio_auth_token is None or settings.twilio_number is None:
        raise ValueError("sending needs CER_TWILIO_ACCOUNT_SID, CER_TWILIO_AUTH_TOKEN and CER_TWILIO_NUMBER")
    return Carrier(
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token.get_secret_value(),
        number=settings.twilio_number,
        callback=f"{settings.public_url}/sms/status",
        base_url=settings.twilio_base_url,
    )


def _words(message: Claimed) -> str:
    return notices.words(message.kind, message.facts, language=message.language, channel="sms")


def _name() -> str:
    """A name that no other worker has, nor this one after its next start: claims of a dead one must not look like ours."""
    return f"{socket.gethostname()}.{os.getpid()}.{secrets.token_hex(4)}"


async def run(settings: Settings, engine: Engine, stop: asyncio.Event) -> None:
    """Keep every job and task going until `stop` is set, then let each finish what it has begun."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS, "job"))
    await _database_there(engine, stop)
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


async def _database_there(engine: Engine, stop: asyncio.Event) -> None:
    """Wait until somebody has started and migrated the database: both may begin together with us."""
    while not stop.is_set() and await asyncio.to_thread(health.database_ready, engine) != health.DONE:
        await pause(stop, LOOK_SECONDS)


async def _beat(settings: Settings, stop: asyncio.Event) -> None:
    """A sign of life from the loop itself: it stops when the loop is stuck."""
    while not stop.is_set():
        health.beat(settings.data_dir)
        await pause(stop, HEARTBEAT_SECONDS)
