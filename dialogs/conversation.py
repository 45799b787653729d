"""One turn of a conversation, the same for every channel: one message in, one transaction, answers as rows.

The edge commits. A message that the carrier brings a second time changes nothing: its unique id finds the first turn.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Protocol, cast

from sqlalchemy.orm import Session

from dialogs import project
from dialogs.actions import ACTIONS, SAY, screening
from dialogs.actions.turn import Turn, say
from dialogs.forms import ASKS
from dialogs.memory import Memory, recalled
from dialogs.policy import Decision, decide, goal_of
from dialogs.situation import Case, Question, asked_now, situation_of
from dialogs.understanding.reading import Asked, Reading
from registry import addresses, communications, handover, standing
from registry.communications import Received, Seen
from registry.events import Actor
from registry.permissions import Level
from registry.rules import local_date
from registry.standing import Addressee

HIDDEN = frozenset({"pesel", "pesel_invalid", "referral_code", "date_of_birth"})  # X34: the log says that they came, not what they were


class Understands(Protocol):
    """Whatever reads a message."""

    def read(self, text: str, *, asked: Asked, channel: str, language: str | None, today: date) -> Reading:
        """The reading of one message in the context of what was asked."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a turn came to; `repeated` when the carrier had brought the message before. `facts` are those that decided."""

    action: str
    outcome: str
    intent: str
    confidence: float
    repeated: bool = False
    decision: Decision | None = None


REPEATED = Outcome("nothing", "repeated", "", 0.0, repeated=True)


def take_turn(
    session: Session, received: Received, interpreter: Understands, *, now: datetime, undo_hold: timedelta,
    may_ask: bool = False, expected: str | None = None,
) -> Outcome:  # fmt: skip
    """Understand a message, decide, act, and write it all down. Turns of one address happen one after another (X14).

    With `may_ask` the turn raises `VerdictWanted` where SIMP must be asked first. `expected` is the action that somebody else, a
    Rasa server, has chosen: where it is not ours the reading counts as doubtful, and what it would do is asked back (D7).
    """
    message_id = communications.receive(session, received, now=now)
    if message_id is None:
        return REPEATED
    case, memory = look_up(session, received, interpreter, now=now)
    if received.opted == "in":
        who = "contact_person" if case.people.by_contact_person else "patient"
        addresses.reopen(session, received.address, actor=Actor(who, received.channel), now=now)
    if _waits(session, received, case, now=now):
        return _held(session, received, message_id, case, now=now)
    decision = _decided(case, memory, expected) if received.opted != "out" else opted_out(case)
    turn = Turn(
        session, now, received.channel, received.address, message_id, _language(case, memory), case, decision,
        undo_hold if received.channel == "sms" else timedelta(0), remembered(decision, memory, _exam(case)),
        may_ask=may_ask,
    )  # fmt: skip
    act = ACTIONS.get(decision.action)
    done = act(turn) if act is not None else say(turn, decision.action.removeprefix(SAY))
    _write_down(turn, done.outcome)
    name = decision.action.removeprefix(SAY).removeprefix("action_")
    return Outcome(name, done.outcome, case.reading.intent, case.reading.confidence, decision=decision)


def _waits(session: Session, received: Received, case: Case, *, now: datetime) -> bool:
    """Whether a person answers here now; an emergency, and an end that the carrier itself has set, wait for nobody."""
    if received.opted == "out" or case.reading.intent == "emergency":
        return False
    return handover.taken_by(session, received.channel, received.address, now=now) is not None


def _held(session: Session, received: Received, message_id: int, case: Case, *, now: datetime) -> Outcome:
    """A person has taken the conversation over: the message is kept for that person, with its reading, and nothing is done (X33)."""
    reading = case.reading
    communications.write_turn(
        session, message_id=message_id, at=now, channel=received.channel, address=received.address, intent=reading.intent,
        confidence=reading.confidence, question=reading.question,
        entities=_logged(reading.entities), others=[list(one) for one in reading.alternatives], asked=asked_of(case), action="held",
        outcome="held", appointment_id=None, language=reading.language,
        patient_id=case.people.patient_id, needs_person=True,
        memory=communications.remembered(session, received.channel, received.address),
    )  # fmt: skip
    return Outcome("held", "held", reading.intent, reading.confidence)


