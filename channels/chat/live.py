"""Who has a window open: one look at the database each second for all chats of this process, so that an operator's answer is seen."""

import asyncio
from collections import defaultdict
from typing import Final

import structlog

from channels.chat import talk
from channels.chat.talk import Desk

RETRY: Final = 5.0  # seconds after a failed look
OVERLAP: Final = 200  # messages asked for again

log = structlog.get_logger("chat")


class Watch:
    """The looks of one process, made only while a window is open."""

    def __init__(self, desk: Desk, *, every: float = 1.0) -> None:
        self._desk, self._every = desk, every
        self._open: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._looking: asyncio.Task[None] | None = None

    def join(self, address: str) -> asyncio.Event:
        """An event that is set whenever something was said in a chat."""
        told = asyncio.Event()
        self._open[address].add(told)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_on())
        return told

    def leave(self, address: str, told: asyncio.Event) -> None:
        """The window was closed."""
        self._open[address].discard(told)
        if not self._open[address]:
            del self._open[address]

    def stir(self, address: str) -> None:
        """Something was said through this very process."""
        for told in self._open.get(address, ()):
            told.set()

    async def _look_on(self) -> None:
        seen: int | None = None
        before: dict[str, int] = {}
        while self._open:
            try:
                if seen is None:
                    seen = await asyncio.to_thread(talk.newest, self._desk)
                # A message that commits late has a lower number than one seen before: the last few are asked for again.
                found = await asyncio.to_thread(talk.talked, self._desk, max(0, seen - OVERLAP))
            except Exception as error:  # noqa: BLE001  the border of a job: logged and tried again
                log.warning("look failed, will be tried again", error=type(error).__name__)
                await asyncio.sleep(RETRY)
                continue
            for address in dict(found.items() - before.items()):  # the others were told by an earlier look
                self.stir(address)
            before, seen = found, max([seen, *found.values()])
            await asyncio.sleep(self._every)
