"""Texts spoken by espeak-ng, from the library in its wheel: the same clips on every machine.

A process speaks a list of lines, one voice after another; several processes share a corpus.
"""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from voice_models.espeak import Espeak
from voice_models.training.libraries import numpy as np
from voice_models.training.libraries import scipy_signal, soundfile

RATE: Final = 16000


@dataclass(frozen=True, slots=True)
class Line:
    """One text to speak: voice as `es:pl+f3`, rate in words a minute, pitch and its range 0-100, and the clip's file."""

    file: str
    text: str
    voice: str
    rate: int
    pitch: int
    range: int


def speak(espeak: Espeak, line: Line) -> Any:
    """-> floats within ±1 at 16 kHz, silence at both ends cut. Raises LookupError for an unknown voice."""
    voice = line.voice.removeprefix("es:")
    spoken = espeak.speak(line.text, voice, rate=line.rate, pitch=line.pitch, spread=line.range)
    samples = np.frombuffer(spoken, np.int16) if spoken else np.zeros(1, np.int16)
    return _trimmed(scipy_signal.resample_poly(samples / 32768.0, RATE, espeak.rate))


def speak_corpus(lines: list[Line], folder: Path, *, processes: int, report: Callable[[str], None]) -> Path:
    """Speak all lines into FLAC clips of a corpus folder with its table; clips that exist are kept. -> the table."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = sorted(lines, key=lambda line: line.file)
    parts = [lines[start : start + 250] for start in range(0, len(lines), 250)]
    table = folder / "corpus.tsv"
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        rows: list[str] = []
        for done, spoken in enumerate(pool.map(_speak_part, parts, [folder] * len(parts)), start=1):
            rows += spoken
            report(f"spoken {min(done * 250, len(lines))} of {len(lines)}")
    table.write_text("\n".join(["file\ttext\tvoice\trate\tpitch\tseconds", *rows]) + "\n", encoding="utf-8")
    return table


def _speak_part(lines: list[Line], folder: Path) -> list[str]:
    espeak = Espeak()
    rows = []
    for line in lines:
        path = folder / line.file
        if not path.exists():
            soundfile.write(path, speak(espeak, line), RATE, subtype="PCM_16")
        seconds = soundfile.info(path).duration
        rows.append(f"{line.file}\t{line.text}\t{line.voice}\t{line.rate}\t{line.pitch}\t{seconds:.2f}")
    return rows


def _trimmed(samples: Any) -> Any:
    loud = np.flatnonzero(np.abs(samples) > 0.004)
    return samples[max(0, loud[0] - 160) : loud[-1] + 160] if len(loud) else samples
