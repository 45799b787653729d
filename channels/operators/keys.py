"""Keys of pages in addresses: the moment and the number of the last line, as digits."""

from datetime import UTC, datetime, timedelta
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def written(key: tuple[datetime, int]) -> str:
    """A key as it stands in an address."""
    at, number = key
    return f"{(at - EPOCH) // timedelta(microseconds=1)}-{number}"


def key_of(text: str) -> tuple[datetime, int] | None:
    """The key of a page out of an address; None for the first page and for what is no key."""
    at, _, number = text.partition("-")
    if not (at.isascii() and at.isdigit() and number.isascii() and number.isdigit() and len(at) <= 16 and len(number) <= 18):
        return None
    return EPOCH + timedelta(microseconds=int(at)), int(number)
