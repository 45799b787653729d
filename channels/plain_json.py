"""What JSON does not know, in words that it does: one way for every file and command that prints rows."""

from datetime import date, datetime


def plain(value: object) -> str:
    """A value that JSON does not know: dates in ISO 8601."""
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
