"""The shortest answers: yes, no, fine, thanks, and nothing else in the message."""

from collections.abc import Callable, Sequence

from dialogs.understanding.text import words

Senses = Callable[[str], frozenset[str]]

_YES = "👍✅✔🆗👌🙂😊"
_NO = "👎❌🚫"
_SHORTEST = 5


def short_answer(text: str, senses: Senses) -> str | None:
    """affirm, deny, ok, thank, greet or mixed when folded text is nothing more; None when it says anything else."""
    tokens = words(text)
    if not tokens:
        return "affirm" if any(char in _YES for char in text) else "deny" if any(char in _NO for char in text) else None
    kinds = [_kind(token, senses(token)) for token in tokens]
    if None in kinds or len(tokens) > 2 * _SHORTEST:
        return None
    return _of_kinds([kind for kind in kinds if kind])


def _kind(token: str, tags: frozenset[str]) -> str | None:
    for kind, tag in (("yes", "yes"), ("no", "neg"), ("ok", "ok"), ("thank", "thanks")):
        if tag in tags and not (kind == "no" and token in {"ani"}):
            return kind
    return "" if "filler" in tags else None


def _of_kinds(kinds: Sequence[str]) -> str | None:
    heard = set(kinds)
    if {"yes", "no"} <= heard or {"ok", "no"} <= heard:
        return "mixed"
    for kind, answer in (("yes", "affirm"), ("no", "deny"), ("ok", "ok"), ("thank", "thank")):
        if kind in heard:
            return answer
    return "greet"


_KEYS = {"yes_no": {"1": "affirm", "2": "deny"}, "offer": {"1": "affirm", "2": "deny"}}


def key_pressed(text: str, asked: str, channel: str) -> str | None:
    """A key on the telephone as an answer to a question of yes or no; in a message a digit proves nothing."""
    if channel != "voice":
        return None
    return _KEYS.get(asked, {}).get(text.strip(" #*."))
