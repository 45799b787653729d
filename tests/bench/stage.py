"""The real thing on one machine, for measurements and for killing: PostgreSQL, the simulated carrier, workers and web processes.

Each is a process of its own, started as in production; only the carrier is simulated, over the same wire.
"""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
from sqlalchemy import Engine

from registry import schema
from registry.database import create_engine
from registry.embedded import EmbeddedPostgres
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
ACCOUNT = "AC" + "be" * 16
TOKEN = "bench"
SERVICE = "+48732000000"
PATIENCE = 120.0  # seconds; the machine may be busy
TICKS = os.sysconf("SC_CLK_TCK")


def wait_until(met: Callable[[], bool], what: str, seconds: float = PATIENCE, *, every: float = 0.02) -> None:
    """Look `every` so many seconds; for programs that watch others, which have no other way to tell."""
    deadline = time.monotonic() + seconds
    while not met():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds:.0f} s")
        time.sleep(every)


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used so far, without its children."""
    return _spent(pid, 11)


def cpu_of_the_ended(pid: int) -> float:
    """Processor time that the children had used which a process has seen end."""
    return _spent(pid, 13)


def _spent(pid: int, first: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[first]) + int(fields[first + 1])) / TICKS


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code < 500
    except httpx.TransportError:
        return False


@dataclass
class Stage:
    """What runs, and where: `base` is the carrier's address, `public` our own."""

    directory: Path
    url: str
    engine: Engine
    carrier_port: int = field(default_factory=free_port)
    web_port: int = field(default_factory=free_port)
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.carrier_port}"

    @property
    def public(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def carrier_file(self) -> Path:
        return self.directory / "carrier.sqlite"

    def start_carrier(self, *, latency: float = 0.02, receipts: bool = True) -> subprocess.Popen[bytes]:
        """The simulated carrier on a file of its own; without receipts its messages stay on their way for ever."""
        after = ("0.2", "0.3") if receipts else ("1000000", "1000000")
        process = self.start(
            "carrier", "channels.simulator", "--port", str(self.carrier_port), "--database", str(self.carrier_file), "--account", ACCOUNT,
            "--token", TOKEN, "--number", SERVICE, "--webhook", f"{self.public}/sms/inbound", "--latency", str(latency),
            "--sent-after", after[0], "--delivered-after", after[1],
        )  # fmt: skip
        wait_until(lambda: answers(f"{self.base}/simulator/telephones"), "the carrier does not answer")
        return process

    def start_worker(self, **settings: str) -> subprocess.Popen[bytes]:
        """`cer worker`; in demo mode, because it must send at any hour."""
        return self.cer("worker", CER_MODE="demo", **settings)

    def start_web(self, processes: int = 1, **settings: str) -> subprocess.Popen[bytes]:
        """`cer web` with so many processes on one port."""
        return self.cer("web", CER_MODE="production", CER_WEB_PROCESSES=str(processes), **settings)

    def web_answers(self) -> None:
        wait_until(lambda: answers(f"{self.public}/health/ready"), "the web process does not answer")

    def cer(self, command: str, **settings: str) -> subprocess.Popen[bytes]:
        return self.cer_by("channels.cli", command, **settings)

    def cer_by(self, module: str, command: str, **settings: str) -> subprocess.Popen[bytes]:
        """A command of ours, run by a module that may change something first."""
        ours = {
            "CER_DATABASE_URL": self.url, "CER_DATA_DIR": str(self.directory / "data"), "CER_PORT": str(self.web_port),
            "CER_PUBLIC_URL": self.public, "CER_TWILIO_ACCOUNT_SID": ACCOUNT, "CER_TWILIO_AUTH_TOKEN": TOKEN, "CER_TWILIO_NUMBER": SERVICE,
            "CER_TWILIO_BASE_URL": self.base, "CER_SECRET_KEY": "k" * 40, "CER_CONSOLE_PASSWORD": secrets.token_urlsafe(12),
            "CER_LOG_LEVEL": "warning", "CER_SMTP_URL": "smtp://127.0.0.1:1", "CER_MAIL_FROM": "e-rejestracja@example.pl",
        }  # fmt: skip
        return self.start(command, module, command, **(ours | settings))

    def start(self, name: str, module: str, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        """A module of ours as a process, its output in `name`.log; ended with the stage."""
        clean = {key: value for key, value in os.environ.items() if not key.startswith("CER_")}
        with (self.directory / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                env=clean | {"PYTHONPATH": str(ROOT)} | environment, cwd=self.directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        self.running.append(process)
        return process

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """Stop a process in order; kill it when it does not."""
        self.running.remove(process)
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def nobody_gave_up(self) -> None:
        """Raise RuntimeError when a process ended by itself, as one does that refuses its settings; being killed is no giving up."""
        ended = [process.args for process in self.running if process.poll() not in (None, -signal.SIGKILL)]
        if ended:
            raise RuntimeError(f"ended by itself, see its log in {self.directory}: {ended}")

    def log(self, name: str) -> str:
        return (self.directory / f"{name}.log").read_text(errors="replace")


@contextmanager
def stage(directory: Path, server: Mapping[str, str] | None = None) -> Iterator[Stage]:
    """An empty, migrated database of its own, its server with these settings, and everything that was started on it ended at the end."""
    with EmbeddedPostgres(directory / "postgres", settings=server) as postgres:
        engine = create_engine(postgres.url(), pool_size=10)
        schema.upgrade(engine)
        made = Stage(directory, postgres.url(), engine)
        try:
            yield made
        finally:
            for process in reversed(made.running):
                process.kill()
                process.wait()
            engine.dispose()


def now() -> datetime:
    return datetime.now(UTC)
