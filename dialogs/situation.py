"""What a message meets: what was asked, what stands open for its writer, and whether its reading is beyond doubt. Pure.

Everything that decides is brought into a few words, the categorical slots of the domain; rules.yml says what follows from them.
A visit lost by a wrong reading is the worst error there is, a question too many the cheap one (D7): in doubt the word is `doubtful`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from dialogs.understanding.opinion import UNSURE
from dialogs.understanding.reading import Asked, Reading
from registry.catalogue import POLICY
from registry.permissions import Level
from registry.rules import keeps_place, local_date

if TYPE_CHECKING:  # their shape only: the module that asks the database for them stays out of here
    from registry.standing import Addressee, StandingVisit

Purpose = Literal["cancel", "confirm", "info", "leave", "book", "join", "change", "slot", "call_back"]
OFTEN: Final = 2  # after so many messages in a row that were not understood a person takes over
READS_BACK: Final = ("voice", "chat")  # D6: these channels confirm before they cancel
# What the model tells apart and the reading folds into a question: the domain has intents of their own for them.
UNFOLDED: Final = {"medical_advice": "ask_medical", "visit_not_seen": "visit_not_seen"}
CHOOSING: Final = frozenset({"inform", "affirm", "deny", "nlu_fallback", "ask_visit", "edit_criteria", "change_visit"})
OF_DATES: Final = CHOOSING | {"accept_offer", "decline_offer", "confirm_visit", "book_visit"}  # said of the dates that were listed
_FOLDED_INTO: Final = ("ask_faq", "nlu_fallback")
NUMBERS: Final = ("pesel", "referral_code")
YES: Final = ("affirm", "confirm_visit")
INSTEAD: Final[Mapping[str, tuple[str, ...]]] = {  # what else an intent can be about where no visit is open, first things first
    "cancel_visit": ("offer", "undoable", "cancelled", "past"), "deny": ("offer", "undoable", "cancelled", "past"),
    "confirm_visit": ("offer", "offer_ended", "undoable", "cancelled", "past"),
    "affirm": ("offer", "offer_ended", "undoable", "cancelled", "past"), "inform": ("offer", "undoable", "cancelled", "past"),
    "undo": ("undoable", "cancelled"), "leave_waiting_room": ("undoable",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """The last thing that this address was asked or told: what an answer is about."""

    asks: Asked = "nothing"
    about: int | None = None
    purpose: Purpose | None = None
    choices: tuple[int, ...] = ()
    misunderstood: int = 0  # how often in a row we had to say that we did not understand


@dataclass(frozen=True, slots=True)
class Case:
    """What is known when a message comes: its reading, the question before it, the people and visits behind its address.

    `field` is the form's question that it may answer; `level` is how well the writer is identified.
    """

    reading: Reading
    question: Question
    people: Addressee
    channel: str = "sms"
    level: Level = Level.ANYONE
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """A case in the domain's words, with the visit, the offer and the visit given up that it is about."""

    intent: str
    facts: Mapping[str, str]
    visit: StandingVisit | None = None
    offer: StandingVisit | None = None
    gone: StandingVisit | None = None
    open: tuple[StandingVisit, ...] = field(default=())


def asked_now(question: Question, people: Addressee) -> Asked:
    """What the last question still asks: nothing, once the visit or the offer that it was about is gone."""
    wanted = {"reminder": "open", "offer": "offer", "yes_no": "open"}.get(question.asks)
    if wanted is None or question.purpose in ("leave", "book", "join", "change", "slot", "call_back"):
        return question.asks
    return question.asks if any(visit.id == question.about for visit in people.those(wanted)) else "nothing"  # type: ignore[arg-type]


def situation_of(case: Case) -> Situation:
    """The case in the words that rules are written in."""
    intent = _intent(case)
    visits, offers = case.people.those("open"), case.people.those("offer")
    visit = _meant(case, intent, visits) if visits else None
    offer = _about(case, offers) or (offers[0] if len(offers) == 1 else None)
    facts = {
        "asked": _asked(case, intent),
        "visit": "clear" if visit else "unclear" if visits else "none",
        "kind": visit.visit_type if visit else "none",
        "sure": _sure(case, intent, visit),
        "place": "loses" if visit and not _keeps(visit) and not _was_asked(case.question, visit) else "keeps",
        "offer": _offer(case, offer),
        "waiting": ("none", "one", "many")[min(len(case.people.waiting), 2)],
        "instead": _instead(case, intent),
        "level": "code" if case.level >= Level.CODE else "less",
        "service": _service(case.reading),
        "misunderstood": _misunderstood(case),
    }
    return Situation(intent, facts, visit, offer, _gone(case), visits)


def _intent(case: Case) -> str:
    reading = case.reading
    if not case.field and asked_now(case.question, case.people) == "which_visit" and _chooses(case):
        return "inform"
    if case.field in NUMBERS and reading.question and reading.intent in _LACKS:
        return "deny"
    topic = str(reading.entities.get("topic", "")) if reading.intent in _FOLDED_INTO else ""
    if reading.intent == UNSURE:
        return "cancel_visit"  # and doubtful, see _sure
    return UNFOLDED.get(topic, reading.intent)


