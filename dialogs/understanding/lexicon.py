"""Which senses a word has, even when a letter is wrong: exact forms first, then one slip of the finger, long words two."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from rapidfuzz.distance import OSA

_GROUP = re.compile(r"([^\s()]*)\(([^)]*)\)")
_SHORTEST_REPAIRED = 5
_TWO_SLIPS_FROM = 9


class Lexicon:
    """Senses of one language's words. Typo repair looks forms up by their one-deletion neighbours, so it is quick."""

    def __init__(self, forms: Mapping[str, str], known: frozenset[str] = frozenset()) -> None:
        senses: dict[str, set[str]] = {}
        for tag, listing in forms.items():
            for form in _expanded(listing):
                senses.setdefault(form, set()).add(tag)
        self._senses = {form: frozenset(tags) for form, tags in senses.items()}
        self._known = known
        self._near: dict[str, list[str]] = {}
        for form in self._senses:
            for key in _deletions(form):
                self._near.setdefault(key, []).append(form)
        self.senses = lru_cache(maxsize=8192)(self._look_up)

    def knows(self, word: str) -> bool:
        """Whether the word stands as it is in the lists or in the training data."""
        return word in self._senses or word in self._known

    def _look_up(self, word: str) -> frozenset[str]:
        """Tags of a folded word; empty when nothing is near enough to be meant."""
        if word in self._senses:
            return self._senses[word]
        if word in self._known or len(word) < _SHORTEST_REPAIRED:
            return frozenset()
        form = self.repaired(word)
        return self._senses[form] if form else frozenset()

    def repaired(self, word: str) -> str | None:
        """The listed form that a mistyped word most likely stands for."""
        candidates = {form for key in _deletions(word) for form in self._near.get(key, ())}
        limit = 2 if len(word) >= _TWO_SLIPS_FROM else 1
        scored = sorted((OSA.distance(word, form, score_cutoff=limit), form) for form in candidates)
        close = [form for distance, form in scored if distance <= limit and len(form) >= _SHORTEST_REPAIRED - 1]
        return close[0] if close else None


def _expanded(listing: str) -> Iterator[str]:
    rest = listing
    for stem, endings in _GROUP.findall(listing):
        yield from (stem + ending.strip() for ending in endings.split(","))
    rest = _GROUP.sub(" ", rest)
    yield from rest.split()


def _deletions(word: str) -> set[str]:
    """The word and everything one deletion away; long words also two away."""
    once = {word[:i] + word[i + 1 :] for i in range(len(word))}
    if len(word) < _TWO_SLIPS_FROM:
        return once | {word}
    return once | {word} | {near[:i] + near[i + 1 :] for near in once for i in range(len(near))}
