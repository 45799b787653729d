"""What every command over the registry begins with: the settings, a database, a session; and how it ends when that cannot be."""

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer
from rich.console import Console
from rich.progress import Progress, TaskID
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from channels.data_directory import NotOurDirectory
from channels.processes import database, engine_of
from channels.secrets import completed
from channels.settings import Settings, SettingsError, load
from registry.embedded import PostgresDidNotStart
from registry.events import Actor

FAILED = 1
WRONG = 2


@contextmanager
def registry_engine() -> Iterator[Engine]:
    """The engine of this installation's registry; one line and exit code 1 or 2 where there is none."""
    try:
        with database(settings()) as complete, engine_of(complete) as engine:
            yield engine
    except (NotOurDirectory, PostgresDidNotStart) as error:
        stop(str(error), FAILED)
    except OperationalError as error:
        stop(f"the database does not answer: {str(error.orig).splitlines()[0]}", FAILED)


def settings() -> Settings:
    """The settings of this installation; one line and exit code 1 or 2 where they cannot be."""
    try:
        return completed(load())
    except SettingsError as error:
        stop(str(error), WRONG)
    except NotOurDirectory as error:
        stop(str(error), FAILED)


@contextmanager
def registry() -> Iterator[Session]:
    """A session to read with; nothing is committed."""
    with registry_engine() as engine, Session(engine) as session:
        yield session


def typist(channel: str = "console") -> Actor:
    """Who types a command: an operator, by the name of the account on this machine (R9); at a clinic's `desk` for its own acts."""
    return Actor("operator", channel, name=getpass.getuser())


def stop(line: str, code: int) -> NoReturn:
    """End the command with one line of explanation."""
    typer.echo(f"cer: {line}", err=True)
    sys.exit(code)


class Steps:
    """A long command's steps as bars on stderr."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bars: dict[str, TaskID] = {}

    def __call__(self, step: str, done: int, of: int) -> None:
        if step not in self._bars:
            self._bars[step] = self._progress.add_task(step)
        self._progress.update(self._bars[step], completed=done, total=max(of, done, 1))


@contextmanager
def steps() -> Iterator[Steps]:
    """Shows the steps of what runs meanwhile."""
    with Progress(console=Console(file=sys.stderr)) as progress:
        yield Steps(progress)
