"""Numbers, dates, hours, codes as people say them on the telephone in Polish."""

from collections.abc import Callable
from random import Random
from typing import Final

from num2words import num2words

DIGITS: Final = ("zero", "jeden", "dwa", "trzy", "cztery", "pięć", "sześć", "siedem", "osiem", "dziewięć")
MONTHS: Final = (
    *("stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca"),
    *("lipca", "sierpnia", "września", "października", "listopada", "grudnia"),
)
MONTH_NAMES: Final = (
    *("styczeń", "luty", "marzec", "kwiecień", "maj", "czerwiec"),
    *("lipiec", "sierpień", "wrzesień", "październik", "listopad", "grudzień"),
)
MONTHS_IN: Final = (
    *("styczniu", "lutym", "marcu", "kwietniu", "maju", "czerwcu"),
    *("lipcu", "sierpniu", "wrześniu", "październiku", "listopadzie", "grudniu"),
)
WEEKDAYS: Final = ("poniedziałek", "wtorek", "środa", "czwartek", "piątek", "sobota", "niedziela")
WEEKDAYS_ON: Final = ("poniedziałek", "wtorek", "środę", "czwartek", "piątek", "sobotę", "niedzielę")
_UNITS: Final = ("", "pierwsz", "drug", "trzec", "czwart", "piąt", "szóst", "siódm", "ósm", "dziewiąt")
_TEENS: Final = (
    *("dziesiąt", "jedenast", "dwunast", "trzynast", "czternast"),
    *("piętnast", "szesnast", "siedemnast", "osiemnast", "dziewiętnast"),
)
_TENS: Final = (
    *("", "", "dwudziest", "trzydziest", "czterdziest", "pięćdziesiąt"),
    *("sześćdziesiąt", "siedemdziesiąt", "osiemdziesiąt", "dziewięćdziesiąt"),
)


def cardinal(number: int) -> str:
    """123 -> sto dwadzieścia trzy."""
    return str(num2words(number, lang="pl"))


