"""What each question of a call expects to hear, as data: `lists/questions.toml` and the lists beside it."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from voice_models.g2p import normalize

LISTS: Final = Path(__file__).parent / "lists"


@dataclass(frozen=True, slots=True)
class Question:
    """A question's expected answers; `kinds` names what is drawn at random instead (`training.numbers.KINDS`)."""

    name: str
    answers: tuple[str, ...]
    kinds: tuple[str, ...]
    destructive: frozenset[str]


def listed(name: str) -> list[str]:
    """A list of `lists/`, normalised, in order, each entry once; entries end at a comma or a line's end."""
    lines = (LISTS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    entries = (entry for line in lines if not line.startswith("#") for entry in line.split(","))
    return list(dict.fromkeys(text for text in map(normalize, entries) if text))


def questions() -> list[Question]:
    """All questions, in the file's order."""
    tree = tomllib.loads((LISTS / "questions.toml").read_text(encoding="utf-8"))
    return [_question(name, entry) for name, entry in tree.items()]


def _question(name: str, entry: dict[str, Any]) -> Question:
    answers = [normalize(answer) for answer in entry.get("words", ())]
    for listing in entry.get("lists", ()):
        answers += listed(listing)
    destructive = frozenset(map(normalize, entry.get("destructive", ())))
    return Question(name, tuple(dict.fromkeys(answers)), tuple(entry.get("kinds", ())), destructive)
