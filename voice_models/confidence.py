"""How sure a reading is: Vosk's own `conf` is always 1.0, so the alternatives are weighed instead.

A recogniser asked for alternatives (`SetMaxAlternatives(ALTERNATIVES)`, with [unk] in its word list) scores
each reading, [unk] among them: any string of sounds at a price, a competitor for every word. Two things tell
a right reading: how far the next different one is behind, and how well its own sounds fitted, for each sound.
A logistic curve fitted on voices that the model never heard (`confidence.json` of the model folder) turns
both into a probability.
"""

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from voice_models.g2p import phones

UNKNOWN: Final = "[unk]"
ALTERNATIVES: Final = 5
FILE: Final = "confidence.json"
SMALL: Final = frozenset("aeiouwyz")
"""Words of one letter: what a crackle before an answer is heard as."""
NEAR: Final = 2.0
"""How much worse (nats) a whole expected answer may be than a part of it."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """One reading of an utterance and its score: minus the cost in nats, higher is better."""

    text: str
    score: float

    @property
    def unknown(self) -> bool:
        """Whether it holds something that is not on the list."""
        return UNKNOWN in self.text.split()


@dataclass(frozen=True, slots=True)
class Reading:
    """What was heard: words without [unk] ("" when nothing was), whether something else was heard, and how
    sure it is.

    `confidence` is the chance that the text is exactly what was said.
    """

    text: str
    confidence: float
    rejected: bool


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights of the logistic curve over `evidence`, the furthest that a competitor is kept (nats), and
    `believe`: the least confidence at which an answer that takes something away should be acted on without
    asking back.
    """

    weights: tuple[float, ...]
    furthest: float
    believe: float

    @classmethod
    def of(cls, model: Path) -> "Calibration":
        """The calibration of a model folder. Raises FileNotFoundError for a model that has none."""
        kept = json.loads((model / FILE).read_text(encoding="utf-8"))
        return cls(tuple(kept["weights"]), kept["furthest"], kept["believe"])

    def write(self, model: Path) -> None:
        """Keep it in a model folder."""
        weights = [round(weight, 4) for weight in self.weights]
        kept = {"weights": weights, "furthest": self.furthest, "believe": round(self.believe, 3)}
        (model / FILE).write_text(json.dumps(kept) + "\n", encoding="utf-8")

    def reading(self, result: Mapping[str, Any] | str, answers: Collection[str] = ()) -> Reading:
        """Weigh one result of Vosk (`Result()`, `FinalResult()`) that was asked for alternatives.

        `answers`: the question's expected answers, by which a swallowed small word is restored (`completed`).
        """
        found = alternatives_of(json.loads(result) if isinstance(result, str) else result)
        alternatives = completed(found, answers)
        if not alternatives or not alternatives[0].text:
            return Reading("", 0.0, rejected=False)
        best = alternatives[0]
        if best.unknown:
            text = " ".join(word for word in best.text.split() if word != UNKNOWN)
            return Reading(text, 0.0, rejected=True)
        return Reading(best.text, self.probability(evidence(alternatives, self.furthest)), rejected=False)

    def probability(self, evidence: Sequence[float]) -> float:
        """Evidence -> chance that the best reading is right."""
        total = sum(weight * value for weight, value in zip(self.weights, evidence, strict=True))
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def alternatives_of(result: Mapping[str, Any]) -> list[Alternative]:
    """The alternatives in one result of Vosk, best first; a reading that comes twice is kept once."""
    found: dict[str, float] = {}
    for entry in result.get("alternatives", ()):
        found.setdefault(entry["text"].strip(), float(entry["confidence"]))
    return [
        Alternative(text, score)
        for text, score in found.items()
        if text or len(found) == 1 or score == max(found.values())
    ]


def completed(alternatives: Sequence[Alternative], answers: Collection[str]) -> list[Alternative]:
    """Put a whole expected answer first where the best reading is only a part of it and hardly better.

    "środę" -> "w środę". Words are only ever added to what was heard, never taken away: "nie odwołuję" stays.
    """
    best = alternatives[0] if alternatives else None
    if best is None or not best.text or best.unknown:
        return list(alternatives)
    if best.text in answers:
        return [best, *(other for other in alternatives[1:] if not _crackled(other.text, best.text))]
    near = (other for other in alternatives[1:] if best.score - other.score <= NEAR)
    whole = next((other for other in near if other.text in answers and f" {best.text} " in f" {other.text} "), None)
    if whole is None:
        return list(alternatives)
    rest = [other for other in alternatives if other is not whole and other is not best]
    return [Alternative(whole.text, best.score), *rest]


def _crackled(text: str, answer: str) -> bool:
    """Whether a reading is an answer after words of one letter: no competitor, a crackle is heard as "z" or "w"."""
    return text.endswith(f" {answer}") and SMALL.issuperset(text.removesuffix(answer).split())


def evidence(alternatives: Sequence[Alternative], furthest: float) -> tuple[float, ...]:
    """What a probability is computed from, for the first alternative.

    One, its lead over unknown speech, its lead over other words, its cost for each sound, and how short it is.
    """
    best = alternatives[0]
    sounds = max(1, len(phones(best.text)))
    strange = _lead(best, [other for other in alternatives[1:] if other.unknown], furthest)
    rivals = _lead(best, [other for other in alternatives[1:] if not other.unknown], furthest)
    return (1.0, strange, rivals, -best.score / sounds, 1 / sounds)


def _lead(best: Alternative, others: Sequence[Alternative], furthest: float) -> float:
    return min(furthest, best.score - max((other.score for other in others), default=-math.inf))
