"""Threads that start at one instant, each in real transactions of its own, and what became of each."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from registry.database import in_transaction

Work = Callable[[Session], Any]


def race(engine: Engine, works: Sequence[Work]) -> list[Any]:
    """Run all works at once, one thread and one transaction each; results in order, a raised error as the result."""
    ready = Barrier(len(works))

    def run(work: Work) -> Any:
        ready.wait(timeout=60)
        try:
            return in_transaction(engine, work)
        except Exception as error:  # noqa: BLE001  the test looks at every error
            return error

    with ThreadPoolExecutor(len(works)) as threads:
        return list(threads.map(run, works))
