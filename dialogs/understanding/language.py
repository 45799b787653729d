"""Which of the three languages a message is in: letters first, then the small words that only one of them has."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping

from dialogs.understanding.text import words

_CYRILLIC = frozenset("абвгдеєжзиіїйклмнопрстуфхцчшщьюяґыэёъ")
_ENGLISH = frozenset(
    [
        "the",
        "i",
        "my",
        "is",
        "am",
        "are",
        "you",
        "it",
        "to",
        "of",
        "for",
        "and",
        "not",
        "can",
        "can't",
        "will",
        "would",
        "could",
        "please",
        "cancel",
        "appointment",
        "visit",
        "yes",
        "no",
        "come",
        "thanks",
        "thank",
        "hello",
        "hi",
        "what",
        "when",
        "where",
        "how",
        "why",
        "who",
        "which",
        "confirm",
        "change",
        "want",
        "need",
        "doctor",
        "tomorrow",
        "today",
        "have",
        "has",
        "had",
        "this",
        "that",
        "with",
        "on",
        "at",
        "be",
        "don't",
        "won't",
        "i'm",
        "i'll",
        "sorry",
        "repeat",
        "date",
        "time",
        "a",
        "an",
        "me",
        "we",
        "us",
        "do",
        "does",
        "did",
        "was",
        "help",
        "human",
        "speak",
        "wrong",
        "number",
        "person",
        "stop",
        "start",
        "ok",
        "okay",
        "right",
        "fine",
        "undo",
        "book",
        "waiting",
        "room",
        "list",
        "leave",
        "join",
        "first",
        "second",
        "one",
        "two",
        "morning",
        "afternoon",
        "evening",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "accept",
        "decline",
        "offer",
        "take",
    ]
)
_POLISH = frozenset(
    [
        "nie",
        "tak",
        "sie",
        "na",
        "i",
        "w",
        "z",
        "do",
        "prosze",
        "wizyta",
        "wizyte",
        "wizyty",
        "odwoluje",
        "odwolac",
        "termin",
        "dzien",
        "dobry",
        "jest",
        "mam",
        "moge",
        "czy",
        "kiedy",
        "gdzie",
        "jak",
        "co",
        "to",
        "ze",
        "przyjde",
        "bede",
        "dziekuje",
        "pan",
        "pani",
        "dla",
        "jestem",
        "o",
        "od",
        "po",
        "za",
        "juz",
        "mnie",
        "mi",
        "jutro",
        "dzisiaj",
        "a",
        "ale",
        "bo",
        "no",
        "stop",
        "start",
        "ok",
    ]
)
_SHARED = frozenset(["a", "i", "to", "on", "do", "no", "stop", "start", "ok", "w"])


class Guesser:
    """Tells Polish from English by the letter groups of the training examples, where no small word does."""

    def __init__(self, texts: Mapping[str, Iterable[str]]) -> None:
        counts = {name: Counter(group for text in own for word in words(text) for group in _groups(word)) for name, own in texts.items()}
        self._known = set().union(*counts.values())
        self._logs = {
            name: {group: math.log((count[group] + 0.5) / (count.total() + 0.5 * len(self._known))) for group in self._known}
            for name, count in counts.items()
        }

    def guess(self, tokens: Iterable[str]) -> str | None:
        """The likelier language of folded words; None when nothing in them is known."""
        groups = [group for token in tokens for group in _groups(token) if group in self._known]
        return max(self._logs, key=lambda name: sum(self._logs[name][group] for group in groups)) if groups else None


def _groups(word: str) -> list[str]:
    padded = f"^{word}$"
    return [padded[place : place + 3] for place in range(len(padded) - 2)]


def language_of(text: str, hint: str | None, guesser: Guesser | None = None) -> str:
    """Language of folded text; the hint (the patient's setting) decides when the words do not."""
    if any(char in _CYRILLIC for char in text):
        return "uk"
    if hint is None and text.strip(" .!") == "no":
        return "en"  # alone it denies; a Pole who says "no" for yes says more
    tokens = [token for token in words(text) if token not in _SHARED]
    english = sum(token in _ENGLISH for token in tokens)
    polish = sum(token in _POLISH for token in tokens)
    if english != polish:
        return "en" if english > polish else "pl"
    guessed = guesser.guess(token for token in tokens if not token.isdigit()) if guesser is not None and hint is None else None
    return hint or guessed or "pl"
