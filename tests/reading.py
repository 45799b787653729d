"""The reader of messages for tests: trained once on this machine for all processes that test, found again by what it is made of."""

import tempfile
from functools import cache
from pathlib import Path

from dialogs.understanding import Interpreter

MODELS = Path(tempfile.gettempdir()) / "cer-tests-models"


@cache
def interpreter() -> Interpreter:
    """Loaded from the shared folder; the first process trains while the others wait for it."""
    return Interpreter.load(MODELS)
