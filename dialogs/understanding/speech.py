"""One language's word lists, ready to repair what was typed: set phrases, glued negations, slips, closing formulas."""

import re
from collections.abc import Iterator
from functools import lru_cache
from types import ModuleType

from dialogs.understanding.lexicon import Lexicon
from dialogs.understanding.text import words

_CLOSING = re.compile(
    r"\b(pozdrawiam\w*|z powazaniem|z wyrazami szacunku|best regards|kind regards|regards|yours sincerely|з повагою)\b[\s,.!]*([^?]{0,60})$"
)


class Speech:
    """One language's word lists, ready for use."""

    def __init__(self, module: ModuleType, known: frozenset[str]) -> None:
        self.lexicon = Lexicon(module.FORMS, known)
        self._parts_of = lru_cache(maxsize=2048)(self._pieces)
        self._phrases: dict[str, str] = module.PHRASES
        self._patterns = [(re.compile(pattern), said) for pattern, said in module.PATTERNS]
        longest_first = sorted(map(re.escape, self._phrases), key=len, reverse=True)
        self._phrase = re.compile(r"(?<![\w'])(?:" + "|".join(longest_first) + r")(?![\w'])")

    def repaired(self, text: str) -> str:
        """Folded text with set phrases and glued negations brought to the words of the lists."""
        parted = _GLUED.sub(lambda match: self._parted(match[0], match[1], match[2]), text)
        for pattern, said in self._patterns:
            parted = pattern.sub(said, parted)
        return self._phrase.sub(lambda match: self._phrases[match[0]], parted)

    def spaced(self, text: str) -> str:
        """Folded text with words run together parted again, when all their parts are known: "proszeodwolac wizyte"."""
        return _RUN_TOGETHER.sub(lambda match: " ".join(self._parts_of(match[0])), text)

    def _pieces(self, word: str) -> tuple[str, ...]:
        if self.lexicon.knows(word) or self.lexicon.senses(word):
            return (word,)
        telling = (part for part in self._partings(word, _MOST) if any(self._tells(piece) for piece in part))
        return min(telling, key=len, default=(word,))

    def _partings(self, word: str, most: int) -> Iterator[tuple[str, ...]]:
        for place in range(_SHORTEST, len(word) - _SHORTEST + 1):
            piece, rest = word[:place], word[place:]
            if self._whole(piece):
                yield from ((piece, *more) for more in self._partings(rest, most - 1) if most > _TWO)
                yield from [(piece, rest)] if self._whole(rest) else []

    def _whole(self, piece: str) -> bool:
        return self.lexicon.lists(piece) or (len(piece) >= _LONG and self.lexicon.knows(piece))

    def _tells(self, piece: str) -> bool:
        return any(tag.startswith(_TELLING) for tag in self.lexicon.senses(piece))

    def of_something_else(self, text: str) -> bool:
        """Whether something that is no visit of ours is named, and no visit: a hairdresser, a flight."""
        tags = frozenset().union(*(self.lexicon.senses(word) for word in words(text)))
        return "other.thing" in tags and "visit.noun" not in tags

    def corrected(self, text: str) -> str:
        """Folded text with mistyped words of the lists put right, for the learned model."""
        return _LONG_WORD.sub(lambda match: self._right(match[0]), text)

    def _right(self, word: str) -> str:
        if self.lexicon.knows(word):
            return word
        return self.lexicon.undoubled(word) or next(iter(self.lexicon.nearest(word)), word)

    def _parted(self, whole: str, no: str, rest: str) -> str:
        """ "Nieprzyjdę" as two words, when no other word is meant."""
        senses = self.lexicon.senses(rest)
        verbal = any(tag.startswith(("cancel.", "attend.", "confirm.", "can.")) for tag in senses)
        return f"{no} {rest}" if verbal and not self.lexicon.knows(whole) else whole


_TELLING = ("cancel.", "attend.", "confirm.", "can.1", "bede", "visit.noun", "please", "change.")
_SHORTEST = 3
_LONG = 6
_TWO = 2
_MOST = 3
_RUN_TOGETHER = re.compile(r"\b[a-zа-яіїєґ']{9,30}\b")
_LONG_WORD = re.compile(r"[a-zа-яіїєґ']{5,}")
_GLUED = re.compile(r"\b(nie|не)([a-zа-яіїєґ']{4,})\b")


def unsigned(text: str, speech: Speech) -> str:
    """Text without a closing formula and the name after it; a closing that still says something is left alone."""
    closing = _CLOSING.search(text)
    if closing is None or closing.start() == 0:
        return text
    tail = [tag for word in words(closing[2]) for tag in speech.lexicon.senses(word)]
    return text if any(tag.startswith(("cancel", "attend", "neg", "change", "confirm")) for tag in tail) else text[: closing.start()]
