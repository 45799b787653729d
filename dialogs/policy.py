"""What to do next: what was understood, what was asked and what stands open decide one action. Pure: no I/O, no clock.

A visit lost by a wrong reading is the worst error there is, a question too many the cheap one (D7): whatever is doubtful is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from dialogs.knowledge import TOPICS
from dialogs.understanding.reading import Asked, Reading
from registry.catalogue import POLICY
from registry.rules import keeps_place, local_date

if TYPE_CHECKING:  # their shape only: the module that asks the database for them stays out of here
    from registry.standing import Addressee, StandingVisit

Purpose = Literal["cancel", "confirm", "info"]


@dataclass(frozen=True, slots=True)
class Question:
    """The last thing that this address was asked or told: what an answer is about."""

    asks: Asked = "nothing"
    about: int | None = None
    purpose: Purpose | None = None
    choices: tuple[int, ...] = ()
    misunderstood: int = 0  # how often in a row we had to say that we did not understand


@dataclass(frozen=True, slots=True)
class Decision:
    """An action's name and what it acts on. `say` is the text to answer with where the action itself writes none."""

    action: str
    visit: StandingVisit | None = None
    say: str | None = None
    asks: str | None = None
    purpose: Purpose | None = None
    choices: tuple[StandingVisit, ...] = ()
    task: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """What a handler decides on."""

    reading: Reading
    question: Question
    people: Addressee
    reads_back: bool = False


def say(text: str, visit: StandingVisit | None = None, **more: Any) -> Decision:
    """Only answer; nothing in the registry changes."""
    return Decision("say", visit, text, **more)


def ask(text: str, visit: StandingVisit, purpose: Purpose) -> Decision:
    """A question to be answered with yes or no."""
    return Decision("say", visit, text, asks="yes_no", purpose=purpose)


def asked_now(question: Question, people: Addressee) -> Asked:
    """What the last question still asks: nothing, once the visit or the offer that it was about is gone."""
    wanted = {"reminder": "open", "offer": "offer", "yes_no": "open"}.get(question.asks)
    if wanted is None:
        return question.asks
    return question.asks if any(visit.id == question.about for visit in people.those(wanted)) else "nothing"  # type: ignore[arg-type]


def decide(reading: Reading, question: Question, people: Addressee, *, reads_back: bool = False) -> Decision:
    """The one action of this turn; where the channel reads back (D6), a cancellation is asked for once more before it happens."""
    if not people.known:
        return _stranger(reading)
    if asked_now(question, people) == "which_visit" and _names_one(reading) and reading.intent in CHOOSING:
        return _chosen(Case(reading, question, people, reads_back))
    return HANDLERS.get(reading.intent, _not_understood)(Case(reading, question, people, reads_back))


def _names_one(reading: Reading) -> bool:
    return any(key in reading.entities for key in ("choice", "date", "weekday"))


def _stranger(reading: Reading) -> Decision:
    if reading.intent == "ask_faq" and (topic := _topic(reading)) is not None:
        return say("question_answered", extra={"topic": topic})  # general information is for anyone (D12)
    return say("emergency") if reading.intent == "emergency" else say("unknown_number")


def _cancel(case: Case) -> Decision:
    visits = case.people.those("open")
    if not visits:
        return _nothing_to_cancel(case)
    visit = _meant(case.reading, case.question, visits)
    if visit is None:
        return _which(visits, "cancel")
    unheard = case.reads_back and not _was_asked(case.question, visit)
    doubtful = unheard or case.reading.question or _names_another(case.reading, visit)
    if doubtful or (len(visits) == 1 and _about_something_else(case.question, visit)):
        return _ask_cancel(visit)
    return _cancel_now(visit, warned=_was_asked(case.question, visit))


def _was_asked(question: Question, visit: StandingVisit) -> bool:
    return question.asks == "yes_no" and question.purpose == "cancel" and question.about == visit.id


def _ask_cancel(visit: StandingVisit) -> Decision:
    return ask("ask_cancel" if _keeps(visit) else "returns_warning", visit, "cancel")


def _cancel_now(visit: StandingVisit, *, warned: bool) -> Decision:
    """The third visit given up costs the place in the queue: said before it happens (D1)."""
    if not warned and not _keeps(visit):
        return ask("returns_warning", visit, "cancel")
    return Decision("cancel_visit", visit)


def _keeps(visit: StandingVisit) -> bool:
    return visit.entry_id is None or keeps_place(visit.returns + 1, POLICY)


def _about_something_else(question: Question, visit: StandingVisit) -> bool:
    """The last message to this address told of another visit: an answer to that one must not touch this one (R102)."""
    return question.about is not None and question.about != visit.id


def _nothing_to_cancel(case: Case) -> Decision:
    if offers := case.people.those("offer"):
        return Decision("decline_offer", offers[0])
    if gone := case.people.those("undoable", "cancelled"):
        return say("already_cancelled", gone[-1])
    if past := case.people.those("past"):
        return say("visit_past", past[-1])
    return say("no_open_visit")


