"""Clean speech made into a call: another throat, a room, a line, noise, a microphone held too close, mu-law.

Also what is not speech: coughs, clicks, hum, music, a babble of other voices. All of it is drawn from one
seeded generator for each clip and copy, so that a corpus is the same wherever it is made.
"""

from dataclasses import dataclass
from typing import Any, Final

from voice_models.training.libraries import numpy as np
from voice_models.training.libraries import scipy_signal

RATE: Final = 8000
FULL_SCALE: Final = 32000


@dataclass(frozen=True, slots=True)
class Call:
    """Samples at 8 kHz in the range of int16, and whether a noise (not speech) comes before or after the words."""

    samples: Any
    noise_before: bool
    noise_after: bool


def telephoned(clip: Any, draw: Any, *, others: Any = None, events: bool = True) -> Call:
    """A clip at 16 kHz, floats within ±1 -> a call, harder or easier by chance.

    `others(draw)` gives another clip for babble; `draw` is a numpy Generator.
    """
    speech = scipy_signal.resample_poly(_at_speed(clip, draw.uniform(0.86, 1.17)), 1, 2)
    before = _noise_event(draw) if events and draw.random() < 0.07 else np.zeros(0)
    after = _noise_event(draw) if events and draw.random() < 0.07 else np.zeros(0)
    level = loudness(speech)
    pauses = [np.zeros(int(draw.uniform(0.08, 0.7) * RATE)) for _ in range(2)]
    loud = [level * 10 ** (draw.uniform(-14, 4) / 20) for _ in range(2)]
    parts = [np.zeros(800), before * loud[0], pauses[0], speech, pauses[1], after * loud[1], np.zeros(800)]
    whole = _over_line(_in_room(np.concatenate(parts), draw), draw)
    whole = _with_noise(whole, level, draw, others)
    return Call(coded(whole, draw), bool(len(before)), bool(len(after)))


def line(clip: Any, draw: Any, *, decibels: float, others: Any = None) -> Any:
    """A clip at 16 kHz -> a call with exactly this signal-to-noise ratio, unchanged voice: for testing."""
    speech = scipy_signal.resample_poly(clip, 1, 2)
    level = loudness(speech)
    lead = np.zeros(int(draw.uniform(0.2, 0.6) * RATE))
    whole = _band(np.concatenate([lead, speech, np.zeros(int(0.6 * RATE))]), 300, 3400, 2)
    noise = _babble(len(whole), draw, others) if others and draw.random() < 0.3 else coloured(len(whole), draw)
    return coded(whole + noise * level * 10 ** (-decibels / 20), draw, gain=10 ** (-draw.uniform(2, 18) / 20))


def loudness(samples: Any) -> float:
    """Root mean square of the parts that are not silent."""
    size = np.abs(samples)
    heard = samples[size > 0.02 * size.max(initial=0)]
    return float(np.sqrt((heard * heard).mean() + 1e-12)) if len(heard) else 1e-6


def coloured(count: int, draw: Any) -> Any:
    """Steady noise between white and brown, of loudness 1."""
    spectrum = np.fft.rfft(draw.standard_normal(count))
    spectrum *= (np.arange(len(spectrum)) + 1.0) ** (-draw.uniform(0, 1.1))
    noise = np.fft.irfft(spectrum, count)
    return noise / (noise.std() + 1e-9)


def coded(samples: Any, draw: Any, *, gain: float | None = None) -> Any:
    """Level, now and then overdriven, and mu-law -> range of int16."""
    factor = 10 ** (-draw.uniform(0, 26) / 20) if gain is None else gain
    overdrive = draw.uniform(1, 2.5) if gain is None and draw.random() < 0.08 else 1.0
    scaled = np.clip(samples / (np.abs(samples).max() + 1e-9) * factor * overdrive, -1, 1)
    if draw.random() < 0.7:
        steps = np.rint(np.log1p(255 * np.abs(scaled)) / np.log(256) * 127) / 127
        scaled = np.sign(scaled) * np.expm1(steps * np.log(256)) / 255
    return np.rint(scaled * FULL_SCALE)


def noise_only(draw: Any, *, others: Any = None) -> tuple[Any, bool]:
    """A call in which nobody speaks to us -> samples, and whether a sudden noise is in it."""
    count = int(draw.uniform(0.8, 3.5) * RATE)
    whole = np.zeros(count)
    sudden = draw.random() < 0.6
    for _ in range(draw.integers(1, 4) if sudden else 0):
        event = _noise_event(draw)[:count]
        start = draw.integers(0, count - len(event) + 1)
        whole[start : start + len(event)] += event * 10 ** (draw.uniform(-12, 0) / 20)
    noise = _babble(count, draw, others) if others and draw.random() < 0.3 else coloured(count, draw)
    whole = _over_line(_in_room(whole, draw), draw) + noise * 10 ** (draw.uniform(-45, -12) / 20)
    return coded(whole, draw), sudden


