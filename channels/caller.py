"""`cer call`: a program holds a telephone of the simulated carrier, says what it is given when it is its turn, and tells how it went.

It answers a telephone that rings, or calls the service itself. Both sides are kept as one stereo recording.
"""

import asyncio
import json
import wave
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final

import httpx
import numpy as np
import typer
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from channels.settings import SettingsError, load
from voice_models.espeak import Espeak
from voice_models.telephone import FRAME_BYTES, SILENCE, Samples, decode, encode, level, levelled, resampled, whole_frames

FRAME_SECONDS: Final = 0.02
SPOKEN_DB: Final = -50.0  # above this a frame of the other side is sound
TURN_FRAMES: Final = 35  # the other side has finished when it was silent for so long: 700 ms
RING_SECONDS: Final = 90.0
VOICE: Final = "pl+f4"  # a caller does not sound like the one he calls


@dataclass
class Recording:
    """Both sides of a call in frames of 20 ms: ours and theirs."""

    ours: list[bytes] = field(default_factory=list)
    theirs: list[bytes] = field(default_factory=list)

    def write(self, path: Path) -> None:
        """A WAV file: the caller left, the service right."""
        sides = [decode(b"".join(frames)) for frames in (self.ours, self.theirs)]
        length = min(map(len, sides))
        with wave.open(str(path), "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes(np.column_stack([side[:length] for side in sides]).astype("<i2").tobytes())


@dataclass
class Handset:
    """One telephone, held for one call; `answers` are frames to speak or a key to press, one a turn."""

    socket: ClientConnection
    answers: list[list[bytes] | str]
    recording: Recording = field(default_factory=Recording)
    playing: list[bytes] = field(default_factory=list)
    state: str = "idle"
    spoke: bool = False
    silent: int = 0
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self) -> None:
        """Take what the line says until the call is over."""
        try:
            async for message in self.socket:
                if isinstance(message, bytes):
                    self.playing.append(message)
                else:
                    await self._event(json.loads(message))
        except ConnectionClosed:
            self._end()

    async def _event(self, event: dict[str, Any]) -> None:
        if event["event"] == "caption":
            typer.echo(f"   [{event['text']}]")
            self.spoke, self.silent = True, 0
        if event["event"] == "problem":
            typer.echo(f"   ! {event['text']}", err=True)
            self._end()
        if event["event"] != "state":
            return
        before, self.state = self.state, event["state"]
        if self.state == "ringing":
            await self.socket.send(json.dumps({"event": "answer"}))
        if self.state == "talking":
            self.begun.set()
        if self.state == "idle" and before != "idle":
            self._end()

    def _end(self) -> None:
        self.over.set()
        self.begun.set()

    async def talk(self) -> None:
        """20 ms at a time: hear what is played, speak or press when it is our turn."""
        loop = asyncio.get_running_loop()
        began, ticks, speaking = loop.time(), 0, list[bytes]()
        while not self.over.is_set():
            ticks += 1
            await asyncio.sleep(max(0.0, began + ticks * FRAME_SECONDS - loop.time()))
            if self.state != "talking":
                continue
            self._hear()
            if not speaking and self.spoke and self.silent >= TURN_FRAMES and self.answers:
                speaking = await self._turn()
            frame = speaking.pop(0) if speaking else SILENCE * FRAME_BYTES
            self.recording.ours.append(frame)
            await self.socket.send(frame)

    def _hear(self) -> None:
        frame = self.playing.pop(0) if self.playing else SILENCE * FRAME_BYTES
        self.recording.theirs.append(frame)
        sounds = level(decode(frame)) > SPOKEN_DB
        self.spoke, self.silent = self.spoke or sounds, 0 if sounds else self.silent + 1

    async def _turn(self) -> list[bytes]:
        self.spoke = False
        answer = self.answers.pop(0)
        if isinstance(answer, list):
            return list(answer)
        await self.socket.send(json.dumps({"event": "key", "digit": answer}))
        return []


