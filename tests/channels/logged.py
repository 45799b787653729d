"""What a process of ours would log, for tests that read it; the test's own process is as before afterwards."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from channels import logs


@contextmanager
def logged(level: str) -> Iterator[io.StringIO]:
    """All logging from `level` up as json lines. Levels of libraries too are put back: other tests listen to those."""
    root = logging.getLogger()
    handlers, kept = root.handlers[:], {name: logging.getLogger(name).level for name in ("root", *logs.QUIET)}
    stream = io.StringIO()
    logs.configure(level, "json", stream)
    try:
        yield stream
    finally:
        root.handlers[:] = handlers
        for name, before in kept.items():
            logging.getLogger(name).setLevel(before)
        structlog.reset_defaults()
