"""A patient's words as they may leave this house for training: stricter than what an operator sees, for nothing calls them back (X34).

What is hidden for operators is hidden wholly, without initials and last digits; so are dates with a year, codes and postcodes, numbers
that are spoken, and words with a capital letter that the training data does not know: names that no registry has.
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import Final

from channels.operators import masking
from channels.operators.masking import GAP
from dialogs.project import known
from dialogs.understanding.entities.numerals import Numeral, numeral
from dialogs.understanding.text import fold, plain, words
from dialogs.understanding.words.numerals import MONTHS, WEEKDAYS, WEEKDAYS_EVERY

_HALF: Final = re.compile(rf"(?:[^\W\d_]?{GAP}(?:@{GAP})?)(?: \d{{3}}(?!\d))?")  # what masking leaves an initial or an end of
_NUMBERS: Final = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4}|\d(?:[ \-\u2011-\u2013]{0,3}\d){2,}")
_GAPS: Final = re.compile(rf"{GAP}(?:[ ,.\-/]*{GAP})+")
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_INSIDE: Final = re.compile(r"[\w,;:)·] $")  # what stands before a word that does not begin a sentence
_KNOWN_CAPITALS: Final = frozenset({"pan", "pani", "pana", "panu", "pania", "panie", "panstwo", "panstwa", "panstwu"})
_SPOKEN_WORDS, _SPOKEN_DIGITS = 3, 4  # from here on spoken numbers may be a code, a year, a telephone, a PESEL
_ABBREVIATED: Final = 4


def anonymous(body: str, *, names: Iterable[str] = (), identifiers: Iterable[str] = ()) -> str:
    """A message without what tells of anybody; `names` and `identifiers` are those of the people of its address."""
    hidden = masking.text(body, names=names, identifiers=identifiers)
    hidden = _NUMBERS.sub(GAP, _HALF.sub(GAP, hidden))
    hidden = _nameless(_unspoken(hidden))
    return _GAPS.sub(GAP, hidden)


def _nameless(text: str) -> str:
    shouted = text.isupper()
    return _WORD.sub(lambda word: word[0] if _may_stay(word, text, shouted=shouted) else GAP, text)


def _may_stay(word: re.Match[str], text: str, *, shouted: bool) -> bool:
    if word[0][0].islower() or not word[0][0].isalpha() or word[0] == "I":
        return True
    folded = fold(word[0])
    if folded in _KNOWN_CAPITALS or folded in MONTHS or folded in WEEKDAYS or folded in WEEKDAYS_EVERY:
        return True
    if word[0].isupper() and len(word[0]) <= _ABBREVIATED and not shouted:
        return True
    inside = not shouted and not word[0].isupper() and _INSIDE.search(text[: word.start()]) is not None
    return not inside and all(part in _vocabulary() for part in words(plain(word[0])))


@cache
def _vocabulary() -> frozenset[str]:
    """Every word of the training data."""
    return frozenset(word for wording in known.trained() for word in wording.split())


def _unspoken(text: str) -> str:
    """The text without runs of spoken numbers."""
    found, run = list[tuple[int, int]](), list[tuple[re.Match[str], Numeral]]()
    for word in re.finditer(r"\d+(?:[.:]\d+)+|\w+", text):  # a day or an hour in digits, 17.11 or 10:20, is no part of a run
        value = numeral(fold(word[0]))
        joined = not run or text[run[-1][0].end() : word.start()].strip(" ,.-") == ""
        if run and (value is None or not joined):
            found += _telling(run)
            run = []
        if value is not None:
            run.append((word, value))
    for start, end in reversed(found + _telling(run)):
        text = text[:start] + GAP + text[end:]
    return text


def _telling(run: list[tuple[re.Match[str], Numeral]]) -> list[tuple[int, int]]:
    digits = sum(len(value.digits or str(value.value)) for _, value in run)
    return [(run[0][0].start(), run[-1][0].end())] if len(run) >= _SPOKEN_WORDS and digits >= _SPOKEN_DIGITS else []
