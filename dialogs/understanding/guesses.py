"""Several guesses of a recogniser: the first valid answer wins, and a contradiction is never acted upon (D7)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dialogs.understanding.reading import Reading

_ALARMS = ("emergency", "report_death")
_KEEPS = {"confirm_visit", "affirm", "accept_offer", "undo", "join_waiting_room"}
_UNDONE_BY = {"cancel_visit", "leave_waiting_room", "decline_offer"}


@dataclass(frozen=True, slots=True)
class Guess:
    """One guess read; `answers` when it validly fills what was asked."""

    reading: Reading
    answers: bool


def best_of(guesses: Sequence[Guess]) -> Reading:
    """One reading of all: an alarm in any guess, else the first valid answer, else the first that is not a fallback."""
    for intent in _ALARMS:
        alarmed = [guess.reading for guess in guesses if guess.reading.intent == intent]
        if alarmed:
            return alarmed[0] if guesses[0].reading.intent == intent else replace(alarmed[0], question=intent == "report_death")
    answering = next((guess.reading for guess in guesses if guess.answers), None)
    if answering is not None:
        return answering
    understood = [guess.reading for guess in guesses if guess.reading.intent != "nlu_fallback"]
    if not understood:
        return guesses[0].reading
    return _agreed(understood[0], understood[1:])


def _agreed(first: Reading, others: Sequence[Reading]) -> Reading:
    contradicted = any(other.intent in _KEEPS for other in others)
    if first.intent in _UNDONE_BY and contradicted and not first.question:
        return replace(first, question=True, confidence=min(first.confidence, 0.6), why=(*first.why, "another guess differs"))
    return first
