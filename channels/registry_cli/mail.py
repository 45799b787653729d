"""`cer mail …`: letters that came back, as a mail server hands them to a program."""

import sys

import typer

from channels import clock, posting
from channels.mail import bounces
from channels.registry_cli.frame import WRONG, registry_engine, stop
from channels.secrets import completed
from channels.settings import load
from registry.database import transaction

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help="Letters.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `bounce` a command of its own name, though it is the only one yet."""


@app.command()
def bounce() -> None:
    """Take a returned letter in from standard input. What is no report on a letter of ours is left alone, with exit code 0: a mail
    server would send it back otherwise."""
    raw = sys.stdin.buffer.read()
    with registry_engine() as engine:
        try:
            house = posting.house(completed(load()))
        except ValueError as error:
            stop(str(error), WRONG)
        found = bounces.read(raw, house)
        if found is None:
            typer.echo("no report on a letter of ours")
            return
        with transaction(engine) as session:
            changed = bounces.take(session, found, house, now=clock.now())
    typer.echo(f"letter {found.message_id}: {found.status}{'' if changed else ', nothing to change'}")
