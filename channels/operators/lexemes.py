"""What a word is to whoever searches: letters only, without marks and case, and without the endings that Polish puts on it.

Numbers are no words: nobody is found by a PESEL, a telephone or a code. A long word stands for all that begin alike ("odwołuję",
"odwołać"), which serves three languages without a dictionary, and is exact enough under an operator's eye.
"""

import re
from collections.abc import Iterable
from typing import Final

from dialogs.understanding.text import fold

STEM: Final = 5  # letters that count
MOST: Final = 8  # words of one search
_WORD = re.compile(r"[^\W\d_]+")
_HIDDEN = re.compile(r"\S*···\S*")


def lexemes(text: str) -> list[str]:
    """The words of a text, each once, in its order; what masking has hidden is none."""
    return list(dict.fromkeys(_stem(word) for word in _WORD.findall(fold(_HIDDEN.sub(" ", text))) if len(word) > 1))


def searched(text: str) -> list[str]:
    """The words that a search is for, at most MOST."""
    return lexemes(text)[:MOST]


def marked(text: str, words: Iterable[str]) -> list[tuple[str, bool]]:
    """A text in pieces, each with whether it is one of the words: to be shown as found."""
    wanted, pieces, end = frozenset(words), list[tuple[str, bool]](), 0
    for word in _WORD.finditer(text):
        if _stem(fold(word[0])) in wanted:
            pieces += [(text[end : word.start()], False), (word[0], True)]
            end = word.end()
    return [piece for piece in [*pieces, (text[end:], False)] if piece[0]]


def _stem(word: str) -> str:
    return word[:STEM]
