"""What counts as right, as asked back, and as harm, so that every bench judges the sets by the same rules."""

from dataclasses import dataclass
from typing import Any

from tests.dialogs.sets import Message

HARMFUL = frozenset({"cancel_visit", "leave_waiting_room"})
"""A visit or a place in the queue is lost when one of these is read, not asked back, and was not meant."""

DECISIVE = HARMFUL | {
    "accept_offer",
    "confirm_visit",
    "decline_offer",
    "emergency",
    "opt_out",
    "report_death",
    "undo",
    "wrong_person",
}
"""Readings that a bare answer to a form ("12.05.1971") must never get: its intent is null."""

INTENTS = DECISIVE | {
    "affirm",
    "ask_estimate",
    "ask_faq",
    "ask_visit",
    "book_visit",
    "change_visit",
    "deny",
    "edit_criteria",
    "greet",
    "join_waiting_room",
    "nlu_fallback",
    "opt_in",
    "repeat",
    "request_human",
    "thank",
}
ENTITIES = ("date", "hour", "weekday", "postcode", "choice", "pesel", "referral_code")


@dataclass(frozen=True)
class Verdict:
    """`right`: what a patient deserves. `needless`: a clear message was asked back (annoying, harmless)."""

    right: bool
    asked_back: bool
    needless: bool
    harmful: bool
    entities: bool


def judge(message: Message, reading: dict[str, Any]) -> Verdict:
    """`reading` is one object of `cer interpret`: intent, question, entities (a value or a list of them)."""
    asked_back = bool(reading["question"]) or reading["intent"] == "nlu_fallback"
    meant = _is_meant(message["intent"], reading["intent"])
    expected = message["question"]
    return Verdict(
        right=_is_right(expected, meant=meant, asked_back=asked_back),
        asked_back=asked_back,
        needless=expected is False and asked_back,
        harmful=reading["intent"] in HARMFUL and not asked_back and (expected is True or not meant),
        entities=_entities_agree(message, reading.get("entities", {})),
    )


def _is_right(expected: bool | str, *, meant: bool, asked_back: bool) -> bool:
    if expected is True:
        return asked_back
    if expected == "either":
        return asked_back or meant
    return meant and not asked_back


def _is_meant(label: str | list[str | None] | None, intent: str) -> bool:
    """An intent of the domain that the issue does not list (say, medical advice) is as good as `nlu_fallback`."""
    labels = label if isinstance(label, list) else [label]
    listed = intent if intent in INTENTS else "nlu_fallback"
    return listed in labels or (None in labels and listed not in DECISIVE)


def _entities_agree(message: Message, found: dict[str, Any]) -> bool:
    """Everything labelled is found with its value; in a clear message nothing else but what `optional` allows."""
    labelled = message["entities"]
    if not all(_agree(label, _values(found.get(name))) for name, label in labelled.items()):
        return False
    extra = [name for name in ENTITIES if name not in labelled and _values(found.get(name))]
    return message["question"] is not False or all(_is_allowed(message, name, found[name]) for name in extra)


def _is_allowed(message: Message, name: str, value: Any) -> bool:
    """`optional` gives the values that may also be read; null where the words are too vague to name one."""
    optional = message.get("optional", {})
    return name in optional and (optional[name] is None or _values(value) <= _values(optional[name]))


def _agree(label: Any, values: set[str]) -> bool:
    if isinstance(label, dict):
        return len(values) == 1 and values <= _values(label)
    return values == _values(label)


def _values(value: Any) -> set[str]:
    if value is None:
        return set()
    if isinstance(value, dict):
        return _values(value["one_of"])
    return {str(each) for each in value} if isinstance(value, list) else {str(value)}
