"""Callers for tests: scripts of words and pauses, spoken by espeak-ng and put on a telephone line; the same on every machine."""

import struct
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from voice_models.telephone import RATE, Samples, encode, resampled, whole_frames

BEFORE_MS = 500
LOUDNESS = 1800.0


@dataclass(frozen=True)
class Recorded:
    """mu-law of whole frames, and where its stretches of speech begin and end (ms)."""

    audio: bytes
    spoken: tuple[tuple[int, int], ...]


_SPEAK = """
import struct, sys
from voice_models.espeak import Espeak
espeak = Espeak()
samples = espeak.speak(sys.argv[1], sys.argv[2], rate=int(sys.argv[3]))
sys.stdout.buffer.write(struct.pack("!I", espeak.rate) + samples.tobytes())
"""


@cache
def spoken(text: str, voice: str, rate: int) -> Samples:
    """A text at 8 kHz without silence at its ends. In a process of its own: what espeak-ng says depends on what it said before."""
    made = subprocess.run([sys.executable, "-c", _SPEAK, text, voice, str(rate)], capture_output=True, check=True).stdout
    samples = resampled(np.frombuffer(made[4:], np.int16), struct.unpack("!I", made[:4])[0])
    loud = np.flatnonzero(np.abs(samples.astype(int)) > 0.02 * np.abs(samples.astype(int)).max())
    return samples[loud[0] : loud[-1] + 1]


def caller(
    script: Sequence[str | int], *, voice: str = "pl+m7", rate: int = 150, noise_db: float = 25, after_ms: int = 2000, seed: int = 1
) -> Recorded:
    """Words, and pauses in ms between them, at an even loudness over white noise so many dB below it."""
    parts, ends, at = [np.zeros(BEFORE_MS * RATE // 1000)], [], BEFORE_MS * RATE // 1000
    for step in script:
        part = np.zeros(step * RATE // 1000) if isinstance(step, int) else spoken(step, voice, rate).astype(float)
        if not isinstance(step, int):
            part *= LOUDNESS / np.sqrt((part * part).mean())
            ends.append((at * 1000 // RATE, (at + len(part)) * 1000 // RATE))
        parts.append(part)
        at += len(part)
    whole = np.concatenate([*parts, np.zeros(after_ms * RATE // 1000)])
    whole += np.random.default_rng(seed).standard_normal(len(whole)) * LOUDNESS * 10 ** (-noise_db / 20)
    return Recorded(whole_frames(encode(np.clip(whole, -32000, 32000).astype(np.int16))), tuple(ends))
