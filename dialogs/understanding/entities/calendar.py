"""Days of visits as people name them: "jutro", "w przyszły piątek", "12.12", "dwunastego grudnia", "do końca listopada"."""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from dialogs.understanding.entities.numerals import compose, numeral
from dialogs.understanding.words.numerals import MONTHS, WEEKDAYS, WEEKDAYS_EVERY

_NUMERIC = re.compile(r"(?<![\d.:/-])(\d{1,2})\s?[./-]\s?(\d{1,2})(?:\s?[./-]\s?(\d{4}|\d{2}))?(?![\d:]|[.,/-]\d|\s?(?:zl|km))")
_ISO = re.compile(r"(?<!\d)(20\d\d)-(\d{1,2})-(\d{1,2})(?!\d)")
_WORD = re.compile(r"\d+|[a-zа-яіїєґё']+")
_RELATIVE = {
    "dzis": 0, "dzisiaj": 0, "dzisiejsza": 0, "dzisiejszy": 0, "dzisiejszej": 0, "jutro": 1, "jutrzejsza": 1, "jutrzejszy": 1,
    "jutrzejszej": 1, "jutrzejszego": 1, "pojutrze": 2, "today": 0, "tomorrow": 1, "сьогодні": 0, "сегодня": 0, "завтра": 1,
    "післязавтра": 2, "послезавтра": 2,
}  # fmt: skip
_NEXT = {
    "przyszly", "przyszla", "przyszlym", "przyszlego", "przyszlej", "nastepny", "nastepna", "nastepnym", "nastepnego", "nastepnej",
    "kolejny", "kolejnym", "next", "наступний", "наступну", "наступного", "наступному", "следующий", "следующую", "следующей",
}  # fmt: skip
_WEEK = {"tydzien", "tygodniu", "tygodnia", "week", "тиждень", "тижня", "тижні", "неделю", "неделе"}
_MONTH_WORD = {"miesiac", "miesiacu", "miesiaca", "month", "місяць", "місяця", "місяці"}
_DAYS = {"dni", "dzien", "days", "day", "днів", "дні", "день", "дней"}
_WEEKS = {"tygodnie", "tygodni", "weeks", "тижні", "тижнів", "недели", "tydzien", "week", "тиждень"}
_AFTER = {"po", "od", "after", "from", "since", "після", "від", "с", "dopiero"}
_BEFORE = {"do", "przed", "before", "until", "by", "till", "до", "перед"}
_END = {"konca", "koncem", "end", "кінця", "конца"}
_IN = {"za", "in", "через", "за"}


@dataclass(frozen=True, slots=True)
class Days:
    """What a message says about days: dates, a span, weekdays (1 Monday … 7 Sunday); `rest` is the text without its dates.

    `exact` is false for a span whose borders nobody said ("w przyszłym tygodniu").
    """

    day: date | None = None
    first: date | None = None
    last: date | None = None
    weekdays: tuple[int, ...] = ()
    others: tuple[date, ...] = ()
    exact: bool = True
    rest: str = ""


def days_in(text: str, *, today: date, alone: bool = True) -> Days:
    """The days named in folded text, relative words counted from `today` (a Warsaw calendar day).

    `alone` lets a bare "dwunastego" mean the next twelfth; not where numbers choose between visits.
    """
    text = text.replace("the day after tomorrow", "pojutrze").replace("day after tomorrow", "pojutrze")
    tokens = _WORD.findall(text)
    weekdays = _weekdays_said(text, tokens)
    rest = _RANGE.sub(" ", _NUMERIC.sub(lambda match: match[0] if _is_hour(text, match) else " ", text))
    span = _span(text, tokens, today)
    if span is not None:
        vague = span[0] is not None and span[1] is not None and not _RANGE.search(text)
        return Days(first=span[0], last=span[1], weekdays=weekdays, exact=not vague and not _END_OF.search(text), rest=rest)
    numeric = _numerics(text, today)
    day = _iso(text) or (numeric[0] if numeric else None) or _named(tokens, today, alone=alone) or _relative(tokens, today)
    if day is None and len(weekdays) < 2:
        day = _weekday(tokens, today)
    return Days(day=day, weekdays=weekdays, others=tuple(numeric[1:]), rest=rest)


_RANGE = re.compile(
    r"\b(?:miedzy|od|from|between|між|від|з) \d{1,2}\.? (?:a|do|and|to|until|до|та|і) \d{1,2}\.? (?=[a-zа-яіїєґ]{3})(?!\w*dz)"
)
_END_OF = re.compile(r"\b(konca|koncem|end of|кінця|w|we|in|у|в|po) ?$")
_DAY = (
    r"(pon\w*|wt\w*|sr\w*|czw\w*|pt|pia\w*|sob\w*|nie?dz\w*|mon\w*|tue\w*|wed\w*|thu\w*|fri\w*|sat\w*|sun\w*|"
    r"понед\w*|вівт\w*|сер\w*|четв\w*|п'ят\w*|суб\w*|неділ\w*)"
)
_WEEKDAY_RANGE = re.compile(rf"\b(?:od |from |від |з )?{_DAY}\.? ?(?:do|-|–|to|до) ?{_DAY}\b")