def _which(visits: tuple[StandingVisit, ...], purpose: Purpose) -> Decision:
    return Decision("say", None, "which_visit", asks="which_visit", purpose=purpose, choices=visits)


def _meant(reading: Reading, question: Question, visits: tuple[StandingVisit, ...]) -> StandingVisit | None:
    """The one visit that is meant: the only one, the one chosen by number, or the one whose day was named; else None (X8)."""
    if len(visits) == 1:
        return visits[0]
    choice = reading.entities.get("choice")
    if question.asks == "which_visit" and isinstance(choice, int):
        return _by_number(choice, question.choices, visits)
    named = [visit for visit in visits if _names(reading, visit)]
    return named[0] if len(named) == 1 else None


def _about(case: Case, visits: tuple[StandingVisit, ...]) -> StandingVisit | None:
    """Of these visits, the one that the last message to this address was about."""
    return next((one for one in visits if one.id == case.question.about), None)


def _names_another(reading: Reading, visit: StandingVisit) -> bool:
    """A day was named, and it is not this visit's: the writer may mean something else altogether (D7)."""
    return ("date" in reading.entities or "weekday" in reading.entities) and not _names(reading, visit)


def _by_number(choice: int, choices: tuple[int, ...], visits: tuple[StandingVisit, ...]) -> StandingVisit | None:
    """Number n of the choices that were listed, -1 the last of them; None for a number that was not on the list."""
    position = len(choices) if choice == -1 else choice
    if not 0 < position <= len(choices):
        return None
    return next((visit for visit in visits if visit.id == choices[position - 1]), None)


def _names(reading: Reading, visit: StandingVisit) -> bool:
    day = local_date(visit.starts_at)
    said = reading.entities.get("date")
    if said is not None:
        return bool(said == day.isoformat())
    return bool(reading.entities.get("weekday") == day.isoweekday())


def _confirm(case: Case) -> Decision:
    if case.question.asks == "offer" and asked_now(case.question, case.people) == "offer":
        return _accept(case)
    visits = case.people.those("open")
    if not visits:
        return _accept(case) if case.people.those("offer", "offer_ended") else _nothing_to_cancel(case)
    visit = _about(case, visits) or _meant(case.reading, case.question, visits)
    if visit is None:
        return _which(visits, "confirm")
    if case.reading.question:
        return Decision("say", visit, "ask_confirm_or_cancel", asks="reminder")
    return Decision("confirm_visit", visit)


def _affirm(case: Case) -> Decision:
    asked = asked_now(case.question, case.people)
    if asked == "offer":
        return _accept(case)
    visit = _about(case, case.people.those("open"))
    if asked == "yes_no" and visit is not None and case.question.purpose == "cancel":
        return _cancel_now(visit, warned=True) if not case.reading.question else _ask_cancel(visit)
    if asked == "which_visit":
        return _chosen(case)
    if case.question.asks == "offer":
        return _accept(case)
    return _confirm(case)


def _deny(case: Case) -> Decision:
    asked = asked_now(case.question, case.people)
    if asked == "offer":
        return _decline(case)
    visits = case.people.those("open")
    visit = _about(case, visits) or (_meant(case.reading, case.question, visits) if visits else None)
    if asked == "yes_no" and visit is not None:
        return Decision("say", visit, "kept")
    if visit is not None:
        return Decision("say", visit, "ask_confirm_or_cancel", asks="reminder")
    return _which(visits, "cancel") if visits else _nothing_to_cancel(case)


def _chosen(case: Case) -> Decision:
    """The answer to "which visit?"; anything but one clear choice is asked again."""
    visits = case.people.those("open")
    visit = _meant(case.reading, case.question, visits) if visits else None
    if visit is None:
        return _which(visits, case.question.purpose or "cancel") if visits else _nothing_to_cancel(case)
    if case.question.purpose == "cancel":
        return _ask_cancel(visit) if case.reads_back else _cancel_now(visit, warned=False)
    if case.question.purpose == "info":
        return Decision("say", visit, "where_when")
    return Decision("confirm_visit", visit)


def _accept(case: Case) -> Decision:
    offers = case.people.those("offer")
    if not offers:
        return _offer_gone(case.people)
    offer = _about(case, offers) or (offers[0] if len(offers) == 1 else None)
    if offer is None or case.reading.question:
        return Decision("say", offer or offers[0], "ask_offer", asks="offer")
    return Decision("accept_offer", offer)


def _decline(case: Case) -> Decision:
    offers = case.people.those("offer")
    if not offers:
        return _offer_gone(case.people)
    offer = _about(case, offers) or offers[0]
    return Decision("say", offer, "ask_offer", asks="offer") if case.reading.question else Decision("decline_offer", offer)