def ordinal(number: int, ending: str) -> str:
    """1..99 with an ending: y (drugi), ego (drugiego), a (druga), ej (drugiej)."""
    if number < 10:
        return _inflected(_UNITS[number], ending)
    if number < 20:
        return _TEENS[number - 10] + ending
    tens = _TENS[number // 10] + ending
    return f"{tens} {_inflected(_UNITS[number % 10], ending)}" if number % 10 else tens


def _inflected(stem: str, ending: str) -> str:
    soft = {
        "drug": {"y": "i", "ego": "iego", "ej": "iej"},
        "trzec": {"y": "i", "ego": "iego", "ej": "iej", "a": "ia"},
    }
    return stem + soft.get(stem, {}).get(ending, ending)


def spoken_digits(digits: str) -> str:
    """Digit by digit."""
    return " ".join(DIGITS[int(digit)] for digit in digits)


def grouped(digits: str, sizes: tuple[int, ...]) -> str:
    """Digits in groups, each read as a number with its leading zeros: ("0412", (2, 2)) -> zero cztery
    dwanaście.
    """
    said = []
    at = 0
    for size in sizes:
        group = digits[at : at + size]
        zeros = len(group) - len(group.lstrip("0"))
        said += ["zero"] * zeros + ([cardinal(int(group))] if group.strip("0") else [])
        at += size
    return " ".join(said)


def year(number: int) -> str:
    """1954 -> tysiąc dziewięćset pięćdziesiątego czwartego."""
    hundreds, rest = divmod(number, 100)
    if not rest:
        return "dwutysięcznego" if number == 2000 else cardinal(number)
    return f"{cardinal(hundreds * 100)} {ordinal(rest, 'ego')}"


def date(day: int, month: int, draw: Random) -> str:
    """A day of a month in one of the ways people say it."""
    spoken = ordinal(day, draw.choice(("ego", "ego", "y")))
    return f"{spoken} {MONTHS[month - 1]}" if draw.random() < 0.85 else f"{spoken} {ordinal(month, 'ego')}"


def hour(hours: int, minutes: int, draw: Random) -> str:
    """A time of day in one of the ways people say it."""
    said = ordinal(hours, "a") if hours else "zero"
    if minutes == 30 and draw.random() < 0.3:
        return f"wpół do {ordinal(hours % 12 + 1, 'ej')}"
    if minutes == 45 and draw.random() < 0.3:
        return f"za piętnaście {ordinal(hours % 12 + 1, 'a')}"
    if minutes == 0:
        return draw.choice((said, f"o {ordinal(hours or 12, 'ej')}", f"godzina {said}", f"{said} zero zero"))
    tail = cardinal(minutes) if minutes >= 10 else f"zero {cardinal(minutes)}"
    return f"{said} {tail}"


def pesel(draw: Random) -> str:
    """Eleven digits, singly or in the groups that people use."""
    digits = _digits(draw, 11)
    sizes = draw.choice(((2, 2, 2, 2, 2, 1), (2, 2, 2, 3, 2), (6, 5), (3, 3, 3, 2), (2, 2, 2, 5)))
    if draw.random() < 0.5 or max(sizes) > 3:
        return spoken_digits(digits)
    return grouped(digits, sizes)


def postcode(draw: Random) -> str:
    """Five digits, as 2 + 3 or singly, with or without the word for the hyphen."""
    digits = _digits(draw, 5)
    middle = draw.choice(("", "", " kreska", " myślnik"))
    halves = draw.choice((spoken_digits, lambda group: grouped(group, (len(group),))))
    return f"{halves(digits[:2])}{middle} {halves(digits[2:])}"


def group(draw: Random) -> str:
    """One of the groups in which people say a longer number: one to five digits singly, or two or three as a number."""
    if draw.random() < 0.5:
        return spoken_digits(_digits(draw, draw.choice((1, 2, 2, 3, 3, 4, 5))))
    size = draw.choice((2, 3))
    return grouped(_digits(draw, size), (size,))


def _digits(draw: Random, count: int) -> str:
    return "".join(draw.choice("0123456789") for _ in range(count))


def _code(draw: Random) -> str:
    return spoken_digits(_digits(draw, 4))


def _telephone(draw: Random) -> str:
    digits = _digits(draw, 9)
    return grouped(digits, (3, 3, 3)) if draw.random() < 0.5 else spoken_digits(digits)


def _birth(draw: Random) -> str:
    return f"{date(draw.randint(1, 31), draw.randint(1, 12), draw)} {year(draw.randint(1925, 2025))}"


KINDS: Final[dict[str, Callable[[Random], str]]] = {
    "number": lambda draw: cardinal(draw.randint(0, 999)),
    "digits": lambda draw: spoken_digits(_digits(draw, draw.randint(1, 7))),
    "date": lambda draw: date(draw.randint(1, 31), draw.randint(1, 12), draw),
    "birth": _birth,
    "hour": lambda draw: hour(draw.randint(6, 21), draw.choice((0, 0, 10, 15, 20, 30, 40, 45, 5, 50)), draw),
    "weekday": lambda draw: draw.choice(WEEKDAYS + tuple(f"w {day}" for day in WEEKDAYS_ON)),
    "pesel": pesel,
    "pesel_digits": lambda draw: spoken_digits(_digits(draw, 11)),
    "postcode": postcode,
    "code": _code,
    "telephone": _telephone,
}
"""What is asked for over the telephone, and how to draw one."""


def words() -> set[str]:
    """Every word that any of these can hold."""
    draw = Random(0)  # noqa: S311 - not for secrecy
    said = {cardinal(number) for number in (*range(101), *range(100, 1000, 100), 1000, 2000)}
    said |= {ordinal(number, ending) for number in range(1, 100) for ending in ("y", "ego", "a", "ej", "ą", "ym")}
    said |= {year(number) for number in range(1900, 2101)}
    said |= {hour(7, minutes, draw) for minutes in (0, 30, 45) for _ in range(40)}
    said |= {*MONTHS, *MONTH_NAMES, *MONTHS_IN, *WEEKDAYS, *WEEKDAYS_ON}
    said |= {"godzina godzinie kwadrans wpół do po za kreska myślnik pauza minus przecinek razy podwójne"}
    said |= {"dwie dwóch obie poniedziałku wtorku środy czwartku piątku soboty niedzieli poniedziałki wtorki"}
    said |= {"czwartki piątki tysiąc tysiące roku rok w we o od do na"}
    return {word for text in said for word in text.split()}
