"""The shortest answers: yes, no, fine, thanks, and nothing else in the message."""

import re
from collections.abc import Callable, Sequence

from dialogs.understanding.text import words

Senses = Callable[[str], frozenset[str]]

_YES = "👍✅✔🆗👌🙂😊"
_NO = "👎❌🚫"
_SHORTEST = 5


def short_answer(text: str, senses: Senses) -> str | None:
    """affirm, deny, ok, thank, greet, want, deny_want ("nie chcę"), mixed or unsure ("może") when text is nothing more, else None."""
    tokens = words(_IT_MAY_BE.sub("zgoda", text))
    if not tokens:
        return "affirm" if any(char in _YES for char in text) else "deny" if any(char in _NO for char in text) else None
    kinds = [_kind(token, senses(token)) for token in tokens]
    if None in kinds or len(tokens) > 2 * _SHORTEST:
        return None
    return _of_kinds([kind for kind in kinds if kind])


_OF_COURSE = {"pewnie"}
_IT_MAY_BE = re.compile(r"\b(moze|mogloby) byc\b")
_KINDS = (
    ("yes", "yes"), ("no", "no"), ("no", "neg"), ("no", "never"), ("surely", "surely"), ("ok", "ok"), ("thank", "thanks"),
    ("want", "want.1"), ("greet", "greet"), ("doubt", "doubt"), ("doubt", "if"),
)  # fmt: skip


def _kind(token: str, tags: frozenset[str]) -> str | None:
    if token in _OF_COURSE:
        return "surely"
    for kind, tag in _KINDS:
        if tag in tags and token not in {"ani", "bez", "без"}:
            return kind
    return "" if "filler" in tags or tags == {"clitic"} or "self" in tags else None


def _of_kinds(kinds: Sequence[str]) -> str | None:
    heard = set(kinds)
    if "doubt" in heard:
        return "unsure" if heard <= {"doubt", "greet", "thank"} else None
    if "no" in heard and heard & {"yes", "ok"}:
        return "mixed"
    for kind, answer in (
        ("no", "deny"),
        ("want", "want"),
        ("yes", "affirm"),
        ("surely", "affirm"),
        ("ok", "ok"),
        ("thank", "thank"),
        ("greet", "greet"),
    ):
        if kind in heard:
            return f"{answer}_want" if answer == "deny" and "want" in heard else answer
    return None


_KEYS = {"yes_no": {"1": "affirm", "2": "deny"}, "offer": {"1": "affirm", "2": "deny"}}


def key_pressed(text: str, asked: str, channel: str) -> str | None:
    """A key on the telephone as an answer to a question of yes or no; in a message a digit proves nothing."""
    if channel != "voice":
        return None
    return _KEYS.get(asked, {}).get(text.strip(" #*."))
