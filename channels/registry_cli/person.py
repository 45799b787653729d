"""`cer person …`: what is kept of one person, to hand over; and its erasure (X34). Both are noted in the audit."""

import json
import sys
from base64 import b64encode
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from channels import clock
from channels.operators import sessions
from channels.recordings import delete_due, file_of
from channels.registry_cli.frame import FAILED, plain, registry_engine, settings, stop
from channels.settings import recordings_folder
from registry import privacy, schema
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
            sessions.audit(session, None, "person_exported", now=clock.now(), patient_id=patient_id)
            found = privacy.everything(session, patient_id, schema.metadata())
        _with_sound(found.get("recordings", []), recordings_folder(settings()))
    except privacy.NoSuchPerson:
        stop("nobody is registered with this number", FAILED)
    typer.echo(json.dumps(found, ensure_ascii=False, indent=2, default=plain))


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
                done = privacy.erase(session, patient_id, now=clock.now())
                sessions.audit(session, None, "person_erased", now=clock.now(), patient_id=patient_id)
            delete_due(engine, clock.now(), folder=recordings_folder(settings()))
    except privacy.NoSuchPerson:
        stop("nobody is registered with this number", FAILED)
    except privacy.LegalHold as held:
        stop(f"nothing was erased: still open: {held}", FAILED)
    typer.echo(f"erased: {done.messages} messages emptied, {done.addresses} addresses forgotten")


def _with_sound(rows: Iterable[dict[str, Any]], folder: Path) -> None:
    """Add to each recording its sound: a WAV file in base64, None where the call ended before there was any."""
    for row in rows:
        file = file_of(folder, row["name"])
        row["wav"] = b64encode(file.read_bytes()).decode() if file.exists() and row["erased_at"] is None else None


def _given(identifier: str | None) -> str:
    """The number as an argument, or from standard input, where it stays out of the shell's history."""
    return identifier or sys.stdin.readline().strip()
