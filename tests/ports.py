"""Ports for servers that tests and benchmarks start: below those that the system gives to outgoing connections.

A port that the system chose, given back and asked for again some seconds later, may by then be the near end of a connection
of another test.
"""

import socket
from contextlib import suppress
from random import SystemRandom

FIRST, LAST = 20_000, 32_767  # Linux gives outgoing connections 32,768 and up
_CHANCE = SystemRandom()  # not the seeded one: all workers of a run have the same seed


def free_port() -> int:
    """A port of the loopback address that nobody uses now. Raises OSError when 100 in a row are taken."""
    for _ in range(100):
        port = _CHANCE.randint(FIRST, LAST)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise OSError("no free port found")
