"""`cer overlaps`: which slots of one doctor or machine share time, and what became of them (R123, R124)."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from channels import clock
from channels.registry_cli.frame import FAILED, registry
from registry import overlaps
from registry.overlaps import Overlap
from registry.rules import WARSAW

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help="Slots that share time.")


@app.command()
def show(
    clinic: Annotated[str | None, typer.Option(help="Only this clinic, by its code.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for each overlap, one a line.")] = False,
) -> None:
    """Slots of one doctor or machine that share time. Exit code 1 when patients were booked twice for the same time."""
    count = twice = 0
    with registry() as session:
        for found in overlaps.report(session, now=clock.now(), provider=clinic):
            count, twice = count + 1, twice + found.sold_twice
            typer.echo(json.dumps(facts(found)) if as_json else line(found))
    typer.echo(f"{count} overlaps, {twice} of them sold twice", err=True)
    if twice:
        raise typer.Exit(FAILED)


def facts(found: Overlap) -> dict[str, object]:
    """An overlap as JSON has it: UTC instants in ISO 8601."""
    plain: dict[str, object] = json.loads(json.dumps(asdict(found), default=lambda moment: moment.isoformat()))
    return {**plain, "sold_twice": found.sold_twice}


def line(found: Overlap) -> str:
    """An overlap for the eye, by the Warsaw clock."""
    return f"{found.provider}  {found.resource}  {_side(found, 0)}  |  {_side(found, 1)}"


def _side(found: Overlap, which: int) -> str:
    begins, ends = found.starts_at[which].astimezone(WARSAW), found.ends_at[which].astimezone(WARSAW)
    visit = found.visits[which]
    state = f"visit {visit}" if visit is not None else found.states[which]
    return f"{found.clinic_slot_ids[which]} {begins:%Y-%m-%d %H:%M}-{ends:%H:%M} {state}"
