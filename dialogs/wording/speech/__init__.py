"""Moments, numbers, telephones and addresses in words, for the ear: a synthesizer reads digits badly, and late.

Every function takes the language and gives words without digits or abbreviations. Street and clinic names stay Polish;
for a Ukrainian voice they are spelled in Cyrillic.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import ModuleType
from typing import Final

from dialogs.wording.facts import FreeDate, Language, Option
from dialogs.wording.speech import english, names, polish, ukrainian
from dialogs.wording.written import Forms, phone_groups, wall_time

_LANGUAGES: Final[Mapping[Language, ModuleType]] = {"pl": polish, "uk": ukrainian, "en": english}


def moment(start: datetime, language: Language = "pl") -> Forms:
    """ "czwartek, dwudziestego siódmego listopada, godzina dziesiąta dwadzieścia"; form "on": "w czwartek, …"."""
    at = wall_time(start)
    speaker = _LANGUAGES[language]
    return Forms(speaker.moment(at), on=speaker.on_moment(at))


def until(deadline: datetime, language: Language = "pl") -> Forms:
    """A deadline as it stands after "do", "до", "by": "czwartku, …, do godziny szesnastej"."""
    text: str = _LANGUAGES[language].until(wall_time(deadline))
    return Forms(text)


def day(when: date, language: Language = "pl") -> str:
    """A date with its year: "ósmego lutego tysiąc dziewięćset sześćdziesiątego szóstego roku"."""
    text: str = _LANGUAGES[language].day_of_year(when)
    return text


def hour(when: datetime, language: Language = "pl") -> str:
    """The hour as it stands in an answer to "when": "o godzinie dziesiątej dwadzieścia"."""
    text: str = _LANGUAGES[language].at_hour(wall_time(when))
    return text


def number(value: int, language: Language = "pl") -> str:
    """A whole number in words."""
    text: str = _LANGUAGES[language].number(value)
    return text


def duration(seconds: int, language: Language = "pl") -> str:
    """Whole minutes, or seconds below one minute: "pięć minut"; as it stands after "w ciągu" and "within"."""
    text: str = _LANGUAGES[language].duration(seconds)
    return text


def phone(text: str, language: Language = "pl") -> str:
    """A telephone number group by group: "czterdzieści dwa, sto dwadzieścia trzy, czterdzieści pięć, …"."""
    return ", ".join(_group(digits, language) for digits in phone_groups(text))


def _group(digits: str, language: Language) -> str:
    """Leading zeros are heard one by one; a group longer than three digits is read digit by digit."""
    if len(digits) > 3:
        return " ".join(number(int(digit), language) for digit in digits)
    zeros = len(digits) - len(digits.lstrip("0"))
    rest = digits[zeros:]
    return " ".join([number(0, language)] * zeros + ([number(int(rest), language)] if rest else []))


def about(when: date, language: Language = "pl") -> str:
    """A forecast: "połowa marca dwa tysiące dwudziestego siódmego roku"."""
    text: str = _LANGUAGES[language].about(when)
    return text


def address(street: str, city: str, language: Language = "pl") -> str:
    """ "ulica Generała Józefa Hallera sto dwadzieścia trzy A, lokal czterdzieści pięć, Łódź"."""
    return names.spoken(f"{names.street(street, lambda value: number(value, language), language)}, {city}", language)


def clinic(name: str, language: Language = "pl") -> str:
    """A clinic's name with its abbreviations said in full or spelled."""
    return names.spoken(names.clinic(name, lambda value: number(value, language)), language)


def place(name: str, street: str, city: str, language: Language = "pl") -> str:
    """Clinic and address, as one says them."""
    return f"{clinic(name, language)}, {address(street, city, language)}"


def initials(text: str, language: Language = "pl") -> str:
    """ "J.K." letter by letter, by the names of the letters."""
    return names.letters("".join(letter for letter in text if letter.isalpha()), language)


def options(choices: Sequence[Option], language: Language = "pl") -> str:
    """The open visits one after another, each by its number, initials and moment (X8)."""
    speaker = _LANGUAGES[language]
    lines = [
        f"{speaker.nth(index)}: {initials(choice.initials, language)}, {moment(choice.start, language)}"
        for index, choice in enumerate(choices, 1)
    ]
    return ". ".join(lines)


def dates(choices: Sequence[FreeDate], language: Language = "pl") -> str:
    """Free dates one after another, each by its number, its moment and the address."""
    speaker = _LANGUAGES[language]
    lines = [
        f"{speaker.nth(index)}: {moment(one.start, language)}, {address(one.street, one.city, language)}"
        for index, one in enumerate(choices, 1)
    ]
    return ". ".join(lines)


def read_out(text: str, language: Language = "pl") -> str:
    """Free text, such as an answer from the knowledge base, with its dates, hours and numbers in words."""
    speaker = _LANGUAGES[language]
    return names.read_out(text, speaker.day_of_year, speaker.at_hour_plain, speaker.number)
