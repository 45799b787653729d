"""Stock Vosk, made to compute alike on every processor: whoever needs `vosk` takes it from here.

The wheel of Vosk carries an OpenBLAS of its own, which chooses its matrix routines by the processor. Those for AVX-512 are known to have
multiplied small matrices wrongly in releases of that time (OpenBLAS issues 2914, 3152, 3494), and nothing fails then: words are merely
misheard. So every x86 processor with AVX2 is asked to use the routines for AVX2 while the library is loaded; they are right, quick enough
for a telephone, and give the same confidences on all machines. `probe.py` proves on every start that what was loaded hears.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

CHOICE: Final = "OPENBLAS_CORETYPE"
"""The variable by which OpenBLAS is told its routines; it reads it once, when it is loaded."""
SAFE: Final = "Haswell"


def trusted_routines(cpuinfo: str) -> str | None:
    """What OpenBLAS must be told on a processor described like `/proc/cpuinfo`; None where it has no choice that could be wrong."""
    flags = next((line.split(":", 1)[1].split() for line in cpuinfo.splitlines() if line.startswith("flags")), [])
    return SAFE if "avx2" in flags else None


@contextmanager
def told(routines: str | None) -> Iterator[None]:
    """For the time of a load, OpenBLAS uses these routines whatever the environment says; other libraries keep their own choice."""
    before = os.environ.get(CHOICE)
    if routines:
        os.environ[CHOICE] = routines
    try:
        yield
    finally:
        _restore(before)


def _restore(before: str | None) -> None:
    if before is None:
        os.environ.pop(CHOICE, None)
    else:
        os.environ[CHOICE] = before


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    return described.read_text(encoding="ascii", errors="replace") if described.exists() else ""


with told(trusted_routines(_processor())):
    import vosk  # type: ignore[import-untyped]  # it ships no types

__all__ = ["CHOICE", "SAFE", "told", "trusted_routines", "vosk"]
