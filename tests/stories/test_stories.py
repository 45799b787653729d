"""Every story told to the embedded engine: the same readings, situations, forms and actions as written, and the same end."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Engine

from tests.stories.scripts import CHANNELS, LANGUAGES, SCRIPTS
from tests.stories.talk import Talk

FILES = sorted(Path(__file__).parent.glob("test_*.yml"))


@cache
def stories() -> dict[str, dict[str, Any]]:
    """All stories by name."""
    return {one["story"]: one for file in FILES for one in yaml.safe_load(file.read_text(encoding="utf-8"))["stories"]}


@pytest.mark.parametrize("name", list(stories()))
def test_a_story_goes_as_it_is_written(engine: Engine, name: str) -> None:
    story = stories()[name]
    talk = Talk(engine, story["metadata"]["world"], story["metadata"]["channel"])
    told = [step for line in story["steps"] if "user" in line for step in talk.say(line["user"])]
    assert told == story["steps"]
    assert talk.outcomes == story["metadata"]["outcomes"]


def test_every_journey_is_told_in_every_language_and_channel_that_it_has() -> None:
    wanted = {
        f"{channel} {language}: {script.name}"
        for script in SCRIPTS for channel in CHANNELS for language in LANGUAGES if script.has(channel, language)
    }  # fmt: skip
    assert wanted == stories().keys()
    assert len(wanted) >= 80
