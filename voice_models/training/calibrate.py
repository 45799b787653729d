"""From the development part: the curve from evidence to confidence, and the confidence below which an answer
that takes something away is not believed. The test part is only ever judged with what was chosen here.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from voice_models.confidence import Calibration, evidence
from voice_models.training.evaluate import Outcome
from voice_models.training.libraries import numpy as np

FALSE_DESTRUCTIVE: Final = 0.005
"""The share of non-answers that may be taken for a destructive answer."""

SURE: Final = 0.95
RIDGE: Final = 1e-2


def calibrate(outcomes: Sequence[Outcome], furthest: float) -> Calibration:
    """Fit on outcomes of the development part. `furthest`: the lattice beam, beyond which no competitor is kept."""
    read = [outcome for outcome in outcomes if outcome.text]
    rows = np.array([evidence(outcome.alternatives, furthest) for outcome in read])
    right = np.array([float(outcome.right and outcome.said is not None) for outcome in read])
    weights = _cautious(rows, right, _logistic(rows, right))
    curve = Calibration(tuple(float(weight) for weight in weights), furthest, believe=1.0)
    return replace(curve, believe=_threshold(outcomes, curve))


def _logistic(rows: Any, right: Any, rounds: int = 60) -> Any:
    """Newton's method with a little ridge."""
    weights = np.zeros(rows.shape[1])
    for _ in range(rounds):
        chance = 1 / (1 + np.exp(-np.clip(rows @ weights, -30, 30)))
        slope = rows.T @ (right - chance) - RIDGE * weights
        bend = (rows * (chance * (1 - chance))[:, None]).T @ rows + RIDGE * np.eye(len(weights))
        weights = weights + np.linalg.solve(bend, slope)
    return weights


def _cautious(rows: Any, right: Any, weights: Any) -> Any:
    """Lower the curve until what it calls sure is right with a margin: 97% where 95% are promised."""
    lowered = weights.copy()
    for _ in range(60):
        sure = 1 / (1 + np.exp(-np.clip(rows @ lowered, -30, 30))) >= SURE
        if not sure.any() or right[sure].mean() >= 0.97:
            break
        lowered[0] -= 0.1
    return lowered


def _threshold(outcomes: Sequence[Outcome], calibration: Calibration) -> float:
    """The least confidence that keeps false destructive answers within half of what is allowed."""
    none = [outcome for outcome in outcomes if outcome.said is None and outcome.destructive]
    false = sorted(
        (outcome.confidence(calibration) for outcome in none if outcome.text in outcome.destructive),
        reverse=True,
    )
    allowed = int(FALSE_DESTRUCTIVE / 2 * len(none))
    return 0.5 if len(false) <= allowed else max(0.5, min(0.99, false[allowed] + 1e-3))
