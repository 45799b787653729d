"""Callers on a bad line: voices, rooms, noise, gain and the bot's own echo, all drawn from a seed.

Voices are espeak-ng's held-out variants; where a corpus folder is given (corpus.tsv, clips at 16 kHz) also its voice that no shipped
model was trained on.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from tests.channels.voice.callers import Recorded, spoken
from voice_models.telephone import RATE, Samples, encode, levelled, resampled, whole_frames

VOICES: Final = ("pl+Annie", "pl+Michael", "pl+f4", "pl+m7", "pl+marcelo", "pl+victor")
"""Of those that `voice_models.training.clips.TEST` keeps out of training; klatt2 is left out as nobody sounds like it."""
HELD_OUT: Final = "rh:alicja"
LOUDNESS: Final = 2000.0


@dataclass(frozen=True)
class Said:
    """Words of one voice at 8 kHz, without silence at the ends."""

    text: str
    voice: str
    samples: Any


@dataclass(frozen=True)
class Line:
    """How bad: noise so many dB below the voice, seconds until a room's echo has died, dB of gain, dB of the bot's echo below the
    caller (None: none comes back), milliseconds that it takes, seconds of the room that it comes from."""

    noise_db: float = 25.0
    room: float = 0.0
    gain_db: float = 0.0
    echo_db: float | None = None
    echo_ms: int = 50
    echo_room: float = 0.0


CLEAN: Final = Line()


def by_espeak(text: str, voice: str, rate: int = 150) -> Said:
    """A text by one of espeak-ng's variants."""
    return Said(text, voice, spoken(text, voice, rate).astype(float))


@cache
def _listed(corpus: Path) -> tuple[tuple[str, Path], ...]:
    with (corpus / "corpus.tsv").open(encoding="utf-8", newline="") as table:
        rows = csv.DictReader(table, delimiter="\t")
        return tuple((row["text"], corpus / row["file"]) for row in rows if row["voice"] == HELD_OUT)


def recorded(corpus: Path) -> Iterator[tuple[str, Path]]:
    """Texts and files of the held-out voice of a corpus."""
    yield from _listed(corpus)


def from_file(text: str, file: Path) -> Said:
    """A clip of a corpus; needs soundfile (the training extra)."""
    import soundfile  # noqa: PLC0415 - only where a corpus is given

    samples, rate = soundfile.read(file, dtype="int16")
    return Said(text, HELD_OUT, _bare(resampled(samples, rate)).astype(float))


def _bare(samples: Samples) -> Samples:
    sizes = np.abs(samples.astype(int))
    loud = np.flatnonzero(sizes > 0.03 * sizes.max())
    return samples[loud[0] : loud[-1] + 1]


def call(
    script: Sequence[Said | int], line: Line, draw: Any, *, before_ms: int = 600, after_ms: int = 2000, bot: Samples | None = None
) -> Recorded:
    """Words and pauses (ms) over a line. -> mu-law, and where the words are in it."""
    parts, ends, at = [np.zeros(before_ms * RATE // 1000)], [], before_ms * RATE // 1000
    for step in script:
        part = np.zeros(step * RATE // 1000) if isinstance(step, int) else _loud(step.samples, LOUDNESS)
        if not isinstance(step, int):
            ends.append((at * 1000 // RATE, (at + len(part)) * 1000 // RATE))
        parts.append(part)
        at += len(part)
    whole = np.concatenate([*parts, np.zeros(after_ms * RATE // 1000)])
    whole = _over(_in_room(whole, line.room, draw), line, draw, bot)
    return Recorded(whole_frames(encode(np.clip(whole, -32000, 32000).astype(np.int16))), tuple(ends))


def _over(whole: Any, line: Line, draw: Any, bot: Samples | None) -> Any:
    noisy = _telephone_band(whole) + coloured(len(whole), draw) * LOUDNESS * 10 ** (-line.noise_db / 20)
    if line.echo_db is not None and bot is not None:
        echo = np.resize(_in_room(bot.astype(float), line.echo_room, draw), len(whole) - line.echo_ms * 8)
        echo = _loud(_telephone_band(echo), LOUDNESS * 10 ** (-line.echo_db / 20))
        noisy[line.echo_ms * 8 :] += echo
    return noisy * 10 ** (line.gain_db / 20)


def played(bot: Samples, count: int) -> bytes:
    """What the bot says all the while: mu-law for so many bytes of the caller's, as `call` lets its echo come back."""
    return encode(np.resize(levelled(bot), count))


def _loud(samples: Any, loudness: float) -> Any:
    if not samples.any():
        return samples
    sizes = samples[np.abs(samples) > 0.02 * np.abs(samples).max(initial=1)]
    return samples * (loudness / np.sqrt((sizes * sizes).mean() + 1e-9))


def coloured(count: int, draw: Any) -> Any:
    """Steady noise between white and brown, of loudness 1."""
    spectrum = np.fft.rfft(draw.standard_normal(count))
    spectrum *= (np.arange(len(spectrum)) + 1.0) ** (-draw.uniform(0, 1.0))
    noise = np.fft.irfft(spectrum, count)
    return noise / (noise.std() + 1e-9)


def cough(draw: Any) -> Said:
    """A burst or two of noise through a throat: no word."""
    parts = []
    for _ in range(draw.integers(1, 3)):
        length = int(draw.uniform(0.1, 0.3) * RATE)
        shape = np.exp(-np.arange(length) / (length * draw.uniform(0.2, 0.6))) * np.minimum(1, np.arange(length) / 60)
        parts += [coloured(length, draw) * shape, np.zeros(int(draw.uniform(0.03, 0.12) * RATE))]
    return Said("", "cough", np.concatenate(parts))


def nothing(draw: Any) -> Said:
    """Nobody says anything: some seconds, in which only what comes back can be heard."""
    return Said("", "nobody", np.zeros(int(draw.uniform(3, 5) * RATE)))


def hum(draw: Any) -> Said:
    """ "Mhm": a hummed m, a breath, a hummed m; pitch falling and rising again."""
    length = int(draw.uniform(0.35, 0.5) * RATE)
    time = np.arange(length) / RATE
    pitch = draw.uniform(100, 220) * (1 + 0.12 * np.cos(2 * np.pi * time / time[-1]))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    sound = sum(np.sin(order * phase) * 10 ** (-(0.0 if order * 150 < 400 else 22 + order) / 20) for order in range(1, 16))
    closed = np.minimum(1, np.abs(time / time[-1] - 0.5) * 12) * np.hanning(length) ** 0.3
    return Said("mhm", "hum", sound * closed + 0.02 * draw.standard_normal(length) * (1 - closed))


def _in_room(samples: Any, seconds: float, draw: Any) -> Any:
    if not seconds:
        return samples
    length = int(seconds * RATE)
    echo = draw.standard_normal(length) * np.exp(-6.9 * np.arange(length) / length)
    echo[:16], size = 0, len(samples) + length
    echo *= 0.35 / np.sqrt((echo * echo).sum())
    echo[0] = 1
    return np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(echo, size), size)[: len(samples)]


def _telephone_band(samples: Any) -> Any:
    """300 to 3,400 Hz, with soft edges."""
    hertz = np.fft.rfftfreq(len(samples), 1 / RATE)
    low, high = 1 / (1 + (260 / np.maximum(hertz, 1)) ** 6), 1 / (1 + (hertz / 3450) ** 24)
    return np.fft.irfft(np.fft.rfft(samples) * np.sqrt(low * high), len(samples))
