"""`cer compliance`: which clinics are late by the dates of the law, whose schedules have gone stale, and which visits will be paid."""

import json
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

import typer

from channels import clock
from channels.registry_cli.frame import FAILED, WRONG, registry, registry_engine, stop, typist
from registry import compliance, contracts
from registry.catalogue import UnknownService
from registry.contracts import OutOfScope
from registry.database import transaction
from registry.rules import WARSAW
from registry.schedules import Place

Clinic = Annotated[str | None, typer.Option("--clinic", help="Only this clinic, by its code.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
PlaceId = Annotated[int, typer.Option("--place", help="The number of the place.")]

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help="What clinics owe the law, and what they will be paid for.")


@app.callback(invoke_without_command=True)
def report(context: typer.Context, clinic: Clinic = None, as_json: AsJson = False) -> None:
    """Each contracted service by clinic and place, with its findings, then stale schedules. Exit code 1 when anything was found."""
    if context.invoked_subcommand is not None:
        return
    now = clock.now()
    with registry() as session:
        states = compliance.report(session, now=now, provider=clinic)
        silent = compliance.stale(session, now=now, provider=clinic)
    for state in states:
        typer.echo(_json("state", state) if as_json else _line(state))
    for one in silent:
        typer.echo(_json("stale", one) if as_json else _stale_line(one))
    found = sum(bool(state.findings) for state in states)
    typer.echo(f"{len(states)} services at places, {found} with findings, {len(silent)} stale schedules", err=True)
    if found or silent:
        raise typer.Exit(FAILED)


def _json(kind: str, row: Any) -> str:
    return json.dumps({"kind": kind, **asdict(row)}, ensure_ascii=False, default=lambda moment: moment.isoformat())


def _line(state: compliance.State) -> str:
    delivered = f" on {state.delivered_at.astimezone(WARSAW):%Y-%m-%d}" if state.delivered_at else ""
    active = f" since {state.active_since}" if state.active_since else ""
    findings = f"  {' '.join(state.findings)} [{' '.join(state.sources)}]" if state.findings else ""
    return (
        f"{state.provider}  place {state.place_id} {state.place}  {state.service}  schedules {state.schedules}{delivered}"
        f"  place {state.active}{active}{findings}"
    )


def _stale_line(one: compliance.Stale) -> str:
    last = f"{one.last_at.astimezone(WARSAW):%Y-%m-%d %H:%M}"
    schedule = f"place {one.place_id}  schedule {one.schedule_id} {one.service}"
    return f"{one.provider}  {schedule}  STALE since {last}, {one.to_come} dates to come"


@app.command()
def payable(
    first: Annotated[str, typer.Option("--from", metavar="YYYY-MM-DD", help="The first Warsaw day.")],
    last: Annotated[str, typer.Option("--to", metavar="YYYY-MM-DD", help="The last Warsaw day, itself included.")],
    clinic: Clinic = None,
    as_json: AsJson = False,
) -> None:
    """Visits that took place, and whether the health fund pays them because they were registered here (R7). No patients are named."""
    days = _day("--from", first), _day("--to", last)
    paid = total = 0
    with registry() as session:
        for visit in compliance.payable(session, first=days[0], last=days[1], provider=clinic):
            total, paid = total + 1, paid + visit.payable
            begins = f"{visit.starts_at.astimezone(WARSAW):%Y-%m-%d %H:%M}"
            word = "payable" if visit.payable else "NOT payable"
            line = f"visit {visit.visit_id}  {visit.provider}  {visit.service}  {begins}  {word}: {visit.why} (event {visit.registered_by})"
            typer.echo(_json("visit", visit) if as_json else line)
    typer.echo(f"{total} visits, {paid} payable", err=True)


@app.command()
def contract(
    place: PlaceId,
    service: Annotated[str, typer.Option(help="The service's code.")],
    since: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="The first Warsaw day.")],
    until: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="The last Warsaw day.")] = None,
    stage: Annotated[str, typer.Option(help="The stage of a programme; only the basic one is in scope.")] = "basic",
) -> None:
    """Note what a place is contracted for (R8)."""
    begins, ends = _day("--since", since), _day("--until", until) if until else None
    with registry_engine() as engine, transaction(engine) as session:
        _place(session, place)
        try:
            contracts.sign(session, place, service, since=begins, until=ends, stage=stage, actor=typist(), now=clock.now())
        except UnknownService:
            stop(f"the catalogue has no service {service}", WRONG)
        except OutOfScope:
            stop(f"the {stage} stage does not go through the central registration; only the basic one does (R8)", WRONG)
        except ValueError as error:
            stop(str(error), WRONG)


@app.command()
def activate(place: PlaceId, since: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="The first Warsaw day.")]) -> None:
    """Note from which day a place of service takes part (R5)."""
    day = _day("--since", since)
    with registry_engine() as engine, transaction(engine) as session:
        _place(session, place)
        contracts.activate(session, place, since=day, actor=typist(), now=clock.now())


def _place(session: Any, place_id: int) -> None:
    if session.get(Place, place_id) is None:
        stop(f"there is no place {place_id}", WRONG)


def _day(option: str, words: str) -> date:
    try:
        return date.fromisoformat(words)
    except ValueError:
        stop(f"{option} {words} is not a day; write it as 2026-08-01", WRONG)
