"""When a caller begins and has finished: pure decisions in audio time, from voice activity and from how full the answer is.

A short pause ends a whole answer, a longer one an unfinished one, and inside a date or a PESEL people look for their glasses.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from channels.voice.fullness import Fullness

FRAME_MS: Final = 20


@dataclass(frozen=True, slots=True)
class Patience:
    """Milliseconds of silence that end an answer, by its fullness; and the longest utterance there is."""

    whole: int = 240
    extendable: int = 300
    unfinished: int = 900
    inside: int = 1400
    nothing: int = 860
    longest: int = 20_000

    def of(self, fullness: Fullness) -> int:
        """The silence that ends an answer which is as full as this."""
        return int(getattr(self, fullness.value))


@dataclass(frozen=True, slots=True)
class Voice:
    """One frame as the endpointer needs it: whether somebody speaks, and how surely with an open mouth, meaning it (0 to 1)."""

    speech: bool
    meant: float


MEANT: Final = 0.5
"""From here on a frame counts as meant for how long somebody has spoken."""
OPENS: Final = 2
"""Frames of speech among the last four that open an utterance."""
MEANS: Final = 1.5
"""Frames of meant speech among the last ten, added up, that are an onset while nobody else speaks."""
MEANS_OVER: Final = 2.0
"""The same while the bot speaks: a caller must be surer to be let in, but within 200 ms."""

LATELY: Final = 10
HUMMED_MS: Final = 400
MEANS_HUMMED: Final = 3.0
"""The same among the last twenty-five where so long a time has passed without enough of it: the end of a hum sounds open for a moment."""


@dataclass(slots=True)
class Endpointer:
    """The state of one call. Feed every frame to `step`; `open` tells whether an utterance is going on."""

    patience: Patience = field(default_factory=Patience)
    now_ms: int = 0
    open: bool = False
    began_ms: int = 0
    ended_ms: int = 0
    meant_ms: int = 0
    _speech: deque[bool] = field(default_factory=lambda: deque(maxlen=4))
    _meant: deque[float] = field(default_factory=lambda: deque(maxlen=25))

    def step(self, voice: Voice) -> None:
        """One frame of 20 ms has passed."""
        self.now_ms += FRAME_MS
        self._speech.append(voice.speech)
        self._meant.append(voice.meant)
        if not self.open and sum(self._speech) >= OPENS:
            self._begin()
        elif self.open and voice.speech and sum(self._speech) >= OPENS:
            self.ended_ms = self.now_ms
        if self.open and voice.meant >= MEANT:
            self.meant_ms += FRAME_MS

    def _begin(self) -> None:
        first = next(index for index, speech in enumerate(self._speech) if speech)
        self.open = True
        self.began_ms = self.now_ms - FRAME_MS * (len(self._speech) - first)
        self.ended_ms = self.now_ms
        self.meant_ms = FRAME_MS * sum(meant >= MEANT for meant in list(self._meant)[-LATELY:])

    def meant(self, *, over: bool) -> bool:
        """Whether the caller has begun to speak and means it; `over` the bot's own voice it takes a little more."""
        hummed = over and self.now_ms - self.began_ms > HUMMED_MS
        if hummed:
            return self.open and sum(self._meant) >= MEANS_HUMMED
        return self.open and self._lately() >= (MEANS_OVER if over else MEANS)

    def _lately(self) -> float:
        return sum(list(self._meant)[-LATELY:])

    @property
    def silent_ms(self) -> int:
        """How long the caller has been silent in this utterance."""
        return self.now_ms - self.ended_ms if self.open else 0

    def over(self, fullness: Fullness) -> bool:
        """Whether an answer as full as this has ended, or has lasted longer than any answer does."""
        if not self.open:
            return False
        return self.silent_ms >= self.patience.of(fullness) or self.now_ms - self.began_ms >= self.patience.longest

    def close(self) -> None:
        """The utterance is done with."""
        self.open = False
        self._speech.clear()
        self._meant.clear()
