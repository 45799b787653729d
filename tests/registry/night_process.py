"""A night in a process of its own that kills itself (SIGKILL) before its n-th statement: `python -m … URL INSTANT CHUNK N`."""

import os
import signal
import sys
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy import event

from registry import night
from registry.database import create_engine


def main(url: str, instant: str, chunk: str, deadly: str) -> None:
    """Run the night at that instant; N beyond its last statement lets it live."""
    engine = create_engine(url)
    numbers = count(1)

    def before(*_: Any) -> None:
        if next(numbers) == int(deadly):
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "commit", before)
    night.run(engine, clock=lambda: datetime.fromisoformat(instant), chunk=int(chunk))


if __name__ == "__main__":
    main(*sys.argv[1:])
