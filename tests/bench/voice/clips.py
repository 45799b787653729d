"""What callers of the socket bench say: words and pauses by other voices than the bot's, over lines of their own; made beforehand."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from channels.voice.ports import FRAME_BYTES
from tests.bench.voice.lines import CLEAN, VOICES, Line, Said, by_espeak, call
from tests.channels.voice.callers import Recorded

BEFORE_MS, AFTER_MS = 100, 400
VOICES_USED: Final = VOICES[:4]

Parts = Sequence[str | int]


@dataclass
class Clips:
    """Recordings by words and voice; `frames` tell an oracle what has been said by each of them."""

    line: Line = CLEAN
    frames: dict[str, str] = field(default_factory=dict)
    _made: dict[tuple[Any, ...], Recorded] = field(default_factory=dict)

    def of(self, parts: Parts | str, voice: str) -> Recorded:
        """The recording of words, or of words and pauses (ms)."""
        key = (tuple([parts] if isinstance(parts, str) else parts), voice)
        if key not in self._made:
            self._made[key] = self._record(*key)
        return self._made[key]

    def noise(self, number: int) -> list[bytes]:
        """Two seconds of a line's noise."""
        audio = call([], self.line, np.random.default_rng([9, number]), before_ms=1000, after_ms=1000).audio
        return [audio[at : at + FRAME_BYTES] for at in range(0, len(audio), FRAME_BYTES)]

    def _record(self, parts: Parts, voice: str) -> Recorded:
        script: list[Said | int] = [by_espeak(part, voice) if isinstance(part, str) else part for part in parts]
        draw = np.random.default_rng([3, sum(map(ord, voice + "".join(map(str, parts))))])
        made = call(script, self.line, draw, before_ms=BEFORE_MS, after_ms=AFTER_MS)
        self._tell(made, [part for part in parts if isinstance(part, str)])
        return made

    def _tell(self, made: Recorded, spoken: Sequence[str]) -> None:
        """Note for each 20 ms of speech the words that have been said by then."""
        before: list[str] = []
        for text, (begins, ends) in zip(spoken, made.spoken, strict=True):
            words = text.split()
            for at in range(begins // 20 * 20, ends + 20, 20):
                share = min(1.0, max(0.0, (at + 20 - begins) / (ends - begins)))
                said = [*before, *words[: int(share * len(words) + 0.2)]]
                frame = made.audio[at * 8 : at * 8 + FRAME_BYTES]
                if said:
                    self.frames[frame.hex()] = " ".join(said)
            before += words
