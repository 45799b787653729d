"""What a new training message must not repeat: the training data as it stands, and the sets that judge what was learnt.

The sets are no part of an installation, so only digests of their messages are here: enough to keep clear of them, nothing to learn from.
"""

from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from dialogs.project.nlu_file import normalised
from dialogs.understanding import corpus

HELD_OUT: Final = Path(__file__).resolve().parent.parent / "data" / "held_out.txt"
_LENGTH: Final = 12  # hexadecimal digits: a stranger among some thousands is met once in tens of thousands of millions


@cache
def trained() -> dict[str, frozenset[str]]:
    """The intents that a wording stands under in the training data, by the normalised wording."""
    found: dict[str, set[str]] = {}
    for example in corpus.examples():
        found.setdefault(normalised(example.text), set()).add(example.intent)
    return {wording: frozenset(intents) for wording, intents in found.items()}


def is_held_out(text: str) -> bool:
    """Whether a set that judges holds a message with these words."""
    return digest(text) in _held_out()


@cache
def _held_out() -> frozenset[str]:
    return frozenset(HELD_OUT.read_text(encoding="ascii").split())


def digest(text: str) -> str:
    """What a message is known by in the list of those that judge."""
    return sha256(normalised(text).encode()).hexdigest()[:_LENGTH]


def digests(texts: Iterable[str]) -> str:
    """The list of these texts, as it stands in HELD_OUT."""
    return "".join(f"{one}\n" for one in sorted({digest(text) for text in texts}))
