"""Whether this process lives, and whether the system can do its work: for load balancers, for `cer demo`, for people."""

import os
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from channels import clock
from registry import schema

HEARTBEAT_FILE = "worker.heartbeat"
HEARTBEAT_STALE_SECONDS = 15.0
DONE = "ok"

Check = Callable[[], str]  # says "ok" or, in a word or two, what is wrong


def beat(data_dir: Path) -> None:
    """Leave a sign of the worker's life; its age is what counts."""
    file = data_dir / HEARTBEAT_FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    os.utime(file)


def forget(data_dir: Path) -> None:
    """Before a start: a sign of life of an earlier worker says nothing about the next one."""
    (data_dir / HEARTBEAT_FILE).unlink(missing_ok=True)


def worker_alive(data_dir: Path) -> str:
    """Whether the worker of this data directory gave a sign of life lately."""
    try:
        age = clock.now().timestamp() - (data_dir / HEARTBEAT_FILE).stat().st_mtime
    except FileNotFoundError:
        return "not started"
    return DONE if age < HEARTBEAT_STALE_SECONDS else "silent"


def database_ready(engine: Engine) -> str:
    """Whether the database answers and has every table that this program expects."""
    try:
        return "not migrated" if schema.pending(engine) else DONE
    except SQLAlchemyError:
        return "unreachable"


def report(checks: dict[str, Check]) -> tuple[bool, dict[str, str]]:
    """Run every check. Returns whether all are well, and what each said."""
    answers = {what: check() for what, check in checks.items()}
    return all(answer == DONE for answer in answers.values()), answers
