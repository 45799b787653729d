"""What the network hears: the cepstra that stock Vosk computes from an 8 kHz call, reproduced in numpy.

`cepstra` equals Kaldi's MFCC with the options of `MFCC_CONF` (checked against Vosk's own ears by the
evaluation: a wrong feature would leave it deaf), and can hear through a longer or shorter vocal tract, which
Kaldi's cannot be told. `online_mean_normalized` repeats Kaldi's OnlineCmvn.
"""

from functools import cache
from typing import Any, Final

from voice_models.training.libraries import numpy as np

RATE: Final = 8000
BINS: Final = 30
LOW, HIGH = 60.0, 3800.0
FRAME, SHIFT, FFT = 200, 80, 256
WINDOW, GLOBAL_FRAMES = 600, 200
MFCC_CONF: Final = f"""--use-energy=false
--sample-frequency={RATE}
--num-mel-bins={BINS}
--num-ceps={BINS}
--low-freq={LOW:.0f}
--high-freq={HIGH - RATE / 2:.0f}
--dither=0
--allow-upsample=true
--allow-downsample=true
"""


def cepstra(samples: Any, *, tract: float = 1.0) -> Any:
    """Samples at 8 kHz in the range of int16 -> (frames, 30) float32, one frame each 10 ms.

    `tract` > 1 hears formants that much lower, as from a larger head.
    """
    count = 1 + (len(samples) - FRAME) // SHIFT
    if count < 1:
        return np.zeros((0, BINS), np.float32)
    steps = np.arange(FRAME)[None, :] + SHIFT * np.arange(count)[:, None]
    frames = np.asarray(samples, np.float32)[steps]
    frames -= frames.mean(1, keepdims=True)
    before = np.concatenate([frames[:, :1], frames[:, :-1]], 1)
    spectrum = np.fft.rfft((frames - 0.97 * before) * _window(), FFT)[:, : FFT // 2]
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    energies = power @ _filters(round(tract, 3))
    return (np.log(np.maximum(energies, np.finfo(np.float32).eps)) @ _cosines()).astype(np.float32)


def online_mean_normalized(frames: Any, mean: Any, *, history: int = 0, history_mean: Any = None) -> Any:
    """Kaldi's OnlineCmvn over 6 s: means only, begun with 200 frames of the global mean.

    `history` frames of `history_mean` stand for speech of the same call heard before.
    """
    frames = frames.astype(np.float64)
    count = len(frames)
    sums = np.cumsum(frames, 0)
    seen = np.minimum(np.arange(1, count + 1), WINDOW).astype(np.float64)[:, None]
    if count > WINDOW:
        sums[WINDOW:] -= sums[:-WINDOW].copy()
    if history:
        borrowed = np.clip(WINDOW - seen, 0, history)
        sums, seen = sums + borrowed * history_mean, seen + borrowed
    prior = np.clip(WINDOW - seen, 0, GLOBAL_FRAMES)
    return (frames - (sums + prior * mean) / (seen + prior)).astype(np.float32)


@cache
def _window() -> Any:
    return ((0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / (FRAME - 1))) ** 0.85).astype(np.float32)


@cache
def _filters(tract: float) -> Any:
    """Triangles of equal width in mel, as Kaldi places them, over bins whose frequency the vocal tract has moved."""
    edges = np.linspace(_mel(LOW), _mel(HIGH), BINS + 2)
    heard = _mel(_moved(np.arange(FFT // 2) * RATE / FFT, tract))[:, None]
    rising = (heard - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - heard) / (edges[2:] - edges[1:-1])
    return np.maximum(0, np.minimum(rising, falling)).astype(np.float32)


def _moved(frequency: Any, tract: float) -> Any:
    """Frequencies divided by the tract up to a knee, then in a straight line to the unmoved upper end."""
    knee = 2800.0 * min(tract, 1.0)
    top = RATE / 2
    below = frequency / tract
    above = knee / tract + (frequency - knee) * (top - knee / tract) / (top - knee)
    return np.where(frequency <= knee, below, above)


def _mel(frequency: Any) -> Any:
    return 1127.0 * np.log(1.0 + np.asarray(frequency, np.float64) / 700.0)


@cache
def _cosines() -> Any:
    """Orthonormal cosine transform with Kaldi's lifter of 22."""
    index = np.arange(BINS)
    table = np.sqrt(2 / BINS) * np.cos(np.pi / BINS * (index[:, None] + 0.5) * index[None, :])
    table[:, 0] = np.sqrt(1 / BINS)
    return (table * (1 + 11 * np.sin(np.pi * index / 22))).astype(np.float32)
