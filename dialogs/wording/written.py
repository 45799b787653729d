"""Moments, numbers and lists for the eye: short ones for SMS, full ones for chat and e-mail, in three languages."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import phonenumbers

from dialogs.wording.facts import Language, Option

WARSAW: Final = ZoneInfo("Europe/Warsaw")


class Forms(str):
    """A piece of text with its grammatical forms: `{when:on}` in a template takes the form "on"."""

    __slots__ = ("forms",)
    forms: Mapping[str, str]

    def __new__(cls, plain: str, **forms: str) -> "Forms":
        """The plain form and the others by name."""
        made = super().__new__(cls, plain)
        made.forms = forms
        return made

    def __format__(self, form: str) -> str:
        return self.forms[form] if form else str(self)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The words of one language for days and months, Monday and January first."""

    short_days: tuple[str, ...]
    days: tuple[str, ...]
    on_days: tuple[str, ...]
    months: tuple[str, ...]  # as they stand in a date
    month_names: tuple[str, ...]  # as they stand after "koniec", "кінець", "end of"
    thirds: tuple[str, str, str]


POLISH_MONTHS: Final = ("stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca", "lipca", "sierpnia", "września",
                        "października", "listopada", "grudnia")  # fmt: skip
UKRAINIAN_MONTHS: Final = ("січня", "лютого", "березня", "квітня", "травня", "червня", "липня", "серпня", "вересня",
                           "жовтня", "листопада", "грудня")  # fmt: skip
ENGLISH_MONTHS: Final = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
                         "October", "November", "December")  # fmt: skip
CALENDARS: Final[Mapping[Language, Calendar]] = {
    "pl": Calendar(
        short_days=("pn", "wt", "śr", "czw", "pt", "sob", "nd"),
        days=("poniedziałek", "wtorek", "środa", "czwartek", "piątek", "sobota", "niedziela"),
        on_days=("w poniedziałek", "we wtorek", "w środę", "w czwartek", "w piątek", "w sobotę", "w niedzielę"),
        months=POLISH_MONTHS, month_names=POLISH_MONTHS, thirds=("początek", "połowa", "koniec"),
    ),
    "uk": Calendar(
        short_days=("пн", "вт", "ср", "чт", "пт", "сб", "нд"),
        days=("понеділок", "вівторок", "середа", "четвер", "п'ятниця", "субота", "неділя"),
        on_days=("у понеділок", "у вівторок", "у середу", "у четвер", "у п'ятницю", "у суботу", "у неділю"),
        months=UKRAINIAN_MONTHS, month_names=UKRAINIAN_MONTHS, thirds=("початок", "середина", "кінець"),
    ),
    "en": Calendar(
        short_days=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
        days=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        on_days=("on Monday", "on Tuesday", "on Wednesday", "on Thursday", "on Friday", "on Saturday", "on Sunday"),
        months=ENGLISH_MONTHS, month_names=ENGLISH_MONTHS, thirds=("early", "mid", "late"),
    ),
}  # fmt: skip


