"""A visit as a calendar file (RFC 5545): the same entry is updated by a later file of the same visit, and taken out by a cancellation.

What the visit is for does not stand in it (X34): calendars are shared.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

LASTS: Final = timedelta(minutes=20)  # when nobody said how long a visit takes
WIDTH: Final = 75  # octets of a line

TITLES: Final = {"pl": "Wizyta lekarska", "uk": "Візит до лікаря", "en": "Medical appointment"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A visit for a calendar. `uid` names it for good, `sequence` grows with every change; instants are aware."""

    uid: str
    sequence: int
    starts_at: datetime
    where: str
    phone: str
    ends_at: datetime | None = None
    cancelled: bool = False
    language: str = "pl"


def calendar(entry: Entry, *, now: datetime) -> str:
    """The file's text, with the line ends that the format wants."""
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//cer//cer//PL", f"METHOD:{'CANCEL' if entry.cancelled else 'PUBLISH'}",
        "BEGIN:VEVENT", f"UID:{_text(entry.uid)}", f"SEQUENCE:{entry.sequence}", f"DTSTAMP:{_instant(now)}",
        f"DTSTART:{_instant(entry.starts_at)}", f"DTEND:{_instant(entry.ends_at or entry.starts_at + LASTS)}",
        f"SUMMARY:{_text(TITLES.get(entry.language, TITLES['pl']))}", f"LOCATION:{_text(entry.where)}",
        f"DESCRIPTION:{_text('tel. ' + entry.phone)}", f"STATUS:{'CANCELLED' if entry.cancelled else 'CONFIRMED'}", "CLASS:PRIVATE",
        "END:VEVENT", "END:VCALENDAR",
    ]  # fmt: skip
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(words: str) -> str:
    escaped = words.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return escaped.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "")


def _folded(line: str) -> str:
    """Lines of at most WIDTH octets; a letter of several octets is not cut."""
    rows, room = [""], WIDTH
    for letter in line:
        if len((rows[-1] + letter).encode()) > room:
            rows.append("")
            room = WIDTH - 1  # the space that begins a continuation
        rows[-1] += letter
    return "\r\n ".join(rows)
