"""What is spoken for training, and which words the lexicon holds.

Texts come from lists kept here, from the dialogues' own files (read as data: NLU examples in Rasa's YAML,
wordings), from numbers and dates drawn at random, and from the commonest words of Polish.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Final

from voice_models.dialogue_texts import dialogue_texts
from voice_models.espeak import VARIANTS
from voice_models.g2p import pronounce
from voice_models.questions import listed
from voice_models.spoken_words import LETTER_NAMES
from voice_models.training import numbers
from voice_models.training.libraries import wordfreq
from voice_models.training.speech import Line
from voice_models.training.words import names, needed_words

COMMON_WORDS: Final = 20_000
_DATES: Final = ("date", "birth", "weekday", "hour")


def common_words(count: int = COMMON_WORDS) -> list[str]:
    """The commonest words of Polish that rules can say, by wordfreq."""
    found = wordfreq.top_n_list("pl", count * 2)
    said = (word for word in found if re.fullmatch(r"[a-ząćęłńóśźż]+", word) and pronounce(word))
    return [word for word, _ in zip((w for w in said if len(w) > 1 or w in "aiouwz"), range(count), strict=False)]


def lexicon_words(dialogues: Iterable[Path]) -> list[str]:
    """Every word of a new model, sorted: the needed ones and the commonest."""
    return sorted({*needed_words(dialogues), *common_words()})


def lines_to_speak(count: int, dialogues: Iterable[Path], shares: Mapping[str, float], *, seed: int = 7) -> list[Line]:
    """Draw texts, voices, rates and pitches for espeak-ng. The same for the same arguments.

    `shares`: how much of each of answers, numbers, dates, groups (of a longer number), places, words, sentences. Raises KeyError
    for any other.
    """
    draw = Random(seed)  # noqa: S311 - not for secrecy
    sources = _sources(draw, list(dialogues))
    kinds = draw.choices(list(shares), list(shares.values()), k=count)
    return [_line(number, next(sources[kind]), draw) for number, kind in enumerate(kinds)]


def _line(number: int, text: str, draw: Random) -> Line:
    variant = draw.choice(VARIANTS)
    voice = f"es:pl+{variant}" if variant else "es:pl"
    return Line(f"{number:05}.wav", text, voice, draw.randint(120, 215), draw.randint(15, 85), draw.randint(20, 90))


def _sources(draw: Random, dialogues: list[Path]) -> dict[str, Iterator[str]]:
    answers = [
        *listed("answers"),
        *listed("fillers"),
        *(t for t in dialogue_texts(dialogues) if len(t.split()) <= 12),
    ]
    return {
        "answers": _endless(draw, answers),
        "numbers": (numbers.KINDS[draw.choice(list(numbers.KINDS))](draw) for _ in iter(int, 1)),
        "dates": (numbers.KINDS[draw.choice(_DATES)](draw) for _ in iter(int, 1)),
        "groups": (numbers.group(draw) for _ in iter(int, 1)),
        "places": _joined(draw, [*names(), *LETTER_NAMES], 1, 3),
        "words": _joined(draw, common_words(), 1, 4),
        "sentences": _endless(draw, listed("sentences")),
    }


def _endless(draw: Random, texts: list[str]) -> Iterator[str]:
    while True:
        yield draw.choice(texts)


def _joined(draw: Random, words: list[str], least: int, most: int) -> Iterator[str]:
    while True:
        yield " ".join(draw.sample(words, draw.randint(least, most)))
