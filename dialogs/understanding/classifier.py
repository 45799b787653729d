"""A linear model over words, letter groups and evidence, learned from the repository's examples in seconds; the same every time."""

import hashlib
import io
import json
import math
import os
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dialogs.understanding.text import words

_ROUNDS: Final = 8
_STEP: Final = 0.3
_SHRINK: Final = 1e-6
_CAUTION: Final = 1e-2
_STEMS: Final = (4, 5, 6)
_GROUPS: Final = (3, 4, 5)
_RARE: Final = ("p:", "q:", "k:", "c:")  # of these, what stands in one example only teaches nothing

Features = Mapping[str, float]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Model:
    """Multinomial logistic regression: one row of weights for each feature, one column for each label."""

    labels: tuple[str, ...]
    rows: dict[str, int]
    weights: Floats

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
        """Share of the words that the training data knows: low for what nobody writes to a clinic."""
        tokens = words(text)
        known = sum(f"w:{_shape(token)}" in self.rows for token in tokens)
        return known / len(tokens) if tokens else 0.0


def features(text: str) -> dict[str, float]:
    """Words, stems, pairs of both (also over one word) and letter groups of folded text, scaled by the message's length."""
    tokens = [_shape(token) for token in words(text)]
    scale = 1.0 / math.sqrt(len(tokens) or 1)
    found: dict[str, float] = {}
    for token in tokens:
        found[f"w:{token}"] = scale
        for stem in _STEMS:
            if len(token) > stem:
                found[f"s:{token[:stem]}"] = 0.7 * scale
        padded = f"^{token}$"
        groups = {padded[i : i + size] for size in _GROUPS for i in range(len(padded) - size + 1)}
        share = 0.8 * scale / math.sqrt(len(groups) or 1)
        for group in groups:
            found[f"c:{group}"] = found.get(f"c:{group}", 0.0) + share
    for first, second in zip(["^", *tokens], [*tokens, "$"], strict=True):
        found[f"p:{first} {second}"] = scale
    stems = ["^", *(token[: _STEMS[1]] for token in tokens), "$"]
    for first, second in pairwise(stems):
        found[f"q:{first} {second}"] = 0.7 * scale
    for first, second in zip(stems, stems[2:], strict=False):
        found[f"k:{first} {second}"] = 0.5 * scale
    return found


def _shape(token: str) -> str:
    return f"<{min(len(token), 5)}>" if token.isdigit() else token


def _softmax(scores: Floats) -> Floats:
    parts = np.exp(scores - scores.max())
    whole: Floats = parts / parts.sum()
    return whole


def train(labelled: Sequence[tuple[Features, str]], *, seed: int = 7) -> Model:
    """Logistic regression by stochastic steps that shrink for what is often met; the order of learning is fixed by `seed`."""
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
            learner.learn(places, values, right)
    return Model(labels, rows, learner.weights.round(5))


def _vector(found: Features, rows: Mapping[str, int]) -> tuple[NDArray[np.int64], Floats]:
    known = [(rows[name], value) for name, value in found.items() if name in rows]
    return np.array([row for row, _ in known], dtype=np.int64), np.array([value for _, value in known])


class _Learner:
    """AdaGrad on the weights of one message's features at a time."""

    def __init__(self, features: int, labels: int) -> None:
        self.weights: Floats = np.zeros((features, labels))
        self._moved: Floats = np.full(features, _CAUTION)

    def learn(self, places: NDArray[np.int64], values: Floats, right: int) -> None:
        if not len(places):
            return
        own = self.weights[places]
        miss = _softmax(values @ own)
        miss[right] -= 1.0
        slope = np.outer(values, miss) + _SHRINK * own
        self._moved[places] += np.square(slope).sum(axis=1)
        self.weights[places] = own - _STEP * slope / np.sqrt(self._moved[places])[:, None]


def cached(folder: Path, name: str, recipe: str, teach: Callable[[], Sequence[tuple[Features, str]]]) -> Model:
    """The model of this recipe from a folder, trained on what `teach` makes and put there when it is missing.

    `recipe` must tell all that the examples and their features depend on.
    """
    whole = json.dumps([recipe, _ROUNDS, _STEP, _SHRINK, _CAUTION])
    path = folder / f"{name}-{hashlib.sha256(whole.encode()).hexdigest()[:16]}.npz"
    if path.exists():
        return _read(path)
    model = train(teach())
    folder.mkdir(parents=True, exist_ok=True)
    # Several processes may start at once: each writes its own file and the last rename wins with equal content.
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_bytes(_packed(model))
    draft.replace(path)
    return model


def _packed(model: Model) -> bytes:
    held = io.BytesIO()
    np.savez_compressed(held, labels=np.array(model.labels), rows=np.array(list(model.rows)), weights=model.weights)
    return held.getvalue()


def _read(path: Path) -> Model:
    with np.load(path, allow_pickle=False) as kept:
        rows = {str(name): row for row, name in enumerate(kept["rows"])}
        return Model(tuple(map(str, kept["labels"])), rows, kept["weights"])
