"""What an action is given and what it gives back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from dialogs.forms import ASKS
from dialogs.memory import Memory
from dialogs.notices import worded
from dialogs.policy import Decision
from dialogs.situation import Case, Question
from dialogs.wording import Option
from registry import communications, prospects, tasks
from registry.events import Actor
from registry.standing import Addressee, StandingVisit, Waiting
from registry.waiting_room import Entry

TELL_ESTIMATE = ("waiting_room_status", "joined_waiting_room")

# Texts that put a task on the operators' list with them.
TASKS: Final = {"emergency": "emergency", "request_human": "request_human"}


@dataclass(slots=True)
class Turn:
    """One turn on its way: the open transaction, who wrote, what was decided, what the conversation remembers after it.

    `undo_hold` is D6's, for channels without read-back.
    """

    session: Session
    now: datetime
    channel: str
    address: str
    message_id: int
    language: str
    case: Case
    decision: Decision
    undo_hold: timedelta
    memory: Memory
    acted_on: StandingVisit | None = None
    needs_person: bool = False
    may_ask: bool = False  # the edge can ask SIMP and take the turn anew (R80)

    @property
    def people(self) -> Addressee:
        """Who is reached at the address, and what is open for them."""
        return self.case.people

    @property
    def question(self) -> Question:
        """What was asked before the message."""
        return self.case.question

    @property
    def visit(self) -> StandingVisit:
        """The open visit that is meant."""
        return self._of(self.decision.situation.visit)

    @property
    def offer(self) -> StandingVisit:
        """The offer that is meant; the first one where several are open."""
        offers = self.people.those("offer")
        return self._of(self.decision.situation.offer or (offers[0] if offers else None))

    @property
    def gone(self) -> StandingVisit:
        """The visit that was given up or is over."""
        return self._of(self.decision.situation.gone)

    def _of(self, visit: StandingVisit | None) -> StandingVisit:
        if visit is None:
            raise LookupError(f"{self.decision.action} was decided without a visit")
        self.acted_on = visit
        return visit

    def actor(self, about: StandingVisit | Waiting | None = None) -> Actor:
        """The person at this address, for this visit or place: the patient, or a contact person who answers for him (R9, X9)."""
        kind = "contact_person" if (about or self.people).by_contact_person else "patient"
        return Actor(kind, self.channel, address=self.address, message_id=self.message_id)

    def remember(self, **changes: Any) -> None:
        """Keep something for the next turn."""
        self.memory = replace(self.memory, **changes)

    def task(self, kind: str) -> None:
        """Put this message on the operators' list."""
        self.needs_person = True
        tasks.open_task(
            self.session, kind, f"message {self.message_id}", now=self.now, patient_id=self.people.patient_id,
            message_id=self.message_id,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Done:
    """How the turn ended, in one word for the log."""

    outcome: str


ASKED = Done("asked")
ANSWERED = Done("answered")


def answer(
    turn: Turn, text: str, visit: StandingVisit | None = None, *, asks: str | None = None, purpose: str | None = None,
    choices: tuple[StandingVisit, ...] = (), ids: Sequence[int] = (), misunderstood: int = 0, about: int | None = None, **facts: Any,
) -> int:  # fmt: skip
    """Answer with a text, keeping what it asks for the next turn (D7); the id of the message. `ids` are slots to choose from."""
    turn.acted_on = turn.acted_on or visit
    told = facts_of(visit, choices) | (_estimate(turn) if text in TELL_ESTIMATE else {}) | facts
    body = worded(text, told, language=turn.language, channel=turn.channel)
    kept = {"purpose": purpose, "choices": [one.id for one in choices] or list(ids), "misunderstood": misunderstood}
    return communications.answer(
        turn.session, turn.message_id, channel=turn.channel, address=turn.address, kind=text, body=body, language=turn.language,
        now=turn.now, asks=asks, appointment_id=visit.id if visit else about, **{key: value for key, value in kept.items() if value},
    )  # fmt: skip


def _estimate(turn: Turn) -> dict[str, Any]:
    """The dates of those who wait at this address (R65): of several the latest, which is true of each; None when one has none (R64)."""
    entries = [turn.session.get_one(Entry, one.entry_id) for one in turn.people.waiting]
    told = [prospects.current(turn.session, entry, now=turn.now) for entry in entries]
    likely, late = [one.p50 for one in told if one.p50], [one.p90 for one in told if one.p90]
    if not told or len(likely) < len(told):
        return {"estimate": None, "estimate_late": None}
    return {"estimate": max(likely), "estimate_late": max(late)}


def ask_slot(turn: Turn, text: str, slot: str, visit: StandingVisit | None = None, *, misunderstood: int = 0, **facts: Any) -> Done:
    """Ask for a slot of the form: the very message whose answer the form waits for."""
    question = answer(turn, text, visit, asks=ASKS[slot], misunderstood=misunderstood, **facts)
    turn.remember(requested=slot, question=question, asked_at=turn.now.isoformat(), language=turn.language)
    return ASKED


def facts_of(visit: StandingVisit | None, choices: tuple[StandingVisit, ...] = ()) -> dict[str, Any]:
    """What a text may say about a visit, and the choices there are."""
    facts: dict[str, Any] = {"undo_seconds": None, "estimate": None, "estimate_late": None}
    if choices:
        facts["options"] = [Option(one.initials, one.starts_at) for one in choices]
    if visit is not None:
        facts |= {
            "start": visit.starts_at, "clinic": visit.clinic, "street": visit.street, "city": visit.city, "phone": visit.phone,
            "service": visit.service, "initials": visit.initials,
        }  # fmt: skip
        facts |= {"deadline": visit.expires_at} if visit.expires_at else {}
    return facts


def say(turn: Turn, text: str) -> Done:
    """Answer with a text that needs no more than the visit it is about, if any."""
    situation = turn.decision.situation
    ended = turn.people.those("offer_ended")
    about = {
        "already_cancelled": situation.gone, "visit_past": situation.gone, "undo_too_late": situation.gone, "kept": situation.visit,
        "control_how": situation.visit, "offer_gone": ended[-1] if ended else None,
    }  # fmt: skip
    if text in TASKS:
        turn.task(TASKS[text])
    if text == "nothing_done":
        text = "identity_needed" if turn.memory.form == "identity_form" and turn.case.field else text
        turn.memory = turn.memory.without_form()
    answer(turn, text, about.get(text))
    return ANSWERED
