"""pipecat beside us: a bot with its defaults on the core that was ours, the same callers with the same recordings, in the same run.

Its Python is an environment of its own (`python -m venv X; X/bin/pip install "pipecat-ai[silero,websocket,runner]==1.14.0"`), named by
`--pipecat X/bin/python`. Its ears are an oracle and its answer is there at once, so its figures are those of its turn taking alone.
"""

import asyncio
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from tests.bench.stage import children, cpu_seconds, wait_until
from tests.bench.voice import scenes
from tests.bench.voice.phone import Phone
from tests.bench.voice.scenes import IDENTITY, Stagehand

BOT: Final = Path(__file__).with_name("pipecat_bot.py")
ANSWERS: Final = (*scenes.SHORT, *scenes.OVER, "tak odwołuję", "nie przyjdę", "dziękuję")
BRIEFLY, LONG = 1.2, 6.0  # seconds of its answers: where one answers it, and where one speaks over it
TURNS: Final = 4


@dataclass(kw_only=True)
class Peer(Stagehand):
    """Callers of the peer. It asks for nothing: a paused answer is any of those that our service is given."""

    bot: "Bot"

    async def ring(self, phone: Phone) -> None:
        """Open its stream, and keep the line."""
        await phone.stay(self.bot.address, "")

    async def greeted(self, phone: Phone) -> None:
        """Its first answer is as good as any other."""

    def said_last(self, number: str) -> str:
        """Whatever a caller might have been asked."""
        return self.draw.choice(("", *IDENTITY))


@dataclass(frozen=True)
class Bot:
    """The running peer."""

    process: subprocess.Popen[bytes]
    address: str

    def cpu(self) -> float:
        """Processor seconds used so far."""
        return cpu_seconds(self.process.pid) + sum(cpu_seconds(child) for child in children(self.process.pid))


@contextmanager
def bot(python: str, *, core: int, seconds: float) -> Iterator[Bot]:
    """Start it on a core of its own; it hums for so many seconds in answer to each turn. Raises where that Python cannot run it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([python, "-P", str(BOT), str(port), str(seconds)], env={**os.environ, "LOGURU_LEVEL": "ERROR"})
    os.sched_setaffinity(process.pid, {core})
    try:
        wait_until(lambda: _ready(process, port), "pipecat does not listen", every=0.2)
        yield Bot(process, f"ws://127.0.0.1:{port}/media")
    finally:
        process.terminate()
        process.wait()


def _ready(process: subprocess.Popen[bytes], port: int) -> bool:
    if process.poll() is not None:
        raise RuntimeError(f"pipecat's environment cannot run its bot (exit {process.returncode})")
    try:
        return httpx.get(f"http://127.0.0.1:{port}/ready").status_code == 200
    except httpx.TransportError:
        return False


async def answers(hand: Peer) -> None:
    """A caller answers it a few times."""
    phone, voice = hand.phone(hand.stranger()), hand.voice()
    line = asyncio.create_task(hand.ring(phone))
    try:
        for _ in range(TURNS):
            if not await phone.turn():
                break
            said = hand.draw.choice(ANSWERS)
            await asyncio.sleep(hand.draw.uniform(0.15, 0.5))
            await scenes.measured(hand, phone, await phone.say(hand.clips.of(said, voice)), said)
        await phone.hang_up()
        await line
    finally:
        line.cancel()
    hand.figures.late = max(hand.figures.late, phone.latest)
