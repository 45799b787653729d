"""Which words a model must know, whatever else it knows: all that any question can be answered with."""

from collections.abc import Iterable
from pathlib import Path

from voice_models.dialogue_texts import dialogue_texts
from voice_models.g2p import pronounce
from voice_models.questions import listed, questions
from voice_models.spoken_words import LETTER_NAMES
from voice_models.training import numbers


def names() -> list[str]:
    """First names, surnames and towns."""
    return [entry for name in ("first_names", "surnames", "towns") for entry in listed(name)]


def needed_words(dialogues: Iterable[Path]) -> list[str]:
    """Words of our lists, of the questions, of numbers and dates, letters' names, and of the dialogues' files, sorted."""
    texts = [*dialogue_texts(dialogues), *listed("answers"), *listed("fillers"), *listed("sentences"), *names()]
    texts += [answer for question in questions() for answer in question.answers]
    words = {word for text in texts for word in text.split()} | numbers.words() | set(LETTER_NAMES)
    return sorted(word for word in words if pronounce(word))


def free_texts(dialogues: Iterable[Path]) -> tuple[str, ...]:
    """The texts that the grammar without a word list is estimated from, each once."""
    return tuple(dict.fromkeys([*dialogue_texts(dialogues), *listed("answers"), *listed("sentences")]))
