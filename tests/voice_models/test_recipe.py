"""A recipe says what is taught first and what further, and where each leaves its results."""

from pathlib import Path

import pytest

for _library in ("torch", "scipy", "soundfile", "wordfreq"):
    pytest.importorskip(_library, reason="the training extra is not installed")

from voice_models.training.clips import part_of  # noqa: E402
from voice_models.training.recipe import RECIPES, Kitchen, Recipe  # noqa: E402
from voice_models.training.strings import is_group  # noqa: E402
from voice_models.training.texts import lines_to_speak  # noqa: E402

SHIPPED = RECIPES / "pl-telephone.toml"


def test_further_teaching_differs_only_in_what_it_says() -> None:
    recipe = Recipe.read(SHIPPED)
    assert recipe.first.plan.shape == recipe.further.plan.shape
    assert recipe.first.plan.seed == recipe.further.plan.seed
    assert recipe.first.lessons.lines_seed != recipe.further.lessons.lines_seed, "other texts, not the same ones again"
    for teaching in (recipe.first, recipe.further):
        assert sum(teaching.lessons.shares.values()) == pytest.approx(1.0)


def test_numbers_and_dates_are_a_larger_part_of_the_further_lessons() -> None:
    """R112: a PESEL, a telephone number, a postcode are what a caller must say whole."""
    lessons = Recipe.read(SHIPPED).further.lessons
    lines = lines_to_speak(600, [], lessons.shares, seed=lessons.lines_seed)
    assert sum(is_group(line.text) for line in lines) / len(lines) > 0.2
    assert lessons.strings >= 0.15
    assert any(part_of(line.voice) == "training" for line in lines)


@pytest.mark.parametrize("wrong", ["strings = 0.1\ninvented = 1", "copies = 2"])
def test_a_recipe_that_lacks_or_invents_a_setting_is_refused(wrong: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    whole = SHIPPED.read_text(encoding="utf-8")
    line = next(line for line in whole.splitlines() if line.startswith(wrong.split(maxsplit=1)[0]))
    path.write_text(whole.replace(f"{line}\n", f"{wrong}\n" if "invented" in wrong else "", 1), encoding="utf-8")
    with pytest.raises((KeyError, TypeError)):
        Recipe.read(path)


def test_a_kind_of_text_that_is_not_known_is_refused() -> None:
    with pytest.raises(KeyError):
        lines_to_speak(3, [], {"poems": 1.0})


def test_further_teaching_does_not_take_up_the_first_ones_results() -> None:
    """Its clips, copies and checkpoint lie apart: a checkpoint of the first would end it before it began."""
    first = Kitchen((), (), Path("work"), 1, str)
    further = Kitchen((), (), Path("work"), 1, str, begin=Path("model"))
    assert first.place != further.place
