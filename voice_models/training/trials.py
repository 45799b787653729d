"""What a model is judged on: for each question, answers of held-out voices over a noisy line, and things that
are none.

Clips come from the corpus folders where a held-out voice says just an expected answer, and from espeak-ng's
held-out variants for the rest. The line's noise, 10-30 dB below the voice, is drawn once for each trial:
every model judged on a part hears the same samples.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any, Final

from voice_models.confidence import UNKNOWN
from voice_models.espeak import Espeak
from voice_models.questions import Question, listed, questions
from voice_models.training import numbers
from voice_models.training.clips import DEVELOPMENT, TEST, Clip, Part, clips
from voice_models.training.libraries import numpy as np
from voice_models.training.speech import Line, speak
from voice_models.training.telephone import line, noise_only

SIGNAL_TO_NOISE: Final = (10.0, 30.0)


@dataclass(frozen=True, slots=True)
class Trial:
    """One call: the question, the list given to the recogniser, the answer said (None: none), all that was said, by whom."""

    question: Question
    words: tuple[str, ...]
    said: str | None
    spoken: str
    voice: str
    samples: Any

    @property
    def seconds(self) -> float:
        """Length of the call's audio."""
        return len(self.samples) / 8000


@dataclass(frozen=True)
class Material:
    """Corpus folders of a part of the voices, and how many trials to draw from it; `asked`: only these questions
    (empty: all). Texts, voices and order do not depend on which others are asked; the very
    samples do, because espeak-ng draws its breath anew at each sentence it speaks.
    """

    part: Part
    folders: tuple[Path, ...]
    answers_each: int = 60
    others_each: int = 40
    seed: int = 11
    asked: frozenset[str] = frozenset()

    @cached_property
    def recorded(self) -> list[Clip]:
        """Clips of the part's voices that no variant of espeak-ng speaks: these voices are nearest to people's."""
        return [clip for clip in clips(list(self.folders), self.part) if not clip.voice.startswith("es:")]

    @cached_property
    def variants(self) -> list[str]:
        """espeak-ng variants of the part."""
        voices = DEVELOPMENT if self.part == "development" else TEST
        return sorted(voice for voice in voices if voice.startswith("es:"))


def trials(material: Material) -> Iterator[Trial]:
    """All trials of a part, question by question; the same for the same material."""
    espeak = Espeak()
    for number, question in enumerate(questions()):
        if material.asked and question.name not in material.asked:
            continue
        draw = Random(material.seed * 1000 + number)  # noqa: S311 - not for secrecy
        noise = np.random.default_rng([material.seed, number])
        yield from _answers(material, question, espeak, draw, noise)
        yield from _others(material, question, espeak, draw, noise)


def expected_words(question: Question) -> tuple[str, ...]:
    """The word list for a question, with [unk]: whole answers, or the single words of what is drawn."""
    if not question.kinds:
        return (*question.answers, UNKNOWN)
    draw = Random(1)  # noqa: S311 - not for secrecy
    said = (numbers.KINDS[kind](draw) for kind in question.kinds for _ in range(4000))
    return (*sorted({word for text in said for word in text.split()}), UNKNOWN)


def _answers(material: Material, question: Question, espeak: Espeak, draw: Random, noise: Any) -> Iterator[Trial]:
    words = expected_words(question)
    for clip in _recorded_answers(material, question, words, draw):
        yield Trial(question, words, clip.text, clip.text, clip.voice, _called(clip.samples(), material, noise))
    for number in range(material.answers_each // 2):
        text = _drawn(question, draw)
        spoken = speak(espeak, _line(text, draw.choice(material.variants), number, draw))
        yield Trial(question, words, text, text, "espeak", _called(spoken, material, noise))


def _recorded_answers(material: Material, question: Question, words: tuple[str, ...], draw: Random) -> list[Clip]:
    if question.kinds:
        fitting = [clip for clip in material.recorded if _like(question.kinds[0], clip.text, frozenset(words))]
    else:
        fitting = [clip for clip in material.recorded if clip.text in question.answers]
    return draw.sample(fitting, min(len(fitting), material.answers_each))


def _like(kind: str, text: str, words: frozenset[str]) -> bool:
    """Whether a recorded text could have been drawn as this kind."""
    said = text.split()
    if any(word not in words for word in said):
        return False
    lengths = {"pesel": 11, "pesel_digits": 11, "code": 4, "telephone": 9}
    if kind in lengths:
        return len(said) == lengths[kind] and all(word in numbers.DIGITS for word in said)
    month = any(word in numbers.MONTHS for word in said)
    return {
        "date": month and len(said) in (2, 3),
        "birth": month and len(said) > 4,
        "hour": "zero zero" in text or (said[0].endswith("a") and len(said) > 1 and not month),
        "postcode": len(said) >= 4 and not month and "zero" in said,
        "number": len(said) <= 3 and not month and all(word[-1] != "a" or word == "dwa" for word in said),
    }[kind]


def _others(material: Material, question: Question, espeak: Espeak, draw: Random, noise: Any) -> Iterator[Trial]:
    """Calls that hold no answer to the question: other speech, fillers, noise."""
    words = expected_words(question)
    known = {word for answer in question.answers for word in answer.split()} | set(words)
    strangers = [clip for clip in material.recorded if not known & set(clip.text.split())]
    asides = [text for text in (*listed("sentences"), *listed("fillers")) if not known.issuperset(text.split())]
    for number in range(material.others_each * (3 if question.destructive else 1)):
        kind = number % 4
        if kind < 2 and strangers:
            clip = draw.choice(strangers)
            yield Trial(question, words, None, clip.text, clip.voice, _called(clip.samples(), material, noise))
        elif kind < 3:
            text = draw.choice(asides)
            spoken = speak(espeak, _line(text, draw.choice(material.variants), number, draw))
            yield Trial(question, words, None, text, "espeak", _called(spoken, material, noise))
        else:
            yield Trial(question, words, None, "", "noise", _pcm(noise_only(noise)[0]))


def _drawn(question: Question, draw: Random) -> str:
    return numbers.KINDS[draw.choice(question.kinds)](draw) if question.kinds else draw.choice(question.answers)


def _line(text: str, voice: str, number: int, draw: Random) -> Line:
    return Line(f"{number}.wav", text, voice, draw.randint(120, 200), draw.randint(25, 75), draw.randint(30, 80))


def _called(samples: Any, material: Material, noise: Any) -> Any:
    others = material.recorded
    babble = (lambda draw: others[draw.integers(len(others))].samples()) if others else None
    return _pcm(line(samples, noise, decibels=noise.uniform(*SIGNAL_TO_NOISE), others=babble))


def _pcm(samples: Any) -> Any:
    return np.clip(samples, -32768, 32767).astype(np.int16)