def wall_time(moment: datetime) -> datetime:
    """The moment as a clock in Warsaw shows it (X17). Raises ValueError for a moment without a time zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return moment.astimezone(WARSAW)


def short_moment(moment: datetime, language: Language) -> Forms:
    """For SMS: "czw 27.11 godz. 10:20", "чт 27.11 о 10:20", "Thu 27 Nov, 10:20"; the same in every form."""
    at, words = wall_time(moment), CALENDARS[language]
    day = words.short_days[at.weekday()]
    if language == "en":
        text = f"{day} {at.day} {words.months[at.month - 1][:3]}, {at:%H:%M}"
    else:
        text = f"{day} {at:%d.%m} {'godz.' if language == 'pl' else 'о'} {at:%H:%M}"
    return Forms(text, on=text)


def full_moment(moment: datetime, language: Language) -> Forms:
    """For chat and e-mail: "czwartek, 27 listopada 2026 r., godz. 10:20", and with "w czwartek" as form "on"."""
    at, words = wall_time(moment), CALENDARS[language]
    day, on_day = words.days[at.weekday()], words.on_days[at.weekday()]
    rest = f"{at.day} {words.months[at.month - 1]} {at.year}"
    hour = f"{at:%H:%M}"
    if language == "pl":
        return Forms(f"{day}, {rest} r., godz. {hour}", on=f"{on_day}, {rest} r., o godz. {hour}")
    if language == "uk":
        return Forms(f"{day}, {rest} р., {hour}", on=f"{on_day}, {rest} р., о {hour}")
    return Forms(f"{day}, {rest}, {hour}", on=f"{on_day}, {rest}, at {hour}")


def about(day: date, language: Language) -> str:
    """A forecast, never a date to come on (R65): "połowa marca 2027"."""
    words = CALENDARS[language]
    third = words.thirds[min((day.day - 1) // 10, 2)]
    glue = "-" if third == "mid" else " "
    return f"{third}{glue}{words.month_names[day.month - 1]} {day.year}"


def duration(seconds: int, language: Language) -> str:
    """ "5 min", or "5 s" below a minute."""
    minutes = {"pl": "min", "uk": "хв", "en": "min"}[language]
    return f"{seconds // 60} {minutes}" if seconds >= 60 else f"{seconds} {'с' if language == 'uk' else 's'}"


def full_deadline(moment: datetime, language: Language) -> Forms:
    """A deadline as it stands after "do", "до", "by": "20 listopada (piątek), godz. 16:00"."""
    at, words = wall_time(moment), CALENDARS[language]
    hour = {"pl": "godz. ", "uk": "", "en": ""}[language] + f"{at:%H:%M}"
    return Forms(f"{at.day} {words.months[at.month - 1]} ({words.days[at.weekday()]}), {hour}")


def full_day(day: date, language: Language) -> str:
    """ "27 listopada 2026 r.", "27 листопада 2026 р.", "27 November 2026"."""
    year = {"pl": " r.", "uk": " р.", "en": ""}[language]
    return f"{day.day} {CALENDARS[language].months[day.month - 1]} {day.year}{year}"


def short_day(day: date, language: Language) -> str:
    """For SMS: "27.11.2026", "27 Nov 2026"."""
    return f"{day.day} {CALENDARS['en'].months[day.month - 1][:3]} {day.year}" if language == "en" else f"{day:%d.%m.%Y}"


def phone_groups(number: str) -> list[str]:
    """The digits of a telephone number as they are said at home: "42 123 45 67"; foreign ones with "+" and code."""
    parsed = _parsed(number)
    if parsed is None:
        return re.findall(r"\d+", number)
    home = parsed.country_code == 48
    style = phonenumbers.PhoneNumberFormat.NATIONAL if home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    groups = re.findall(r"\d+", phonenumbers.format_number(parsed, style))
    return re.findall(r"\d{3}", groups[0]) if home and len(groups) == 1 else groups


def _parsed(number: str) -> phonenumbers.PhoneNumber | None:
    """None for what is no whole telephone number: 112, or a hotline's short one, keeps the groups that it came in."""
    try:
        parsed = phonenumbers.parse(number, "PL")
    except phonenumbers.NumberParseException:
        return None
    return parsed if phonenumbers.is_possible_number(parsed) else None


def phone(number: str, *, grouped: bool) -> str:
    """A telephone number for the eye, in groups ("42 123 45 67") or as one ("421234567")."""
    groups = phone_groups(number)
    abroad = "+" if number.strip().startswith(("+", "00")) and len("".join(groups)) > 9 else ""
    return abroad + (" " if grouped else "").join(groups)


def options(choices: Sequence[Option], language: Language, *, short: bool) -> str:
    """The open visits, numbered from 1, by initials and moment (X8)."""
    moment = short_moment if short else full_moment
    lines = [f"{number}: {choice.initials} {moment(choice.start, language)}" for number, choice in enumerate(choices, 1)]
    return ", ".join(lines) if short else "\n".join(lines)
