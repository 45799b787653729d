"""`cer allocate` and `cer explain`: the night's run by hand, why a patient still waits, and who waits too long (R50, X22, X23)."""

import json
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Final

import typer

from channels import clock
from channels.plain_json import plain
from channels.policy import policy
from channels.registry_cli.frame import FAILED, WRONG, registry, registry_engine, settings, steps, stop
from registry import explanations, night
from registry.decisions import Run

TODAY: Final = "The Warsaw date; only today's night can be run, it takes in what earlier ones left."

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help="The waiting room's night, and its explanation.")
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]


@app.command()
def allocate(
    on: Annotated[str | None, typer.Option("--date", metavar="YYYY-MM-DD", help=TODAY)] = None, as_json: AsJson = False
) -> None:
    """Give the day that unlocked to the waiting room, once for each date; a run that was broken off is finished."""
    day, rules = _day(on), policy(settings())
    try:
        with registry_engine() as engine, steps() as shown:
            done = night.run(engine, clock=clock.now, day=day, policy=rules, progress=shown)
    except night.NightRunning:
        stop("another process runs this night now", FAILED)
    except night.WrongDate as error:
        stop(str(error), WRONG)
    typer.echo(json.dumps(_told(done), default=plain) if as_json else _line(done))


@app.command()
def explain(entry: Annotated[int, typer.Argument(help="The entry's number.")], as_json: AsJson = False) -> None:
    """Why this entry still waits: each suiting slot that others got since it joined, by which rule. Names nobody."""
    try:
        with registry() as session:
            told = explanations.explain(session, entry)
    except LookupError as error:
        stop(str(error), FAILED)
    if as_json:
        typer.echo(json.dumps(asdict(told), default=plain, ensure_ascii=False))
        return
    typer.echo(f"entry {told.entry_id}: {told.state} since {told.joined_at:%Y-%m-%d %H:%M} UTC, {told.ahead} ahead of it")
    for why, number in sorted(told.reasons.items()):
        typer.echo(f"{number} × {explanations.MEANING[why]}")
    for given in told.newest:
        typer.echo(f"  {given.starts_at:%Y-%m-%d %H:%M} UTC, {given.place}: {explanations.MEANING[given.why]}")


@app.command()
def starving(service: Annotated[str, typer.Argument(help="The service's code.")] = "CARDIO_FIRST", as_json: AsJson = False) -> None:
    """Who has waited longer than 99 of 100, and whose wishes nothing can ever meet."""
    with registry() as session:
        told = explanations.watch(session, service, now=clock.now())
    if as_json:
        typer.echo(json.dumps(asdict(told), default=plain))
        return
    typer.echo(f"longer than {told.p99.days} days: {told.oldest}")
    for why, entries in told.hopeless.items():
        typer.echo(f"{why}: {entries}")


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


def _day(given: str | None) -> date | None:
    try:
        return None if given is None else date.fromisoformat(given)
    except ValueError:
        stop(f"{given} is no date; write YYYY-MM-DD", WRONG)
