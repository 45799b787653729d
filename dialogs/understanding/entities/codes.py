"""Numbers with a form of their own: postcodes, PESEL with its checksum, the four digits of a referral, a choice."""

import re

from dialogs.understanding.entities.numerals import Numeral, digit_strings, numerals

_POSTCODE = re.compile(r"(?<!\d)(\d{2})\s?[-–]?\s?(\d{3})(?!\d)(?!\s?(?:zl|km|m\b))")
_ELEVEN = re.compile(r"(?<!\d)\d(?:[\s.-]?\d){10}(?!\d)")
_FOUR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_WEIGHTS = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)


def pesel_valid(digits: str) -> bool:
    """Whether eleven digits are a PESEL: checksum and a possible month."""
    if len(digits) != 11 or not digits.isdigit():
        return False
    total = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=False))
    return (10 - total % 10) % 10 == int(digits[10]) and 1 <= int(digits[2:4]) % 20 <= 12 and 1 <= int(digits[4:6]) <= 31


def pesel(text: str) -> tuple[str | None, bool]:
    """(PESEL, valid): a valid one in any grouping, else eleven digits that fail the checksum, else None."""
    for match in _ELEVEN.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if pesel_valid(digits):
            return digits, True
    first = None
    for digits in _strings(text, 11):
        first = first or digits
        if pesel_valid(digits):
            return digits, True
    return first, False


def postcode(text: str, *, asked: bool) -> str | None:
    """A Polish postcode NN-NNN; outside a question for one only when written with its dash."""
    match = _POSTCODE.search(text)
    if match and (asked or "-" in match[0] or "–" in match[0]):
        return f"{match[1]}-{match[2]}"
    if not asked:
        return None
    digits = next(iter(_strings(text, 5)), None)
    return f"{digits[:2]}-{digits[2:]}" if digits else None


def referral_code(text: str) -> str | None:
    """The four digits of a referral, written or spoken."""
    fours = _FOUR.findall(text)
    if len(fours) == 1:
        return str(fours[0])
    return next(iter(_strings(text, 4)), None)


def _strings(text: str, length: int) -> list[str]:
    parts = numerals(text)
    if sum(len(part.digits) or 1 for part in parts) > 3 * length:
        return []
    whole = list(digit_strings(parts, length=length))
    return whole or [found for run in _runs(parts) for found in digit_strings(run, length=length)]


def _runs(parts: list[Numeral]) -> list[list[Numeral]]:
    """The numerals without a first or last stray one ("numer jeden: 88-100")."""
    return [parts[1:], parts[:-1]] if len(parts) > 1 else []
