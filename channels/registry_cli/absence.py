"""`cer absence`: a doctor is away; what becomes of the visits, shown first and done when asked (R122, X13)."""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

import typer
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from channels import clock
from channels.registry_cli.frame import WRONG, registry_engine, stop, typist
from dialogs import notices
from registry import absence
from registry.absence import Absence, InvalidAbsence, Step
from registry.database import in_transaction
from registry.rules import WARSAW
from registry.schedules import Provider

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help="A doctor is away.")


@app.command()
def away(
    clinic: Annotated[str, typer.Argument(help="The clinic's code.")],
    resource: Annotated[str, typer.Argument(help="The doctor or machine, as the schedules name it.")],
    begins: Annotated[str, typer.Argument(metavar="FROM", help="Warsaw time, as 2026-11-24T08:00.")],
    ends: Annotated[str, typer.Argument(metavar="TO", help="Warsaw time.")],
    substitute: Annotated[str | None, typer.Option(help="Who stands in.")] = None,
    apply: Annotated[bool, typer.Option("--apply/--preview", help="Do it, or only show what would be done (default).")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Substitute first, else move, else cancel; each visit by itself. Run again after a failure, it does what is left."""
    now = clock.now()
    with registry_engine() as engine:
        try:
            plan = Absence(_provider(engine, clinic), resource, _instant(begins), _instant(ends), substitute)
        except InvalidAbsence:
            stop("the absence must end after it begins, and nobody stands in for himself", WRONG)
        if apply:
            with _progress(engine, plan, now) as done:
                steps = absence.apply(engine, plan, actor=typist("desk"), now=now, done=done)
        else:
            steps = in_transaction(engine, partial(absence.preview, absence=plan, actor=typist("desk"), now=now))
    _show(steps, applied=apply, as_json=as_json)


def _provider(engine: Engine, code: str) -> int:
    with Session(engine) as session:
        found = session.scalar(select(Provider.id).where(Provider.code == code))
    if found is None:
        stop(f"there is no clinic with the code {code}", WRONG)
    return found


def _instant(text: str) -> datetime:
    """A Warsaw time, or an instant with its own offset, in UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        stop(f"{text} is not a time; write it as 2026-11-24T08:00", WRONG)
    return (moment if moment.tzinfo else moment.replace(tzinfo=WARSAW)).astimezone(UTC)


@contextmanager
def _progress(engine: Engine, plan: Absence, now: datetime) -> Iterator[Any]:
    with Session(engine) as session:
        length = len(absence.left(session, plan, now=now))
    with typer.progressbar(length=length, label="visits", file=sys.stderr) as bar:
        yield lambda _: bar.update(1)


def _show(steps: list[Step], *, applied: bool, as_json: bool) -> None:
    fates = Counter(step.fate for step in steps)
    if as_json:
        told = {"applied": applied, "fates": dict(fates), "steps": [_facts(step) for step in steps]}
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    for step in steps:
        typer.echo(_line(step))
        for channel, words in _messages(step):
            typer.echo(f"    {channel}: {words}")
    typer.echo(("done: " if applied else "would be done: ") + (", ".join(f"{n} {fate}" for fate, n in fates.items()) or "nothing"))


def _line(step: Step) -> str:
    who = f"visit {step.appointment_id}" if step.appointment_id is not None else f"slot {step.slot_id}"
    to = f" -> {step.new_start.astimezone(WARSAW):%Y-%m-%d %H:%M}" if step.new_start else ""
    return f"{step.starts_at.astimezone(WARSAW):%Y-%m-%d %H:%M}{to}  {who}  {step.fate}"


def _facts(step: Step) -> dict[str, object]:
    return {
        "slot_id": step.slot_id, "appointment_id": step.appointment_id, "fate": step.fate, "starts_at": step.starts_at.isoformat(),
        "new_start": step.new_start and step.new_start.isoformat(),
        "messages": [{"channel": channel, "words": words} for channel, words in _messages(step)],
    }  # fmt: skip


def _messages(step: Step) -> list[tuple[str, str]]:
    return [
        (one.channel, notices.words(one.kind, one.facts, language=one.language, channel=one.channel)) for one in step.notices
    ]  # fmt: skip
