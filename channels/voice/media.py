"""The media port: what comes and goes on a call's stream, in words that know no carrier. A codec for each wire stands beside it.

Sound is 8 kHz mu-law mono in frames of 20 ms. Time is audio time: milliseconds of the caller's sound since the stream began.
"""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Began:
    """The stream is open: for which call (the carrier's id), with which token, in which format the sound comes."""

    stream: str
    call: str
    token: str


@dataclass(frozen=True, slots=True)
class Sound:
    """20 ms of the caller; `at_ms` is where in the call they end."""

    frame: bytes
    at_ms: int


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the telephone: 0-9, * or #."""

    digit: str


@dataclass(frozen=True, slots=True)
class Marked:
    """A mark has come back: what was sent before it was played, or dropped by `clear`."""

    name: str


@dataclass(frozen=True, slots=True)
class Over:
    """The caller has hung up, or the stream has ended."""


Incoming = Began | Sound | Key | Marked | Over


class Malformed(Exception):
    """The other side does not speak the protocol: the stream is to be closed with this WebSocket code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Codec(Protocol):
    """Between one wire and the port."""

    def decode(self, raw: str) -> list[Incoming]:
        """What one frame of the wire says, in order; nothing for one that says nothing of worth. Raises Malformed."""

    def sound(self, audio: bytes) -> str:
        """Sound to play after what was sent before."""

    def mark(self, name: str) -> str:
        """A mark after what was sent before."""

    def clear(self) -> str:
        """Drop what has not been played yet."""
