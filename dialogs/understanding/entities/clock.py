"""Hours of the day as people name them: "15:30", "o piętnastej", "wpół do trzeciej", "między 9 a 12", "po południu"."""

import re
from dataclasses import dataclass

from dialogs.understanding.entities.numerals import Numeral, compose, numeral
from dialogs.understanding.words.numerals import MONTHS

_FIRST_OFFICE_HOUR = 7
_OF_HOURS = ("a", "ej", "ій", "ої", "у", "ю", "ой", "th")  # hours are feminine: "o piętnastej", "na ósmą"
_OBLIQUE = ("och", "om", "ech", "iu")  # "po dwóch latach" counts years
_UNITS = frozenset(
    [
        "dni",
        "dniach",
        "tygodni",
        "tygodniach",
        "tygodnie",
        "km",
        "kilometrow",
        "lat",
        "latach",
        "zl",
        "go",
        "tego",
        "ego",
        "minut",
        "minutach",
        "osob",
        "days",
        "weeks",
        "miesiacach",
        "miesiecy",
        "pietro",
        "pietrze",
        "urodzinach",
        "urodziny",
        "roku",
        "rokiem",
        "zycia",
        "procent",
        "dawke",
        "dawka",
        "raz",
        "днів",
        "років",
    ]
)
_NUMBER = r"(?:\d{1,2}(?!\d)|[a-zа-яіїєґё']{4,}(?: [a-zа-яіїєґё']{4,}){0,2})"
_CLOCK = re.compile(
    r"(?<![\d.,-])([01]?\d|2[0-3])\s?[:.]\s?([0-5]\d)(?![\d]|[.,:/-]\d|\s?(?:zl|km|r\b|roku))|(?<!\d)([01]?\d|2[0-3])\s?(?:h|godz)\b"
)
_TWELVE = re.compile(r"(?<!\d)(1[0-2]|0?[1-9])(?:[:.]([0-5]\d))?\s?(am|pm|a\.m\.|p\.m\.)")
_HALF = re.compile(rf"\b(?:wpol do|pol do|в? ?пів на|half past|half) ({_NUMBER})")
_QUARTER = re.compile(rf"\b(kwadrans po|kwadrans przed|za kwadrans|quarter past|quarter to|чверть на|за чверть) ({_NUMBER})")
_AT = re.compile(rf"\b(?:o|na|godz\w*|at|о|на) (?:godz\w*\.? )?({_NUMBER})")
_AFTER = re.compile(
    rf"\b(?:po|od|after|from|since|після|від|не раніше|nie wczesniej niz|najwczesniej|dopiero po|dopiero o) (?:godz\w*\.? )?({_NUMBER})"
)
_BEFORE = re.compile(rf"\b(?:do|przed|before|until|by|till|до|перед|najpozniej) (?:godz\w*\.? )?({_NUMBER})")
_BETWEEN = re.compile(
    rf"\b(?:miedzy|pomiedzy|od|from|between|між|від|з) (?:godz\w*\.? )?({_NUMBER}) "
    rf"(?:a|do|and|to|until|до|та|і|й) (?:godz\w*\.? )?({_NUMBER})"
)
_DASHED = re.compile(r"(?<![\d.])([01]?\d|2[0-3])(?::([0-5]\d))?\s?[-–]\s?([01]?\d|2[0-3])(?::([0-5]\d))?(?![\d.-])")
_PARTS: tuple[tuple[re.Pattern[str], str | None, str | None], ...] = (
    (
        re.compile(r"\b(po poludniu|popoludni\w*|popoludniow\w+|afternoons?|in the afternoon|після обіду|пополудні|вдень|после обеда)\b"),
        "12:00",
        "18:00",
    ),
    (re.compile(r"\b(przed poludniem|przedpoludni\w*|do poludnia)\b"), None, "12:00"),
    (
        re.compile(r"\b(rano|z rana|rankiem|poranek|poranki|poranne|ranny|ranne|in the morning|mornings?|вранці|зранку|ранком|утром)\b"),
        None,
        "12:00",
    ),
    (re.compile(r"\b(wieczor\w*|evenings?|ввечері|увечері|вечором|вечером)\b"), "17:00", None),
    (re.compile(r"\b(poludnie|w poludnie|noon|midday|опівдні)\b"), None, None),
)
_AFTERNOON = re.compile(r"\b(po poludniu|wieczorem|popoludniu|in the afternoon|pm|дня|вечора|вечером)\b")
_MORNING = re.compile(r"\b(rano|in the morning|am|ранку|утра)\b")


@dataclass(frozen=True, slots=True)
class Hours:
    """One hour, or from when and until when, as HH:MM."""

    at: str | None = None
    first: str | None = None
    last: str | None = None
    exact: bool = True  # false for a part of the day ("rano"), whose borders nobody said


