"""What an action is given and what it gives back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from dialogs import knowledge
from dialogs.notices import worded
from dialogs.policy import Decision, Question
from dialogs.wording import Option
from registry import communications, tasks
from registry.events import Actor
from registry.rules import local_date
from registry.standing import Addressee, StandingVisit


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn on its way: the open transaction, who wrote, what was decided. `undo_hold` is D6's, for channels without read-back."""

    session: Session
    now: datetime
    channel: str
    address: str
    message_id: int
    language: str
    people: Addressee
    question: Question
    decision: Decision
    undo_hold: timedelta

    @property
    def visit(self) -> StandingVisit:
        """The visit that the decision is about."""
        if self.decision.visit is None:
            raise LookupError(f"{self.decision.action} was decided without a visit")
        return self.decision.visit

    @property
    def actor(self) -> Actor:
        """The person at this address: the patient, or a contact person who answers for him (X9)."""
        visit = self.decision.visit
        kind = "contact_person" if visit is not None and visit.by_contact_person else "patient"
        return Actor(kind, self.channel, address=self.address, message_id=self.message_id)


@dataclass(frozen=True, slots=True)
class Done:
    """How the turn ended, in one word for the log."""

    outcome: str


def answer(turn: Turn, text: str, visit: StandingVisit | None = None, **extra: Any) -> None:
    """Answer with a text, keeping what it asks for the next turn (D7)."""
    decision = turn.decision
    facts = facts_of(turn, visit or decision.visit)
    body = worded(text, facts, language=turn.language, channel=turn.channel)
    memory = {
        "purpose": decision.purpose, "choices": [one.id for one in decision.choices] or None,
        "misunderstood": extra.get("misunderstood"),
    }  # fmt: skip
    communications.answer(
        turn.session, turn.message_id, channel=turn.channel, address=turn.address, kind=text, body=body, language=turn.language,
        now=turn.now, asks=extra.get("asks", decision.asks), appointment_id=extra.get("about", visit and visit.id),
        **{key: value for key, value in memory.items() if value},
    )  # fmt: skip


def facts_of(turn: Turn, visit: StandingVisit | None) -> dict[str, Any]:
    """What a text may say about a visit, and the choices there are."""
    facts: dict[str, Any] = {"undo_seconds": None, "estimate": None, "estimate_late": None}
    if turn.decision.choices:
        facts["options"] = [Option(one.initials, one.starts_at) for one in turn.decision.choices]
    if topic := turn.decision.extra.get("topic"):
        facts["answer"] = knowledge.answer(topic, language=turn.language, channel=turn.channel, today=local_date(turn.now))
    if visit is not None:
        facts |= {
            "start": visit.starts_at, "clinic": visit.clinic, "street": visit.street, "city": visit.city, "phone": visit.phone,
            "service": visit.service, "initials": visit.initials, "deadline": visit.expires_at,
        }  # fmt: skip
    return {key: value for key, value in facts.items() if value is not None or key in ("undo_seconds", "estimate", "estimate_late")}


def say_only(turn: Turn) -> Done:
    """Answer, and put a task on the operators' list where the decision asks for one."""
    decision = turn.decision
    if decision.say is None:
        raise LookupError("a decision to say something without a text")
    if decision.extra.get("misunderstood"):
        kept = turn.question
        answer(
            turn, decision.say, decision.visit, misunderstood=kept.misunderstood + 1,
            asks=decision.asks or (None if kept.asks == "nothing" else kept.asks),
            about=decision.visit.id if decision.visit else kept.about,
        )  # fmt: skip
    else:
        answer(turn, decision.say, decision.visit)
    _open_task(turn)
    return Done("asked" if decision.asks else "answered")


def _open_task(turn: Turn) -> None:
    if turn.decision.task:
        tasks.open_task(
            turn.session, turn.decision.task, f"message {turn.message_id}", now=turn.now,
            patient_id=turn.people.patient_id, message_id=turn.message_id,
        )  # fmt: skip


def nothing(turn: Turn) -> Done:
    """Thanks and automatic answers need no reply."""
    _open_task(turn)
    return Done("noted")
