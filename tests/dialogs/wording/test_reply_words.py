"""The words that messages print are the words that the understanding of replies reads as meant, without a question (D7, D8, R102)."""

from datetime import date
from typing import cast

import pytest

from dialogs.understanding.interpreter import Interpreter
from dialogs.understanding.reading import Asked
from tests import reading


@pytest.fixture(scope="module")
def interpreter() -> Interpreter:
    """The real one, built from the repository's data."""
    return reading.interpreter()


@pytest.mark.parametrize(
    ("word", "asked", "intent"),
    [
        ("TAK", "reminder", "confirm_visit"),
        ("ODWOLAJ", "reminder", "cancel_visit"),
        ("ODWOLAJ", "yes_no", "cancel_visit"),
        ("ODWOŁUJĘ", "reminder", "cancel_visit"),
        ("NIE", "yes_no", "deny"),
        ("TAK", "offer", "accept_offer"),
        ("NIE", "offer", "decline_offer"),
        ("COFNIJ", "nothing", "undo"),
        ("COFNIJ", "reminder", "undo"),
        ("WYPISZ Z POCZEKALNI", "nothing", "leave_waiting_room"),
        ("WYPISZ Z POCZEKALNI", "reminder", "leave_waiting_room"),
        ("WYPISZ Z POCZEKALNI", "yes_no", "leave_waiting_room"),
        ("WYPISZ", "reminder", "leave_waiting_room"),
        ("LEAVE THE WAITING LIST", "nothing", "leave_waiting_room"),
        ("START", "nothing", "opt_in"),
        ("ТАК", "reminder", "confirm_visit"),
        ("СКАСУВАТИ", "reminder", "cancel_visit"),
        ("НІ", "offer", "decline_offer"),
        ("ТАК", "offer", "accept_offer"),
        ("ПОВЕРНУТИ", "nothing", "undo"),
        ("ВИПИСАТИ З ЧЕРГИ", "nothing", "leave_waiting_room"),
        ("YES", "reminder", "confirm_visit"),
        ("CANCEL THE VISIT", "reminder", "cancel_visit"),
        ("UNDO", "nothing", "undo"),
    ],
)
def test_a_printed_word_is_read_as_meant_d8(interpreter: Interpreter, word: str, asked: str, intent: str) -> None:
    """D8: sent back as printed, or in small letters with a full stop."""
    for text in (word, word.lower(), f"{word.capitalize()}."):
        reading = interpreter.read(text, asked=cast(Asked, asked), today=date(2026, 11, 20))
        assert (reading.intent, reading.question) == (intent, False), text


@pytest.mark.parametrize("asked", ["nothing", "reminder", "yes_no"])
def test_the_word_that_asks_about_waiting_cancels_nothing_d8(interpreter: Interpreter, asked: str) -> None:
    """D8: POCZEKALNIA only asks how to leave or stay."""
    reading = interpreter.read("POCZEKALNIA", asked=cast(Asked, asked), today=date(2026, 11, 20))
    assert reading.intent != "cancel_visit"
    assert reading.intent != "leave_waiting_room" or reading.question
