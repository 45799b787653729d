"""What a PESEL number says by itself: whether it can be one at all, when its holder was born, and of which sex.

Weights and centuries are those of the act on the register of inhabitants (Dz.U. 2010 nr 217 poz. 1427, art. 15).
"""

from datetime import date
from typing import Final, Literal

Sex = Literal["female", "male"]

WEIGHTS: Final = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)
CENTURIES: Final = {0: 1900, 1: 2000, 2: 2100, 3: 2200, 4: 1800}  # by the month's number divided by 20


class NotAPesel(ValueError):
    """These digits are no PESEL: their number, their checksum or the date in them is wrong."""


def check(text: str) -> str:
    """The eleven digits of a PESEL, spaces and dashes taken out; `NotAPesel` for anything else (X10)."""
    digits = text.replace(" ", "").replace("-", "")
    if len(digits) != len(WEIGHTS) or not (digits.isascii() and digits.isdigit()):
        raise NotAPesel(len(digits))
    if sum(weight * int(digit) for weight, digit in zip(WEIGHTS, digits, strict=True)) % 10:
        raise NotAPesel("checksum")
    birth_date(digits)
    return digits


def birth_date(pesel: str) -> date:
    """The day of birth in a PESEL; `NotAPesel` when no calendar has it."""
    century, month = divmod(int(pesel[2:4]), 20)
    try:
        return date(CENTURIES[century] + int(pesel[:2]), month, int(pesel[4:6]))
    except ValueError as error:
        raise NotAPesel("date") from error


def sex(pesel: str) -> Sex:
    """The sex in a PESEL: the tenth digit is odd for men."""
    return "male" if int(pesel[9]) % 2 else "female"


def checksum(first_ten: str) -> str:
    """The digit that makes a PESEL of ten."""
    return str(-sum(weight * int(digit) for weight, digit in zip(WEIGHTS, first_ten, strict=False)) % 10)
