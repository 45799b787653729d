"""Numbers said in groups with pauses between them: "osiem dwa … zero jeden … trzy", as people read them from a card.

No voice speaks a whole string so. Clips of one voice that hold nothing but number words are joined, anew for each copy.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final

from voice_models.training.clips import Clip
from voice_models.training.libraries import numpy as np
from voice_models.training.numbers import DIGITS, cardinal

LONGEST: Final = 13
"""Words in a string: eleven digits, a hyphen, a zero more."""
PAUSE: Final = (0.1, 0.8)
"""Seconds between two groups."""
HEARD_AS_SILENCE: Final = 0.15
"""Seconds from which a pause is a silence to be named, and no longer the end of a sound."""
_RATE: Final = 16000
_WORDS: Final = frozenset(word for number in range(1000) for word in cardinal(number).split()) | {*DIGITS, "kreska", "myślnik"}


@dataclass(frozen=True, slots=True)
class String:
    """Samples at 16 kHz, and what is said between its silences."""

    samples: Any
    groups: tuple[str, ...]


class Strings:
    """Draws strings from the groups among these clips; `any` is False when no voice has two."""

    def __init__(self, clips: list[Clip]) -> None:
        by_voice: dict[str, list[Clip]] = defaultdict(list)
        for clip in clips:
            if is_group(clip.text):
                by_voice[clip.voice].append(clip)
        self._by_voice = {voice: groups for voice, groups in by_voice.items() if len(groups) > 1}
        self._first = [clip for groups in self._by_voice.values() for clip in groups]

    @property
    def any(self) -> bool:
        """Whether there is anything to join."""
        return bool(self._first)

    def drawn(self, draw: Any) -> String:
        """Two to six groups of one voice, at most `LONGEST` words; `draw` is a numpy Generator."""
        said = [self._first[draw.integers(len(self._first))]]
        others = self._by_voice[said[0].voice]
        for _ in range(draw.integers(1, 6)):
            fitting = others[draw.integers(len(others))]
            if sum(len(clip.text.split()) for clip in (*said, fitting)) <= LONGEST:
                said.append(fitting)
        return joined(said, [draw.uniform(*PAUSE) for _ in said[1:]])


def is_group(text: str) -> bool:
    """Whether a text is number words only, few enough for others to follow."""
    words = text.split()
    return 0 < len(words) < LONGEST - 3 and _WORDS.issuperset(words)


def joined(clips: list[Clip], pauses: list[float]) -> String:
    """Clips one after another with pauses of so many seconds between them."""
    parts, groups = [clips[0].samples()], [clips[0].text]
    for clip, pause in zip(clips[1:], pauses, strict=True):
        parts += [np.zeros(int(pause * _RATE), np.float32), clip.samples()]
        if pause < HEARD_AS_SILENCE:
            groups[-1] += f" {clip.text}"
        else:
            groups.append(clip.text)
    return String(np.concatenate(parts), tuple(groups))
