"""A linear model over words, letter groups and evidence, learned from the repository's examples in seconds; the same every time."""

import fcntl
import hashlib
import io
import json
import math
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from dialogs.understanding.text import words

_ROUNDS: Final = 8
_STEP: Final = 0.3
_CAUTION: Final = 1e-2
_KNOWN: Final = 1e-3
_STEMS: Final = (4, 5, 6)
_GROUPS: Final = (3, 4, 5)
_RARE: Final = ("p:", "q:", "k:", "c:")  # of these, what stands in one example only teaches nothing

Features = Mapping[str, float]
Floats = NDArray[np.float64]
Weights = NDArray[np.float32]
_Real = TypeVar("_Real", np.float32, np.float64)


@dataclass(frozen=True, slots=True)
class Model:
    """Multinomial logistic regression: one row of weights for each feature, one column for each label."""

    labels: tuple[str, ...]
    rows: dict[str, int]
    weights: Weights

    def rank(self, text: str) -> list[tuple[str, float]]:
        """Labels with their probabilities, best first, for folded text."""
        return self.rank_features(features(text))

    def rank_features(self, found: Features) -> list[tuple[str, float]]:
        """The same for features that are already made."""
        known = [(self.rows[name], value) for name, value in found.items() if name in self.rows]
        scores = np.zeros(len(self.labels))
        if known:
            scores = np.array([value for _, value in known]) @ self.weights[[row for row, _ in known]]
        shares = _softmax(scores).tolist()
        return sorted(zip(self.labels, shares, strict=True), key=lambda pair: (-pair[1], pair[0]))

    def coverage(self, text: str) -> float:
        """Share of the words that the training data knows: low for what nobody writes to a clinic, 0 where only lone letters are."""
        tokens = words(text)
        known = [token for token in tokens if f"w:{_shape(token)}" in self.rows]
        return len(known) / len(tokens) if any(len(token) > 1 or token.isdigit() for token in known) else 0.0


def features(text: str) -> dict[str, float]:
    """Words, stems, pairs of both (also over one word) and letter groups of folded text, scaled by the message's length."""
    tokens = [_shape(token) for token in words(text)]
    scale = 1.0 / math.sqrt(len(tokens) or 1)
    found: dict[str, float] = {}
    for token in tokens:
        whole, beginnings, groups = _parts(token)
        found[whole] = scale
        for stem in beginnings:
            found[stem] = 0.7 * scale
        share = 0.8 * scale / math.sqrt(len(groups) or 1)
        for group in groups:
            found[group] = found.get(group, 0.0) + share
    for first, second in zip(["^", *tokens], [*tokens, "$"], strict=True):
        found[f"p:{first} {second}"] = scale
    stems = ["^", *(token[: _STEMS[1]] for token in tokens), "$"]
    for first, second in pairwise(stems):
        found[f"q:{first} {second}"] = 0.7 * scale
    for first, second in zip(stems, stems[2:], strict=False):
        found[f"k:{first} {second}"] = 0.5 * scale
    return found


@lru_cache(maxsize=8192)
def _parts(token: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """The names of a word, of its stems and of its letter groups."""
    padded = f"^{token}$"
    groups = {f"c:{padded[i : i + size]}": None for size in _GROUPS for i in range(len(padded) - size + 1)}
    return f"w:{token}", tuple(f"s:{token[:stem]}" for stem in _STEMS if len(token) > stem), tuple(groups)


def _shape(token: str) -> str:
    return f"<{min(len(token), 5)}>" if token.isdigit() else token


def _softmax(scores: NDArray[_Real]) -> NDArray[_Real]:
    parts: NDArray[_Real] = np.exp(scores - scores.max())
    shares: NDArray[_Real] = parts / parts.sum()
    return shares


def train(labelled: Sequence[tuple[Features, str]], *, seed: int = 7) -> Model:
    """Logistic regression by stochastic steps that grow smaller for what is often met; the order of learning is fixed by `seed`."""
    labels = tuple(sorted({label for _, label in labelled}))
    number = {label: place for place, label in enumerate(labels)}
    met = Counter(name for found, _ in labelled for name in found)
    rows = {name: row for row, name in enumerate(name for name, times in met.items() if times > 1 or not name.startswith(_RARE))}
    learner = _Learner(len(rows), len(labels))
    data = [(*_vector(found, rows), number[label]) for found, label in labelled]
    order = random.Random(seed)  # noqa: S311 - shuffling training examples is not cryptography
    for _ in range(_ROUNDS):
        order.shuffle(data)
        for places, values, right in data:
            if len(places):
                learner.learn(places, values, right)
    return Model(labels, rows, learner.weights.round(5))


def _vector(found: Features, rows: Mapping[str, int]) -> tuple[NDArray[np.int64], Weights]:
    known = [(rows[name], value) for name, value in found.items() if name in rows]
    return np.array([row for row, _ in known], dtype=np.int64), np.array([value for _, value in known], dtype=np.float32)


class _Learner:
    """AdaGrad on the weights of one message's features at a time; what is already known beyond doubt moves nothing."""

    def __init__(self, features: int, labels: int) -> None:
        self.weights: Weights = np.zeros((features, labels), dtype=np.float32)
        self._moved: Weights = np.full(features, _CAUTION, dtype=np.float32)

    def learn(self, places: NDArray[np.int64], values: Weights, right: int) -> None:
        own = self.weights.take(places, axis=0)
        miss = _softmax(values.dot(own))
        miss[right] -= 1.0
        if miss[right] > -_KNOWN:
            return
        moved = self._moved[places] + values * values * miss.dot(miss)
        self._moved[places] = moved
        own -= (_STEP * values / np.sqrt(moved))[:, None] * miss
        self.weights[places] = own


def cached(folder: Path, name: str, recipe: str, teach: Callable[[], Sequence[tuple[Features, str]]]) -> Model:
    """The model of this recipe from a folder, trained on what `teach` makes and put there when it is missing.

    `recipe` must tell all that the examples and their features depend on. Of several processes that start at once, one
    trains while the others wait for it.
    """
    whole = json.dumps([recipe, _ROUNDS, _STEP, _CAUTION, _KNOWN])
    path = folder / f"{name}-{hashlib.sha256(whole.encode()).hexdigest()[:16]}.npz"
    if path.exists():
        return _read(path)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not path.exists():
            draft = path.with_suffix(".new")  # a process killed while it writes leaves no half a model
            draft.write_bytes(_packed(train(teach())))
            draft.replace(path)
    return _read(path)


def _packed(model: Model) -> bytes:
    held = io.BytesIO()
    np.savez_compressed(held, labels=np.array(model.labels), rows=np.array(list(model.rows)), weights=model.weights)
    return held.getvalue()


def _read(path: Path) -> Model:
    with np.load(path, allow_pickle=False) as kept:
        rows = {str(name): row for row, name in enumerate(kept["rows"])}
        return Model(tuple(map(str, kept["labels"])), rows, kept["weights"])
