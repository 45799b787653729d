"""`cer check`: whether everything that must always hold does hold in this database. It reads and changes nothing."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from sqlalchemy import text
from sqlalchemy.orm import Session

from channels.policy import policy
from channels.registry_cli.frame import FAILED, registry_engine, settings
from registry import invariants
from registry.invariants import INVARIANTS, Finding
from registry.invariants.sentence import Invariant


def check(as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """Ask every invariant of the live database, read-only and as of one instant; exit code 1 when one is broken."""
    rules = policy(settings())
    with registry_engine() as engine, engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        connection.execute(text("SET TRANSACTION READ ONLY"))
        with Session(connection) as session, Progress(console=Console(stderr=True)) as progress:
            bar = progress.add_task("invariants", total=len(INVARIANTS))

            def seen(_: Invariant) -> None:
                progress.advance(bar)

            found = invariants.check(session, policy=rules, seen=seen)
    broken = [one for one in found if one.count]
    if as_json:
        facts = {one.invariant.name: {"broken": one.count, "of": one.invariant.of, "examples": one.examples} for one in found}
        typer.echo(json.dumps({"invariants_broken": len(broken), "invariants": facts}))
    else:
        for one in broken:
            typer.echo(line(one))
        typer.echo(f"{len(found)} invariants, {len(broken)} broken")
    if broken:
        raise typer.Exit(FAILED)


def line(found: Finding) -> str:
    """A broken sentence for the eye."""
    one = found.invariant
    return f"{one.name} [{one.cites}]: broken {found.count} times; {one.of} {', '.join(map(str, found.examples))}"