def _decided(case: Case, memory: Memory, expected: str | None) -> Decision:
    decision = decide(project.shipped(), case, memory)
    if expected in (None, decision.action):
        return decision
    return decide(project.shipped(), replace(case, reading=replace(case.reading, question=True)), memory)


def look_up(session: Session, received: Received, interpreter: Understands, *, now: datetime) -> tuple[Case, Memory]:
    """Read a message in the light of what stands: who writes, what was asked last, what is open. Nothing is changed."""
    memory = recalled(communications.remembered(session, received.channel, received.address))
    level = memory.level(now)
    people = _people(session, received.address, memory, level, now)
    seen = communications.last_seen(session, received.channel, received.address)
    question = question_of(seen)
    field = memory.requested if memory.live(seen and seen.id, now) else None
    asked = ASKS[field] if field else asked_now(question, people)
    reading = interpreter.read(
        received.body, asked=asked, channel=received.channel, language=memory.language, today=local_date(now)
    )
    return Case(reading, question, people, received.channel, level, field), memory


def asked_of(case: Case) -> Asked:
    """What a message was read as an answer to."""
    return ASKS[case.field] if case.field else asked_now(case.question, case.people)


def _people(session: Session, address: str, memory: Memory, level: Level, now: datetime) -> Addressee:
    """Everybody behind the address, and the patient who has identified himself in this conversation (D12)."""
    here = standing.of_address(session, address, now=now)
    if level < Level.CODE or memory.patient_id is None:
        return here
    return standing.together(here, standing.of_patient(session, memory.patient_id, address, now=now))


def _exam(case: Case) -> str | None:
    """The screening exam that was named, by its code."""
    return screening.SERVICES.get(str(case.reading.entities.get("service", "")))


def opted_out(case: Case) -> Decision:
    """The carrier itself took the message as an opt-out (D8) and lets no answer through: what else it may have meant, such as an
    English CANCEL, is for a person to ask about, and no visit is touched (D7)."""
    return Decision("action_opted_out_by_carrier", situation_of(case))


def remembered(decision: Decision, memory: Memory, exam: str | None) -> Memory:
    """The memory with what this decision adds to it: the form that it begins or fills."""
    if decision.form is None:
        return memory
    begun = replace(memory.without_form(), goal=goal_of(decision)) if decision.begins else memory
    if decision.begins and decision.situation.visit is not None:
        begun = replace(begun, appointment_id=decision.situation.visit.id)
    if decision.begins and begun.goal == "screening":
        begun = replace(begun, exam=exam)
    return replace(begun, form=decision.form.form, requested=decision.form.requested, filled=dict(decision.form.filled))


def question_of(message: Seen | None) -> Question:
    """What the last message to an address asked, as the policy sees it."""
    if message is None:
        return Question()
    facts = message.facts
    return Question(
        cast(Asked, message.asks or "nothing"), message.appointment_id, facts.get("purpose"), tuple(facts.get("choices") or ()),
        facts.get("misunderstood") or 0,
    )  # fmt: skip


def _language(case: Case, memory: Memory) -> str:
    """The patient's setting, else the language in which the conversation began to be more than a word, else the message's (D16)."""
    return case.people.language or (memory.language if case.field else None) or case.reading.language


def _write_down(turn: Turn, outcome: str) -> None:
    reading, decision = turn.case.reading, turn.decision
    visit = turn.acted_on
    communications.write_turn(
        turn.session, message_id=turn.message_id, at=turn.now, channel=turn.channel, address=turn.address, intent=reading.intent,
        confidence=reading.confidence, question=reading.question, entities=_logged(reading.entities),
        others=[list(one) for one in reading.alternatives], asked=asked_of(turn.case),
        action=decision.action.removeprefix(SAY).removeprefix("action_"), outcome=outcome, language=turn.language,
        appointment_id=visit and visit.id, patient_id=turn.memory.patient_id or turn.people.patient_id,
        needs_person=turn.needs_person, memory=turn.memory.as_json(),
    )  # fmt: skip


def _logged(entities: dict[str, Any]) -> dict[str, Any]:
    hidden = HIDDEN | ({"date"} if "date_of_birth" in entities else set())
    return {key: "•" * 4 if key in hidden else value for key, value in entities.items()}
