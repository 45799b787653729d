"""What a call needs of ears and mouth, so that the call loop knows neither Vosk nor espeak nor any carrier's wire.

Audio is 8 kHz mu-law mono in frames of 20 ms (160 bytes). Time inside a call is audio time: milliseconds of caller's audio received
since the call began, never a clock; so a call replayed from a file takes the same decisions.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from dialogs.understanding.reading import Asked

FRAME_MS = 20
FRAME_BYTES = 160


@dataclass(frozen=True, slots=True)
class Guess:
    """One reading of what was said, best first; `confidence` is calibrated (0 to 1), `rejected` when it holds anything unknown."""

    text: str
    confidence: float
    rejected: bool = False


@dataclass(frozen=True, slots=True)
class Onset:
    """The caller has begun to speak and means it (not a cough, not "mhm"): what is being said is to be cleared."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The caller has finished. `guesses` is empty when speech was heard and no word of it known. `ended_ms` is where the speech
    stopped, `at_ms` when that was decided."""

    guesses: tuple[Guess, ...]
    began_ms: int
    ended_ms: int
    at_ms: int


Heard = Onset | Answer


@dataclass(frozen=True, slots=True)
class Manner:
    """How to speak: `slower` and `louder` count the caller's wishes for it."""

    language: str = "pl"
    slower: int = 0
    louder: int = 0


class Listener(Protocol):
    """The ears of one call."""

    def expect(self, asked: Asked, *, language: str) -> None:
        """From now on answers to this question are listened for; what is half heard is kept."""

    def speaking(self, on: bool) -> None:
        """The bot speaks, or has fallen silent: an onset is judged more strictly while it speaks."""

    async def hear(self, frame: bytes, ours: bytes | None = None) -> list[Heard]:
        """Take one frame of the caller's audio, and of ours that is played meanwhile (None: silence); what it brings to light, in order.
        Never blocks the loop for recognition."""

    async def close(self) -> None:
        """The call is over: free the recogniser; nothing is heard any more."""


class Speaker(Protocol):
    """The mouth, shared by all calls of a process."""

    def say(self, text: str, manner: Manner) -> AsyncIterator[bytes]:
        """The sentence as mu-law audio, in pieces of whole frames, each as soon as it is there."""