def _offer_gone(people: Addressee) -> Decision:
    ended = people.those("offer_ended")
    return say("offer_gone", ended[-1]) if ended else say("no_open_offer")


def _undo(case: Case) -> Decision:
    undoable = case.people.those("undoable")
    if len(undoable) == 1:
        return Decision("undo_cancellation", undoable[0])
    if undoable:
        mine = _about(case, undoable) or undoable[-1]
        return Decision("undo_cancellation", mine)
    cancelled = case.people.those("cancelled")
    return say("undo_too_late", cancelled[-1]) if cancelled else say("nothing_to_undo")


def _leave(case: Case) -> Decision:
    """Only a clear word ends the wait; with a visit in hand there is nothing to leave, so it is asked what is meant (R55)."""
    undoable = case.people.those("undoable")
    if case.reading.question and (case.people.waiting or undoable):
        return say("poczekalnia_help")
    if len(undoable) == 1 and not case.people.waiting:
        return Decision("leave_after_cancelling", undoable[0])
    if len(case.people.waiting) == 1:
        return Decision("leave_waiting_room")
    if len(case.people.waiting) > 1:
        return say("request_human", task="leave_waiting_room")
    if case.people.those("open"):
        return _cancel(replace(case, reading=replace(case.reading, question=True)))
    return say("not_in_waiting_room")


def _visit_info(case: Case) -> Decision:
    visits = case.people.those("open")
    if not visits:
        return _estimate(case) if case.people.waiting else say("no_open_visit")
    visit = _meant(case.reading, case.question, visits)
    return _which(visits, "info") if visit is None else say("where_when", visit)


def _estimate(case: Case) -> Decision:
    return say("waiting_room_status") if case.people.waiting else _visit_info(case)


def _change(case: Case) -> Decision:
    """A wish for another date never gives the present one up."""
    visits = case.people.those("open")
    if not visits:
        return say("book_how")
    visit = _about(case, visits) or visits[0]
    return say("control_how" if visit.visit_type == "control" else "change_how", visit)


def _faq(case: Case) -> Decision:
    if case.reading.entities.get("topic") == "medical_advice":
        return say("medical_advice")
    visits = case.people.those("open")
    topic = _topic(case.reading)
    if topic is not None:
        task = "question" if case.reading.entities.get("topic") == "visit_not_seen" else None  # R116: somebody looks into it
        text, visit = ("question_answered_kept", visits[0]) if visits else ("question_answered", None)
        return say(text, visit, task=task, extra={"topic": topic})
    return say("question_unanswered", visits[0], task="question") if visits else say("request_human", task="question")


def _topic(reading: Reading) -> str | None:
    """The topic that there is an answer to, if the question has one (R141)."""
    topic = {"visit_not_seen": "clinic_does_not_see"}.get(reading.entities.get("topic", ""), reading.entities.get("topic"))
    return topic if topic in TOPICS else None


def _join(case: Case) -> Decision:
    return say("waiting_room_status") if case.people.waiting else say("book_how")


def _not_understood(case: Case) -> Decision:
    """Say so twice, then be silent and call a person: two machines must not write to each other for ever."""
    if case.reading.entities.get("automatic"):
        return Decision("nothing")
    if case.question.misunderstood >= 2:
        return Decision("hand_over", task="not_understood")
    visits = case.people.those("open")
    if len(visits) == 1 and case.reading.question:
        return Decision("say", visits[0], "ask_confirm_or_cancel", asks="reminder", extra={"misunderstood": True})
    return say("not_understood", extra={"misunderstood": True})


def _only(text: str, task: str | None = None) -> Callable[[Case], Decision]:
    return lambda _: say(text, task=task)


CHOOSING = frozenset({"inform", "affirm", "deny", "nlu_fallback", "ask_visit", "edit_criteria", "change_visit"})

HANDLERS: dict[str, Callable[[Case], Decision]] = {
    "cancel_visit": _cancel,
    "confirm_visit": _confirm,
    "affirm": _affirm,
    "deny": _deny,
    "accept_offer": _accept,
    "decline_offer": _decline,
    "undo": _undo,
    "leave_waiting_room": _leave,
    "join_waiting_room": _join,
    "ask_visit": _visit_info,
    "repeat": _visit_info,
    "ask_estimate": _estimate,
    "change_visit": _change,
    "edit_criteria": _only("request_human", "edit_criteria"),
    "book_visit": _only("book_how"),
    "ask_faq": _faq,
    "emergency": _only("emergency", "emergency"),
    "medical_advice": _only("medical_advice"),
    "report_death": lambda _: Decision("report_death", task="report_death"),
    "wrong_person": lambda _: Decision("wrong_person", task="wrong_person"),
    "opt_out": lambda _: Decision("opt_out"),
    "opt_in": lambda _: Decision("opt_in"),
    "request_human": _only("request_human", "request_human"),
    "greet": _only("greeting"),
    "thank": lambda _: Decision("nothing"),
}
