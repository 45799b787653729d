"""How many calls this process can hold, measured when it starts: the real ears on a recorded answer, on this machine as it is now.

A guess would be wrong on every other machine: too high, and callers wait for every word; too low, and old people are sent to the keys.
"""

import asyncio
import wave
from pathlib import Path
from time import process_time
from typing import Final

import numpy as np

from channels.voice.listening import Ears
from channels.voice.ports import FRAME_BYTES
from voice_models.probe import PROBES
from voice_models.telephone import Samples, encode, whole_frames

SPOKEN: Final = 1 / 3
"""How much of a call its caller speaks; the rest of the time the ears hear the line's silence."""
BESIDE_EARS: Final = 0.012
"""Share of a core for everything else of one call: frames on the wire, the bot's voice, turns.
Taken for granted with room to spare; `make bench-voice` measures the whole of it."""
USED: Final = 0.7
"""How much of the cores may be used, so that answers do not wait for one another; taken for granted too."""
ROUNDS: Final = 2
QUIET_SECONDS: Final = 1.0


def ear_shares(ears: Ears, language: str = "pl") -> tuple[float, float]:
    """Shares of a core that one call's ears take, (while its caller speaks, while he is silent): the quickest of some rounds."""
    answer = np.concatenate([_probe(clip) for clip in sorted((PROBES / language).glob("*.wav"))])
    silence = np.random.default_rng(1).integers(-30, 30, int(QUIET_SECONDS * 8000)).astype(np.int16)
    return min(_share(ears, answer) for _ in range(ROUNDS)), min(_share(ears, silence) for _ in range(ROUNDS))


def bearable(shares: tuple[float, float], cores: float) -> int:
    """How many calls so many cores bear, at least one."""
    spoken, silent = shares
    return max(1, int(USED * cores / (SPOKEN * spoken + (1 - SPOKEN) * silent + BESIDE_EARS)))


def _share(ears: Ears, samples: Samples) -> float:
    audio = whole_frames(encode(samples))
    began = process_time()
    asyncio.run(_listen(ears, audio))
    return (process_time() - began) / (len(audio) / 8000)


async def _listen(ears: Ears, audio: bytes) -> None:
    listener = ears.listener()
    listener.expect("reminder", language="pl")
    for at in range(0, len(audio), FRAME_BYTES):
        await listener.hear(audio[at : at + FRAME_BYTES])
    await listener.close()


def _probe(clip: Path) -> Samples:
    with wave.open(str(clip), "rb") as recording:
        return np.frombuffer(recording.readframes(recording.getnframes()), np.int16)
