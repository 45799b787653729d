"""`cer simulate pilot`: the pilot lived again on a scratch database, and what came of it (R127, R74)."""

import gc
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress
from sqlalchemy import Engine, text
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.orm import Session

from channels.registry_cli.check import line
from channels.registry_cli.frame import FAILED, WRONG, stop
from channels.simulation import figures
from channels.simulation.pilot import Lived, Pilot, at
from channels.simulation.size import DAYS, FIRST_DAY, ImpossibleSize, Size
from dialogs.understanding import Interpreter
from registry import invariants, schema
from registry.database import create_engine
from registry.embedded import EmbeddedPostgres, PostgresDidNotStart
from registry.invariants import Finding, rehearsal

SCRATCH = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "shared_buffers": "512MB", "max_wal_size": "4GB"}

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help="Lives through invented weeks and checks what came of them.")


@app.callback()
def simulate() -> None:
    """A simulation changes nothing but a database of its own."""


@app.command()
def pilot(
    scale: Annotated[float, typer.Option(help="Part of the pilot's size; 1 is 637 clinics and 1.5 million visits.")] = 0.01,
    seed: Annotated[int, typer.Option(help="The same seed and version give the same weeks.")] = 1,
    days: Annotated[int, typer.Option(help="How many days to live.")] = DAYS,
    database: Annotated[str | None, typer.Option(metavar="URL", help="An empty database; by default a scratch one.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The last line is one JSON object.")] = False,
) -> None:
    """Live the pilot through the real use cases; exit code 1 when an invariant is broken."""
    try:
        size = Size(scale, seed, days)
    except ImpossibleSize as error:
        stop(str(error), WRONG)
    with _empty(database) as engine:
        lived = _lived(engine, size)
        found, told = _looked_at(engine, size, lived)
    broken = [one for one in found if one.count]
    told["invariants"] = {one.invariant.name: one.count for one in found} | {rehearsal.NAME: len(lived.differently)}
    told["invariants_broken"] = len(broken) + bool(lived.differently)
    told["compared_with_slot_by_slot"] = lived.rehearsed
    for one in broken:
        typer.echo(line(one), err=True)
    typer.echo(json.dumps(told, ensure_ascii=False) if as_json else _report(told))
    if told["invariants_broken"]:
        raise typer.Exit(FAILED)


@contextmanager
def _empty(url: str | None) -> Iterator[Engine]:
    """A migrated database without anybody in it; one line and exit code 1 or 2 where there is none."""
    try:
        with _somewhere(url) as address:
            engine = create_engine(address)
            try:
                schema.upgrade(engine)
                with engine.connect() as connection:
                    if connection.scalar(text("SELECT EXISTS (SELECT FROM providers) OR EXISTS (SELECT FROM patients)")):
                        stop("that database is not empty; a simulation needs one of its own", WRONG)
                yield engine
            finally:
                engine.dispose()
    except ArgumentError:
        stop("--database wants an address such as postgresql://user@host/name", WRONG)
    except PostgresDidNotStart as error:
        stop(str(error), FAILED)
    except OperationalError as error:
        stop(f"the database does not answer: {str(error.orig).splitlines()[0]}", FAILED)


@contextmanager
def _somewhere(url: str | None) -> Iterator[str]:
    if url is not None:
        yield url
        return
    with (
        tempfile.TemporaryDirectory(prefix="cer-simulation-") as directory,
        EmbeddedPostgres(Path(directory) / "postgres", settings=SCRATCH) as server,
    ):
        yield server.url()


def _lived(engine: Engine, size: Size) -> Lived:
    with Progress(console=Console(file=sys.stderr)) as progress:
        bar = progress.add_task("reading", total=size.days)
        weeks = Pilot(engine, size, Interpreter.load())
        gc.freeze()  # what was loaded stays; looking through it again and again costs a tenth of the run

        def seen(day: date, number: int, _of: int) -> None:
            progress.update(bar, completed=number, description=f"{day}")

        return weeks.live(seen)


def _looked_at(engine: Engine, size: Size, lived: Lived) -> tuple[list[Finding], dict[str, Any]]:
    until: datetime = at(FIRST_DAY + timedelta(days=size.days), time(0))
    with Session(engine) as session:
        found = invariants.check(session)
        return found, figures.read(session, size, until=until, seconds=lived.seconds) | {"answers": lived.outcomes}


def _report(told: dict[str, Any]) -> str:
    """The figures for the eye."""
    visits, source = told["visits"], told["cancellations_of_the_source"]
    lines = [
        (f"{told['clinics']} clinics, {told['days']} days: {visits['made']} visits made (of the source {told['visits_of_the_source']}), "
         f"{visits['fulfilled']} realised, {visits['no_shows']} missed, {visits['ahead']} ahead"),
        (f"cancelled {visits['cancelled']}: by SMS {visits['by_sms']} ({source['by_sms']}), elsewhere {visits['elsewhere']} "
         f"({source['elsewhere']}), by clinics {visits['by_clinics']} ({source['by_clinics']})"),
    ]  # fmt: skip
    lines += [
        f"freed {name}: {one['freed']}, used again {one['used_again']} ({one['refill_rate']}): {one['assigned']} assigned, "
        f"{one['accepted']} offers accepted, {one['booked']} booked" for name, one in told["freed_slots"].items()
    ]  # fmt: skip
    lines += [
        f"{name}: {one['served']} served, days until a visit was found P50 {one['p50_days']}, P90 {one['p90_days']}; still waiting "
        f"{told['still_waiting'].get(name, 0)}" for name, one in told["waiting_days"].items()
    ]  # fmt: skip
    lines += [
        f"{name}: {one['written']} written, {one['delivered']} delivered, {one['lost']} lost, {one['suppressed']} suppressed, "
        f"{one['received']} received" for name, one in told["messages"].items()
    ]  # fmt: skip
    lines.append(f"{told['seconds']} s, {told['seconds_per_100k_visits']} s for each 100,000 visits")
    lines.append(f"{len(told['invariants'])} invariants, {told['invariants_broken']} broken: {', '.join(told['invariants'])}")
    return "\n".join(lines)