def weekdays_named(text: str) -> int:
    """How many different weekdays folded text names."""
    return len(set(_weekdays(_WORD.findall(text))))


def _weekdays_said(text: str, tokens: list[str]) -> tuple[int, ...]:
    between = _WEEKDAY_RANGE.search(text)
    if between is not None:
        first, last = (_weekday_number(name) for name in between.groups())
        if first and last and first < last:
            return tuple(range(first, last + 1))
    return tuple(dict.fromkeys(_weekdays(tokens)))


def _weekday_number(name: str) -> int | None:
    return WEEKDAYS.get(name) or WEEKDAYS_EVERY.get(name)


def _weekdays(tokens: list[str]) -> Iterator[int]:
    for token in tokens:
        if token in WEEKDAYS_EVERY or token in WEEKDAYS:
            yield WEEKDAYS_EVERY.get(token) or WEEKDAYS[token]


def _iso(text: str) -> date | None:
    iso = _ISO.search(text)
    return _made(int(iso[1]), int(iso[2]), int(iso[3])) if iso else None


def _numerics(text: str, today: date) -> list[date]:
    """All days written in figures ("12.12", "27.11.2026"), hours left out."""
    found: list[date] = []
    for match in _NUMERIC.finditer(text):
        day, month, year = int(match[1]), int(match[2]), match[3]
        if year:
            made = _made(int(year) + (2000 if len(year) == 2 else 0), month, day)
        else:
            made = None if _is_hour(text, match) else _coming(day, month, today)
        found += [made] if made is not None else []
    return found


def _is_hour(text: str, match: re.Match[str]) -> bool:
    """ "o 10.30" and "o godz. 9.15" are hours though they could be days."""
    before = text[: match.start()].rstrip(" .")
    return bool(re.search(r"\b(o|godz|godzina|godzinie|godzine|at|po|przed|do|od|о)$", before)) and int(match[2]) in {
        0,
        15,
        30,
        45,
        10,
        20,
        40,
        50,
    }


def _named(tokens: list[str], today: date, *, alone: bool = True) -> date | None:
    for place, token in enumerate(tokens):
        if token in MONTHS:
            day = _day_before(tokens[:place]) or _day_after(tokens, place)
            if day:
                year = int(tokens[place + 1]) if place + 1 < len(tokens) and re.fullmatch(r"20\d\d", tokens[place + 1]) else 0
                return _made(year, MONTHS[token], day) if year else _coming(day, MONTHS[token], today)
    return _day_alone(tokens, today) if alone else None


def _day_before(before: list[str]) -> int | None:
    for size in (2, 1):
        parts = [numeral(token) for token in before[-size:]]
        known = [part for part in parts if part is not None]
        if len(known) == len(parts) == size:
            value = compose(known)
            if value and value <= 31:
                return value
    if len(before) > 1 and before[-1] in {"of", "go", "th", "st", "nd", "rd"}:
        return _day_before(before[:-1])
    return None


def _day_after(tokens: list[str], place: int) -> int | None:
    if place + 1 < len(tokens) and (part := numeral(tokens[place + 1])) is not None and 1 <= part.value <= 31:
        return part.value
    return None


def _day_alone(tokens: list[str], today: date) -> date | None:
    """ "dwunastego", "12-go": an ordinal in the genitive without a month means the next such day."""
    for place, token in enumerate(tokens):
        part = numeral(token)
        suffix = tokens[place + 1] if place + 1 < len(tokens) else ""
        written = part is not None and part.kind == "digits" and suffix in {"go", "ego", "tego", "th", "st", "nd", "rd", "го"}
        spoken = part is not None and part.ordinal and token.endswith(("ego", "го"))
        if part is not None and (written or spoken):
            value = part.value
            following = numeral(suffix) if spoken else None
            if following is not None and following.ordinal and value in {20, 30}:
                value += following.value
            if 1 <= value <= 31:
                return _next_day_numbered(value, today)
    return None


def _relative(tokens: list[str], today: date) -> date | None:
    for place, token in enumerate(tokens):
        if token in _RELATIVE:
            return today + timedelta(days=_RELATIVE[token])
        if token in _IN and place + 1 < len(tokens):
            found = _in_days(tokens[place + 1 : place + 3], today)
            day = next((WEEKDAYS[other] for other in tokens[place + 1 :] if other in WEEKDAYS), None)
            if found is not None:
                return found + timedelta(days=day - found.isoweekday()) if day else found
    return None


