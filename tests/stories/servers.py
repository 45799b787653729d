"""Processes that a check by hand needs around it: begun, waited for, ended; what they say goes to a file."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

PATIENCE = 600  # seconds; a Rasa server loads TensorFlow first
GRACE = 20  # seconds


@contextmanager
def serving(command: Sequence[str], port: int, *, cwd: Path, env: Mapping[str, str] | None = None) -> Iterator[psutil.Process]:
    """A process for as long as the block lasts, from when it listens on `port`; one that ends before that ends the check."""
    log = cwd / f"{Path(command[0]).name}-{port}.log"
    with log.open("w") as out:
        process = subprocess.Popen(command, cwd=cwd, env=env, stdout=out, stderr=out)
    try:
        _wait(process, port, log)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    sys.exit(f"nothing listens on {port}:\n{log.read_text()[-3000:]}")


def megabytes(process: psutil.Process) -> float:
    """The resident memory of a process with its children."""
    return sum(one.memory_info().rss for one in (process, *process.children(recursive=True))) / 1e6
