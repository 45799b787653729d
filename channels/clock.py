"""The one place where time is read. Everything inside is told the time; only composition and the edges ask here."""

from datetime import UTC, datetime


def now() -> datetime:
    """This instant, UTC."""
    return datetime.now(UTC)
