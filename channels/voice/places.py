"""How many calls one process talks in at once. The call after the last free place is served by keys, within the second."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock


class NoPlace(Exception):
    """Every place for a conversation is taken, or the process is about to stop."""


class Places:
    """The places of this process; `limit` 0 means that it has no ears or no mouth, and every call runs on keys."""

    def __init__(self, limit: int) -> None:
        self.limit, self.taken, self.draining = limit, 0, False
        self._lock = Lock()
        self._waiting: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None

    def free(self) -> bool:
        """Whether one more conversation could begin now. It may be gone when the conversation begins: `taken_by_a_call` decides."""
        return not self.draining and self.taken < self.limit

    @contextmanager
    def taken_by_a_call(self) -> Iterator[None]:
        """Hold a place for a conversation. Raises NoPlace."""
        with self._lock:
            if not self.free():
                raise NoPlace
            self.taken += 1
        try:
            yield
        finally:
            with self._lock:
                self.taken -= 1
            if self.draining and not self.taken:
                self.give_up_waiting()

    async def drained(self, seconds: float) -> None:
        """Let no further conversation in, and wait for those that are held, but not for longer than this."""
        self.draining = True
        over = asyncio.Event()
        self._waiting = (asyncio.get_running_loop(), over)
        if self.taken:
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), seconds)

    def give_up_waiting(self) -> None:
        """Whoever waits for the end of the conversations waits no longer: they are over, or there is no time for them."""
        if self._waiting is not None:
            loop, over = self._waiting
            loop.call_soon_threadsafe(over.set)
