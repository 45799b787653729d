"""espeak-ng from its wheel: text to samples, with no file and no audio device.

Each `Espeak` has the library in a process of its own (`espeak_speaker.py`), started again when it dies, so one does not disturb another.
What espeak-ng says depends a little on what it said before: the same texts in the same order sound the same.
"""

import json
import subprocess
import sys
import weakref
from array import array
from typing import IO, Final

from voice_models.espeak_speaker import HEADER, NO_VOICE

_NAMES: Final = """
    f1 f2 f3 f4 f5 m1 m2 m3 m4 m5 m6 m7 m8 Alex Alicia Andrea Andy Annie Denis Diogo Gene Gene2 Henrique
    Hugo Jacky Lee Marco Mario Michael Mike Nguyen Reed Storm Tweaky adam anika announcer antonio aunty
    belinda benjamin boris caleb david ed edward edward2 grandma grandpa gustave ian iven iven2 john
    kaukovalta klatt klatt2 klatt3 klatt4 linda marcelo max michel miguel mike2 norbert pablo paul pedro
    quincy rob robert sandro shelby steph steph2 steph3 travis victor zac
"""
VARIANTS: Final = ("", *_NAMES.split())
"""espeak-ng's voice variants that a telephone could bring; robots and whispers are left out."""



class Espeak:
    """A speaking process, used by one thread at a time; `rate` is that of its samples in Hz."""

    def __init__(self) -> None:
        self._process = _speaker()
        self._end = weakref.finalize(self, _ended, self._process)
        self.rate = 0
        self.speak("a", "pl")

    def speak(self, text: str, voice: str, *, rate: int = 165, pitch: int = 50, spread: int = 50) -> "array[int]":
        """Samples of 16 bits. `voice` as `pl+f3`; rate in words a minute, pitch and its spread 0-100.

        Raises LookupError for an unknown voice, EOFError or BrokenPipeError when the process dies over the text twice.
        """
        order = json.dumps({"text": text, "voice": voice, "rate": rate, "pitch": pitch, "spread": spread}).encode() + b"\n"
        try:
            samples = self._answer(order)
        except (EOFError, BrokenPipeError):
            self._start_again()
            samples = self._answer(order)
        if samples is None:
            raise LookupError(f"espeak-ng has no voice {voice}")
        return array("h", samples)

    def _answer(self, order: bytes) -> bytes | None:
        orders, answers = _pipes(self._process)
        orders.write(order)
        orders.flush()
        self.rate, size = HEADER.unpack(_exactly(answers, HEADER.size))
        return None if size == NO_VOICE else _exactly(answers, size)

    def _start_again(self) -> None:
        self._end()
        self._process = _speaker()
        self._end = weakref.finalize(self, _ended, self._process)


def _speaker() -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-m", "voice_models.espeak_speaker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _pipes(process: "subprocess.Popen[bytes]") -> tuple[IO[bytes], IO[bytes]]:
    if process.stdin is None or process.stdout is None:
        raise OSError("the speaking process has no pipes")
    return process.stdin, process.stdout


def _exactly(answers: IO[bytes], size: int) -> bytes:
    found = answers.read(size)
    if len(found) < size:
        raise EOFError("espeak-ng died while it spoke")
    return found


def _ended(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.communicate()