def call(
    to: Annotated[str, typer.Option("--to", help="The telephone that is held, +48…: it answers when it rings.")],
    say: Annotated[
        list[str] | None, typer.Option("--say", help="What it says at each turn: a WAV file, words to be spoken, or #1 for a key.")
    ] = None,
    text: Annotated[list[str] | None, typer.Option("--text", help="Words to be spoken at a turn, after those of --say.")] = None,
    dial: Annotated[bool, typer.Option("--dial", help="Call the service instead of waiting until it rings.")] = False,
    out: Annotated[Path, typer.Option("--out", help="Where both sides are kept as one stereo WAV.")] = Path("call.wav"),
    url: Annotated[str | None, typer.Option("--url", help="The demonstration; by default the one of the settings.")] = None,
) -> None:
    """Hold a telephone of the demonstration for one call, and print its transcript and timing."""
    try:
        base = (url or load().public_url or "").rstrip("/")
        answers = [_answer(one) for one in say or []] + [_spoken(one) for one in text or []]
        recording = asyncio.run(_call(base, "+" + to.strip().lstrip("+"), answers, dial=dial))
    except (SettingsError, OSError, InvalidHandshake, TimeoutError, wave.Error) as error:
        typer.echo(f"cer: {error or 'nobody rang'}", err=True)
        raise typer.Exit(1) from None
    recording.write(out)
    _tell(httpx.get(f"{base}/demo/call", params={"number": to}, timeout=10).json())
    typer.echo(f"recording: {out} ({len(recording.ours) * FRAME_SECONDS:.1f} s, left: the caller, right: the service)")


async def _call(base: str, number: str, answers: list[list[bytes] | str], *, dial: bool) -> Recording:
    async with connect(f"{base.replace('http', 'ws', 1)}/telephone/{number}/line", proxy=None) as socket:
        handset = Handset(socket, answers)
        listening = asyncio.create_task(handset.listen())
        if dial:
            await socket.send(json.dumps({"event": "dial"}))
        try:
            async with asyncio.timeout(RING_SECONDS) as ringing:
                talking = asyncio.create_task(handset.talk())
                await handset.begun.wait()
                ringing.reschedule(None)
                await talking
        finally:
            listening.cancel()
        return handset.recording


def _answer(wanted: str) -> list[bytes] | str:
    if wanted.startswith("#") and len(wanted) == 2:
        return wanted[1]
    return _recorded(Path(wanted)) if wanted.endswith(".wav") else _spoken(wanted)


def _recorded(path: Path) -> list[bytes]:
    """A WAV file as the telephone carries it. Raises OSError and wave.Error."""
    with wave.open(str(path)) as file:
        if file.getsampwidth() != 2:
            raise wave.Error(f"{path}: only WAV files of 16 bits a sample")
        sides = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels())
        rate = file.getframerate()
    return _frames(resampled(sides.mean(axis=1).astype(np.int16), rate))


def _spoken(words: str) -> list[bytes]:
    espeak = Espeak()
    samples = np.array(espeak.speak(words, VOICE), np.int16)
    return _frames(levelled(resampled(samples, espeak.rate)))


def _frames(samples: Samples) -> list[bytes]:
    sound = whole_frames(encode(samples))
    return [sound[start : start + FRAME_BYTES] for start in range(0, len(sound), FRAME_BYTES)]


def _tell(report: dict[str, Any]) -> None:
    for line in report.get("said", []):
        typer.echo(f"{'  caller:' if line['who'] == 'caller' else 'service:'} {line['words']}")
    for number, turn in enumerate(report.get("timings", []), 1):
        waited = turn["decided_ms"] - turn["ended_ms"]
        typer.echo(f"turn {number}: heard until {turn['ended_ms']} ms, decided {waited} ms later, answered {turn['think_ms']} ms")
    typer.echo(f"outcome: {report.get('outcome')}")
