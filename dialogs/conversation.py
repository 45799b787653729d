"""One turn of a conversation, the same for every channel: one message in, one transaction, answers as rows.

The edge commits. A message that the carrier brings a second time changes nothing: its unique id finds the first turn.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol, cast

from sqlalchemy.orm import Session

from dialogs.actions import ACTIONS
from dialogs.actions.turn import Turn
from dialogs.policy import Decision, Question, asked_now, decide
from dialogs.understanding.reading import Asked, Reading
from registry import communications, standing
from registry.communications import Received, Seen
from registry.people import reopen_address
from registry.rules import local_date


class Understands(Protocol):
    """Whatever reads a message."""

    def read(self, text: str, *, asked: Asked, channel: str, language: str | None, today: date) -> Reading:
        """The reading of one message in the context of what was asked."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a turn came to; `repeated` when the carrier had brought the message before."""

    action: str
    outcome: str
    intent: str
    confidence: float
    repeated: bool = False


READS_BACK = frozenset({"voice", "chat"})  # D6: these confirm before they cancel, and then cancel at once

REPEATED = Outcome("nothing", "repeated", "", 0.0, repeated=True)


def take_turn(
    session: Session, received: Received, interpreter: Understands, *, now: datetime, undo_hold: timedelta
) -> Outcome:  # fmt: skip
    """Understand a message, decide, act, and write it all down. Turns of one address happen one after another (X14)."""
    message_id = communications.receive(session, received, now=now)
    if message_id is None:
        return REPEATED
    people = standing.of_address(session, received.address, now=now)
    question = question_of(communications.last_seen(session, received.channel, received.address))
    asked = asked_now(question, people)
    reading = interpreter.read(received.body, asked=asked, channel=received.channel, language=None, today=local_date(now))
    if received.opted == "in":
        reopen_address(session, received.address)
    reads_back = received.channel in READS_BACK
    decision = decide(reading, question, people, reads_back=reads_back) if received.opted != "out" else opted_out(reading)
    turn = Turn(
        session, now, received.channel, received.address, message_id, _language(reading, people.language), people, question, decision,
        undo_hold,
    )  # fmt: skip
    done = ACTIONS[decision.action](turn)
    _write_down(turn, reading, asked, done.outcome)
    return Outcome(decision.action, done.outcome, reading.intent, reading.confidence)


def opted_out(reading: Reading) -> Decision:
    """The carrier itself took the message as an opt-out (D8) and lets no answer through: what else it may have meant, such as an
    English CANCEL, is for a person to ask about, and no visit is touched (D7)."""
    return Decision("opted_out_by_carrier", task=None if reading.intent == "opt_out" else "opted_out_by_carrier")


def question_of(message: Seen | None) -> Question:
    """What the last message to an address asked, as the policy sees it."""
    if message is None:
        return Question()
    facts = message.facts
    return Question(
        cast(Asked, message.asks or "nothing"), message.appointment_id, facts.get("purpose"), tuple(facts.get("choices") or ()),
        facts.get("misunderstood") or 0,
    )  # fmt: skip


def _language(reading: Reading, setting: str | None) -> str:
    """The patient's setting, else what he wrote in (D16)."""
    return setting or reading.language


def _write_down(turn: Turn, reading: Reading, asked: Asked, outcome: str) -> None:
    decision: Decision = turn.decision
    communications.write_turn(
        turn.session, message_id=turn.message_id, at=turn.now, channel=turn.channel, address=turn.address, intent=reading.intent,
        confidence=reading.confidence, question=reading.question, entities=reading.entities,
        others=[list(one) for one in reading.alternatives], asked=asked, action=decision.say or decision.action, outcome=outcome,
        appointment_id=decision.visit and decision.visit.id, patient_id=turn.people.patient_id,
        needs_person=decision.task is not None,
    )  # fmt: skip
