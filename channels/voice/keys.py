"""What the telephone's keys mean at each question: a digit becomes the words that the question itself asks for."""

from collections.abc import Mapping
from typing import Final

REPEAT, HUMAN, SLOWER, DONE = "9", "0", "*", "#"

YES: Final = "1"
YES_NO: Final = {YES: "tak", "2": "nie"}
WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "reminder": {"1": "potwierdzam", "2": "odwołuję"},
    "offer": YES_NO,
    "yes_no": YES_NO,
    "nothing": {"1": "potwierdzam wizytę", "2": "odwołuję wizytę", "3": "kiedy mam wizytę"},
}
# Questions answered by several digits: how many there are; the hash key ends them earlier.
LENGTHS: Final[Mapping[str, int]] = {
    "pesel": 11, "referral_code": 4, "date_of_birth": 8, "postcode": 5, "criteria": 6, "birthday": 4,
}  # fmt: skip


def words_of(asked: str, pressed: str) -> str | None:
    """The words that a key, or the digits entered, stand for; None where a key means nothing."""
    if asked in LENGTHS:
        return pressed if pressed.isdigit() else None
    if asked == "which_visit":
        return pressed if pressed.isdigit() and "1" <= pressed <= "8" else None
    return WORDS.get(asked, WORDS["nothing"]).get(pressed)


def help_key(asked: str) -> str:
    """The text that offers the keys of a question."""
    if asked in ("reminder", "which_visit", "birthday"):
        return f"keys_{asked}"
    if asked in LENGTHS:
        return "keys_digits"
    return "keys_yes_no" if asked in ("offer", "yes_no") else "keys_nothing"
