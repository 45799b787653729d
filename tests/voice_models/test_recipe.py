"""A recipe says what is taught first and what further, and where each leaves its results."""

from dataclasses import replace
from pathlib import Path

import pytest

for _library in ("torch", "scipy", "soundfile", "wordfreq"):
    pytest.importorskip(_library, reason="the training extra is not installed")

from voice_models.training.recipe import RECIPES, Kitchen, Recipe  # noqa: E402
from voice_models.training.strings import is_group  # noqa: E402
from voice_models.training.texts import lines_to_speak  # noqa: E402

SHIPPED = RECIPES / "pl-telephone.toml"


def changed(folder: Path, before: str, after: str) -> Path:
    """The shipped recipe with one thing different."""
    whole = SHIPPED.read_text(encoding="utf-8")
    assert before in whole
    path = folder / "changed.toml"
    path.write_text(whole.replace(before, after, 1), encoding="utf-8")
    return path


def test_further_teaching_differs_only_in_what_it_says() -> None:
    recipe = Recipe.read(SHIPPED)
    assert recipe.further.lessons == recipe.first.lessons
    assert recipe.further.plan == replace(recipe.first.plan, steps=1700, rate=8e-4)
    assert sum(recipe.first.lessons.shares.values()) == pytest.approx(1.0)


def test_further_lessons_can_hold_more_numbers(tmp_path: Path) -> None:
    """R112: a PESEL, a telephone number, a postcode are what a caller must say whole."""
    more = "[further]\nlines_seed = 8\nstrings = 0.18\nshares = {numbers = 0.3, groups = 0.5, dates = 0.2}\n"
    recipe = Recipe.read(changed(tmp_path, "[further]", more.rstrip() + "  #"))
    lessons = recipe.further.lessons
    assert (recipe.first.lessons.strings, lessons.strings) == (0.0, 0.18)
    lines = lines_to_speak(300, [], lessons.shares, seed=lessons.lines_seed)
    assert sum(is_group(line.text) for line in lines) / len(lines) > 0.4


@pytest.mark.parametrize("wrong", ["strings = 0.1\ninvented = 1", "copies = 2"])
def test_a_recipe_that_lacks_or_invents_a_setting_is_refused(wrong: str, tmp_path: Path) -> None:
    whole = SHIPPED.read_text(encoding="utf-8")
    line = next(line for line in whole.splitlines() if line.startswith(wrong.split(maxsplit=1)[0]))
    path = changed(tmp_path, f"{line}\n", f"{wrong}\n" if "invented" in wrong else "")
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
