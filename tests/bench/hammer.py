"""Signed messages posted over many connections at once, each timed from its first byte out to the last byte of its answer."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

import uvloop
from twilio.request_validator import RequestValidator


@dataclass
class Blows:
    """What came of it: seconds of each request, the statuses, and seconds for all."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    total: float = 0.0

    def percentile(self, share: float) -> float:
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    @property
    def rate(self) -> float:
        return len(self.seconds) / self.total


def request(url: str, form: dict[str, str], token: str) -> bytes:
    """A whole signed request, ready to be written to a connection."""
    host, _, path = url.removeprefix("http://").partition("/")
    body = urlencode(form).encode()
    head = (
        f"POST /{path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"X-Twilio-Signature: {RequestValidator(token).compute_signature(url, form)}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def hammer(port: int, requests: Sequence[bytes], connections: int) -> Blows:
    """Post them all, over so many connections, each with one request under way at a time."""
    blows = Blows()
    uvloop.run(_hammer(port, list(reversed(requests)), connections, blows))
    return blows


def drip(port: int, requests: Sequence[bytes], connections: int, rate: float) -> Blows:
    """Post them at `rate` a second, whoever has answered yet or not; each is timed from the moment when it was due."""
    blows = Blows()
    uvloop.run(_drip(port, requests, connections, rate, blows))
    return blows


async def _drip(port: int, requests: Sequence[bytes], connections: int, rate: float, blows: Blows) -> None:
    free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(connections):
        free.put_nowait(await asyncio.open_connection("127.0.0.1", port))
    began = time.perf_counter()
    async with asyncio.TaskGroup() as posts:
        for number, request_ in enumerate(requests):
            due = began + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            posts.create_task(_drop(free, request_, due, blows))
    blows.total = time.perf_counter() - began
    while not free.empty():
        free.get_nowait()[1].close()


async def _drop(free: "asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]]", data: bytes, due: float, blows: Blows) -> None:
    reader, writer = await free.get()
    writer.write(data)
    blows.statuses[await _answer(reader)] += 1
    blows.seconds.append(time.perf_counter() - due)
    free.put_nowait((reader, writer))


async def _answer(reader: asyncio.StreamReader) -> int:
    """Read one answer to its end; its status."""
    head = await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(_length(head))
    return int(head[9:12])


async def _hammer(port: int, left: list[bytes], connections: int, blows: Blows) -> None:
    streams = [await asyncio.open_connection("127.0.0.1", port) for _ in range(connections)]
    began = time.perf_counter()
    await asyncio.gather(*(_work(*stream, left, blows) for stream in streams))
    blows.total = time.perf_counter() - began
    for _, writer in streams:
        writer.close()


async def _work(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: list[bytes], blows: Blows) -> None:
    while left:
        began = time.perf_counter()
        writer.write(left.pop())
        blows.statuses[await _answer(reader)] += 1
        blows.seconds.append(time.perf_counter() - began)


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    return 0
