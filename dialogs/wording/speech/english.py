"""English for the ear."""

from datetime import date, datetime
from typing import Final

from dialogs.wording.speech import numerals
from dialogs.wording.written import CALENDARS

_WORDS: Final = CALENDARS["en"]


def number(value: int) -> str:
    """A whole number in words."""
    return numerals.cardinal(value, "en")


def ordinal(value: int) -> str:
    """ "twenty-seventh"."""
    return numerals.ordinal(value, "en")


def day(when: date) -> str:
    """ "the twenty-seventh of November"."""
    return f"the {ordinal(when.day)} of {_WORDS.months[when.month - 1]}"


def year(value: int) -> str:
    """ "twenty twenty-six", "nineteen sixty-six"."""
    return numerals.year(value, "en")


def day_of_year(when: date) -> str:
    """A whole date."""
    return f"{day(when)} {year(when.year)}"


def at_hour_plain(at: datetime) -> str:
    """ "ten twenty in the morning", "two oh five in the afternoon", "twelve noon"."""
    if at.minute == 0 and at.hour in (0, 12):
        return "twelve noon" if at.hour else "twelve midnight"
    minute = f" {'oh ' if at.minute < 10 else ''}{number(at.minute)}" if at.minute else " o'clock"
    part = "in the morning" if at.hour < 12 else "in the afternoon" if at.hour < 18 else "in the evening"
    return f"{number(at.hour % 12 or 12)}{minute} {part}"


def at_hour(at: datetime) -> str:
    """ "at ten twenty in the morning"."""
    return f"at {at_hour_plain(at)}"


def moment(at: datetime) -> str:
    """ "Thursday, the twenty-seventh of November, at ten twenty in the morning"."""
    return f"{_WORDS.days[at.weekday()]}, {day(at)}, {at_hour(at)}"


def on_moment(at: datetime) -> str:
    """ "on Thursday, …"."""
    return f"on {moment(at)}"


def until(at: datetime) -> str:
    """After "by": "Friday, the twentieth of November, at four o'clock in the afternoon"."""
    return moment(at)


def duration(seconds: int) -> str:
    """ "five minutes", "one second"."""
    value, unit = (seconds // 60, "minute") if seconds >= 60 else (seconds, "second")
    return f"{number(value)} {unit}{'' if value == 1 else 's'}"


def about(when: date) -> str:
    """ "mid March twenty twenty-seven"."""
    third = _WORDS.thirds[min((when.day - 1) // 10, 2)]
    return f"{third} {_WORDS.months[when.month - 1]} {year(when.year)}"


def nth(index: int) -> str:
    """ "number one" … of the visits."""
    return f"number {number(index)}"
