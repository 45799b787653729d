"""What a model costs: delay from the last sound to the final text, time to load, memory, work for each second of audio."""

import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from voice_models.confidence import UNKNOWN
from voice_models.espeak import Espeak
from voice_models.hearing import listen, load
from voice_models.training.clips import TEST
from voice_models.training.libraries import numpy as np
from voice_models.training.libraries import scipy_signal
from voice_models.training.report import spread
from voice_models.training.speech import Line, speak
from voice_models.training.telephone import coloured

ONE_WORD: Final = ("tak", "nie", "odwołuję", "potwierdzam", "poczekalnia", "cztery", "powtórz", "pomoc")
RATE: Final = 8000
ASKED: Final = 0.2
"""Seconds of silence after which a caller's own voice activity may ask for the final text."""


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds from the last sound to the final text of one-word answers by Vosk's own endpoint, and how many were missed;
    how many were right when asked for `ASKED` seconds after the last sound; seconds to load, memory in bytes, work.
    """

    delays: tuple[float, ...]
    missed: int
    asked_right: int
    loading: float
    memory: int
    real_time_factor: float

    def __str__(self) -> str:
        late = f"final text after the last sound {spread(self.delays)} ({self.missed} missed)"
        asked = f"{self.asked_right} of {len(self.delays) + self.missed} right when asked after {1000 * ASKED:.0f} ms"
        return f"{late}; {asked}; loads in {self.loading:.3f} s, {self.memory / 1e6:.0f} MB; {self.real_time_factor:.4f} of real time"


def costs(model: Path) -> Costs:
    """Measure one model folder on held-out variants of espeak-ng over a quiet line."""
    loading, memory = _loading(model)
    ears, words = load(model), (*ONE_WORD, UNKNOWN)
    delays, missed, asked, audio, started = [], 0, 0, 0.0, time.process_time()
    for word, end, call in _calls():
        heard = listen(ears, call.tobytes(), words)
        audio += len(call) / RATE
        if heard.text == word and heard.ended_after:
            delays.append(heard.ended_after - end)
        else:
            missed += 1
        early = call[: int((end + ASKED) * RATE)]
        asked += listen(ears, early.tobytes(), words).text == word
        audio += len(early) / RATE
    work = (time.process_time() - started) / audio
    return Costs(tuple(delays), missed, asked, loading, memory, work)


def _calls() -> Iterator[tuple[str, float, Any]]:
    """Each word by each variant: the word, the second at which its last sound ends, the samples."""
    espeak, draw = Espeak(), np.random.default_rng(0)
    spoken = [
        (word, speak(espeak, Line("", word, voice, 160, 50, 50)))
        for word in ONE_WORD
        for voice in sorted(TEST)
        if voice.startswith("es:")
    ]
    for word, clip in spoken:
        voice = scipy_signal.resample_poly(clip, 1, 2)
        voice = voice / np.abs(voice).max() * 8000
        call = np.concatenate([np.zeros(RATE // 2), voice, np.zeros(RATE * 3 // 2)])
        call = call + 30 * coloured(len(call), draw)
        yield word, 0.5 + _last_sound(voice), call.astype(np.int16)


def _last_sound(voice: Any) -> float:
    """Second at which the voice last is within 30 dB of its loudest 10 ms."""
    frames = np.sqrt((voice[: len(voice) // 80 * 80].reshape(-1, 80) ** 2).mean(1))
    return float(np.flatnonzero(frames > frames.max() * 10 ** (-30 / 20))[-1] + 1) / 100


def _loading(model: Path) -> tuple[float, int]:
    """Seconds and bytes that loading takes, in a process that has done nothing else."""
    told = subprocess.run([sys.executable, "-c", _LOADER, str(model)], check=True, capture_output=True, text=True)  # noqa: S603
    seconds, pages = told.stdout.split()
    return float(seconds), int(pages) * resource.getpagesize()


_LOADER: Final = """
import sys, time
from voice_models.stock import vosk
def resident():
    return int(open("/proc/self/statm").read().split()[1])
vosk.SetLogLevel(-1)
before, started = resident(), time.perf_counter()
model = vosk.Model(sys.argv[1])
print(time.perf_counter() - started, resident() - before)
"""
