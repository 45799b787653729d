"""Stock Vosk, made to compute rightly on every processor: whoever needs `vosk` takes it from here.

The wheel of Vosk carries an OpenBLAS of 2021 whose routines for AVX-512 multiply small single-precision matrices wrongly (OpenBLAS issues
2914, 2986, 3152). Nothing fails then: words are merely misheard. So on processors with AVX-512 the routines for AVX2 are asked for while
the library is loaded; they are right, and quick enough for a telephone. `probe.py` proves on every start that what was loaded hears.
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
    """What OpenBLAS must be told on a processor described like `/proc/cpuinfo`; None where its own choice is right."""
    flags = next((line.split(":", 1)[1].split() for line in cpuinfo.splitlines() if line.startswith("flags")), [])
    return SAFE if "avx512f" in flags else None


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
