"""Texts spoken by espeak-ng, from the library in its wheel: the same clips on every machine.

espeak-ng keeps one voice per process and is not thread-safe: a process speaks a list of lines, one voice
after another.
"""

import ctypes
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from voice_models.training.libraries import espeakng_loader, scipy_signal, soundfile
from voice_models.training.libraries import numpy as np

RATE: Final = 16000
_SYNCHRONOUS, _UTF8, _ERROR_FREE = 2, 1, 0
_RATE, _PITCH, _RANGE = 1, 3, 4
_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)

_NAMES: Final = """
    f1 f2 f3 f4 f5 m1 m2 m3 m4 m5 m6 m7 m8 Alex Alicia Andrea Andy Annie Denis Diogo Gene Gene2 Henrique
    Hugo Jacky Lee Marco Mario Michael Mike Nguyen Reed Storm Tweaky adam anika announcer antonio aunty
    belinda benjamin boris caleb david ed edward edward2 grandma grandpa gustave ian iven iven2 john
    kaukovalta klatt klatt2 klatt3 klatt4 linda marcelo max michel miguel mike2 norbert pablo paul pedro
    quincy rob robert sandro shelby steph steph2 steph3 travis victor zac
"""
VARIANTS: Final = ("", *_NAMES.split())
"""espeak-ng's voice variants that a telephone could bring; robots and whispers are left out."""


@dataclass(frozen=True, slots=True)
class Line:
    """One text to speak: voice as `es:pl+f3`, rate in words a minute, pitch and its range 0-100, and the
    clip's file.
    """

    file: str
    text: str
    voice: str
    rate: int
    pitch: int
    range: int


class Espeak:
    """espeak-ng in this process."""

    def __init__(self) -> None:
        os.environ["ESPEAK_DATA_PATH"] = espeakng_loader.get_data_path()
        self._library: Any = ctypes.CDLL(espeakng_loader.get_library_path(), ctypes.RTLD_GLOBAL)
        rate = self._library.espeak_Initialize(_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), 0)
        if rate <= 0:
            raise OSError(f"espeak-ng did not start: {rate}")
        self._rate = int(rate)
        self._heard: list[Any] = []
        self._callback = _Callback(self._receive)
        self._library.espeak_SetSynthCallback(self._callback)

    def speak(self, line: Line) -> Any:
        """-> floats within ±1 at 16 kHz, silence at both ends cut. Raises LookupError for an unknown voice.
        """
        name = line.voice.removeprefix("es:")
        if self._library.espeak_SetVoiceByName(name.encode()) != _ERROR_FREE:
            raise LookupError(f"espeak-ng has no voice {name}")
        for parameter, value in ((_RATE, line.rate), (_PITCH, line.pitch), (_RANGE, line.range)):
            self._library.espeak_SetParameter(parameter, value, 0)
        self._heard.clear()
        text = line.text.encode()
        self._library.espeak_Synth(text, len(text) + 1, 0, 1, 0, _UTF8, None, None)
        spoken = np.concatenate(self._heard) if self._heard else np.zeros(1, np.int16)
        return _trimmed(scipy_signal.resample_poly(spoken / 32768.0, RATE, self._rate))

    def _receive(self, samples: Any, count: int, _events: Any) -> int:
        if samples and count:
            self._heard.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0


def speak_corpus(lines: list[Line], folder: Path, *, processes: int, report: Callable[[str], None]) -> Path:
    """Speak all lines into FLAC clips of a corpus folder with its table; clips that exist are kept. -> the
    table.
    """
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
            soundfile.write(path, espeak.speak(line), RATE, subtype="PCM_16")
        seconds = soundfile.info(path).duration
        rows.append(f"{line.file}\t{line.text}\t{line.voice}\t{line.rate}\t{line.pitch}\t{seconds:.2f}")
    return rows


def _trimmed(samples: Any) -> Any:
    loud = np.flatnonzero(np.abs(samples) > 0.004)
    return samples[max(0, loud[0] - 160) : loud[-1] + 160] if len(loud) else samples
