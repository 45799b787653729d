"""Moments and days as a reader of his language writes them, always by Warsaw's clock."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from channels.operators import readers
from channels.operators.readers import Language
from registry.rules import WARSAW

WEEKDAYS: Final[Mapping[Language, tuple[str, ...]]] = {
    "pl": ("pn.", "wt.", "śr.", "czw.", "pt.", "sob.", "niedz."), "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}  # fmt: skip
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def weekdays() -> tuple[str, ...]:
    """Monday to Sunday, short."""
    return WEEKDAYS[readers.language()]


def moment(at: datetime, now: datetime) -> str:
    """When something was said: today's hour with seconds, else the day too; the year where it is another."""
    local, today = at.astimezone(WARSAW), now.astimezone(WARSAW).date()
    if local.date() == today:
        return f"{local:%H:%M:%S}"
    return f"{short(local) if local.year == today.year else _unpadded(local)}, {local:%H:%M}"


def visit(at: datetime) -> str:
    """A visit's day and hour: "śr. 25.11.2026, 10:20", "Wed 25 Nov 2026, 10:20"."""
    local = at.astimezone(WARSAW)
    return f"{weekdays()[local.weekday()]} {_unpadded(local)}, {local:%H:%M}"


def full(at: datetime) -> str:
    """Day and hour to the second, for a title."""
    local = at.astimezone(WARSAW)
    return f"{day(local)}, {local:%H:%M:%S}"


def day(at: date) -> str:
    """A whole day: "05.12.2026", "5 Dec 2026"."""
    return f"{at:%d.%m.%Y}" if readers.language() == "pl" else _unpadded(at)


def _unpadded(at: date) -> str:
    return f"{at.day}.{at:%m.%Y}" if readers.language() == "pl" else f"{short(at)} {at.year}"


def short(at: date, *, years: bool = False) -> str:
    """A day of a known year, "5.12" or "5 Dec"; `years` with it."""
    if years:
        return _unpadded(at)
    return f"{at.day}.{at:%m}" if readers.language() == "pl" else f"{at.day} {MONTHS[at.month - 1]}"


def month(at: date) -> str:
    """A month: "12.2026", "Dec 2026"."""
    return f"{at:%m.%Y}" if readers.language() == "pl" else f"{MONTHS[at.month - 1]} {at.year}"
