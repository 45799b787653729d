"""Judging a model: the same trials for every model, whole answers right, non-answers taken for answers, with
intervals.

An answer counts as right when the whole text is (or sounds the same as) what was said. An outcome keeps its
alternatives, so that thresholds can be chosen on the development part and applied to the test part without
listening again.
"""

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from voice_models.confidence import Alternative, Calibration, completed, evidence
from voice_models.g2p import pronounce
from voice_models.hearing import lexicon, listen, load
from voice_models.training.trials import Trial


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a model made of one trial."""

    question: str
    said: str | None
    spoken: str
    voice: str
    alternatives: tuple[Alternative, ...]
    destructive: frozenset[str]

    @property
    def text(self) -> str:
        """The best reading; "" for silence or anything with [unk]."""
        if not self.alternatives or self.alternatives[0].unknown:
            return ""
        return self.alternatives[0].text

    @property
    def right(self) -> bool:
        """Whether the whole reading is what was said, or nothing where nothing was."""
        return sounds(self.text) == sounds(self.said or "")

    def confidence(self, calibration: Calibration) -> float:
        """The chance that the reading is right; 0 without one."""
        return calibration.probability(evidence(self.alternatives, calibration.furthest)) if self.text else 0.0


@dataclass(slots=True)
class Judged:
    """A model's outcomes and what they cost: seconds of audio and of work."""

    name: str
    outcomes: list[Outcome] = field(default_factory=list)
    audio: float = 0.0
    work: float = 0.0

    @property
    def real_time_factor(self) -> float:
        """Work for each second of audio, on one core."""
        return self.work / max(self.audio, 1e-9)


def judge(folders: Sequence[Path], trials: Iterable[Trial], report: Callable[[str], None]) -> list[Judged]:
    """Let every model folder hear every trial. Words that a model does not know are left out of its list, as Vosk would."""
    models = [(load(folder), lexicon(folder), Judged(folder.name)) for folder in folders]
    question = ""
    for trial in trials:
        if trial.question.name != question:
            question = trial.question.name
            report(f"listening: {question}")
        for model, known, judged in models:
            _hear(model, known, judged, trial)
    return [judged for _, _, judged in models]


def sounds(text: str) -> tuple[tuple[str, ...], ...]:
    """How the words sound: homophones (może, morze) are no error of an ear."""
    return tuple(pronounce(word) for word in text.split())


def interval(hits: int, count: int) -> tuple[float, float]:
    """Wilson's 95% interval of a proportion."""
    if not count:
        return 0.0, 1.0
    z, share = 1.96, hits / count
    middle = share + z * z / (2 * count)
    spread = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return (middle - spread) / (1 + z * z / count), (middle + spread) / (1 + z * z / count)


def _hear(model: Any, known: frozenset[str], judged: Judged, trial: Trial) -> None:
    words = [answer for answer in trial.words if all(word in known for word in answer.split())]
    started = time.process_time()
    heard = listen(model, trial.samples.tobytes(), words)
    judged.work += time.process_time() - started
    judged.audio += trial.seconds
    alternatives = tuple(completed(heard.alternatives, trial.question.answers))
    judged.outcomes.append(Outcome(trial.question.name, trial.said, trial.spoken, trial.voice, alternatives, trial.question.destructive))
