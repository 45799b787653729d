"""Numbers as people say and recognisers write them: words and digits of a message as a list of numeral tokens."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from dialogs.understanding.words.numerals import (
    CARDINALS,
    HUNDRED,
    MONTHS,
    ORDINALS,
    THOUSAND,
    THOUSANDS,
    THOUSANDTH,
    WEEKDAYS,
    WEEKDAYS_EVERY,
    ZEROES,
)

_TOKEN = re.compile(r"\d+|[a-zа-яіїєґё']+")
_LIST = {**ORDINALS, **CARDINALS}
_REPAIRED_FROM = 6
_NO_NUMERALS = {"jednak", "drugich", "trzeba", "setki", "second", "seconds", "sieden"}


@dataclass(frozen=True, slots=True)
class Numeral:
    """One numeral token: `value`, its `digits` when written so, `kind` unit|ten|hundred|thousand|thousands|digits."""

    value: int
    kind: str
    digits: str = ""
    ordinal: bool = False


def numerals(text: str) -> list[Numeral]:
    """The numerals of folded text in order, everything else left out; "dwa zera" opened into two zeroes."""
    found: list[Numeral] = []
    for token in _TOKEN.findall(text):
        if token in ZEROES and found and found[-1].kind == "unit" and found[-1].value in {2, 3}:
            found[-1:] = [Numeral(0, "unit")] * found[-1].value
        elif (number := numeral(token)) is not None:
            found.append(number)
    return found


@lru_cache(maxsize=4096)
def numeral(token: str) -> Numeral | None:
    """The numeral that one folded token stands for, a slip of the finger allowed in long words."""
    if token.isdigit():
        return Numeral(int(token), "digits", token)
    if token in THOUSAND:
        return Numeral(1000, "thousand")
    if token in THOUSANDS:
        return Numeral(1000, "thousands")
    if token in THOUSANDTH:
        return Numeral(2000, "whole", ordinal=True)
    if token in HUNDRED:
        return Numeral(100, "times")
    form = token if token in _LIST else _near(token)
    return None if form is None else Numeral(_LIST[form], _kind(_LIST[form]), ordinal=form in ORDINALS)


def _near(token: str) -> str | None:
    if len(token) < _REPAIRED_FROM or token in _NO_NUMERALS or token in MONTHS or token in WEEKDAYS or token in WEEKDAYS_EVERY:
        return None
    close = {_LIST[form]: form for form in _LIST if abs(len(form) - len(token)) <= 1 and OSA.distance(token, form, score_cutoff=1) <= 1}
    return next(iter(close.values())) if len(close) == 1 else None


def _kind(value: int) -> str:
    return "unit" if value < 10 else "teen" if value < 20 else "ten" if value < 100 else "hundred" if value < 1000 else "whole"


def compose(parts: Sequence[Numeral]) -> int | None:
    """The single number that the parts say, or None: "tysiąc dziewięćset sześćdziesiątego szóstego", "zero dwa", "1966"."""
    if not parts:
        return None
    if len(parts) == 1:
        return parts[0].value
    if all(part.kind == "digits" for part in parts):
        return None
    parts = [_as_words(part) for part in parts]
    if all(part.kind == "unit" for part in parts):
        return int("".join(str(part.value) for part in parts)) if len(parts) in {2, 4} else None
    if parts[0].value == 0:
        return compose(parts[1:]) if len(parts) == 2 and parts[1].kind == "unit" else None
    return _summed(parts)


def _as_words(part: Numeral) -> Numeral:
    """A number in digits among words counts as its word: "tysiąc dziewięćset 66"."""
    if part.kind != "digits" or len(part.digits) > 2 or part.digits.startswith("0"):
        return part
    return Numeral(
        part.value, "ten" if 20 <= part.value < 100 and part.value % 10 == 0 else "rest" if part.value >= 20 else _kind(part.value)
    )


_RANK = {"hundred": 3, "ten": 2, "rest": 2, "teen": 2, "unit": 1}


def _summed(parts: Sequence[Numeral]) -> int | None:
    total, below = 0, 4
    for place, part in enumerate(parts):
        if part.kind == "whole":
            if place:
                return None
            total, below = part.value, 4
        elif part.kind in {"thousand", "thousands"}:
            if place > 1 or total > 9:
                return None
            total, below = (total or 1) * 1000, 4
        elif part.kind == "times":
            if not 0 < total < 100:
                return None
            total, below = total * 100, 3
        elif part.kind in _RANK and _RANK[part.kind] < below and part.value:
            total += part.value
            below = 1 if part.kind in {"teen", "rest"} else _RANK[part.kind]
        else:
            return None
    return total


def digit_strings(parts: Sequence[Numeral], *, length: int) -> Iterator[str]:
    """Every way to write the numerals as exactly `length` digits, the most natural grouping first."""
    seen: set[str] = set()
    for groups in sorted(_groupings(tuple(parts), length), key=len):
        text = "".join(groups)
        if text not in seen:
            seen.add(text)
            yield text


def _groupings(parts: tuple[Numeral, ...], length: int) -> Iterator[tuple[str, ...]]:
    if not parts:
        if length == 0:
            yield ()
        return
    for size in range(1, min(len(parts), 5) + 1):
        written = _written(parts[:size])
        if written is not None and len(written) <= length:
            for rest in _groupings(parts[size:], length - len(written)):
                yield (written, *rest)


def _written(parts: Sequence[Numeral]) -> str | None:
    if len(parts) == 1:
        return parts[0].digits or str(parts[0].value)
    if parts[0].value == 0 or any(part.kind == "digits" for part in parts) or all(part.kind == "unit" for part in parts):
        return None
    value = _summed(parts)
    return None if value is None else str(value)
