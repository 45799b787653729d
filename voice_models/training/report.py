"""The evaluation as text: one table a question, one a promise, every share with its 95% interval."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import Final

from voice_models.confidence import Calibration
from voice_models.training.calibrate import SURE
from voice_models.training.evaluate import Judged, Outcome, interval

DIGITS: Final = ("pesel_digits",)
DATES: Final = ("date", "birth")
NOT_LISTS: Final = ("hour", "date", "birth", "code", "pesel", "pesel_digits", "postcode", "number", "telephone")


@dataclass(frozen=True, slots=True)
class Share:
    """A proportion with its Wilson interval."""

    hits: int
    count: int

    @classmethod
    def of(cls, outcomes: Iterable[Outcome], hit: Callable[[Outcome], bool]) -> "Share":
        """How many outcomes are hits."""
        marks = [hit(outcome) for outcome in outcomes]
        return cls(sum(marks), len(marks))

    @property
    def value(self) -> float:
        """The proportion itself."""
        return self.hits / self.count if self.count else 0.0

    def __str__(self) -> str:
        low, high = interval(self.hits, self.count)
        return f"{self.hits}/{self.count} = {100 * self.value:.1f}% ({100 * low:.1f}-{100 * high:.1f})"


def promises(judged: Judged, curve: Calibration | None) -> dict[str, Share]:
    """The figures that the project promises, for one model; the last three need a calibration."""
    asked = [outcome for outcome in judged.outcomes if outcome.said is not None]
    others = [outcome for outcome in judged.outcomes if outcome.said is None]
    short = [outcome for outcome in asked if outcome.said in ("tak", "nie")]
    figures = {
        "expected answers right": Share.of((o for o in asked if o.question not in NOT_LISTS), _right),
        "11 digits whole": Share.of((o for o in asked if o.question in DIGITS), _right),
        "dates whole": Share.of((o for o in asked if o.question in DATES), _right),
        "all answers right": Share.of(asked, _right),
        "words right": _words_right(asked),
        "tak, nie rejected": Share.of(short, lambda o: not o.text),
        "non-answers taken for any answer": Share.of(others, lambda o: bool(o.text)),
        "non-answers taken for a destructive answer": Share.of(_risky(others), lambda o: o.text in o.destructive),
    }
    return figures | (_weighed(judged.outcomes, others, short, curve) if curve else {})


def _weighed(outcomes: Sequence[Outcome], others: Sequence[Outcome], short: Sequence[Outcome], curve: Calibration) -> dict[str, Share]:
    def believed(outcome: Outcome) -> bool:
        return bool(outcome.text) and outcome.confidence(curve) >= curve.believe

    sure = [outcome for outcome in outcomes if outcome.text and outcome.confidence(curve) >= SURE]
    return {
        f"right of those read at {SURE} or more": Share.of(sure, lambda o: o.right and o.said is not None),
        f"non-answers taken for a destructive answer, believed from {curve.believe:.2f}": Share.of(
            _risky(others), lambda o: o.text in o.destructive and believed(o)
        ),
        f"tak, nie rejected, believed from {curve.believe:.2f}": Share.of(short, lambda o: not believed(o)),
    }


def table(judged: Sequence[Judged], curve: Calibration | None) -> str:
    """Markdown: promises and questions, one column a model; the calibration belongs to the first."""
    columns = [promises(one, curve if one is judged[0] else None) for one in judged]
    names = list(dict.fromkeys(name for column in columns for name in column))
    head = "| | " + " | ".join(one.name for one in judged) + " |\n|---|" + "---|" * len(judged)
    rows = [f"| {name} | " + " | ".join(str(column.get(name, "-")) for column in columns) + " |" for name in names]
    costs = " | ".join(f"{one.real_time_factor:.4f}" for one in judged)
    questions = list(dict.fromkeys(outcome.question for one in judged for outcome in one.outcomes))
    return "\n".join(
        (
            *(
                head,
                *rows,
                f"| real-time factor | {costs} |",
                "",
                "Whole answers right, question by question:",
                "",
            ),
            *(head, *(f"| {name} | {_by_question(judged, name)} |" for name in questions), ""),
            *(
                "By voice:",
                "",
                head,
                *(f"| {name} | {_by_voice(judged, name)} |" for name in _voices(judged)),
                "",
            ),
        )
    )


def spread(seconds: Sequence[float]) -> str:
    """Median and 95th percentile of times in seconds, as milliseconds."""
    cuts = quantiles(seconds, n=20)
    return f"p50 {1000 * cuts[9]:.0f} ms, p95 {1000 * cuts[18]:.0f} ms"


def _by_question(judged: Sequence[Judged], name: str) -> str:
    shares = (Share.of((o for o in one.outcomes if o.question == name and o.said is not None), _right) for one in judged)
    return " | ".join(map(str, shares))


def _by_voice(judged: Sequence[Judged], name: str) -> str:
    shares = (Share.of((o for o in one.outcomes if o.voice == name and o.said is not None), _right) for one in judged)
    return " | ".join(map(str, shares))


def _voices(judged: Sequence[Judged]) -> list[str]:
    return sorted({outcome.voice for one in judged for outcome in one.outcomes if outcome.said is not None})


def _risky(others: Iterable[Outcome]) -> list[Outcome]:
    return [outcome for outcome in others if outcome.destructive]


def _right(outcome: Outcome) -> bool:
    return outcome.right


def _words_right(asked: Iterable[Outcome]) -> Share:
    """Words of the answers found, by the longest common sequence."""
    pairs = [((outcome.said or "").split(), outcome.text.split()) for outcome in asked]
    return Share(sum(_common(said, heard) for said, heard in pairs), sum(len(said) for said, _ in pairs))


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    best = [0] * (len(other) + 1)
    for word in one:
        before = 0
        for at, candidate in enumerate(other, start=1):
            kept = best[at]
            best[at] = before + 1 if word == candidate else max(best[at], best[at - 1])
            before = kept
    return best[-1]
