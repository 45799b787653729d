"""From what was typed or heard to comparable words: folded letters, repaired contractions, sentences and clauses."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_CONTRACTED = ("'", "nt", "cannot")
"""One of these stands in whatever `_ENGLISH` opens."""
_LETTERS = str.maketrans(
    {"ł": "l", "ß": "ss", "ø": "o", "đ": "d", "’": "'", "‘": "'", "`": "'", "´": "'", "ʼ": "'", "„": '"', "”": '"', "“": '"'}
)
_COMBINING_OF_CYRILLIC = {"й", "ї", "ё"}
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|[а-яіїєґё]+(?:'[а-яіїєґё]+)?|\d+|[?!.,;:\n()\"/+–-]|[^\s\w]")
_STRETCHED = re.compile(r"([a-zа-яіїєґ])\1{2,}")
_ENDS_SENTENCE = {".", "!", "?", "\n", ";", "…"}
_ASKS = {"?"}
_ENDS_CLAUSE = _ENDS_SENTENCE | {",", ":", "(", ")", "–", "-"}
_POSSESSIVE = re.compile(r"(?<=[a-z])'s\b")
_ENGLISH = (
    (re.compile(r"\b(can)'?t\b"), "can not"),
    (re.compile(r"\bcannot\b"), "can not"),
    (re.compile(r"\bwon'?t\b"), "will not"),
    (re.compile(r"\b(do|does|did|is|are|was|were|would|could|should|have|has|had|must|need)n'?t\b"), r"\1 not"),
    (re.compile(r"\bshan'?t\b"), "shall not"),
    (re.compile(r"\bain'?t\b"), "is not"),
    (re.compile(r"\b(i|you|we|he|she|it|they|that|there)'(?:ll)\b"), r"\1 will"),
    (re.compile(r"\b(i|you|we|he|she|it|they|that|there|what|where|when|who)'(?:m|re|s)\b"), r"\1 is"),
    (re.compile(r"\b(i|you|we|he|she|they)'(?:d)\b"), r"\1 would"),
    (re.compile(r"\b(i|you|we|they)'(?:ve)\b"), r"\1 have"),
)


def fold(text: str) -> str:
    """Lower case without Polish marks, so that "Odwołuję" and "ODWOLUJE" are the same word; Cyrillic stays whole."""
    lowered = unicodedata.normalize("NFKC", text).lower().translate(_LETTERS)
    return lowered if lowered.isascii() else "".join(map(_bare, lowered))


@lru_cache(maxsize=4096)
def _bare(char: str) -> str:
    if char.isascii() or char in _COMBINING_OF_CYRILLIC:
        return char
    kept = [part for part in unicodedata.normalize("NFD", char) if not unicodedata.combining(part)]
    return "".join(kept)


def plain(text: str) -> str:
    """Folded text with English contractions opened and stretched letters ("nieeee") shortened."""
    folded = _STRETCHED.sub(r"\1", fold(text))
    if any(sign in folded for sign in _CONTRACTED):
        for pattern, replacement in _ENGLISH:
            folded = pattern.sub(replacement, folded)
    return _POSSESSIVE.sub("", folded)


_CAPITAL = re.compile(r"(?<=[\w,;:] )[A-ZŻŹŚŁĆÓА-ЯІЇЄ][\w'’-]+")


def names_in(text: str) -> frozenset[str]:
    """Folded words with a capital letter inside a sentence; none when everything is written in capitals."""
    if text.isupper():
        return frozenset()
    return frozenset(fold(match) for match in _CAPITAL.findall(text) if not match.isupper())


_FIRST_PERSON = re.compile(r"(?<!nie )(?<!ja )\b(\w{3,}uję)\b", re.IGNORECASE)


def first_person(text: str) -> str:
    """Text with "ja" before a written "-uję": once the letters are folded, "odwołuję" and "odwołuje" are the same."""
    return _FIRST_PERSON.sub(r"ja \1", text)


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words of one sentence by clause, and whether it ends in a question mark."""

    clauses: tuple[tuple[str, ...], ...]
    asks: bool


def words(text: str) -> list[str]:
    """Words and numbers of folded text, punctuation left out."""
    return [token for token in _WORD.findall(text) if token[0].isalnum()]


def sentences(text: str) -> tuple[Sentence, ...]:
    """Folded text as sentences of clauses; a dot inside a date or an hour ends nothing."""
    tokens = _WORD.findall(re.sub(r"(?<=\d)[.:,/-](?=\d)", " ", text))
    found: list[Sentence] = []
    clauses: list[tuple[str, ...]] = []
    clause: list[str] = []
    for token in [*tokens, "\n"]:
        if token[0].isalnum():
            clause.append(token)
            continue
        if token in _ENDS_CLAUSE and clause:
            clauses.append(tuple(clause))
            clause = []
        if token in _ENDS_SENTENCE:
            if clauses:
                found.append(Sentence(tuple(clauses), token in _ASKS))
                clauses = []
            elif token in _ASKS and found:
                found[-1] = Sentence(found[-1].clauses, True)
    return tuple(found)
