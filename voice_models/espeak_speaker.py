"""The process in which the espeak-ng library speaks for `espeak.py`: an order a line in, samples out.

The library keeps one voice and one callback for a whole process, so two users of it in one process took each other's sound away, and a
fault in it ended whoever had loaded it. Here it has a process for itself. An order is a JSON line {text, voice, rate, pitch, spread}; the
answer is the rate in Hz and the number of bytes (two signed 32-bit numbers, network order; bytes -1: no such voice), then 16-bit samples.
"""

import ctypes
import json
import os
import struct
import sys
from typing import Any, Final

import espeakng_loader  # type: ignore[import-untyped]  # it ships no types

HEADER: Final = struct.Struct("!ii")
NO_VOICE: Final = -1
_SYNCHRONOUS, _UTF8, _ERROR_FREE = 2, 1, 0
_RATE, _PITCH, _RANGE = 1, 3, 4
_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


def main() -> None:
    """Serve orders until standard input ends."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing that a library prints may come between the answers
    library = _Library()
    for line in sys.stdin.buffer:
        samples = library.speak(**json.loads(line))
        answers.write(HEADER.pack(library.rate, NO_VOICE if samples is None else len(samples)) + (samples or b""))
        answers.flush()


class _Library:
    def __init__(self) -> None:
        os.environ["ESPEAK_DATA_PATH"] = espeakng_loader.get_data_path()
        self._library: Any = ctypes.CDLL(espeakng_loader.get_library_path())
        self.rate = int(self._library.espeak_Initialize(_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), 0))
        if self.rate <= 0:
            raise OSError(f"espeak-ng did not start: {self.rate}")
        self._heard = bytearray()
        self._callback = _Callback(self._receive)
        self._library.espeak_SetSynthCallback(self._callback)

    def speak(self, text: str, voice: str, rate: int, pitch: int, spread: int) -> bytes | None:
        if self._library.espeak_SetVoiceByName(voice.encode()) != _ERROR_FREE:
            return None
        for parameter, value in ((_RATE, rate), (_PITCH, pitch), (_RANGE, spread)):
            self._library.espeak_SetParameter(parameter, value, 0)
        self._heard = bytearray()
        encoded = text.encode()
        self._library.espeak_Synth(encoded, len(encoded) + 1, 0, 1, 0, _UTF8, None, None)
        return bytes(self._heard)

    def _receive(self, samples: Any, count: int, _events: Any) -> int:
        if samples and count:
            self._heard += ctypes.string_at(samples, 2 * count)
        return 0


if __name__ == "__main__":
    main()
