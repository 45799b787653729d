"""`cer allocate` and `cer explain`: the night's run by hand, why a patient still waits, and who waits too long (R50, X22, X23)."""

import json
import sys
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any, Final, NoReturn

import typer
from rich.console import Console
from rich.progress import Progress, TaskID

from channels import clock
from channels.policy import policy
from channels.processes import database, engine_of
from channels.secrets import completed
from channels.settings import Settings, SettingsError, load
from registry import explanations, night
from registry.database import transaction
from registry.decisions import Run

FAILED: Final = 1
WRONG_USE: Final = 2
TODAY: Final = "The Warsaw date; only today's night can be run, it takes in what earlier ones left."

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help="The waiting room's night, and its explanation.")
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]


@app.command()
def allocate(
    on: Annotated[str | None, typer.Option("--date", metavar="YYYY-MM-DD", help=TODAY)] = None, as_json: AsJson = False
) -> None:
    """Give the day that unlocked to the waiting room, once for each date; a run that was broken off is finished."""
    day = _day(on)
    try:
        with database(_settings()) as settings, engine_of(settings) as engine, _progress() as progress:
            done = night.run(engine, clock=clock.now, day=day, policy=policy(settings), progress=_Shown(progress))
    except night.NightRunning:
        _fail("another process runs this night now", FAILED)
    except night.WrongDate as error:
        _fail(str(error), WRONG_USE)
    typer.echo(json.dumps(_told(done), default=_text) if as_json else _line(done))


@app.command()
def explain(entry: Annotated[int, typer.Argument(help="The entry's number.")], as_json: AsJson = False) -> None:
    """Why this entry still waits: each suiting slot that others got since it joined, by which rule. Names nobody."""
    try:
        with database(_settings()) as settings, engine_of(settings) as engine, transaction(engine) as session:
            told = explanations.explain(session, entry)
    except LookupError as error:
        _fail(str(error), FAILED)
    if as_json:
        typer.echo(json.dumps(asdict(told), default=_text, ensure_ascii=False))
        return
    typer.echo(f"entry {told.entry_id}: {told.state} since {told.joined_at:%Y-%m-%d %H:%M} UTC, {told.ahead} ahead of it")
    for why, number in sorted(told.reasons.items()):
        typer.echo(f"{number} × {explanations.MEANING[why]}")
    for given in told.newest:
        typer.echo(f"  {given.starts_at:%Y-%m-%d %H:%M} UTC, {given.place}: {explanations.MEANING[given.why]}")


@app.command()
def starving(service: Annotated[str, typer.Argument(help="The service's code.")] = "CARDIO_FIRST", as_json: AsJson = False) -> None:
    """Who has waited longer than 99 of 100, and whose wishes nothing can ever meet."""
    with database(_settings()) as settings, engine_of(settings) as engine, transaction(engine) as session:
        told = explanations.watch(session, service, now=clock.now())
    if as_json:
        typer.echo(json.dumps(asdict(told), default=_text))
        return
    typer.echo(f"longer than {told.p99.days} days: {told.oldest}")
    for why, entries in told.hopeless.items():
        typer.echo(f"{why}: {entries}")


class _Shown:
    """The run's steps as a bar on stderr."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bars: dict[str, TaskID] = {}

    def __call__(self, step: str, done: int, of: int) -> None:
        bar = self._bars.get(step)
        if bar is None:
            bar = self._bars[step] = self._progress.add_task(step)
        self._progress.update(bar, completed=done, total=max(of, done))


def _progress() -> Progress:
    return Progress(console=Console(file=sys.stderr))


def _told(done: Run) -> dict[str, Any]:
    names = (
        "local_date", "state", "started_at", "finished_at", "starts", "waiting", "slots", "assigned", "offered", "published", "lost",
        "input_hash", "output_hash",
    )  # fmt: skip
    return {name: getattr(done, name) for name in names}


def _line(done: Run) -> str:
    return (
        f"{done.local_date}: {done.slots} slots for {done.waiting} waiting: {done.assigned} assigned, {done.offered} offered, "
        f"{done.published} published, {done.lost} lost"
    )


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def _day(given: str | None) -> date | None:
    try:
        return None if given is None else date.fromisoformat(given)
    except ValueError:
        _fail(f"{given} is no date; write YYYY-MM-DD", WRONG_USE)


def _settings() -> Settings:
    try:
        return completed(load())
    except SettingsError as error:
        _fail(str(error), WRONG_USE)


def _fail(line: str, code: int) -> NoReturn:
    typer.echo(f"cer: {line}", err=True)
    sys.exit(code)
