"""The loop of every sender, whatever its channel: sets of messages are claimed, sent and settled until the process stops.

The contract that the channels' senders share:
- A set is claimed in one transaction, sent outside any, and settled in one transaction with all that follows from its failures.
- A set that was claimed is sent and settled before the loop ends; between sets it looks whether it should stop.
- The messages to one address go one after another, in the order in which they were claimed (R100); addresses do not wait for each other.
- What a sender leaves behind when it dies is taken back by those who live, at the first look and then every `STRANDED_EVERY` seconds.
- Claiming, settling and taking back block, so they run in threads; an error ends the loop, and the worker starts it again (`jobs`).
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, TypeVar

from channels.jobs import pause
from registry.outbox import Claimed

STRANDED_EVERY: Final = 15.0  # seconds

Ready = TypeVar("Ready")
Result = TypeVar("Result")


async def keep_sending(
    send_due: Callable[[], Awaitable[int]], stop: asyncio.Event, *, idle: float, take_back: Callable[[], object] | None = None
) -> None:
    """Send set after set until `stop`; `idle` seconds between two looks when nothing is due. Without `take_back` somebody else does it."""
    looked = 0.0
    while not stop.is_set():
        if take_back is not None and asyncio.get_running_loop().time() - looked > STRANDED_EVERY:
            await asyncio.to_thread(take_back)
            looked = asyncio.get_running_loop().time()
        if not await send_due():
            await pause(stop, idle)


async def send_set(
    claim: Callable[[], Sequence[Ready]],
    send: Callable[[Sequence[Ready]], Awaitable[Sequence[Result]]],
    settle: Callable[[Sequence[Result]], object],
) -> int:
    """Claim one set, send it, settle it; how many messages it had."""
    claimed = await asyncio.to_thread(claim)
    if claimed:
        results = await send(claimed)
        await asyncio.to_thread(settle, results)
    return len(claimed)


def by_address(ready: Iterable[Ready], message_of: Callable[[Ready], Claimed]) -> dict[str, list[Ready]]:
    """The messages of each address, in their order (R100)."""
    threads: dict[str, list[Ready]] = defaultdict(list)
    for one in ready:
        threads[message_of(one).address].append(one)
    return threads
