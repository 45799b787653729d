"""A telephone line: it rings, is answered or not, carries sound both ways in frames of 20 ms, keys, and words that the carrier reads out.

Whoever holds the handset, a browser or a program, does so through this object; the carrier's side of a call does too.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

FRAME_BYTES = 160  # 20 ms of mu-law at 8 kHz
FRAME_SECONDS = 0.02
SILENCE = b"\xff" * FRAME_BYTES
MOST_QUEUED = 100  # frames that a handset may be ahead of the line: two seconds

State = Literal["idle", "ringing", "dialling", "talking"]
Listener = Callable[[dict[str, Any] | bytes], None]


@dataclass
class Line:
    """One telephone's line. `listeners` are the handsets on it; what they are told is JSON events and frames of sound."""

    number: str
    state: State = "idle"
    picked_up: asyncio.Event = field(default_factory=asyncio.Event)
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)
    keys: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    spoken: deque[bytes] = field(default_factory=lambda: deque(maxlen=MOST_QUEUED))
    listeners: set[Listener] = field(default_factory=set)

    def take(self, state: State) -> bool:
        """Take the line for a call; False when it is busy."""
        if self.state != "idle":
            return False
        self.picked_up, self.hung_up, self.keys = asyncio.Event(), asyncio.Event(), asyncio.Queue()
        self.spoken.clear()
        self.become(state)
        return True

    def become(self, state: State, **more: Any) -> None:
        """Another state, told to the handsets."""
        self.state = state
        self.tell({"event": "state", "state": state, **more})

    def release(self) -> None:
        """The call is over."""
        self.hung_up.set()
        self.become("idle")

    def tell(self, what: dict[str, Any] | bytes) -> None:
        """Tell every handset something; sound reaches them as it is."""
        for listener in list(self.listeners):
            listener(what)

    def speak(self, sound: bytes) -> None:
        """Sound from the handset, in any size; kept as whole frames."""
        for start in range(0, len(sound) - FRAME_BYTES + 1, FRAME_BYTES):
            self.spoken.append(sound[start : start + FRAME_BYTES])

    def frame(self) -> bytes:
        """The next 20 ms from the handset; silence when nobody speaks."""
        return self.spoken.popleft() if self.spoken else SILENCE
