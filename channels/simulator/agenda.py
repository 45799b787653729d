"""What is due when: the carrier's calendar in memory, filled from the store at the start."""

from __future__ import annotations

import asyncio
import heapq
from itertools import count
from typing import Generic, TypeVar

T = TypeVar("T")


class Agenda(Generic[T]):
    """Things with a due time (seconds since 1970), handed out in that order. One event loop only."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, T]] = []
        self._order = count()
        self.changed = asyncio.Event()

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, due: float, thing: T) -> None:
        """Put `thing` on for `due`."""
        heapq.heappush(self._heap, (due, next(self._order), thing))
        self.changed.set()

    def next_due(self) -> float | None:
        """When the next thing is due; None when there is none."""
        return self._heap[0][0] if self._heap else None

    def take(self, now: float, limit: int) -> list[T]:
        """Up to `limit` things that are due at `now`, earliest first; they are off the agenda then."""
        taken: list[T] = []
        while self._heap and len(taken) < limit and self._heap[0][0] <= now:
            taken.append(heapq.heappop(self._heap)[2])
        return taken
