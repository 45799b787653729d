"""`cer policy`: every value that the registry decides by, on a date, and the requirement or decision that it comes from."""

import json
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Annotated, Final

import typer

from channels import clock
from channels.settings import Settings, SettingsError, load
from registry import in_force, legal
from registry.catalogue import POLICY
from registry.rules import local_date

WRONG_USE: Final = 2

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help="What is in force on a date, and why.")


@app.callback(invoke_without_command=True)
def policy(
    on: Annotated[str | None, typer.Option("--date", metavar="YYYY-MM-DD", help="The Warsaw day; today without it.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Print every policy value in force on a date, with its sources."""
    day = _day(on, clock.now())
    values = in_force.values(day, replace(POLICY, desk_within_horizon=_settings().desk_within_horizon))
    if as_json:
        told = {"date": day, "values": [asdict(value) for value in values], "documents": _documents(day)}
        typer.echo(json.dumps(told, ensure_ascii=False, default=date.isoformat))
        return
    typer.echo(f"in force on {day}")
    for value in values:
        since = f", since {value.since}" if value.since else ""
        shown = value.value if isinstance(value.value, str) else json.dumps(value.value, ensure_ascii=False)
        typer.echo(f"{value.name} = {shown}    [{' '.join(value.sources)}{since}; {value.standing}: {' '.join(value.basis)}]")
    typer.echo("")
    for document in legal.DOCUMENTS.values():
        typer.echo(f"{document.code}: {document.title}, {document.where}, {document.since} ({document.standing(day)})")


def _settings() -> Settings:
    """The switch of this installation (R31) is printed as it is set."""
    try:
        return load()
    except SettingsError as error:
        typer.echo(f"cer: {error}", err=True)
        raise typer.Exit(WRONG_USE) from None


def _documents(day: date) -> list[dict[str, object]]:
    return [{**asdict(document), "standing": document.standing(day)} for document in legal.DOCUMENTS.values()]


def _day(text: str | None, now: datetime) -> date:
    if text is None:
        return local_date(now)
    try:
        return date.fromisoformat(text)
    except ValueError:
        typer.echo(f"cer: --date {text} is not a day; write it as 2026-08-01", err=True)
        raise typer.Exit(WRONG_USE) from None
