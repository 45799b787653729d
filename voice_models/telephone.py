"""Telephone audio: mu-law at 8 kHz to samples and back, other rates to 8 kHz, and speech at one even level.

Samples are numpy arrays of int16. mu-law is that of ITU-T G.711, bit for bit.
"""

from functools import cache
from math import gcd
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]

RATE: Final = 8000
FRAME_BYTES: Final = 160
"""20 ms, as a media stream brings them."""
SILENCE: Final = b"\xff"
"""mu-law for nothing."""
SPOKEN_DBFS: Final = -19.0
"""Level of the bot's speech: root mean square while it speaks, in dB below full scale. As loud as a telephone's other voices."""
PEAK_DBFS: Final = -1.5
_BIAS, _CLIP = 132, 32635
_TAPS: Final = 24  # sinc lobes on either side, at the lower of the two rates


def _expanded() -> Samples:
    """What each of the 256 codes means."""
    codes = ~np.arange(256, dtype=np.int32) & 0xFF
    size = (((codes & 0x0F) << 3) + _BIAS << (codes >> 4 & 7)) - _BIAS
    return np.where(codes & 0x80, -size, size).astype(np.int16)


def _compressed() -> npt.NDArray[np.uint8]:
    """The code of each of the 65,536 samples, from -32768 up."""
    samples = np.arange(-32768, 32768, dtype=np.int32)
    size = np.minimum(np.abs(samples), _CLIP) + _BIAS
    exponent = np.floor(np.log2(size)).astype(np.int32) - 7
    mantissa = size >> (exponent + 3) & 0x0F
    sign = np.where(samples < 0, 0x80, 0)
    return np.asarray(~(sign | exponent << 4 | mantissa) & 0xFF, np.uint8)


_MEANING: Final = _expanded()
_CODE: Final = _compressed()


def decode(mulaw: bytes) -> Samples:
    """mu-law -> samples."""
    return _MEANING[np.frombuffer(mulaw, np.uint8)]


def encode(samples: Samples) -> bytes:
    """Samples -> mu-law."""
    return _CODE[samples.astype(np.int32) + 32768].tobytes()


def whole_frames(mulaw: bytes) -> bytes:
    """Filled up with silence to whole frames of 20 ms."""
    return mulaw + SILENCE * (-len(mulaw) % FRAME_BYTES)


def resampled(samples: Samples, rate: int) -> Samples:
    """Samples of another rate (Hz) at 8 kHz, band-limited below 4 kHz; the same length in seconds."""
    if rate == RATE or not len(samples):
        return samples
    up, down = RATE // gcd(rate, RATE), rate // gcd(rate, RATE)
    bank = _filters(up, down)
    count = len(samples) * up // down
    width = bank.shape[1]
    padded = np.pad(samples.astype(np.float32), (width // 2, width))
    around = np.lib.stride_tricks.sliding_window_view(padded, width)
    out = np.empty(count, np.float32)
    for first in range(min(up, count)):  # samples that lie alike between two of the old ones share a filter
        start = first * down
        out[first::up] = around[start // up :: down][: len(out[first::up])] @ bank[start % up]
    return _whole(out)


@cache
def _filters(up: int, down: int) -> npt.NDArray[np.float32]:
    """A windowed sinc for each of the `up` places between two samples."""
    cut = min(1.0, up / down) * 0.94
    width = 2 * int(_TAPS / cut)
    offsets = np.arange(width)[None, :] - width // 2 - np.arange(up)[:, None] / up
    window = np.cos(np.pi * offsets / (width + 2)) ** 2
    bank = np.sinc(offsets * cut) * window
    return np.asarray(bank / bank.sum(1, keepdims=True), np.float32)


def level(samples: Samples) -> float:
    """Root mean square of what is not silent, in dB below full scale; -120 for silence."""
    sizes: Any = samples.astype(np.float64)
    loud = sizes[np.abs(sizes) > 0.02 * np.abs(sizes).max(initial=0)]
    return float(10 * np.log10(max((loud * loud).mean(), 1e-3) / 32768**2)) if len(loud) else -120.0


def levelled(samples: Samples, louder_db: float = 0.0) -> Samples:
    """The same speech at `SPOKEN_DBFS`; peaks above `PEAK_DBFS` are rounded off softly, never cut."""
    if not len(samples) or not samples.any():
        return samples
    gain = 10 ** ((SPOKEN_DBFS + louder_db - level(samples)) / 20)
    return _whole(_rounded(samples.astype(np.float32) * (gain / 32768)) * 32768)


def _rounded(sizes: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Straight up to half of the highest peak allowed, bent towards it above."""
    peak = 10 ** (PEAK_DBFS / 20)
    knee = peak / 2
    over = np.maximum(np.abs(sizes) - knee, 0)
    bent = knee + (peak - knee) * np.tanh(over / (peak - knee))
    return np.where(over > 0, np.sign(sizes) * bent, sizes).astype(np.float32)


def _whole(sizes: npt.NDArray[np.float32]) -> Samples:
    return np.clip(np.rint(sizes), -32768, 32767).astype(np.int16)
