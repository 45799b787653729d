"""`cer person …`: what is kept of one person, to hand over; and its erasure (X34). Both are noted in the audit."""

import sys
from typing import Annotated

import typer

from channels import clock
from channels.operators import own_data
from channels.registry_cli.frame import FAILED, registry_engine, settings, stop
from channels.settings import recordings_folder
from registry import privacy
from registry.database import transaction

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help="One person's own data.", no_args_is_help=True)

Identifier = Annotated[str | None, typer.Argument(help="The person's number; without it, it is read from standard input.")]
System = Annotated[str, typer.Option(help="Which kind of number.")]


@app.command()
def export(identifier: Identifier = None, system: System = "PESEL") -> None:
    """Print everything that is kept of a person as JSON, table by table, with who looked at it."""
    try:
        with registry_engine() as engine, transaction(engine) as session:
            patient_id = privacy.find(session, _given(identifier), system=system)
            found = own_data.handed_over(session, patient_id, who=None, now=clock.now())
        told = own_data.written(found, recordings_folder(settings()))
    except privacy.NoSuchPerson:
        stop("nobody is registered with this number", FAILED)
    typer.echo(told)


@app.command()
def erase(
    identifier: Identifier = None, system: System = "PESEL",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:  # fmt: skip
    """Make a person unrecognisable for good; refused while a visit, a place in the queue, a task or a message stands open."""
    number = _given(identifier)
    if not yes:
        typer.confirm("This cannot be undone. Erase this person?", abort=True)
    try:
        with registry_engine() as engine:
            with transaction(engine) as session:
                patient_id = privacy.find(session, number, system=system)
                done = own_data.erased(session, patient_id, who=None, now=clock.now())
            own_data.given_up(engine, now=clock.now(), folder=recordings_folder(settings()))
    except privacy.NoSuchPerson:
        stop("nobody is registered with this number", FAILED)
    except privacy.AlreadyErased:
        stop("nothing was erased: this person was erased before", FAILED)
    except privacy.LegalHold as held:
        stop(f"nothing was erased: still open: {held}", FAILED)
    typer.echo(f"erased: {done.messages} messages emptied, {done.addresses} addresses forgotten")


def _given(identifier: str | None) -> str:
    """The number as an argument, or from standard input, where it stays out of the shell's history."""
    return identifier or sys.stdin.readline().strip()
