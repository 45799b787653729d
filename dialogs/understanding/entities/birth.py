"""Dates of birth however they are said or written: "ósmego lutego …", "02 05 1995", "3110 1990", "8 luty 66"."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product

from rapidfuzz.distance import OSA

from dialogs.understanding.entities.numerals import Numeral, compose, numeral
from dialogs.understanding.words.numerals import MONTHS

_TOKEN = re.compile(r"\d+|[a-zа-яіїєґё']+")
_OLDEST = 120
_LIKELY_OLDEST = 100
_SPLITS: dict[int, tuple[tuple[int, ...], ...]] = {
    3: ((1, 2), (2, 1)),
    4: ((2, 2),),
    5: ((2, 1, 2), (1, 2, 2)),
    6: ((2, 2, 2), (1, 1, 4)),
    7: ((1, 2, 4), (2, 1, 4)),
    8: ((2, 2, 4), (4, 2, 2)),
}


@dataclass(frozen=True, slots=True)
class Birth:
    """A date of birth and whether the message could be read as another one too."""

    day: date
    ambiguous: bool


_Atom = Numeral | int  # an int is a month that was named
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "x": 10, "xi": 11, "xii": 12}
_FEASTS: dict[str, list[_Atom]] = {
    name: [Numeral(day, "digits", str(day)), 12] for name, day in (("wigilia", 24), ("wigilie", 24), ("sylwester", 31), ("sylwestra", 31))
}


_SHORTENED = {
    short: month
    for month, shorts in enumerate(
        (
            "sty stycz jan січ", "lut feb лют", "mar бер", "kwi kwiec apr кві квіт", "maj тра трав", "cze czerw jun чер черв",
            "lip jul лип", "sier aug сер серп",
            "wrz wrzes sep sept вер верес", "paz pazdz oct жов жовт", "lis listop nov лис", "gru grudz dec гру груд",
        ),
        start=1,
    )
    for short in shorts.split()
}  # fmt: skip


def _month_named(token: str) -> int | None:
    """A month by name, a letter wrong allowed, or in Roman figures (not "i", which is "and")."""
    if token in _SHORTENED:
        return _SHORTENED[token]
    if token in MONTHS or (token in _ROMAN and len(token) + _ROMAN[token] > 2):
        return MONTHS.get(token) or _ROMAN[token]
    if len(token) < 5 or numeral(token) is not None:
        return None
    near = {MONTHS[form] for form in MONTHS if len(form) > 4 and OSA.distance(token, form, score_cutoff=1) <= 1}
    return near.pop() if len(near) == 1 else None


def date_of_birth(text: str, *, today: date) -> Birth | None:
    """The date in folded text that a living person can have been born on, or None."""
    atoms = _atoms(text)
    if not 2 <= len(atoms) <= 16 and not any(isinstance(atom, Numeral) and len(atom.digits) >= 6 for atom in atoms):
        return None
    ranked: dict[date, int] = {}
    for cost, opened in _openings(atoms):
        for extra, day in _dates(opened, today):
            ranked[day] = min(ranked.get(day, 99), cost + extra)
    if not ranked:
        return None
    best = min(ranked.values())
    days = sorted(day for day, cost in ranked.items() if cost == best)
    return Birth(days[0], len(days) > 1)


def _atoms(text: str) -> list[_Atom]:
    found: list[_Atom] = []
    for token in _TOKEN.findall(text):
        number = numeral(token)
        month = _month_named(token)
        if month is not None:
            found.append(month)
        elif token in _FEASTS:
            found += _FEASTS[token]
        elif number is not None:
            found.append(number)
    return found


def _openings(atoms: Sequence[_Atom]) -> Iterator[tuple[int, list[_Atom]]]:
    """The atoms as they stand, then with run-together digits taken apart, cheapest first."""
    choices: list[list[tuple[int, list[_Atom]]]] = []
    for atom in atoms:
        ways: list[tuple[int, list[_Atom]]] = [(0, [atom])]
        if isinstance(atom, Numeral) and len(atom.digits) >= 3:
            ways += [(1, _cut(atom.digits, sizes)) for sizes in _SPLITS.get(len(atom.digits), ())]
        choices.append(ways)
    if len(choices) > 4:
        choices = [ways[:1] for ways in choices]
    for combination in product(*choices):
        yield sum(cost for cost, _ in combination), [atom for _, parts in combination for atom in parts]


def _cut(digits: str, sizes: tuple[int, ...]) -> list[_Atom]:
    parts: list[_Atom] = []
    start = 0
    for size in sizes:
        piece = digits[start : start + size]
        parts.append(Numeral(int(piece), "digits", piece))
        start += size
    return parts


def _dates(atoms: Sequence[_Atom], today: date) -> Iterator[tuple[int, date]]:
    for first in range(1, len(atoms)):
        for second in range(first + 1, len(atoms)):
            parts = atoms[:first], atoms[first:second], atoms[second:]
            for cost, (day, month, year) in _orders(parts):
                found = _date(day, month, year, today)
                if found is not None:
                    yield cost, found


_Parts = tuple[Sequence[_Atom], Sequence[_Atom], Sequence[_Atom]]


def _orders(parts: _Parts) -> Iterator[tuple[int, _Parts]]:
    a, b, c = parts
    named = [len(part) == 1 and isinstance(part[0], int) for part in parts]
    if named[0]:
        yield 0, (b, a, c)
    elif not named[2]:
        yield 0, (a, b, c)
    if not named[0] and (_number(a) or 0) > 31:
        yield (0, (b, c, a)) if named[2] else (0, (c, b, a))


def _date(day: Sequence[_Atom], month: Sequence[_Atom], year: Sequence[_Atom], today: date) -> date | None:
    numbers = _number(day), _month(month), _year(year, today)
    if None in numbers:
        return None
    try:
        found = date(numbers[2] or 0, numbers[1] or 0, numbers[0] or 0)
    except ValueError:
        return None
    return found if found <= today and today.year - found.year <= _OLDEST else None


def _number(part: Sequence[_Atom]) -> int | None:
    plain = [atom for atom in part if isinstance(atom, Numeral)]
    return compose(plain) if len(plain) == len(part) else None


def _month(part: Sequence[_Atom]) -> int | None:
    if len(part) == 1 and isinstance(part[0], int):
        return part[0]
    return _number(part)


def _year(part: Sequence[_Atom], today: date) -> int | None:
    plain = [atom for atom in part if isinstance(atom, Numeral)]
    if len(plain) != len(part):
        return None
    value = _halves(plain)
    if value is None:
        value = compose(plain)
    if value is not None and value < 100:
        return 1900 + value if today.year - (1900 + value) < _LIKELY_OLDEST else 2000 + value
    return value if value is not None and value >= 1900 else None


def _halves(parts: Sequence[Numeral]) -> int | None:
    """A year said in two halves: "dziewiętnaście sześćdziesiąt sześć", "nineteen sixty six", "19 66"."""
    if len(parts) > 1 and parts[0].value in {19, 20} and parts[0].kind in {"teen", "ten", "digits"}:
        rest = compose(parts[1:])
        if rest is not None and (10 <= rest < 100 or (rest < 10 and parts[1].value == 0)):
            return parts[0].value * 100 + rest
    return None