def _in_days(after: list[str], today: date) -> date | None:
    part = numeral(after[0])
    count, unit = (part.value, after[1]) if part is not None and len(after) > 1 else (1, after[0])
    if unit in _DAYS and count < 366:
        return today + timedelta(days=count)
    if unit in _WEEKS | _WEEK and count < 53:
        return today + timedelta(weeks=count)
    if unit in _MONTH_WORD:
        return _months_on(today, count)
    return None


def _weekday(tokens: list[str], today: date) -> date | None:
    if any(token in WEEKDAYS_EVERY for token in tokens):
        return None
    for place, token in enumerate(tokens):
        if token in WEEKDAYS and not (place and tokens[place - 1] in _AFTER | _BEFORE):
            ahead = (WEEKDAYS[token] - today.isoweekday() - 1) % 7 + 1
            coming = today + timedelta(days=ahead)
            numbered = numeral(tokens[place + 1]) if place + 1 < len(tokens) else None
            if numbered is not None and numbered.kind == "digits" and numbered.value <= 31:
                for later in (coming + timedelta(weeks=week) for week in range(9)):
                    if later.day == numbered.value:
                        return later
            if place and tokens[place - 1] in _NEXT:
                return today + timedelta(days=7 - today.isoweekday() + WEEKDAYS[token])
            return coming
    return None


def _span(text: str, tokens: list[str], today: date) -> tuple[date | None, date | None] | None:
    between = re.search(
        r"\b(?:miedzy|od|from|between|між|від|з) (\d{1,2})\.? (?:a|do|and|to|until|до|та|і) (\d{1,2})\.? ([a-zа-яіїєґ]+)", text
    )
    if between and between[3] in MONTHS:
        return _coming(int(between[1]), MONTHS[between[3]], today), _coming(int(between[2]), MONTHS[between[3]], today)
    for place, token in enumerate(tokens):
        before = tokens[place - 1] if place else ""
        if before in _NEXT and token in _WEEK:
            monday = today + timedelta(days=8 - today.isoweekday())
            return monday, monday + timedelta(days=6)
        if before in _NEXT and token in _MONTH_WORD:
            first = _months_on(today.replace(day=1), 1)
            return first, first.replace(day=monthrange(first.year, first.month)[1])
        if before in _END and token in MONTHS:
            return None, _month_of(MONTHS[token], today)[1]
        if token in MONTHS and _day_before(tokens[:place]) is None and _day_after(tokens, place) is None and before not in {"", "i"}:
            return _month_span(before, MONTHS[token], today)
    return _open_span(text, today)


def _month_span(before: str, month: int, today: date) -> tuple[date | None, date | None] | None:
    first, last = _month_of(month, today)
    if before in {"w", "we", "na", "in", "у", "в", "for"}:
        return first, last
    if before in {"po", "after", "після"}:
        return last + timedelta(days=1), None
    if before in {"od", "from", "від"}:
        return first, None
    return (None, first - timedelta(days=1)) if before in _BEFORE else None


def _open_span(text: str, today: date) -> tuple[date | None, date | None] | None:
    """ "po 15 grudnia", "do 10.12", "od poniedziałku": an open span with a full day after the preposition."""
    match = re.search(r"\b(po|od|after|from|since|після|від|do|przed|before|until|till|by|до)\b (?:dniu |dnia )?((?:\S+ ?){1,4})", text)
    if match is None:
        return None
    tokens = _WORD.findall(match[2])
    if not tokens or (numeral(tokens[0]) is None and tokens[0] not in WEEKDAYS and tokens[0] not in MONTHS):
        return None
    day = next(iter(_numerics(match[2], today)), None) if "." in match[2] or "/" in match[2] else None
    day = day or _named(tokens, today) or (_weekday(tokens[:1], today) if tokens else None)
    if day is None or _is_hour_word(text, match):
        return None
    return (day, None) if match[1] in _AFTER else (None, day)


def _is_hour_word(text: str, match: re.Match[str]) -> bool:
    return bool(re.match(r"\d{1,2}[.:]\d\d\b(?!\.)", match[2])) and not re.search(r"\b(dnia|dniu)\b", text[match.start() : match.end()])


def _month_of(month: int, today: date) -> tuple[date, date]:
    year = today.year + (1 if month < today.month else 0)
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def _months_on(day: date, count: int) -> date:
    month = day.month - 1 + count
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _next_day_numbered(number: int, today: date) -> date | None:
    for ahead in range(3):
        month = _months_on(today.replace(day=1), ahead)
        found = _made(month.year, month.month, number)
        if found is not None and found >= today:
            return found
    return None


def _coming(day: int, month: int, today: date) -> date | None:
    """The day in this year, or in the next when it lies more than half a year back."""
    found = _made(today.year, month, day)
    if found is not None and (today - found).days > 180:
        return _made(today.year + 1, month, day)
    return found if found is not None else _made(today.year + 1, month, day)


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
