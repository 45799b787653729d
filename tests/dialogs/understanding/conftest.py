"""One interpreter for all tests of a process: it is pure once loaded, and training it takes seconds."""

from datetime import date

import pytest

from dialogs.understanding import Interpreter

TODAY = date(2026, 11, 20)  # a Friday


@pytest.fixture(scope="session")
def interpreter(tmp_path_factory: pytest.TempPathFactory) -> Interpreter:
    return Interpreter.load(tmp_path_factory.getbasetemp().parent / "understanding")
