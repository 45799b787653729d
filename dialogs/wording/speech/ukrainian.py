"""Ukrainian for the ear: ordinals inflected from num2words' dictionary forms."""

from datetime import date, datetime
from typing import Final, Literal

from dialogs.wording.speech import numerals
from dialogs.wording.written import CALENDARS

_WORDS: Final = CALENDARS["uk"]
_OF_DAYS: Final = ("понеділка", "вівторка", "середи", "четверга", "п'ятниці", "суботи", "неділі")
_NTH: Final = ("перший", "другий", "третій", "четвертий", "п'ятий", "шостий", "сьомий", "восьмий", "дев'ятий")
Case = Literal["genitive", "feminine", "feminine genitive", "feminine locative"]
_ENDINGS: Final = {"genitive": "ого", "feminine": "а", "feminine genitive": "ої", "feminine locative": "ій"}
_SOFT: Final = {"genitive": "ього", "feminine": "я", "feminine genitive": "ьої", "feminine locative": "ій"}


def number(value: int) -> str:
    """A whole number, masculine nominative."""
    return numerals.cardinal(value, "uk")


def ordinal(value: int, case: Case) -> str:
    """An ordinal below 100; only its last word is inflected: (27, "genitive") → "двадцять сьомого"."""
    base = "нульовий" if value == 0 else numerals.ordinal(value, "uk")
    stem, endings = base[:-2], _SOFT if base.endswith("третій") else _ENDINGS
    return stem + endings[case]


def _minutes(at: datetime) -> str:
    return f" {counted(at.minute, ('хвилина', 'хвилини', 'хвилин'))}" if at.minute else ""


def counted(value: int, forms: tuple[str, str, str]) -> str:
    """A feminine noun with its number: "одна хвилина", "дві хвилини", "п'ять хвилин"."""
    words = number(value).split()
    words[-1] = {"один": "одна", "два": "дві"}.get(words[-1], words[-1])
    if value % 100 in range(11, 15):
        return f"{' '.join(words)} {forms[2]}"
    return f"{' '.join(words)} {forms[0] if value % 10 == 1 else forms[1] if value % 10 in (2, 3, 4) else forms[2]}"


def day(when: date) -> str:
    """ "двадцять сьомого листопада"."""
    return f"{ordinal(when.day, 'genitive')} {_WORDS.months[when.month - 1]}"


def year(value: int) -> str:
    """A year in the genitive: "дві тисячі двадцять шостого року"."""
    rest = value % 100
    if rest:
        return f"{number(value - rest)} {ordinal(rest, 'genitive')} року"
    rounded = {1900: "тисяча дев'ятсотого", 2000: "двохтисячного"}
    return f"{rounded.get(value, number(value))} року"


def day_of_year(when: date) -> str:
    """A whole date in the genitive."""
    return f"{day(when)} {year(when.year)}"


def at_hour(at: datetime) -> str:
    """ "о десятій годині двадцять хвилин"."""
    return f"{'об' if at.hour == 11 else 'о'} {ordinal(at.hour, 'feminine locative')} годині{_minutes(at)}"


def at_hour_plain(at: datetime) -> str:
    """ "десята година двадцять хвилин"."""
    return f"{ordinal(at.hour, 'feminine')} година{_minutes(at)}"


def moment(at: datetime) -> str:
    """ "четвер, двадцять сьомого листопада, десята година двадцять хвилин"."""
    return f"{_WORDS.days[at.weekday()]}, {day(at)}, {at_hour_plain(at)}"


def on_moment(at: datetime) -> str:
    """ "у четвер, двадцять сьомого листопада, о десятій годині двадцять хвилин"."""
    return f"{_WORDS.on_days[at.weekday()]}, {day(at)}, {at_hour(at)}"


def until(at: datetime) -> str:
    """After "до": "п'ятниці, двадцятого листопада, до шістнадцятої години"."""
    return f"{_OF_DAYS[at.weekday()]}, {day(at)}, до {ordinal(at.hour, 'feminine genitive')} години{_minutes(at)}"


def duration(seconds: int) -> str:
    """After "протягом": "п'яти хвилин", "двадцяти однієї хвилини"."""
    value, one, many = (seconds // 60, "хвилини", "хвилин") if seconds >= 60 else (seconds, "секунди", "секунд")
    return f"{genitive(value)} {one if value % 10 == 1 and value != 11 else many}"


def genitive(value: int) -> str:
    """A number below 100 in the genitive, feminine for one: "двадцяти двох"; others stay in the nominative."""
    small = (
        "нуля", "однієї", "двох", "трьох", "чотирьох", "п'яти", "шести", "семи", "восьми", "дев'яти", "десяти",
        "одинадцяти", "дванадцяти", "тринадцяти", "чотирнадцяти", "п'ятнадцяти", "шістнадцяти", "сімнадцяти",
        "вісімнадцяти", "дев'ятнадцяти",
    )  # fmt: skip
    tens = ("двадцяти", "тридцяти", "сорока", "п'ятдесяти", "шістдесяти", "сімдесяти", "вісімдесяти", "дев'яноста")
    if value < 20:
        return small[value]
    if value >= 100:
        return number(value)
    return tens[value // 10 - 2] + (f" {small[value % 10]}" if value % 10 else "")


def about(when: date) -> str:
    """ "середина березня дві тисячі двадцять сьомого року"."""
    third = _WORDS.thirds[min((when.day - 1) // 10, 2)]
    return f"{third} {_WORDS.months[when.month - 1]} {year(when.year)}"


def nth(index: int) -> str:
    """ "перший" … of the visits; by number beyond the ninth."""
    return _NTH[index - 1] if index <= len(_NTH) else f"номер {number(index)}"
