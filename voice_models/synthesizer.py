"""Text to telephone speech: a small port, espeak-ng behind it in a process of its own, any other synthesizer as a command.

What can be plugged in: a folder with a Piper voice (`*.onnx`), a folder named after an RHVoice voice, or any command that takes text
on standard input and writes a WAV file to standard output.
"""

import asyncio
import io
import json
import sys
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from voice_models.espeak_worker import HEADER
from voice_models.telephone import Samples, resampled

LONGEST_WAIT: Final = 10.0
"""Seconds after which a synthesizer that has not answered is taken for dead."""
NORMAL_RATE: Final = 140
"""Words a minute. espeak-ng's own 175 is too fast for old ears."""
VOICES: Final = {"pl": "pl", "uk": "uk", "en": "en-gb"}


class SynthesisError(Exception):
    """The synthesizer died or did not answer, and did so again after it was started anew."""


@dataclass(frozen=True, slots=True)
class Style:
    """How to speak: a language, and words a minute."""

    language: str = "pl"
    rate: int = NORMAL_RATE


class Voice(Protocol):
    """A synthesizer."""

    @property
    def name(self) -> str:
        """What tells its audio from another's in a cache."""

    async def speak(self, text: str, style: Style) -> Samples:
        """Samples at 8 kHz, at whatever level. Raises SynthesisError."""

    async def close(self) -> None:
        """End what it runs."""


class EspeakVoice:
    """espeak-ng by pyttsx3, one sentence at a time, in a process that is started when it is needed and again when it dies."""

    name = "espeak-ng"

    def __init__(self, command: Sequence[str] = (sys.executable, "-m", "voice_models.espeak_worker")) -> None:
        self._command = tuple(command)
        self._process: asyncio.subprocess.Process | None = None
        self._one_at_a_time = asyncio.Lock()

    async def speak(self, text: str, style: Style) -> Samples:
        """Samples at 8 kHz. Raises SynthesisError when the process dies twice over the same text."""
        async with self._one_at_a_time:
            try:
                return await self._ordered(text, style)
            except (OSError, asyncio.IncompleteReadError, TimeoutError):
                await self._end()
            try:
                return await self._ordered(text, style)
            except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
                await self._end()
                raise SynthesisError(f"espeak-ng failed twice: {error!r}") from error

    async def close(self) -> None:
        """End the process."""
        async with self._one_at_a_time:
            await self._end()

    async def _ordered(self, text: str, style: Style) -> Samples:
        worker = await self._running()
        assert worker.stdin is not None  # noqa: S101 - both are pipes
        assert worker.stdout is not None  # noqa: S101
        order = {"text": text, "voice": VOICES[style.language], "rate": style.rate}
        async with asyncio.timeout(LONGEST_WAIT):
            worker.stdin.write(json.dumps(order).encode() + b"\n")
            await worker.stdin.drain()
            size, rate = HEADER.unpack(await worker.stdout.readexactly(HEADER.size))
            samples = await worker.stdout.readexactly(size)
        if not size and any(letter.isalnum() for letter in text):
            raise OSError("nothing was spoken")  # pyttsx3 now and then leaves its file empty: a fresh process speaks it
        return resampled(np.frombuffer(samples, np.int16), rate)

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            pipe = asyncio.subprocess.PIPE
            self._process = await asyncio.create_subprocess_exec(
                *self._command, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL
            )
        return self._process

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.kill()
        await process.wait()


@dataclass(frozen=True, slots=True)
class CommandVoice:
    """Another synthesizer, run once for each sentence: text on its standard input, a WAV file on its standard output."""

    name: str
    command: tuple[str, ...]

    async def speak(self, text: str, style: Style) -> Samples:
        """Samples at 8 kHz; `{length}` in the command is how much slower than normal to speak. Raises SynthesisError."""
        slower = f"{NORMAL_RATE / style.rate:.2f}"
        command = [part.replace("{length}", slower) for part in self.command]
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL)
        except OSError as error:
            raise SynthesisError(f"{command[0]}: {error}") from error
        return _of_wav(await self._answer(process, text), command[0])

    async def close(self) -> None:
        """Nothing runs between sentences."""

    async def _answer(self, process: asyncio.subprocess.Process, text: str) -> bytes:
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                spoken, _ = await process.communicate(text.encode())
                return spoken
        except TimeoutError as error:
            raise SynthesisError(f"{self.name} did not answer") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


def _of_wav(spoken: bytes, who: str) -> Samples:
    try:
        with wave.open(io.BytesIO(spoken), "rb") as file:
            if (file.getnchannels(), file.getsampwidth()) != (1, 2):
                raise SynthesisError(f"{who} wrote no 16-bit mono")
            return resampled(np.frombuffer(file.readframes(file.getnframes()), np.int16), file.getframerate())
    except (wave.Error, EOFError) as error:
        raise SynthesisError(f"{who} wrote no WAV file: {error}") from error


def plugged_in(folder: Path) -> CommandVoice:
    """The synthesizer for a voice's folder: Piper where it holds an `.onnx` file, else RHVoice by the folder's name.

    Their programs (`piper`, `RHVoice-test`) must be installed. Raises FileNotFoundError for a folder that is not there.
    """
    if not folder.is_dir():
        raise FileNotFoundError(folder)
    model = next(iter(sorted(folder.glob("*.onnx"))), None)
    if model is not None:
        return CommandVoice(f"piper {model.stem}", ("piper", "--model", str(model), "--length_scale", "{length}", "--output_file", "-"))
    return CommandVoice(f"rhvoice {folder.name}", ("RHVoice-test", "--profile", folder.name, "--output", "-"))
