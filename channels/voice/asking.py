"""A question of a call and how it is put again: in other words after silence, with the keys named, and then not at all.

What a caller is asked never stands alone: the lines before the question belong to it, and "once more" says them too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, cast

from channels.voice import keys
from channels.voice.turns import Spoken
from dialogs.understanding.reading import Asked

Stage = Literal["opening", "hello", "who", "fetch", "fetching", "later", "wrong", "birthday", "matter", "again", "more", "closing"]

SILENCE_MS: Final = 4_000  # after the last word of ours, before the question is put again
FETCHING_MS: Final = 60_000  # somebody has gone to call the person
WAITING_MS: Final = 30_000  # "one moment"
MOST_MISHEARD: Final = 2  # from then on the keys are offered; twice as many bring a person

# The stages of the call itself: what each asks for, and the text that puts it in other words.
ASKS: Final[dict[Stage, tuple[Asked, str]]] = {
    "hello": ("yes_no", "hello_again"), "who": ("yes_no", "who_again"),
    "fetch": ("yes_no", "fetch"), "fetching": ("yes_no", "who"), "later": ("criteria", "when_later"),
    "wrong": ("yes_no", "wrong_number"), "birthday": ("date_of_birth", ""), "again": ("yes_no", "ask_repeat"), "more": ("nothing", "more"),
}  # fmt: skip
FIRST_WORDS: Final[dict[Stage, str]] = {"hello": "hello", "who": "who"}
"""Stages that are put in words of their own before they are put in other words."""


@dataclass(slots=True)
class Question:
    """What is being asked: its stage, its words, what answers are listened for, and how often it went amiss."""

    stage: Stage
    lines: tuple[Spoken, ...]
    asked: Asked
    silences: int = 0
    misheard: int = 0
    patience_ms: int = SILENCE_MS
    digits: str = ""
    heard: bool = False  # its words have once been heard to their end

    @property
    def keys(self) -> str:
        """The name that the keys know this question by."""
        return "birthday" if self.stage == "birthday" else "yes_no" if self.stage == "later" else self.asked

    def in_other_words(self, phrase: Callable[[str], Spoken]) -> tuple[Spoken, ...]:
        """The question put differently; one that cannot be, or was not heard out, is said again."""
        if not self.heard:
            return self.lines
        if self.stage == "matter":
            asked = cast(str, self.asked)
            return (phrase(f"ask_{asked}"),) if asked in ("reminder", "offer", "yes_no", "which_visit") else self.lines
        other = ASKS[self.stage][1] if self.stage in ASKS else ""
        return (phrase(other),) if other else self.lines

    def with_keys(self, phrase: Callable[[str], Spoken]) -> tuple[Spoken, ...]:
        """The question with its keys named."""
        return (*self.in_other_words(phrase), phrase(keys.help_key(self.keys)))
