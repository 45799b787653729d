"""The lexicon as a transducer from Kaldi transitions to words: a prefix tree over sounds that returns to its
root.

A sound is entered by its forward transition and held by its loop, as CTC hears it; a blank may follow inside
a word and must stand between two equal sounds. A word's label sits where the tree has only this word left, so
that a list of expected answers prunes early. [unk] is any string of sounds, each at a price; it never follows
itself, or every split of noise would be another reading.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from voice_models.phones import (
    BETWEEN,
    INSIDE,
    KALDI_PHONE,
    NOISY,
    NOISY_INSIDE,
    PHONES,
    SILENT,
    SILENT_INSIDE,
)

Said = tuple[str, ...]
UNKNOWN: Final = 1
"""Word id of [unk]; 0 is no word, the lexicon's words follow."""


@dataclass(frozen=True, slots=True)
class Garbage:
    """Price in nats of each sound of [unk], and of beginning one."""

    per_sound: float = 1.8
    to_enter: float = 1.0


@dataclass(slots=True)
class Transducer:
    """Arcs in OpenFst's text form; state 0 is the root and final."""

    states: int = 1
    lines: list[str] = field(default_factory=list)

    def state(self) -> int:
        """A new state."""
        self.states += 1
        return self.states - 1

    def arc(self, source: int, target: int, heard: int, word: int = 0, price: float = 0.0) -> None:
        """An arc that hears a transition (0: none) and says a word (0: none)."""
        self.lines.append(f"{source} {target} {heard} {word}" + (f" {price:.5g}" if price else ""))

    def held(self, phone: int) -> int:
        """A new state in which the phone goes on."""
        state = self.state()
        self.arc(state, state, held(phone))
        return state


def entered(phone: int) -> int:
    """Transition id that enters a Kaldi phone."""
    return 2 * phone


def held(phone: int) -> int:
    """Transition id that stays in it."""
    return 2 * phone - 1


def word_tree(lexicon: dict[Said, list[int]], garbage: Garbage) -> list[str]:
    """Pronunciations with the ids of their words -> the transducer's text lines."""
    tree = Transducer()
    _pauses(tree, 0)
    builder = _Builder(tree, lexicon)
    for said, words in sorted(lexicon.items()):
        builder.add(said, words)
    after_unknown = tree.state()
    _pauses(tree, after_unknown)
    for heard, target, word in builder.first_sounds:
        tree.arc(after_unknown, target, heard, word)
    _unknown(tree, after_unknown, garbage)
    return [*tree.lines, f"{after_unknown}", "0"]


def _pauses(tree: Transducer, at: int, phones: tuple[int, ...] = (BETWEEN, SILENT, NOISY)) -> None:
    for phone in phones:
        tree.arc(at, at, entered(phone))


class _Builder:
    """Grows the tree word by word, sharing beginnings."""

    def __init__(self, tree: Transducer, lexicon: dict[Said, list[int]]) -> None:
        self.tree = tree
        self.first_sounds: list[tuple[int, int, int]] = []
        self._nodes: dict[Said, tuple[int, int | None]] = {(): (0, None)}
        self._below = _words_below(lexicon)

    def add(self, said: Said, words: list[int]) -> None:
        label_at = self._label_position(said)
        for depth in range(1, len(said)):
            if said[:depth] not in self._nodes:
                self._grow(said, depth, words[0] if depth == label_at else 0)
        end = self.tree.held(KALDI_PHONE[said[-1], "S" if len(said) == 1 else "E"])
        self.tree.arc(end, 0, 0)
        for word in words:
            self._connect(said, len(said), end, word if label_at >= len(said) else 0)

    def _label_position(self, said: Said) -> int:
        """Where only one word is left; the end when that is nowhere."""
        alone = (depth for depth in range(1, len(said)) if len(self._below[said[:depth]]) == 1)
        return next(alone, len(said))

    def _grow(self, said: Said, depth: int, word: int) -> None:
        node = self.tree.held(KALDI_PHONE[said[depth - 1], "B" if depth == 1 else "I"])
        blank = self.tree.held(INSIDE)
        self.tree.arc(node, blank, entered(INSIDE))
        self._nodes[said[:depth]] = (node, blank)
        self._connect(said, depth, node, word)

    def _connect(self, said: Said, depth: int, target: int, word: int) -> None:
        """Arcs into a state from the sound before it and from the blank after that."""
        position = ("S" if depth == len(said) else "B") if depth == 1 else ("E" if depth == len(said) else "I")
        heard = entered(KALDI_PHONE[said[depth - 1], position])
        before, blank = self._nodes[said[: depth - 1]]
        if depth == 1:
            self.first_sounds.append((heard, target, word))
        if depth == 1 or said[depth - 1] != said[depth - 2]:
            self.tree.arc(before, target, heard, word)
        if blank is not None:
            self.tree.arc(blank, target, heard, word)


def _words_below(lexicon: dict[Said, list[int]]) -> dict[Said, set[int]]:
    below: dict[Said, set[int]] = defaultdict(set)
    for said, words in lexicon.items():
        for depth in range(1, len(said) + 1):
            below[said[:depth]].update(words)
    return below


def _unknown(tree: Transducer, after: int, garbage: Garbage) -> None:
    inside = tree.state()
    _pauses(tree, inside, (INSIDE, SILENT_INSIDE, NOISY_INSIDE))
    for phone, position in _positions():
        kaldi = KALDI_PHONE[phone, position]
        sound = tree.held(kaldi)
        tree.arc(sound, inside if position in "BI" else after, 0)
        if position in "BS":
            tree.arc(0, sound, entered(kaldi), UNKNOWN, garbage.per_sound + garbage.to_enter)
        else:
            tree.arc(inside, sound, entered(kaldi), 0, garbage.per_sound)


def _positions() -> Iterator[tuple[str, str]]:
    return ((phone, position) for phone in PHONES for position in "BIES")
