"""What the grammar sees in a message, as features for the learned model: senses under their negations, acts, doubts, the question asked.

So the model learns once that a negated word of coming stays away, whatever the word, the language or the slip of the finger.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import pairwise

from dialogs.understanding.acts import Act, Parsed
from dialogs.understanding.classifier import features
from dialogs.understanding.text import words
from dialogs.understanding.topics import Concepts

_SENSES = (
    "cancel", "attend", "can.", "want.1", "neg", "never", "no", "must", "please", "bede", "mnie", "da", "uda", "rada", "zdaze", "have",
    "need", "confirm", "change", "undo", "accept", "decline", "doubt", "if", "ask", "said", "then", "valid", "invalid", "fits",
    "visit.noun", "pool", "messages", "criteria", "other.", "reason", "family", "doctor", "intimate", "vocative", "yes", "ok", "thanks",
    "greet", "but", "because", "waiting", "manner", "abym", "let", "fix", "lack", "present", "turn", "self", "time", "planned", "aux",
    "announce", "name", "or", "surely",
)  # fmt: skip
"""Senses that tell something, the strongest first: of a word with several, the first names its place in the order of words."""
_OPENING = 2


_OF_LETTERS = ("w:", "s:", "p:", "q:", "k:", "c:")


def wordless(found: Mapping[str, float]) -> dict[str, float]:
    """The features without words and letters: what a second reader sees who knows the grammar's senses only, and no habit of wording."""
    return {name: value for name, value in found.items() if not name.startswith(_OF_LETTERS)}


class Evidence:
    """Makes the features of one message; safe to share."""

    def __init__(self, concepts: Concepts) -> None:
        self._concepts = concepts

    def features(self, text: str, parsed: Parsed, acts: Iterable[Act], hints: Iterable[str], asked: str | None) -> dict[str, float]:
        """Words of corrected folded text with what the grammar and the question add to them."""
        done = list(acts)
        found = features(text)
        found["bias"] = 0.5
        found |= _of_words(parsed)
        found |= _of_acts(done)
        found |= {f"hint:{hint}": 1.0 for hint in hints}
        found |= self._meanings(text)
        found |= _of_size(text)
        if asked is not None:
            found |= _of_question(asked, done, text)
        return found

    def _meanings(self, text: str) -> dict[str, float]:
        meant = {concept for word in words(text) for concept in self._concepts.of(word)}
        return {f"means:{concept}": 1.0 / math.sqrt(len(meant)) for concept in sorted(meant)}


def _of_words(parsed: Parsed) -> dict[str, float]:
    found: dict[str, float] = {}
    for word in parsed.words:
        for sense in _senses(word.tags):
            found[f"sense:{sense}"] = 0.5
            if word.negs:
                found[f"not{min(word.negs, 2)}:{sense}"] = 1.0
    if parsed.asks:
        found["asks"] = 1.0
    line = ["^", *_in_order(parsed), "$"]
    scale = 1.0 / math.sqrt(len(line))
    found |= {f"two:{first} {second}": scale for first, second in pairwise(line)}
    found |= {f"three:{first} {second} {third}": scale for first, second, third in zip(line, line[1:], line[2:], strict=False)}
    return found


@lru_cache(maxsize=4096)
def _senses(tags: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(tag for tag in tags if tag.startswith(_SENSES)))


@lru_cache(maxsize=4096)
def _strongest(tags: frozenset[str]) -> str | None:
    ranks = {sense: next(place for place, known in enumerate(_SENSES) if sense.startswith(known)) for sense in _senses(tags)}
    return min(ranks, key=lambda sense: ranks[sense], default=None)


def _in_order(parsed: Parsed) -> Iterator[str]:
    for word in parsed.words:
        if (first := _strongest(word.tags)) is not None:
            yield ("-" if word.negs else "") + first
        elif not word.tags:
            yield "*"


def _of_acts(acts: list[Act]) -> dict[str, float]:
    found: dict[str, float] = {}
    for act in acts:
        found[f"act:{act.what}:{act.sure}"] = 1.0
        found[f"act:{act.what}:{act.sure}:{act.verb}:{act.contrast}:{act.stray}"] = 1.0
        found |= {f"why:{reason.split(' (')[0]}": 0.7 for reason in act.why.split("; ")[1:]}
    found[f"acts:{_line(acts)}"] = 1.0
    return found


def _line(acts: list[Act]) -> str:
    return " ".join(act.what + ("!" if act.sure else "?") for act in acts[:6])


def _of_size(text: str) -> dict[str, float]:
    count = len(words(text))
    size = next(size for size, most in enumerate((0, 1, 2, 3, 4, 8, 15, math.inf)) if count <= most)
    return {f"size:{size}": 0.5}


def _of_question(asked: str, acts: list[Act], text: str) -> Mapping[str, float]:
    found = {f"asked:{asked}": 1.0, f"asked:{asked} acts:{_line(acts)}": 1.0}
    found |= {f"asked:{asked} act:{act.what}:{act.sure}": 1.0 for act in acts}
    return found | {f"asked:{asked} {word}": 0.5 for word in words(text)[:_OPENING]}
