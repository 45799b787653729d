"""`cer forecast`: the estimated dates of those who wait, what each wish costs, and computing them anew (R49, R64-R66)."""

import json
from collections import Counter
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any, Final

import typer
from sqlalchemy import select
from sqlalchemy.orm import Session

from channels import clock
from channels.registry_cli.frame import FAILED, WRONG, registry_engine, steps, stop
from registry import forecast as forecasting
from registry import prospects
from registry.catalogue import SERVICES
from registry.estimates import Estimate, Forecast
from registry.forecast import ForecastRunning
from registry.waiting_room import Entry, NotWaiting, waiting_entry

SHOWN: Final = 20
MEANING: Final = {
    "no_forecast": "the service's dates have not been estimated for a week, or never",
    "not_entitled": "nothing can be given now: nobody can be reached, or the referral has ended",
    "days_past": "the wished days are over",
    "no_place": "no place in reach offers the service",
    "no_supply": "the places in reach have no slots for this class of patients",
    "never_match": "the places in reach have slots, but never on such days and hours",
    "too_little_history": "what is announced does not reach so far, and there is too little past to go by",
    "too_far": "more than two years of those who stand before",
}


def forecast(
    entry: Annotated[int | None, typer.Argument(help="An entry's number; without it, all who wait.")] = None,
    service: Annotated[str | None, typer.Option(help="Only this service, by its code.")] = None,
    refresh: Annotated[bool, typer.Option("--refresh", help="Compute all dates anew now.")] = False,
    processes: Annotated[int, typer.Option(min=1, max=64, help="Processes that share the work of --refresh.")] = 2,
    limit: Annotated[int, typer.Option(min=1, help="How many entries to list.")] = SHOWN,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """When those who wait will probably have their visit: the likely date, and one that nine of ten should keep, with room beside."""
    if service is not None and service not in SERVICES:
        stop(f"there is no service {service}; there are {', '.join(SERVICES)}", WRONG)
    with registry_engine() as engine:
        if refresh:
            try:
                with steps() as shown:
                    services = None if service is None else [service]
                    forecasting.refresh(engine, now=clock.now(), services=services, processes=processes, progress=shown)
            except ForecastRunning:
                stop("another process computes the dates now", FAILED)
        with Session(engine) as session:
            told = _all(session, service, limit) if entry is None else _one(session, entry)
    typer.echo(json.dumps(told, default=str) if as_json else "\n".join(_lines(told)))


def _one(session: Session, entry_id: int) -> dict[str, Any]:
    """One entry's dates and what its wishes cost; reading writes nothing that stays."""
    now = clock.now()
    try:
        entry = waiting_entry(session, entry_id)
    except NotWaiting:
        stop(f"entry {entry_id} does not wait", FAILED)
    told = prospects.current(session, entry, now=now)
    costs = [asdict(one) for one in prospects.costs_of_criteria(session, entry, now=now)]
    return {"entry": entry_id, "service": entry.service, "joined_at": entry.joined_at, **asdict(told), "costs": costs}


def _all(session: Session, service: str | None, limit: int) -> dict[str, Any]:
    """The state of each service's forecast, and the entries in the order of the queue."""
    wanted = [] if service is None else [Entry.service == service]
    heads = select(Forecast).order_by(Forecast.service)
    services = [_head(one) for one in session.scalars(heads) if service in (None, one.service)]
    query = (
        select(Entry.id, Entry.service, Entry.category, Entry.joined_at, Estimate.p50, Estimate.p90, Estimate.basis, Estimate.reason)
        .outerjoin(Estimate, Estimate.entry_id == Entry.id)
        .where(Entry.state == "waiting", *wanted)
    )
    reasons = Counter(session.scalars(select(Estimate.reason).join(Entry, Entry.id == Estimate.entry_id).where(
        Entry.state == "waiting", Estimate.reason.is_not(None), *wanted)))  # fmt: skip
    names = ("entry", "service", "category", "joined_at", "p50", "p90", "basis", "reason")
    rows = session.execute(query.order_by(Entry.service, Entry.rank, Entry.queue_at, Entry.id).limit(limit))
    return {"services": services, "no_estimate": dict(reasons), "entries": [dict(zip(names, row, strict=True)) for row in rows]}


def _head(one: Forecast) -> dict[str, Any]:
    names = ("service", "local_date", "computed_at", "futures", "history_weeks", "waiting", "estimated")
    return {name: getattr(one, name) for name in names}


def _lines(told: dict[str, Any]) -> list[str]:
    if "entry" in told:
        return _entry_lines(told)
    lines = [
        f"{one['service']}: {one['estimated']} of {one['waiting']} who wait have a date, as of {_at(one['computed_at'])} "
        f"({one['futures']} futures, {one['history_weeks']} weeks of history)"
        for one in told["services"]
    ] or ["no dates have been estimated yet; --refresh does it"]
    lines += [f"  {number} without: {MEANING[reason]}" for reason, number in sorted(told["no_estimate"].items())]
    return lines + [f"entry {one['entry']}, {one['service']}, {one['category']}: {_dates(one)}" for one in told["entries"]]


def _entry_lines(told: dict[str, Any]) -> list[str]:
    lines = [f"entry {told['entry']}, {told['service']}, waiting since {_at(told['joined_at'])}: {_dates(told)}"]
    for cost in told["costs"]:
        gain = "brings a date at all" if cost["days"] is None else f"costs {cost['days']} days"
        lines.append(f"  {cost['criterion']} {gain}: without it {cost['p50']}, at the latest {cost['p90']}")
    return lines


def _dates(one: dict[str, Any]) -> str:
    if one["p50"] is None:
        return MEANING.get(one["reason"] or "no_forecast", "not estimated yet")
    return f"{_day(one['p50'])}, at the latest {_day(one['p90'])} ({one['basis']})"


def _day(value: date) -> str:
    return value.isoformat()


def _at(value: datetime) -> str:
    return f"{value:%Y-%m-%d %H:%M} UTC"
