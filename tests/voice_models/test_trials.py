"""What a model is judged on can be narrowed to the questions that matter and enlarged until an interval proves something."""

import pytest
from typer.testing import CliRunner

for _library in ("numpy", "torch", "soundfile", "scipy"):
    pytest.importorskip(_library, reason="the training extra is not installed")

from voice_models.cli import models_app  # noqa: E402
from voice_models.training.trials import Material, Trial, trials  # noqa: E402


def drawn(seed: int, *asked: str) -> list[Trial]:
    return list(trials(Material("development", (), answers_each=2, others_each=2, seed=seed, asked=frozenset(asked))))


def said(trials: list[Trial]) -> list[tuple[str | None, str, str]]:
    return [(trial.said, trial.spoken, trial.voice) for trial in trials]


def test_only_what_is_asked_is_drawn_and_more_non_answers_where_one_would_harm() -> None:
    """R102: a share of 0.5% needs many non-answers, of the questions whose answer takes something away."""
    found = drawn(11, "tak_nie", "weekday")
    assert [(one.question.name, one.said is None) for one in found].count(("tak_nie", True)) == 6
    assert [(one.question.name, one.said is None) for one in found].count(("weekday", True)) == 2
    assert {one.question.name for one in found} == {"tak_nie", "weekday"}


def test_a_question_is_answered_the_same_whatever_else_is_asked_and_something_new_by_another_seed() -> None:
    alone, beside = drawn(11, "offer"), [one for one in drawn(11, "tak_nie", "offer") if one.question.name == "offer"]
    assert said(alone) == said(beside)
    assert said(alone) != said(drawn(12, "offer"))


def test_a_question_that_does_not_exist_is_refused_by_name() -> None:
    result = CliRunner().invoke(models_app, ["evaluate", "--question", "pogoda"])
    assert result.exit_code == 2
    assert "pogoda" in result.output
