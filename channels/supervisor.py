"""`cer demo`: the whole system on one machine, started with one command and stopped with Ctrl-C.

One keeper process owns the listening socket, the embedded PostgreSQL, and the web and worker processes. Whatever is killed
comes back: a child by the keeper, everything by the next start. The socket outlives the web process, so that a request
that comes while that one is started again waits instead of being refused.
"""

import asyncio
import os
import socket
from collections.abc import Callable
from datetime import datetime

import typer
from sqlalchemy import Engine, text

from channels import clock, health
from channels.data_directory import DataDirectory
from channels.keeper import ChildKeepsDying, Keeper, cer, first_of, stop_on_signals
from channels.listener import listen
from channels.settings import PREFIX, Settings, as_environment
from registry import schema
from registry.database import create_engine
from registry.embedded import EmbeddedPostgres

METRICS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
CHECK_SECONDS = 0.1  # between two looks whether the system is ready
WATCH_SECONDS = 1.0  # between two looks at the database's process

FirstData = Callable[[Engine, Settings, datetime], None]


def run_demo(settings: Settings, *, load: FirstData, reset: bool) -> None:
    """Start everything, announce it when it is ready, and stop everything when told to.

    `load` puts the demo's data into a database that has none. Raises PortBusy, DataDirectoryInUse, ChildKeepsDying,
    each a sentence for the one who started it.
    """
    with DataDirectory(settings.data_dir) as directory, listen(settings) as listener:
        postgres = EmbeddedPostgres(directory.path / "postgres")
        postgres.stop()  # one that a killed start left behind; the directory's lock says that it is nobody's
        if reset:
            directory.empty()
        directory.clear("metrics")
        health.forget(directory.path)
        asyncio.run(_Demo(settings, directory, listener, postgres).run(load))


class _Demo:
    def __init__(
        self, settings: Settings, directory: DataDirectory, listener: socket.socket, postgres: EmbeddedPostgres
    ) -> None:
        self._settings = settings
        self._directory = directory
        self._listener = listener
        self._postgres = postgres

    async def run(self, load: FirstData) -> None:
        """Until the first signal; a second one kills web and worker instead of waiting for them, never the database.

        The very first start fills the database before anybody looks at it; on later ones web and worker get ready while
        the database does.
        """
        stop, hurry = stop_on_signals()
        keeper = Keeper(
            self._environment(),
            inherited=[self._listener.fileno(), self._directory.lock],
            log_directory=self._directory.folder("logs"),
        )
        try:
            if self._directory.has_data:
                self._keep_children(keeper)
                self._start_database(load)
            else:
                self._start_database(load)
                self._directory.note_data()
                self._keep_children(keeper)
            await self._watch(keeper, stop)
        finally:
            _say("stopping…")
            await keeper.stop(hurry)
            self._postgres.stop()

    def _start_database(self, load: FirstData) -> None:
        if self._settings.database_url is None:
            self._postgres.start()
        engine = create_engine(self._url())
        try:
            schema.upgrade(engine)
            if not _has_patients(engine):
                load(engine, self._settings, clock.now())
        finally:
            engine.dispose()

    def _url(self) -> str:
        given = self._settings.database_url
        return given.get_secret_value() if given else self._postgres.url()

    def _keep_children(self, keeper: Keeper) -> None:
        for name in web_names(self._settings.web_processes):
            keeper.keep(name, cer("web", "--listener", str(self._listener.fileno())))
        keeper.keep("worker", cer("worker"))

    def _environment(self) -> dict[str, str]:
        """What the children get: exactly our settings, the database's address, and where to count."""
        foreign = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        ours = {**as_environment(self._settings), f"{PREFIX}DATABASE_URL": self._url()}
        return {**foreign, **ours, METRICS_VARIABLE: str(self._directory.folder("metrics")), "PYTHONUNBUFFERED": "1"}

    async def _watch(self, keeper: Keeper, stop: asyncio.Event) -> None:
        """Announce when ready; then, until told to stop, start the database again should its process be gone."""
        announced = False
        while not stop.is_set():
            if not announced and await is_ready(self._listener):
                announced = True
                _announce(self._settings)
            if not announced and keeper.hopeless.done():
                raise ChildKeepsDying(f"{keeper.hopeless.result().name} does not start; see above and {self._directory.path}/logs")
            if self._settings.database_url is None and self._postgres.pid() is None:
                _say("the database's process is gone, starting it again")
                self._postgres.start()
            await first_of(stop, seconds=WATCH_SECONDS if announced else CHECK_SECONDS)


def _has_patients(engine: Engine) -> bool:
    with engine.connect() as connection:
        return bool(connection.scalar(text("SELECT EXISTS (SELECT FROM patients)")))


def web_names(processes: int) -> list[str]:
    return ["web"] if processes == 1 else [f"web-{number}" for number in range(1, processes + 1)]


async def is_ready(listener: socket.socket) -> bool:
    """Whether /health/ready answers 200 on our own socket."""
    host, port = listener.getsockname()[:2]
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not listened on
    try:
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection(here, port)
            writer.write(b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            status = await reader.readline()
            writer.close()
    except (OSError, TimeoutError):
        return False
    return b" 200 " in status


def _announce(settings: Settings) -> None:
    password = settings.console_password.get_secret_value() if settings.console_password else "(as set)"
    here = settings.public_url
    _say("ready")
    _say(f"  telephones  {here}/telephone")
    _say(f"  chat        {here}/chat")
    _say(f"  mailbox     {here}/mailbox")
    _say(f"  console     {here}/console   login {settings.console_user}, password {password}")
    _say(f"  health      {here}/health/ready, figures {here}/metrics")
    _say(f"  data, logs  {settings.data_dir}")
    _say("Ctrl-C stops everything and keeps the data; `make demo RESET=1` begins anew.")


def _say(line: str) -> None:
    typer.echo(f"cer     | {line}")


