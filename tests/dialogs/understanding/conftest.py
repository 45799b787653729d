"""One interpreter for all tests of a process: it is pure once loaded, and training it takes seconds."""

from datetime import date

import pytest

from dialogs.understanding import Interpreter
from tests import reading

TODAY = date(2026, 11, 20)  # a Friday


@pytest.fixture(scope="session")
def interpreter() -> Interpreter:
    return reading.interpreter()
