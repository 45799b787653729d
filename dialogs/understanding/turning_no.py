"""A "no" that may turn a message though the grammar has put it on nothing: glued, mistyped, told to us, alone between commas (D7).

Whoever believes a cancellation against the grammar's hesitation asks here first.
"""

from itertools import pairwise
from typing import Final

from dialogs.understanding.acts import Parsed
from dialogs.understanding.clauses import CANCEL
from dialogs.understanding.visit_acts.doubts import NEARLY_NO

TOLD_TO: Final = ("cie", "йте", "ajmy")
"""Endings of what we are told to do."""
_GLUED: Final = 6


def forbidden(parts: Parsed) -> bool:
    """On what we are told to do: "не відписуйте"."""
    return any(first.has("neg", "never") and second.text.endswith(TOLD_TO) for first, second in pairwise(parts.words))


def glued(parts: Parsed) -> bool:
    """ "Termin niezmieniony": a long word without a sense that begins with a "nie"."""
    return any(word.text.startswith(("nie", "не")) and not word.tags and len(word.text) > _GLUED for word in parts.words)


def nearly(parts: Parsed) -> bool:
    """ "Niaodwołuję", taken apart: a word one letter from "nie" right before one of cancelling."""
    return any(first.text in NEARLY_NO and second.has(*CANCEL) for first, second in pairwise(parts.words))


def mistyped(parts: Parsed) -> bool:
    """ "Ne chcę, odwoływać": a "no" with a slip beside a word of cancelling, which may be on it whatever stands between them."""
    return any(word.slipped for word in parts.words) and any(word.has(*CANCEL) for word in parts.words)


def alone(parts: Parsed) -> bool:
    """ "Nie, anulować …": a clause of nothing else; its comma may be a slip."""
    return any(all(word.has("neg", "no", "never") for word in clause.words) for clause in parts.clauses)
