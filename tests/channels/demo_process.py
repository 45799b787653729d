"""A real `cer demo` in a process of its own, for tests that start it, kill parts of it and stop it."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Self

from tests.ports import free_port

PATIENCE = 150.0  # seconds; the machine may be busy with other tests
ROOT = Path(__file__).parents[2]


class Demo:
    """`cer demo` on a free port with its data under `directory`; killed at the end if it still runs."""

    def __init__(self, directory: Path, *arguments: str, **settings: str) -> None:
        self.directory = directory
        self.port = int(settings.pop("CER_PORT", free_port()))
        foreign = {name: value for name, value in os.environ.items() if not name.startswith("CER_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "channels.cli", "demo", *arguments],
            env={**foreign, "CER_DATA_DIR": str(directory), "CER_PORT": str(self.port), "PYTHONPATH": str(ROOT), **settings},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.printed = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.read_to_end()

    def wait_until_printed(self, words: str, *, times: int = 1) -> None:
        """Read the output until these words came; fails when it ends before or nothing comes for long."""
        self._read(lambda: self.printed.count(words) >= times, f"never printed {words!r} {times} times")

    def wait_until_ready(self) -> Self:
        self.wait_until_printed("begins anew.")
        return self

    def read_to_end(self) -> int:
        """Read until the process has ended. Returns its exit code."""
        self._read(lambda: False, "did not end")
        return self.process.wait()

    def printed_so_far(self) -> str:
        """The output, including what waits to be read."""
        assert self.process.stdout
        while select.select([self.process.stdout], [], [], 0)[0] and (piece := os.read(self.process.stdout.fileno(), 65536)):
            self.printed += piece.decode()
        return self.printed

    def _read(self, enough: Callable[[], bool], complaint: str) -> None:
        assert self.process.stdout
        deadline = time.monotonic() + PATIENCE
        while not enough():
            readable, _, _ = select.select([self.process.stdout], [], [], max(0.0, deadline - time.monotonic()))
            assert readable, f"{complaint}: {self.printed}"
            piece = os.read(self.process.stdout.fileno(), 65536)
            self.printed += piece.decode()
            if not piece:
                assert complaint == "did not end", f"{complaint}: {self.printed}"
                return

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of a request to the web process."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("GET", path, headers={"Connection": "close"})
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        return answer.status, body

    def checks(self) -> dict[str, str]:
        return dict(json.loads(self.get("/health/ready")[1])["checks"])

    def child(self, command: str) -> int:
        """The process id of our web or worker child."""
        (found,) = [pid for pid in children(self.process.pid) if f" {command}" in command_line(pid)]
        return found

    def postmaster(self) -> int:
        return int((self.directory / "postgres" / "cluster" / "postmaster.pid").read_text().split()[0])

    def everyone(self) -> list[int]:
        """Every process of this demo."""
        return [self.process.pid, *descendants(self.process.pid)]


def children(pid: int) -> list[int]:
    """The process's children; none once it has ended, which may happen between two looks."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def descendants(pid: int) -> list[int]:
    found = children(pid)
    return [*found, *(each for child in found for each in descendants(child))]


def command_line(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")


def wait_until_gone(pids: list[int]) -> None:
    """Return when all these processes have ended."""
    for pid in pids:
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        ended = select.select([descriptor], [], [], PATIENCE)[0]
        os.close(descriptor)
        assert ended, f"process {pid} is still there: {command_line(pid)}"


def kill(pid: int) -> None:
    """kill -9; it may have ended by itself just now."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
