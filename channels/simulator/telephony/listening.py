"""Waiting at a line: for a time, for a key, until somebody hangs up."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from channels.simulator.telephony.line import Line

Result = TypeVar("Result")


async def within(event: asyncio.Event, seconds: float, listen: bool) -> bool:
    """Whether the event came in time; not listened for, it never does."""
    try:
        async with asyncio.timeout(seconds):
            await (event if listen else asyncio.Event()).wait()
    except TimeoutError:
        return False
    return True


async def key_pressed(line: Line, saying: asyncio.Task[None], patience: float) -> str | None:
    """The next key: at any moment while the words are read out, and `patience` seconds long after them."""
    pressing = asyncio.create_task(line.keys.get())
    try:
        await asyncio.wait({pressing, saying}, return_when=asyncio.FIRST_COMPLETED)
        if not pressing.done():
            await asyncio.wait({pressing}, timeout=patience)
        if not pressing.done():
            return None
        saying.cancel()
        return pressing.result()
    finally:
        pressing.cancel()


async def until_hung_up(line: Line, work: Coroutine[Any, Any, Result | None]) -> Result | None:
    """What the work comes to; None when somebody hung up meanwhile. A stream ends itself when that happens, and is waited for."""
    doing = asyncio.ensure_future(work)
    hanging = asyncio.create_task(line.hung_up.wait())
    try:
        await asyncio.wait({doing, hanging}, return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            await asyncio.wait({doing}, timeout=1.0)
        return doing.result() if doing.done() and not line.hung_up.is_set() else None
    finally:
        hanging.cancel()
        if not doing.done():
            doing.cancel()