_LACKS: Final = frozenset({"wrong_person", "decline_offer", "leave_waiting_room"})  # "I have no code", in doubt


def _chooses(case: Case) -> bool:
    """Whether the message picks one of what was listed, or fails to; a bare yes is no choice, and is asked again."""
    reading = case.reading
    if case.question.purpose == "slot":
        return reading.intent in OF_DATES
    return reading.intent == "affirm" or (reading.intent in CHOOSING and _names_one(reading))


def _names_one(reading: Reading) -> bool:
    return any(key in reading.entities for key in ("choice", "date", "weekday"))


def _asked(case: Case, intent: str) -> str:
    """What a yes, a no or a choice answers; `nothing` where the intent speaks for itself."""
    question, live = case.question, asked_now(case.question, case.people)
    if case.field and intent in ("affirm", "deny"):
        return "form"
    if intent in ("accept_offer", "decline_offer"):
        return "offer"
    if intent == "inform":
        wanted = {"confirm": "which_to_confirm", "info": "which_to_tell", "slot": "which_date"}
        return wanted.get(question.purpose or "", "which_to_cancel") if live == "which_visit" else "nothing"
    if live == "offer" and intent in (*YES, "deny"):
        return "offer"
    if intent == "affirm" and question.asks == "offer":
        return "offer"
    if live == "yes_no" and intent in ("affirm", "deny"):
        return question.purpose if question.purpose in ("cancel", "leave", "book", "join", "change", "call_back") else "nothing"
    return "nothing"


def _meant(case: Case, intent: str, visits: tuple[StandingVisit, ...]) -> StandingVisit | None:
    """The visit that is meant: for an answer the one that was spoken of, else the only one, the chosen one, the one whose day is named."""
    if intent in (*YES, "deny", "change_visit") and (spoken_of := _about(case, visits)) is not None:
        return spoken_of
    if len(visits) == 1:
        return visits[0]
    choice = case.reading.entities.get("choice")
    if case.question.asks == "which_visit" and isinstance(choice, int):
        return _by_number(choice, case.question.choices, visits)
    named = [visit for visit in visits if _names(case.reading, visit)]
    return named[0] if len(named) == 1 else None


def _about(case: Case, visits: tuple[StandingVisit, ...]) -> StandingVisit | None:
    """Of these visits, the one that the last message to this address was about."""
    return next((one for one in visits if one.id == case.question.about), None)


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


def _names_another(reading: Reading, visit: StandingVisit) -> bool:
    """A day was named, and it is not this visit's: the writer may mean something else altogether (D7)."""
    return ("date" in reading.entities or "weekday" in reading.entities) and not _names(reading, visit)


def _sure(case: Case, intent: str, visit: StandingVisit | None) -> str:
    """Whether the message may be acted upon at once (D7), or only after it was read back (D6)."""
    if intent == "inform":
        return "read_back" if case.channel in READS_BACK else "certain"
    if case.reading.question or case.reading.intent == UNSURE:
        return "doubtful"
    if intent == "cancel_visit" and visit is not None:
        if _names_another(case.reading, visit) or _about_something_else(case, visit):
            return "doubtful"
        return "read_back" if case.channel in READS_BACK and not _was_asked(case.question, visit) else "certain"
    if intent == "leave_waiting_room" and case.channel in READS_BACK and case.question.purpose != "leave":
        return "read_back"
    return "certain"


def _about_something_else(case: Case, visit: StandingVisit) -> bool:
    """The last message to this address told of another visit: an answer to that one must not touch this one (R102)."""
    only_one = len(case.people.those("open")) == 1
    return only_one and case.question.about is not None and case.question.about != visit.id


def _was_asked(question: Question, visit: StandingVisit) -> bool:
    return question.asks == "yes_no" and question.purpose == "cancel" and question.about == visit.id


def _keeps(visit: StandingVisit) -> bool:
    """Giving this visit up costs no place in the queue (D1)."""
    return visit.entry_id is None or keeps_place(visit.returns + 1, POLICY)


def _offer(case: Case, offer: StandingVisit | None) -> str:
    if offer is not None:
        return "clear"
    return "unclear" if case.people.those("offer") else "ended" if case.people.those("offer_ended") else "none"


def _instead(case: Case, intent: str) -> str:
    for standing in INSTEAD.get(intent, ()):
        if case.people.those(standing):  # type: ignore[arg-type]
            return standing
    if case.people.known:
        return "nothing"
    return "stranger" if case.channel == "sms" else "anonymous"


def _gone(case: Case) -> StandingVisit | None:
    """The visit given up that an undo would restore, or that was given up last; else one that is over."""
    undoable = case.people.those("undoable")
    if undoable:
        return _about(case, undoable) or undoable[-1]
    gone = case.people.those("cancelled") or case.people.those("past")
    return gone[-1] if gone else None


SERVICES: Final = {"mammography": "screening", "cytology": "screening", "hpv_vaccination": "vaccination"}


def _service(reading: Reading) -> str:
    return SERVICES.get(str(reading.entities.get("service", "")), "specialist")


def _misunderstood(case: Case) -> str:
    if case.reading.entities.get("automatic"):
        return "machine"
    if case.question.misunderstood >= OFTEN:
        return "often"
    return "form" if case.field else "first"
