"""The process in which espeak-ng speaks: `python -m voice_models.espeak_worker`, an order a line in, audio out.

pyttsx3 with espeak-ng is process-global and not thread-safe, and prints to standard output; here it does no harm. An order is a JSON
line {text, voice, rate}; the answer is the number of bytes and the rate in Hz (two unsigned 32-bit numbers, network order), then 16-bit
samples. An order that fails ends the process: whoever asked starts another. Whoever asks ends it by a kill, so pyttsx3's file lies in
memory: nothing that a patient is told stays on a disk.
"""

import ctypes
import json
import os
import struct
import sys
import wave
from typing import Any

import espeakng_loader  # type: ignore[import-untyped]  # it ships no types

HEADER = struct.Struct("!II")


def main() -> None:
    """Serve orders until standard input ends."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what pyttsx3 prints must not come between the answers
    engine = _engine()
    file = os.memfd_create("spoken")
    for line in sys.stdin.buffer:
        samples, rate = _spoken(engine, json.loads(line), file)
        answers.write(HEADER.pack(len(samples), rate) + samples)
        answers.flush()


def _engine() -> Any:
    """pyttsx3 on the espeak-ng of the wheel; the library must be in the process before pyttsx3 looks for one."""
    os.environ["ESPEAK_DATA_PATH"] = espeakng_loader.get_data_path()
    ctypes.CDLL(espeakng_loader.get_library_path(), ctypes.RTLD_GLOBAL)
    import pyttsx3  # type: ignore[import-untyped]  # noqa: PLC0415 - it ships no types; see above

    return pyttsx3.init("espeak")


def _spoken(engine: Any, order: dict[str, Any], file: int) -> tuple[bytes, int]:
    path = f"/proc/self/fd/{file}"
    engine.setProperty("voice", order["voice"])
    engine.setProperty("rate", order["rate"])
    os.truncate(file, 0)
    engine.save_to_file(order["text"], path)
    engine.runAndWait()
    with wave.open(path, "rb") as spoken:
        samples = spoken.readframes(spoken.getnframes())
        if len(samples) != 2 * spoken.getnframes():
            raise OSError("an unfinished file")
        return samples, spoken.getframerate()


if __name__ == "__main__":
    main()