def hours_in(text: str) -> Hours:
    """Hours named in folded text; a bare 1–6 is an afternoon hour, as clinics are open from seven."""
    between = _BETWEEN.search(text) or _DASHED.search(text)
    if between is not None and (span := _between(text, between)) is not None:
        return span
    rounded = _rounded(text)
    if rounded is not None:
        return Hours(at=rounded)
    at = _exact(text)
    after, before = _bound(_AFTER, text), _bound(_BEFORE, text)
    if after or before:
        return Hours(first=after, last=before)
    spoken = _bound(_AT, text) if at is None else at
    if spoken is not None:
        return Hours(at=spoken)
    return _part_of_day(text)


def _part_of_day(text: str) -> Hours:
    for pattern, first, last in _PARTS:
        if pattern.search(text):
            return Hours(first=first, last=last, exact=False) if first or last else Hours(at="12:00")
    return Hours()


def _between(text: str, match: re.Match[str]) -> Hours | None:
    if match.re is _DASHED:
        if re.search(r"\d{2}[-–]\d{3}", text) or int(match[1]) >= int(match[3]) or int(match[3]) < _FIRST_OFFICE_HOUR:
            return None
        return Hours(first=f"{int(match[1]):02}:{match[2] or '00'}", last=f"{int(match[3]):02}:{match[4] or '00'}")
    if _dated(text, match.end()):
        return None
    first, last = _hour(match[1], text), _hour(match[2], text)
    return Hours(first=first, last=last) if first and last else None


def _rounded(text: str) -> str | None:
    """ "Wpół do trzeciej", "kwadrans po ósmej", "half past two"."""
    half = _HALF.search(text)
    if half:
        return _shifted(_value(half[1])[0], 30 if half[0].startswith("half") else -30, text)
    quarter = _QUARTER.search(text)
    if quarter is None:
        return None
    minutes = {"kwadrans po": 15, "quarter past": 15, "чверть на": -45}.get(quarter[1], -15)
    return _shifted(_value(quarter[2])[0], minutes, text)


def _exact(text: str) -> str | None:
    for match in _TWELVE.finditer(text):
        hour = int(match[1]) % 12 + (12 if match[3].startswith("p") else 0)
        return f"{hour:02}:{match[2] or '00'}"
    for match in _CLOCK.finditer(text):
        if match[3] or not _looks_like_day(text, match):
            return f"{int(match[1] or match[3]):02}:{match[2] or '00'}"
    return None


def _looks_like_day(text: str, match: re.Match[str]) -> bool:
    """ "12.12" without "o" is a day; with a colon or minutes that no month has it is an hour."""
    if ":" in match[0] or not 1 <= int(match[2]) <= 12:
        return False
    return re.search(r"\b(o|godz\w*|at|po|przed)\.? ?$", text[: match.start()]) is None or int(match[2]) not in {0, 10}


def _bound(pattern: re.Pattern[str], text: str) -> str | None:
    for match in pattern.finditer(text):
        if _dated(text, match.end()):
            continue
        clock = _CLOCK.match(text, match.start(1))
        if clock and clock[2]:
            return f"{int(clock[1]):02}:{clock[2]}"
        hour = _hour(match[1], text)
        if hour is not None:
            return hour
    return None


def _dated(text: str, end: int) -> bool:
    """Whether the number before `end` belongs to a day: a month, a dot and digits, "-go" or a unit follow it."""
    rest = text[end:]
    following = re.match(r"[\s.]*([a-zа-яіїєґ]+)", rest)
    if following and (following[1] in MONTHS or following[1] in _UNITS):
        return True
    return bool(re.match(r"[./-]\d{1,2}[./-]?(?!\d)", rest)) and not re.match(r"[.:][0-5]\d(?!\d|\.)", rest)


def _hour(words: str, text: str) -> str | None:
    value, minutes = _value(words)
    return _shifted(value, minutes, text) if value is not None else None


def _value(words: str) -> tuple[int | None, int]:
    """Hour and minutes of "piętnastej", "dwudziestej pierwszej", "dziesiątej trzydzieści"; later words may mean nothing."""
    known: list[Numeral] = []
    for word in words.split():
        part = numeral(word)
        if part is None and word in _UNITS:
            return None, 0
        if part is None or (part.ordinal and not word.endswith(_OF_HOURS)) or word.endswith(_OBLIQUE):
            break
        known.append(part)
    hours = 2 if len(known) > 1 and known[0].value == 20 and known[1].ordinal and known[1].value < 5 else 1
    value, minutes = compose(known[:hours]), compose(known[hours:])
    if value is None or value > 24:
        return None, 0
    return value, minutes if minutes is not None and minutes < 60 and not known[hours].ordinal else 0


def _shifted(value: int | None, minutes: int, text: str) -> str | None:
    if value is None or value > 24:
        return None
    if (value < _FIRST_OFFICE_HOUR and value and not _MORNING.search(text)) or (value < 12 and _AFTERNOON.search(text)):
        value += 12
    total = (value * 60 + minutes) % (24 * 60)
    return f"{total // 60:02}:{total % 60:02}"
