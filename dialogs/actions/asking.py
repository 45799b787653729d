"""Questions that an answer must settle before anything happens (D7), and what is said when a message was not understood."""

from typing import Final

from dialogs.actions.turn import ANSWERED, ASKED, Done, Turn, answer, ask_slot
from registry.catalogue import POLICY
from registry.rules import keeps_place
from registry.standing import StandingVisit

QUESTIONS: Final = {"child_near": "ask_where"}  # slots that are asked for with the words of another


def ask_cancel(turn: Turn) -> Done:
    """Whether this visit is to be cancelled; where it costs the place in the queue, that is said with the question (D1)."""
    return ask_to_cancel(turn, turn.visit)


def ask_to_cancel(turn: Turn, visit: StandingVisit) -> Done:
    """The question about a visit that is named here."""
    keeps = visit.entry_id is None or keeps_place(visit.returns + 1, POLICY)
    answer(turn, "ask_cancel" if keeps else "returns_warning", visit, asks="yes_no", purpose="cancel")
    return ASKED


def ask_confirm_or_cancel(turn: Turn) -> Done:
    """Whether the patient will come."""
    answer(turn, "ask_confirm_or_cancel", turn.visit, asks="reminder")
    return ASKED


def ask_offer(turn: Turn) -> Done:
    """Whether the offered date is wanted."""
    answer(turn, "ask_offer", turn.offer, asks="offer")
    return ASKED


def ask_leave(turn: Turn) -> Done:
    """Whether the wait is to end."""
    answer(turn, "ask_leave", asks="yes_no", purpose="leave")
    return ASKED


def ask_which_to_cancel(turn: Turn) -> Done:
    """Which of several visits is to be cancelled (X8)."""
    return ask_which(turn, "cancel")


def ask_which_to_confirm(turn: Turn) -> Done:
    """Which of several visits is confirmed (X8)."""
    return ask_which(turn, "confirm")


def ask_which_to_tell(turn: Turn) -> Done:
    """Which of several visits is asked about (X8)."""
    return ask_which(turn, "info")


def ask_which(turn: Turn, purpose: str) -> Done:
    """The open visits, numbered, and the question for one of them."""
    answer(turn, "which_visit", asks="which_visit", purpose=purpose, choices=turn.people.those("open"))
    return ASKED


def not_understood(turn: Turn) -> Done:
    """Say so, and keep the question that stands; a question about the only visit is best met by asking what is meant."""
    situation, kept = turn.decision.situation, turn.question
    if len(situation.open) == 1 and turn.case.reading.question and situation.visit is not None:
        answer(turn, "ask_confirm_or_cancel", turn.visit, asks="reminder", misunderstood=kept.misunderstood + 1)
        return ASKED
    answer(
        turn, "not_understood", asks=None if kept.asks == "nothing" else kept.asks, about=kept.about, purpose=kept.purpose,
        misunderstood=kept.misunderstood + 1,
    )  # fmt: skip
    return ANSWERED


def ask_again(turn: Turn) -> Done:
    """Put the same question once more: a form's slot, or a yes or no that was not clear."""
    misses = turn.question.misunderstood + 1
    slot = turn.case.field
    if slot is not None:
        wrong = slot == "pesel" and "pesel_invalid" in turn.case.reading.entities
        return ask_slot(turn, "pesel_wrong" if wrong else QUESTIONS.get(slot, f"ask_{slot}"), slot, misunderstood=misses)
    answer(turn, "ask_yes_or_no", asks="yes_no", purpose=turn.question.purpose, about=turn.question.about, misunderstood=misses)
    return ASKED


def nothing(_: Turn) -> Done:
    """Thanks and automatic answers need no reply."""
    return Done("noted")
