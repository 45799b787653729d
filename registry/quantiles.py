"""From the dates that an entry got in several futures to the two that are told: the likely one, and one that nine of ten should keep."""

from collections.abc import Sequence
from typing import Final, NamedTuple

STRETCH: Final = 1.0  # of the distance from the middle to the ninth tenth
ROOM: Final = 0.10  # of the wait, beside: the real future differs from the past in more than the past differed from itself


class Days(NamedTuple):
    """Days from today to the likely visit, and to the day by which nine of ten should have had theirs (R64)."""

    p50: int
    p90: int


def told(days: Sequence[int], last: int) -> Days | None:
    """The middle of the visits' days in the futures, and their ninth tenth with `ROOM` of the middle beside; None when half of them never
    come to a visit.

    A negative day is a future without a visit; `last` stands for it.
    """
    served = sorted(day if day >= 0 else last for day in days)
    middle = at(served, 0.5)
    if middle >= last:
        return None
    late = middle + STRETCH * (at(served, 0.9) - middle) + ROOM * middle
    return Days(round(middle), min(round(late), last))


def at(ordered: Sequence[int], share: float) -> float:
    """The value that this share of them does not exceed, between two neighbours in proportion."""
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
