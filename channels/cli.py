"""The command `cer`. What a command needs is imported when it runs: every process of ours begins here."""

import sys
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from channels.late_commands import LateCommands

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

    from channels.settings import Settings

app = typer.Typer(
    name="cer",
    cls=LateCommands,
    help="Centralna e-rejestracja: reminders, replies, the waiting room.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # it prints local variables, that is, patients' data
)

WRONG_SETTING = 2
FAILED = 1


def main() -> None:
    """The entry of the command `cer`."""
    app()


@app.command()
def demo(
    reset: Annotated[bool, typer.Option("--reset", envvar="RESET", help="Begin with fresh data.")] = False,
) -> None:
    """Run everything on this machine: database, web, worker and a simulated carrier. Ctrl-C stops it."""
    from channels import supervisor
    from channels.data_directory import DataDirectoryInUse
    from channels.keeper import ChildKeepsDying
    from channels.listener import PortBusy
    from registry.embedded import PostgresDidNotStart, PostgresDidNotStop

    settings = own_settings()
    if settings.mode != "demo":
        _fail("CER_MODE is production; `cer demo` is for CER_MODE=demo. Run `cer web` and `cer worker`.", WRONG_SETTING)
    try:
        supervisor.run_demo(settings, load=_load_demo_data, reset=reset)
    except (
        ChildKeepsDying, DataDirectoryInUse, PortBusy, PostgresDidNotStart, PostgresDidNotStop,
    ) as error:  # fmt: skip
        _fail(str(error), FAILED)


@app.command()
def web(
    listener: Annotated[int | None, typer.Option(hidden=True, help="Descriptor of a listening socket.")] = None,
) -> None:
    """Answer requests: webhooks, pages, the console."""
    from channels.loading import loading

    with loading():
        from channels.listener import PortBusy
        from channels.processes import run_web

    try:
        run_web(own_settings(), listener)
    except PortBusy as error:
        _fail(str(error), FAILED)


@app.command()
def worker() -> None:
    """Do what is due: reminders, offers, freed slots; send what is to be sent."""
    from channels.loading import loading

    with loading():
        from channels.processes import run_worker

    run_worker(own_settings())


@app.command()
def alive() -> None:
    """Whether the worker of this data directory gave a sign of life lately: exit code 0. For health checks."""
    from channels import health

    settings = own_settings()
    state = health.worker_alive(settings.data_dir)
    if state != health.DONE:
        _fail(f"the worker is {state}", FAILED)


@app.command()
def migrate(
    new_revision: Annotated[str | None, typer.Option(hidden=True, help="Write a revision with this title.")] = None,
) -> None:
    """Bring the database to this version's tables; the first operator is made from CER_CONSOLE_PASSWORD. Safe to run twice."""
    from channels import clock
    from channels.operators import ensure_operator
    from channels.processes import database, engine_of
    from registry import schema
    from registry.database import transaction

    with database(own_settings()) as settings, engine_of(settings) as engine:
        schema.upgrade(engine)
        if settings.console_password is not None:
            with transaction(engine) as session:
                password = settings.console_password.get_secret_value()
                ensure_operator(session, settings.console_user, password, now=clock.now(), role="administrator")
        if new_revision:
            schema.write_revision(engine, new_revision)


@app.command("settings")
def show_settings() -> None:
    """Print every setting with its current value and what it means; secrets stay hidden."""
    from channels.settings import described

    for name, value, description in described(own_settings()):
        typer.echo(f"{name}={value}\n    {description}")


def own_settings() -> "Settings":
    """The settings of this process, or the end of it: exit code 2 and one line."""
    from channels.data_directory import NotOurDirectory
    from channels.secrets import completed
    from channels.settings import SettingsError, load

    try:
        return completed(load())
    except SettingsError as error:
        _fail(str(error), WRONG_SETTING)
    except NotOurDirectory as error:
        _fail(str(error), FAILED)


def _load_demo_data(engine: "Engine", settings: "Settings", now: "datetime") -> None:
    from channels.demo import load  # only the first start needs it

    load(engine, settings, now)


def _fail(line: str, code: int) -> NoReturn:
    typer.echo(f"cer: {line}", err=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
