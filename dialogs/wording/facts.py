"""What a text may be told: one list of facts for every text, language and channel, and what each is called in a text.

A caller gives facts (a moment, a clinic, a number of seconds); a text names placeholders. Each placeholder says which
facts it is made of, so that a text with a fact missing fails loudly before anything is sent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal, TypedDict

Language = Literal["pl", "uk", "en"]
Channel = Literal["sms", "voice", "chat", "email"]
LANGUAGES: Final[tuple[Language, ...]] = ("pl", "uk", "en")
CHANNELS: Final[tuple[Channel, ...]] = ("sms", "voice", "chat", "email")


@dataclass(frozen=True, slots=True)
class Option:
    """One of several open visits, told apart without a name: initials and the moment (X8)."""

    initials: str
    start: datetime


@dataclass(frozen=True, slots=True)
class FreeDate:
    """One of the dates to choose from: when and where."""

    start: datetime
    clinic: str
    street: str
    city: str


class Facts(TypedDict, total=False):
    """Everything a text can say. Moments are timezone-aware and are shown as Warsaw wall time (X17)."""

    start: datetime  # the visit
    old_start: datetime  # the visit before it was moved
    deadline: datetime  # the last moment to answer an offer (D5)
    clinic: str  # the name in full; shortened here where there is no room
    street: str  # with the number: "ul. Gen. Józefa Hallera 123A lok. 45"
    city: str
    phone: str  # the clinic's, E.164 or national
    service: str  # the catalogue's code: CARDIO_FIRST, MAMMO … (names: texts/<language>/services.yml)
    initials: str  # "J.K."
    options: Sequence[Option]  # open visits in the order of their numbers 1, 2 … (X8)
    dates: Sequence[FreeDate]  # free dates in the order of their numbers 1, 2 … (R29)
    day: date  # from which something can be done
    undo_seconds: int | None  # how long COFNIJ still works (D6); None: this cancellation cannot be undone
    estimate: date | None  # waiting room: the likely date (R65 R66); None: cannot be estimated
    estimate_late: date | None  # waiting room: the date by which nine of ten have their visit; None with `estimate`
    lock_minutes: int  # how long an identity is locked after wrong tries (D12)
    answer: str  # the answer to a question, found in the knowledge base


# Placeholder -> the facts that it is made of. A fragment is a sentence that stands only when its facts are not None;
# its words are the text of the same name.
PLACEHOLDERS: Final[Mapping[str, tuple[str, ...]]] = {
    "when": ("start",),
    "old_when": ("old_start",),
    "until": ("deadline",),
    "place": ("clinic", "street", "city"),
    "address": ("street", "city"),
    "clinic": ("clinic",),
    "phone": ("phone",),
    "service": ("service",),
    "initials": ("initials",),
    "options": ("options",),
    "dates": ("dates",),
    "day": ("day",),
    "undo": ("undo_seconds",),
    "about": ("estimate",),
    "latest": ("estimate_late",),
    "lock": ("lock_minutes",),
    "answer": ("answer",),
    "undo_offer": ("undo_seconds",),
    "estimate_note": ("estimate", "estimate_late"),
}
FRAGMENTS: Final = frozenset({"undo_offer", "estimate_note"})
INSTEAD: Final[Mapping[str, str]] = {"estimate_note": "estimate_unknown"}  # what a fragment's place says when its facts are None


class MissingFact(KeyError):
    """A text needs a fact that was not given."""

    def __init__(self, key: str, missing: Sequence[str]) -> None:
        super().__init__(key, *missing)
        self.key, self.missing = key, tuple(missing)

    def __str__(self) -> str:
        return f"the text {self.key!r} needs {', '.join(self.missing)}"


class UnknownText(KeyError):
    """No text has this key, language or channel."""

    def __str__(self) -> str:
        return str(self.args[0])


def needed(placeholders: frozenset[str]) -> tuple[str, ...]:
    """The names of the facts behind these placeholders, in the order of `Facts`."""
    wanted = {fact for name in placeholders for fact in PLACEHOLDERS[name]}
    return tuple(fact for fact in Facts.__annotations__ if fact in wanted)


def check(key: str, placeholders: frozenset[str], facts: Mapping[str, Any]) -> None:
    """Raise MissingFact when a fact is absent, or is None outside a fragment."""
    strict = set(needed(placeholders - FRAGMENTS))
    absent = [name for name in needed(placeholders) if name not in facts]
    empty = [name for name in strict if name in facts and facts[name] is None]
    if absent or empty:
        raise MissingFact(key, [*absent, *sorted(empty)])
