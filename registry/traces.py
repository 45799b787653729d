"""What the places of a service gave in the futures played last: enough to date one more entry without playing them again.

One more entry changes nobody's turn before its own: it gets the first slot that suits it and that went to somebody behind it in the
queue, or to nobody. So the winner's place in the queue, kept with each slot, is all that is needed; what the displaced one gets then
is his affair. Exact for one entry, to the second of joining and the minute of the visit.
"""

import struct
import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from registry.catalogue import POOLS

FREE: Final = (1 << 63) - 1  # the key of a slot that nobody got
RANK: Final = 1 << 36  # of seconds since 1970
MICROSECONDS: Final = 1_000_000
COLUMNS: Final = "HHHBQ"
POOL: Final[dict[str, int]] = {pool: number for number, pool in enumerate(POOLS)}


class Given(NamedTuple):
    """A slot of a future: `given` at a time (`at_night`, `by_day`), for a visit on a day and minute; `key` is its winner's place."""

    given: int
    day: int
    minute: int
    pool: str
    key: int


def key_of(rank: int, queue_at: int) -> int:
    """A place in the queue as one number (D3); `queue_at` in microseconds since 1970. Entries of one second are one."""
    return rank * RANK + queue_at // MICROSECONDS


def at_night(day: int) -> int:
    """When the slots of a night are given: before those that are given up on that day."""
    return 2 * day


def by_day(day: int) -> int:
    """When the slots given up on a day are given again."""
    return 2 * day + 1


@dataclass(slots=True)
class Trace:
    """What one place gave in one future, in the order in which it was given."""

    given: "array[int]" = field(default_factory=lambda: array("H"))
    days: "array[int]" = field(default_factory=lambda: array("H"))
    minutes: "array[int]" = field(default_factory=lambda: array("H"))
    pools: "array[int]" = field(default_factory=lambda: array("B"))
    keys: "array[int]" = field(default_factory=lambda: array("Q"))

    def __len__(self) -> int:
        return len(self.keys)

    def __iter__(self) -> Iterator[Given]:
        for given, day, minute, pool, key in zip(*self._columns(), strict=True):
            yield Given(given, day, minute, POOLS[pool], key)

    def add(self, given: int, day: int, minute: int, pool: str, key: int) -> None:
        """The next slot."""
        self.given.append(given)
        self.days.append(day)
        self.minutes.append(minute)
        self.pools.append(POOL[pool])
        self.keys.append(key)

    def first(self, key: int, accepted: Callable[[int, int, str], bool], since: int) -> tuple[int, int] | None:
        """When an entry at this place in the queue is given a slot, and the day of that visit; None for never.

        `accepted` says whether a visit on a day at a minute of a pool suits; only slots given at `since` or later count.
        """
        for number, winner in enumerate(self.keys):
            if winner >= key and self.given[number] >= since:
                day = self.days[number]
                if accepted(day, self.minutes[number], POOLS[self.pools[number]]):
                    return self.given[number], day
        return None

    def _columns(self) -> tuple[Sequence[int], ...]:
        return self.given, self.days, self.minutes, self.pools, self.keys

    def pack(self) -> bytes:
        """The trace in few bytes, the same on every machine."""
        columns = zip(COLUMNS, self._columns(), strict=True)
        return zlib.compress(b"".join(struct.pack(f"<{len(self)}{code}", *column) for code, column in columns), 1)


def unpack(packed: bytes) -> Trace:
    """What `pack` packed."""
    raw = zlib.decompress(packed)
    length = len(raw) // struct.calcsize(f"<{COLUMNS}")
    trace, at = Trace(), 0
    for code, column in zip(COLUMNS, (trace.given, trace.days, trace.minutes, trace.pools, trace.keys), strict=True):
        size = struct.calcsize(f"<{length}{code}")
        column.extend(struct.unpack(f"<{length}{code}", raw[at : at + size]))
        at += size
    return trace


def anywhere(traces: Iterable[Trace]) -> Trace:
    """What all places gave together: of slots at one minute in one pool the one whose winner was furthest behind."""
    best: dict[tuple[int, int, int, int], int] = {}
    for trace in traces:
        for given, day, minute, pool, key in zip(trace.given, trace.days, trace.minutes, trace.pools, trace.keys, strict=True):
            at = (given, day, minute, pool)
            if key > best.get(at, -1):
                best[at] = key
    together = Trace()
    for (given, day, minute, pool), key in sorted(best.items()):
        together.add(given, day, minute, POOLS[pool], key)
    return together
