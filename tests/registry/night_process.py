"""A night in a process of its own that kills itself (SIGKILL) before its n-th statement.

The processes are forked from one that has loaded everything and opened nothing, so a death costs milliseconds and two hundred a minute.
"""

import multiprocessing
import os
import signal
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy import event

from registry import night
from registry.database import create_engine

FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload([__name__])


def run_and_die(url: str, instant: datetime, chunk: int, deadly: int) -> int:
    """Run the night at that instant in a process; its exit code. `deadly` beyond its last statement lets it live."""
    process = FORKED.Process(target=_live, args=(url, instant, chunk, deadly))
    process.start()
    process.join(timeout=120)
    assert process.exitcode is not None, "the night does not end"
    return process.exitcode


def _live(url: str, instant: datetime, chunk: int, deadly: int) -> None:
    engine = create_engine(url)
    numbers = count(1)

    def before(*_: Any) -> None:
        if next(numbers) == deadly:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "commit", before)
    night.run(engine, clock=lambda: instant, chunk=chunk)
