"""`cer staff …`: the console's accounts at the command line, for the first administrator and for one who has locked himself out."""

from typing import Annotated

import typer

from channels import clock
from channels.operators import staff_list
from channels.registry_cli.frame import FAILED, registry_engine, stop
from registry.database import transaction

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help="Accounts of the console.", no_args_is_help=True)

Login = Annotated[str, typer.Argument(help="The login.")]


@app.command()
def add(login: Login, name: Annotated[str, typer.Argument(help="First and last name.")]) -> None:
    """Make an administrator and print a password to come in with once."""
    try:
        with registry_engine() as engine, transaction(engine) as session:
            password = staff_list.add_first(session, login=login, name=name, now=clock.now())
    except staff_list.LoginTaken:
        stop("this login is taken", FAILED)
    typer.echo(f"password for one login: {password}")


@app.command()
def reset(login: Login) -> None:
    """Open an account, take its second factor away, and print a password to come in with once."""
    try:
        with registry_engine() as engine, transaction(engine) as session:
            password = staff_list.reset(session, login=login, now=clock.now())
    except staff_list.NotYours:
        stop("nobody has this login", FAILED)
    typer.echo(f"password for one login: {password}")