def _at_speed(clip: Any, speed: float) -> Any:
    return np.interp(np.arange(int(len(clip) / speed)) * speed, np.arange(len(clip)), clip)


def _in_room(samples: Any, draw: Any) -> Any:
    if draw.random() > 0.4:
        return samples
    length = int(draw.uniform(0.08, 0.45) * RATE)
    echo = draw.standard_normal(length) * np.exp(-6.9 * np.arange(length) / length)
    echo[:16] = 0
    echo *= 10 ** (-draw.uniform(2, 18) / 20) / np.sqrt((echo * echo).sum())
    echo[0] = 1
    return scipy_signal.fftconvolve(samples, echo)[: len(samples)]


def _over_line(samples: Any, draw: Any) -> Any:
    if draw.random() < 0.75:
        curve = np.interp(np.linspace(0, 1, 129), np.linspace(0, 1, 7), draw.normal(0, 4, 7))
        shape = np.roll(np.fft.irfft(10 ** (curve / 20)), 128) * np.hanning(256)
        samples = scipy_signal.fftconvolve(samples, shape)[128 : 128 + len(samples)]
    if draw.random() < 0.7:
        samples = _band(samples, draw.uniform(80, 320), draw.uniform(2900, 3850), 2 if draw.random() < 0.5 else 4)
    return samples


def _band(samples: Any, low: float, high: float, order: int) -> Any:
    return scipy_signal.sosfilt(scipy_signal.butter(order, [low, high], "band", fs=RATE, output="sos"), samples)


def _with_noise(samples: Any, level: float, draw: Any, others: Any) -> Any:
    kind = draw.random()
    if kind < 0.25 and others:
        samples = samples + _babble(len(samples), draw, others) * level * 10 ** (-draw.uniform(10, 28) / 20)
    if kind > 0.1:
        below = draw.uniform(6, 22) if draw.random() < 0.4 else draw.uniform(20, 45)
        samples = samples + coloured(len(samples), draw) * level * 10 ** (-below / 20)
    return samples


def _babble(count: int, draw: Any, others: Any) -> Any:
    """Some voices at once, of loudness 1."""
    mixed = np.zeros(count)
    for _ in range(draw.integers(1, 6)):
        voice = others(draw)[::2]
        mixed += np.resize(np.roll(voice, draw.integers(len(voice))), count) / loudness(voice)
    return mixed / loudness(mixed)


def _noise_event(draw: Any) -> Any:
    """A cough, a click, a beep, a rattle or a breath, of loudness about 1."""
    event = (_burst, _burst, _clicks, _tones, _breath)[draw.integers(5)](draw)
    return event / loudness(event)


def _burst(draw: Any) -> Any:
    """Like a cough: one to three noise bursts through two resonances."""
    parts = []
    for _ in range(draw.integers(1, 4)):
        length = int(draw.uniform(0.08, 0.3) * RATE)
        shape = np.exp(-np.arange(length) / (length * draw.uniform(0.15, 0.6))) * np.minimum(1, np.arange(length) / 40)
        noise = draw.standard_normal(length)
        for _ in range(2):
            noise = noise + 3 * _band(noise, draw.uniform(200, 1500), draw.uniform(1600, 3600), 1)
        parts += [noise * shape, np.zeros(int(draw.uniform(0.02, 0.15) * RATE))]
    return np.concatenate(parts)


def _clicks(draw: Any) -> Any:
    length = int(draw.uniform(0.1, 0.8) * RATE)
    clicks = np.zeros(length)
    clicks[draw.integers(0, length, draw.integers(1, 12))] = draw.normal(0, 1, 1)
    ring = np.exp(-np.arange(200) / draw.uniform(5, 60)) * np.sin(np.arange(200) * draw.uniform(0.2, 2.8))
    return np.convolve(clicks, ring)[:length] + 1e-4 * draw.standard_normal(length)


def _tones(draw: Any) -> Any:
    """Keys, ringing, a few notes of music."""
    length = int(draw.uniform(0.1, 0.4) * RATE)
    time = np.arange(length) / RATE
    notes = []
    for _ in range(draw.integers(1, 5)):
        pitches = draw.uniform(180, 1800, draw.integers(1, 4))
        notes.append(sum(np.sin(2 * np.pi * pitch * time) for pitch in pitches) * np.hanning(length) ** 0.3)
    return np.concatenate(notes)


def _breath(draw: Any) -> Any:
    length = int(draw.uniform(0.2, 0.8) * RATE)
    return _band(coloured(length, draw) * np.hanning(length), draw.uniform(100, 500), draw.uniform(1200, 3600), 1)
