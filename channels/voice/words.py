"""What a question of a call listens for: short examples of the intents expected there, and the words of numbers and days.

Which intents and numbers belong to a question is data (`expected.toml`). A list is a closed world: what is not on it is heard as
unknown and asked again, never as the nearest answer.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from dialogs.understanding.corpus import Example, examples
from dialogs.understanding.reading import ASKED, Asked
from dialogs.understanding.text import fold
from dialogs.understanding.text import words as split
from dialogs.wording import speech
from dialogs.wording.facts import Language
from dialogs.wording.speech import numerals
from dialogs.wording.written import CALENDARS
from voice_models.g2p import normalize

_EXPECTED: Final[Mapping[str, Any]] = tomllib.loads((Path(__file__).parent / "expected.toml").read_text(encoding="utf-8"))

BACKCHANNEL: Final = frozenset(_EXPECTED["backchannel"])
"""What a listener hums to say that he still listens; no answer while the bot speaks."""


@cache
def answers(asked: Asked, language: Language) -> tuple[str, ...]:
    """Everything listened for after a question, as the model's lexicon spells it, in a fixed order. Words that a model does not
    know are still there."""
    own, always = _own(asked), _EXPECTED["always"]
    intents = frozenset(own["intents"]) | (frozenset(always["intents"]) if own["intents"] else frozenset())
    numbers = [word for kind in own["numbers"] for word in NUMBERS[kind](language)]
    found = [*own["phrases"][language], *numbers, *always["phrases"][language], *_examples(intents, language)]
    return tuple(dict.fromkeys(text for text in map(_spelled(language), found) if text))


@cache
def likely(asked: Asked, language: Language) -> tuple[str, ...]:
    """Those that our own wording asks for, which most people give."""
    return tuple(dict.fromkeys(text for text in map(_spelled(language), _own(asked)["phrases"][language]) if text))


def _own(asked: Asked) -> Mapping[str, Any]:
    if asked not in ASKED:
        raise ValueError(f"no such question: {asked}")
    found: Mapping[str, Any] = _EXPECTED[asked]
    return found


def _examples(intents: frozenset[str], language: Language) -> list[str]:
    of_intents = (example for example in _all_examples() if example.language == language and example.intent in intents)
    return [one.text for one in of_intents if len(split(fold(one.text))) <= _longest(one.intent) and not _typed(one.text, language)]


def _longest(intent: str) -> int:
    found: int = _EXPECTED["longest_serious" if intent in _EXPECTED["serious"] else "longest"]
    return found


@cache
def _all_examples() -> tuple[Example, ...]:
    return examples(written=False)


def _typed(text: str, language: str) -> bool:
    """Whether it is written without its Polish letters ("dzien dobry"): nobody says that, and it would be heard as other words."""
    return language == "pl" and any(word in _marked() for word in normalize(text).split() if len(word) > 3)


@cache
def _marked() -> frozenset[str]:
    """Folded forms of the words that have Polish letters."""
    said = (word for example in _all_examples() if example.language == "pl" for word in normalize(example.text).split())
    return frozenset(fold(word) for word in said if fold(word) != word)


def _spelled(language: Language) -> Callable[[str], str]:
    """How a recogniser's lexicon spells: Polish models by our own rules, others in lower case without marks."""
    return normalize if language == "pl" else _plain


def _plain(text: str) -> str:
    return " ".join("".join(letter if letter.isalpha() or letter in "' " else " " for letter in text.lower()).split())


def _single(texts: Iterable[str]) -> list[str]:
    """Their words, each for itself: they come in any order."""
    return list(dict.fromkeys(word for text in texts for word in text.replace(",", " ").split()))


def _digits(language: Language) -> list[str]:
    return [speech.number(digit, language) for digit in range(10)]


def _tens(language: Language) -> list[str]:
    return _single(speech.number(value, language) for value in range(10, 100))


def _hundreds(language: Language) -> list[str]:
    return _single(speech.number(value, language) for value in range(100, 1000, 100))


def _days(language: Language) -> list[str]:
    """Days of a month as they stand in a date and as they are counted: "dwunastego", "dwunasty"."""
    dates = (speech.day(date(2024, 1, day), language) for day in range(1, 32))
    counted = (numerals.ordinal(day, language).replace("-", " ") for day in range(1, 32))
    return _single([*(" ".join(text.split()[:3]) for text in dates), *counted])


def _months(language: Language) -> list[str]:
    calendar = CALENDARS[language]
    nominative = _NOMINATIVE_MONTHS.get(language, ())
    return [*calendar.months, *nominative]


def _years(language: Language) -> list[str]:
    dates = (speech.day(date(year, 1, 1), language) for year in range(1915, 2031))
    return _single([*dates, *_tens(language), *_digits(language)])


def _weekdays(language: Language) -> list[str]:
    calendar = CALENDARS[language]
    return [*calendar.days, *calendar.on_days, *_NEAR[language]]


def _hours(language: Language) -> list[str]:
    on_clock = [datetime(2024, 1, 1, hour, minute, tzinfo=UTC) for hour in range(7, 21) for minute in (0, 15, 30, 45)]
    said = [form for at in on_clock for form in (str(speech.moment(at, language)).split(",")[-1], speech.hour(at, language))]
    return _single(said)


_NOMINATIVE_MONTHS: Final[Mapping[str, tuple[str, ...]]] = {
    "pl": (
        *("styczeń", "luty", "marzec", "kwiecień", "maj", "czerwiec"),
        *("lipiec", "sierpień", "wrzesień", "październik", "listopad", "grudzień"),
    ),
}
_NEAR: Final[Mapping[str, tuple[str, ...]]] = {
    "pl": ("dzisiaj", "dziś", "jutro", "pojutrze"), "uk": ("сьогодні", "завтра", "післязавтра"), "en": ("today", "tomorrow"),
}  # fmt: skip
NUMBERS: Final[Mapping[str, Callable[[Language], list[str]]]] = {
    "digits": _digits, "tens": _tens, "hundreds": _hundreds, "days": _days, "months": _months, "years": _years,
    "weekdays": _weekdays, "hours": _hours,
}  # fmt: skip
