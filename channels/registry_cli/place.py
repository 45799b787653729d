"""`cer place`: a place of a clinic leaves the central registration, or takes part again (R58)."""

import json
from dataclasses import asdict
from functools import partial
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from channels import clock
from channels.registry_cli.frame import FAILED, registry_engine, stop, typist
from registry import departures
from registry.database import in_transaction
from registry.departures import Departed
from registry.schedules import Place

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help="A place leaves, or comes back.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(metavar="PLACE", help="The place's number, as `cer compliance` prints it.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]


@app.command()
def leave(place: Number, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False, as_json: AsJson = False) -> None:
    """Take its unsold dates off, keep its visits, and ask who waits for it alone for another clinic. Run again, it changes nothing."""
    with registry_engine() as engine:
        named = in_transaction(engine, partial(_name, place_id=place))
        if not yes:
            typer.confirm(f"{named} leaves: its unsold dates are withdrawn and patients are written to. Go on?", abort=True, err=True)
        done = in_transaction(engine, partial(departures.leave, place_id=place, actor=typist(), now=clock.now()))
    typer.echo(json.dumps(asdict(done)) if as_json else _line(done))


@app.command()
def back(place: Number) -> None:
    """It takes part again; its schedules are announced anew."""
    with registry_engine() as engine:
        named = in_transaction(engine, partial(_name, place_id=place))
        in_transaction(engine, partial(departures.come_back, place_id=place, actor=typist(), now=clock.now()))
    typer.echo(f"{named} takes part again")


def _name(session: Session, place_id: int) -> str:
    found = session.get(Place, place_id)
    if found is None:
        stop(f"there is no place with the number {place_id}", FAILED)
    return f"{found.name}, {found.street}, {found.city}"


def _line(done: Departed) -> str:
    return f"{done.slots} dates withdrawn, {done.visits} visits stay, {done.narrowed} wait for their other clinics, {done.asked} asked"
