"""A linear model over words and letter groups, learned from the repository's examples in seconds; the same every time."""

import hashlib
import json
import math
import os
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from dialogs.understanding.text import words

_ROUNDS = 8
_SHARPNESS = 2.5
_MARGIN = 1.0
_STEP = 0.3
_STEMS = (4, 5, 6)
_GROUPS = (3, 4, 5)


@dataclass(frozen=True, slots=True)
class Model:
    """Weights by feature: feature -> ((class number, weight), …)."""

    labels: tuple[str, ...]
    weights: dict[str, list[tuple[int, float]]]

    def rank(self, text: str) -> list[tuple[str, float]]:
        """Intents with their probabilities, best first, for folded text."""
        return self.rank_features(features(text))

    def rank_features(self, found: Mapping[str, float]) -> list[tuple[str, float]]:
        """The same for features that are already made."""
        scores = [0.0] * len(self.labels)
        for feature, value in found.items():
            for label, weight in self.weights.get(feature, ()):
                scores[label] += value * weight
        shares = _softmax(scores)
        return sorted(zip(self.labels, shares, strict=True), key=lambda pair: (-pair[1], pair[0]))

    def coverage(self, text: str) -> float:
        """Share of the words that the training data knows: low for what nobody writes to a clinic."""
        tokens = words(text)
        known = sum(f"w:{_shape(token)}" in self.weights for token in tokens)
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


def _softmax(scores: Sequence[float]) -> list[float]:
    top = max(scores)
    parts = [math.exp(_SHARPNESS * (score - top)) for score in scores]
    whole = sum(parts)
    return [part / whole for part in parts]


Made = Callable[[str], dict[str, float]]


def train(labelled: Iterable[tuple[str, str]], *, seed: int = 7, made_of: Made = features) -> Model:
    """Averaged margin perceptron over (folded text, label) pairs; the order of learning is fixed by `seed`."""
    pairs = list(labelled)
    labels = tuple(sorted({label for _, label in pairs}))
    number = {label: place for place, label in enumerate(labels)}
    data = [(list(made_of(text).items()), number[label]) for text, label in pairs]
    learner = _Learner(len(labels))
    order = random.Random(seed)  # noqa: S311 - shuffling training examples is not cryptography
    for _ in range(_ROUNDS):
        order.shuffle(data)
        for found, right in data:
            learner.learn(found, right)
    return Model(labels, learner.averaged())


_SAMPLE = "czy corka widzi konto dziecka i 2 wyniki"  # other features make another model


def cached(folder: Path, pairs: Sequence[tuple[str, str]], made_of: Made = features) -> Model:
    """The model of these examples from a folder, trained and put there when it is missing or of other examples."""
    recipe = json.dumps([pairs, _ROUNDS, _MARGIN, _STEP, sorted(made_of(_SAMPLE).items())])
    path = folder / f"intents-{hashlib.sha256(recipe.encode()).hexdigest()[:16]}.json"
    if path.exists():
        kept = json.loads(path.read_text(encoding="utf-8"))
        return Model(tuple(kept["labels"]), kept["weights"])
    model = train(pairs, made_of=made_of)
    folder.mkdir(parents=True, exist_ok=True)
    # Several processes may start at once: each writes its own file and the last rename wins with equal content.
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps({"labels": model.labels, "weights": model.weights}), encoding="utf-8")
    draft.replace(path)
    return model


class _Learner:
    """Sparse weights with their running sums, so that the average over all steps costs one pass at the end."""

    def __init__(self, classes: int) -> None:
        self._classes = classes
        self._now: dict[str, dict[int, float]] = {}
        self._sums: dict[str, dict[int, float]] = {}
        self._step = 1

    def learn(self, found: list[tuple[str, float]], right: int) -> None:
        scores = [0.0] * self._classes
        now = self._now
        for feature, value in found:
            row = now.get(feature)
            if row is not None:
                for label, weight in row.items():
                    scores[label] += value * weight
        own = scores[right]
        scores[right] = -math.inf
        best = max(scores)
        if own - best < _MARGIN:
            self._move(found, right, _STEP)
            self._move(found, scores.index(best), -_STEP)
        self._step += 1

    def _move(self, found: list[tuple[str, float]], label: int, amount: float) -> None:
        for feature, value in found:
            row = self._now.setdefault(feature, {})
            sums = self._sums.setdefault(feature, {})
            row[label] = row.get(label, 0.0) + amount * value
            sums[label] = sums.get(label, 0.0) + amount * value * self._step

    def averaged(self) -> dict[str, list[tuple[int, float]]]:
        steps = float(self._step)
        return {
            feature: [(label, round(weight - self._sums[feature][label] / steps, 5)) for label, weight in sorted(row.items())]
            for feature, row in self._now.items()
        }
