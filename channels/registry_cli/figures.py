"""`cer figures`: counting past days anew, where what they were counted from has been put right (R74)."""

from datetime import date
from typing import Annotated

import typer

from channels import clock
from channels.registry_cli.frame import WRONG, registry_engine, steps, stop
from registry import rollup

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help="The figures of past days.", no_args_is_help=True)


@app.callback()
def figures() -> None:
    """The figures of past days, which the worker counts each night."""


@app.command()
def rebuild(
    first: Annotated[str, typer.Option("--from", metavar="YYYY-MM-DD", help="The first Warsaw day.")],
    last: Annotated[str, typer.Option("--to", metavar="YYYY-MM-DD", help="The last one; today and later are not over yet.")],
) -> None:
    """Count these days again. May be broken off and repeated, also while workers count. A day whose messages were deleted keeps theirs."""
    begins, ends = _day(first), _day(last)
    if ends < begins:
        stop("--to is before --from", WRONG)
    with registry_engine() as engine, steps() as shown:
        done = rollup.rebuild(engine, begins, ends, now=clock.now(), progress=shown)
    typer.echo(f"{done} days counted")


def _day(given: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError:
        stop(f"{given} is no date; write YYYY-MM-DD", WRONG)
