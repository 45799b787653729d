"""espeak-ng from its wheel, called directly: text to samples, in this process, with no file and no audio device.

espeak-ng keeps one voice per process and is not thread-safe: use one `Espeak`, from one thread.
"""

import ctypes
import os
from array import array
from typing import Any, Final

import espeakng_loader  # type: ignore[import-untyped]  # it ships no types

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


class Espeak:
    """espeak-ng in this process; `rate` is that of its samples in Hz."""

    def __init__(self) -> None:
        os.environ["ESPEAK_DATA_PATH"] = espeakng_loader.get_data_path()
        self._library: Any = ctypes.CDLL(espeakng_loader.get_library_path(), ctypes.RTLD_GLOBAL)
        rate = self._library.espeak_Initialize(_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), 0)
        if rate <= 0:
            raise OSError(f"espeak-ng did not start: {rate}")
        self.rate = int(rate)
        self._heard = array("h")
        self._callback = _Callback(self._receive)
        self._library.espeak_SetSynthCallback(self._callback)

    def speak(self, text: str, voice: str, *, rate: int = 165, pitch: int = 50, spread: int = 50) -> "array[int]":
        """Samples of 16 bits. `voice` as `pl+f3`; rate in words a minute, pitch and its spread 0-100.

        Raises LookupError for an unknown voice.
        """
        if self._library.espeak_SetVoiceByName(voice.encode()) != _ERROR_FREE:
            raise LookupError(f"espeak-ng has no voice {voice}")
        for parameter, value in ((_RATE, rate), (_PITCH, pitch), (_RANGE, spread)):
            self._library.espeak_SetParameter(parameter, value, 0)
        self._heard = array("h")
        encoded = text.encode()
        self._library.espeak_Synth(encoded, len(encoded) + 1, 0, 1, 0, _UTF8, None, None)
        return self._heard

    def _receive(self, samples: Any, count: int, _events: Any) -> int:
        if samples and count:
            self._heard.frombytes(ctypes.string_at(samples, 2 * count))
        return 0
