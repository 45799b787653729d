"""Which answer of the knowledge base a question wants, found by meaning, or that none of them fits (R113, R126–R141).

Words are first brought to what they mean (`concepts.yml`): "dziecko", "syn", "дитина" and "child" are one. So an answer is
found by words that its examples never used, and in a language that has few of them.
"""

import math
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import combinations
from pathlib import Path

import yaml

from dialogs.understanding.classifier import Features, Model, cached, features, train
from dialogs.understanding.corpus import Example, recipe
from dialogs.understanding.text import words

NONE = "none"
_CONCEPTS = Path(__file__).with_name("concepts.yml")
_SURE = 0.2
_AHEAD = 1.1
_SICK_NOTE = re.compile(r"\b(?:l\s?-?4|e\s?-?zla)\b")
_WORD_WEIGHT = 0.5
_LONG = 4


class Topics:
    """A second model over the examples that name their topic; what is asked about anything else has the topic "none"."""

    def __init__(self, model: Model, concepts: "Concepts") -> None:
        self._model = model
        self._concepts = concepts

    @classmethod
    def load(cls, examples: Iterable[Example], folded: Mapping[str, str], cache: Path | None) -> "Topics":
        concepts = Concepts.load()
        pairs = [(folded[one.text], one.topic or NONE) for one in examples if one.topic or one.intent in _FOREIGN]

        def teach() -> list[tuple[Features, str]]:
            return [(concepts.features(text), topic) for text, topic in pairs]

        return cls(cached(cache, "topics", recipe(pairs), teach) if cache is not None else train(teach()), concepts)

    def find(self, text: str) -> tuple[str | None, float]:
        """The topic of a folded question with its share; None when no answer is clearly the one."""
        (topic, share), (_, after) = self.rank(text)[:2]
        fits = topic != NONE and share >= _SURE and share >= _AHEAD * after
        return (topic if fits else None), share

    def rank(self, text: str) -> list[tuple[str, float]]:
        """All topics of a folded question, the likeliest first."""
        return self._model.rank_features(self._concepts.features(text))


class Concepts:
    """What folded words mean, by the longest stem that fits."""

    def __init__(self, stems: Mapping[str, str]) -> None:
        self._exact: dict[str, set[str]] = {}
        self._stems: dict[str, set[str]] = {}
        for concept, listing in stems.items():
            for stem in str(listing).split():
                (self._exact if stem.startswith("=") else self._stems).setdefault(stem.lstrip("="), set()).add(concept)
        self._longest = max(map(len, self._stems))
        self.of = lru_cache(maxsize=8192)(self._of)

    @classmethod
    def load(cls, path: Path = _CONCEPTS) -> "Concepts":
        return cls(yaml.safe_load(path.read_text(encoding="utf-8")))

    def _of(self, word: str) -> frozenset[str]:
        found = set(self._exact.get(word, ()))
        for end in range(min(len(word), self._longest), 1, -1):
            if word[:end] in self._stems:
                return frozenset(found | self._stems[word[:end]])
        return frozenset(found)

    def features(self, text: str) -> dict[str, float]:
        """Concepts, their pairs, and with less weight the words themselves; words that mean nothing here count as strange."""
        tokens = words(_SICK_NOTE.sub(" zwolnienie ", text))
        meant = sorted({concept for token in tokens for concept in self.of(token)})
        strange = sum(len(token) >= _LONG and not self.of(token) for token in tokens)
        found = {name: _WORD_WEIGHT * value for name, value in features(text).items()}
        scale = 1.0 / math.sqrt(len(meant) or 1)
        found |= {f"m:{concept}": 2.0 * scale for concept in meant}
        found |= {f"n:{first}+{second}": scale for first, second in combinations(meant, 2)}
        found[f"strange:{min(strange, 3)}"] = 0.5
        return found


_FOREIGN = frozenset({"nlu_fallback", "ask_medical"})
