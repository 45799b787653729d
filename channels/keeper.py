"""Keeps processes of ours running: starts them, passes on what they say, starts them again when they die, stops them.

No threads: children are forked from here. A child dies with its keeper, however that dies, so nothing is left behind.
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import TextIO

from registry.processes import die_with_parent

GRACE_SECONDS = 10.0  # between asking a child to stop and killing it
STEADY_SECONDS = 10.0  # a child that lived this long did not fail at its start
HOPELESS = 5  # starts in a row that failed
LONGEST_PAUSE = 10.0  # seconds between two starts
LOG_BYTES = 10_000_000  # a log file is set aside at this size, one older one is kept


class ChildKeepsDying(RuntimeError):
    """A process of ours ends again and again as soon as it is started."""


@dataclass(slots=True)
class Child:
    """One process to keep. `name` goes before its lines and names its log file."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class Keeper:
    """Keeps a set of children.

    environment: the whole environment of every child. inherited: file descriptors that they get.
    log_directory: where their output is kept besides being passed on; None: passed on as it is, without names.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        inherited: Sequence[int] = (),
        log_directory: Path | None = None,
    ) -> None:
        self._environment = dict(environment)
        self._inherited = tuple(inherited)
        self._log_directory = log_directory
        self._children: list[Child] = []
        self._keeping: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self.hopeless: asyncio.Future[Child] = asyncio.get_running_loop().create_future()

    def keep(self, name: str, command: Sequence[str]) -> None:
        """Start a child now and keep it running until `stop`."""
        child = Child(name, command)
        child.process = self._start(child.command)
        self._children.append(child)
        self._keeping.add(asyncio.create_task(self._keep(child)))

    async def stop(self, hurry: asyncio.Event) -> None:
        """Stop all children, the first kept first, and wait for them. `hurry`, or a child's delay, kills instead."""
        self._stopping.set()
        for child in self._children:
            if child.process is None:
                continue
            child.ended.clear()
            child.process.terminate()
            await first_of(child.ended, hurry, seconds=GRACE_SECONDS)
            if child.process is not None:
                child.process.kill()
        await asyncio.gather(*self._keeping)

    async def _keep(self, child: Child) -> None:
        failures = 0
        while child.process:
            began = monotonic()
            code = await self._see_out(child, child.process)
            if self._stopping.is_set():
                return
            failures = 1 if monotonic() - began > STEADY_SECONDS else failures + 1
            if failures >= HOPELESS and not self.hopeless.done():
                self.hopeless.set_result(child)
            self._say(child, f"ended with {_told(code)}, starting it again")
            if not await first_of(self._stopping, seconds=min(LONGEST_PAUSE, 0.1 * 2**failures)):
                child.process = self._start(child.command)

    async def _see_out(self, child: Child, process: subprocess.Popen[bytes]) -> int:
        """Pass on the child's lines until it ends. Returns its exit code."""
        await self._pass_on(child, process)
        code = process.wait()
        child.process = None
        child.ended.set()
        return code

    def _start(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - our own command, no shell
            command,
            env=self._environment,
            pass_fds=self._inherited,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a Ctrl-C at the terminal is for the keeper
            preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 - system calls only, and no threads here
        )

    async def _pass_on(self, child: Child, process: subprocess.Popen[bytes]) -> None:
        """Pass on the child's lines; returns when it has closed its output, that is, when it has ended."""
        reader = asyncio.StreamReader(limit=2**20)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), process.stdout
        )
        while line := await _line(reader):
            self._say(child, line.decode(errors="replace").rstrip("\n"))
        transport.close()

    def _say(self, child: Child, line: str) -> None:
        if self._log_directory is None:
            _print(line, sys.stdout)
            return
        _print(f"{child.name:<8}| {line}", sys.stdout)
        with _rotated(self._log_directory / f"{child.name}.log").open("a") as log:
            _print(line, log)


async def _line(reader: asyncio.StreamReader) -> bytes:
    """The next line; a piece of it when it is longer than any line of ours."""
    try:
        return await reader.readuntil(b"\n")
    except asyncio.IncompleteReadError as error:
        return error.partial
    except asyncio.LimitOverrunError as error:
        return await reader.read(error.consumed)


def _print(line: str, stream: TextIO) -> None:
    try:
        print(line, file=stream, flush=True)
    except BrokenPipeError:  # nobody listens at the terminal any more; the children go on
        return


def _rotated(file: Path) -> Path:
    if file.exists() and file.stat().st_size > LOG_BYTES:
        os.replace(file, file.with_suffix(".log.1"))  # noqa: PTH105 - Path.replace says the same less clearly
    return file


def cer(*arguments: str) -> list[str]:
    """The command line of one of our own processes."""
    return [sys.executable, "-m", "channels.cli", *arguments]


def stop_on_signals() -> tuple[asyncio.Event, asyncio.Event]:
    """Two events of the running loop: the first SIGINT or SIGTERM sets `stop`, a further one sets `hurry`."""
    stop, hurry = asyncio.Event(), asyncio.Event()

    def told() -> None:
        if stop.is_set():
            hurry.set()
        stop.set()

    for order in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(order, told)
    return stop, hurry


async def first_of(*events: asyncio.Event, seconds: float | None = None) -> bool:
    """Wait until one of the events is set. False when none was within the time."""
    waits = [asyncio.create_task(event.wait()) for event in events]
    done, pending = await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for wait in pending:
        wait.cancel()
    return bool(done)


def _told(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
