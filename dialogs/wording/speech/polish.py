"""Polish for the ear: ordinals inflected from num2words' dictionary forms."""

from datetime import date, datetime
from typing import Final, Literal

from dialogs.wording.speech import numerals
from dialogs.wording.written import CALENDARS

_WORDS: Final = CALENDARS["pl"]
_OF_DAYS: Final = ("poniedziałku", "wtorku", "środy", "czwartku", "piątku", "soboty", "niedzieli")
_NTH: Final = ("pierwsza", "druga", "trzecia", "czwarta", "piąta", "szósta", "siódma", "ósma", "dziewiąta")
Case = Literal["masculine genitive", "feminine nominative", "feminine genitive"]


def number(value: int) -> str:
    """A whole number, masculine nominative."""
    return numerals.cardinal(value, "pl")


def ordinal(value: int, case: Case) -> str:
    """An ordinal below 100 in the case wanted: (27, "masculine genitive") → "dwudziestego siódmego"."""
    base = "zerowy" if value == 0 else numerals.ordinal(value, "pl")
    return " ".join(_inflected(word, case) for word in base.split())


def _inflected(word: str, case: Case) -> str:
    if case == "feminine nominative":
        return {"drugi": "druga", "trzeci": "trzecia"}.get(word, f"{word[:-1]}a")
    stem = word if word.endswith("i") else word[:-1]
    return f"{stem}ego" if case == "masculine genitive" else f"{stem}ej"


def _minutes(at: datetime) -> str:
    if at.minute == 0:
        return ""
    return f" zero {number(at.minute)}" if at.minute < 10 else f" {number(at.minute)}"


def day(when: date) -> str:
    """ "dwudziestego siódmego listopada"."""
    return f"{ordinal(when.day, 'masculine genitive')} {_WORDS.months[when.month - 1]}"


def year(value: int) -> str:
    """A year in the genitive: "dwa tysiące dwudziestego szóstego roku"."""
    rest = value % 100
    if rest:
        return f"{number(value - rest)} {ordinal(rest, 'masculine genitive')} roku"
    rounded = {1900: "tysiąc dziewięćsetnego", 2000: "dwutysięcznego", 2100: "dwa tysiące setnego"}
    return f"{rounded.get(value, number(value))} roku"


def day_of_year(when: date) -> str:
    """A whole date in the genitive."""
    return f"{day(when)} {year(when.year)}"


def at_hour(at: datetime) -> str:
    """ "o godzinie dziesiątej dwadzieścia"."""
    return f"o godzinie {ordinal(at.hour, 'feminine genitive')}{_minutes(at)}"


def at_hour_plain(at: datetime) -> str:
    """ "dziesiąta dwadzieścia"."""
    return f"{ordinal(at.hour, 'feminine nominative')}{_minutes(at)}"


def moment(at: datetime) -> str:
    """ "czwartek, dwudziestego siódmego listopada, godzina dziesiąta dwadzieścia"."""
    return f"{_WORDS.days[at.weekday()]}, {day(at)}, godzina {at_hour_plain(at)}"


def on_moment(at: datetime) -> str:
    """ "w czwartek, dwudziestego siódmego listopada, o godzinie dziesiątej dwadzieścia"."""
    return f"{_WORDS.on_days[at.weekday()]}, {day(at)}, {at_hour(at)}"


def until(at: datetime) -> str:
    """After "do": "piątku, dwudziestego listopada, do godziny szesnastej"."""
    return f"{_OF_DAYS[at.weekday()]}, {day(at)}, do godziny {ordinal(at.hour, 'feminine genitive')}{_minutes(at)}"


def duration(seconds: int) -> str:
    """After "w ciągu": "pięciu minut", "jednej minuty"."""
    value, one, many = (seconds // 60, "minuty", "minut") if seconds >= 60 else (seconds, "sekundy", "sekund")
    return f"jednej {one}" if value == 1 else f"{genitive(value)} {many}"


def genitive(value: int) -> str:
    """A number below 100 in the genitive: "pięciu", "dwudziestu dwóch"; others stay in the nominative."""
    small = ("zera", "jednego", "dwóch", "trzech", "czterech", "pięciu", "sześciu", "siedmiu", "ośmiu", "dziewięciu",
             "dziesięciu", "jedenastu", "dwunastu", "trzynastu", "czternastu", "piętnastu", "szesnastu",
             "siedemnastu", "osiemnastu", "dziewiętnastu")  # fmt: skip
    tens = ("", "", "dwudziestu", "trzydziestu", "czterdziestu", "pięćdziesięciu", "sześćdziesięciu",
            "siedemdziesięciu", "osiemdziesięciu", "dziewięćdziesięciu")  # fmt: skip
    if value < 20:
        return small[value]
    if value >= 100:
        return number(value)
    rest = value % 10
    return tens[value // 10] + ("" if rest == 0 else " jeden" if rest == 1 else f" {small[rest]}")


def about(when: date) -> str:
    """ "połowa marca dwa tysiące dwudziestego siódmego roku"."""
    third = _WORDS.thirds[min((when.day - 1) // 10, 2)]
    return f"{third} {_WORDS.months[when.month - 1]} {year(when.year)}"


def nth(index: int) -> str:
    """ "pierwsza" … of the visits; by number beyond the ninth."""
    return _NTH[index - 1] if index <= len(_NTH) else f"numer {number(index)}"
