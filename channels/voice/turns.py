"""One turn of a call: what was said or pressed goes through the same conversation as any text, and comes back as words to speak.

A call is sure of nothing: several guesses of what was said go to understanding together, and what was heard badly is asked back (D7).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, cast

from sqlalchemy.orm import Session

from channels.voice.ports import Guess
from dialogs import notices
from dialogs.conversation import Outcome, Understands, take_turn
from dialogs.understanding.reading import Asked, Reading
from registry import communications, outbox, spoken
from registry.communications import Received
from registry.spoken import Briefing, SpokenAnswer

NO_HOLD = timedelta(0)  # D6: a call confirms before it cancels; nothing is kept back for an undo
NOTHING_KNOWN = "(niezrozumiałe)"  # what stands in the log for speech of which no word was known
FOR_A_PERSON = frozenset({"request_human", "question_passed_on"})  # what is said when a person goes on


@dataclass(frozen=True, slots=True)
class Said:
    """What the caller said or pressed. `doubtful` when it was heard too badly to be acted on without asking back, `lost` when it was
    heard so badly that it says nothing at all."""

    shown: str
    guesses: tuple[str, ...]
    doubtful: bool = False
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Spoken:
    """One sentence or more to speak; `message_id` is the row whose words they are, to be settled by whether they were heard."""

    text: str
    kind: str
    message_id: int | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a turn came to, the words for the caller, and what they ask (nothing: the matter is closed)."""

    outcome: str
    intent: str
    lines: tuple[Spoken, ...]
    asks: Asked
    language: str


def message_words(brief: Briefing) -> str:
    """The words of the message that a call is to tell; worded now where somebody called us before it was rung for."""
    if brief.kind is None:
        raise LookupError(f"call {brief.call_id} has nothing to tell")
    return brief.body or notices.words(brief.kind, brief.facts or {}, language=brief.language, channel="voice")


def said_of(guesses: Sequence[Guess], believe: float) -> Said:
    """Recogniser's guesses as something said; doubtful below the confidence from which answers are believed."""
    best = guesses[0]
    doubtful, lost = best.confidence < believe or best.rejected, best.confidence < believe / 2 or best.rejected
    return Said(best.text, tuple(guess.text for guess in guesses), doubtful, lost)


class Guesses:
    """Understanding for one turn: reads the recogniser's guesses in place of the one text of the row (D7, X8)."""

    def __init__(self, inner: Understands, said: Said) -> None:
        self._inner, self._said = inner, said

    def read(self, text: str, *, asked: Asked, channel: str, language: str | None, today: date) -> Reading:  # noqa: ARG002  the protocol's
        """The reading of the best guess; a doubtful one is to be asked back."""
        guesses: Any = list(self._said.guesses) if len(self._said.guesses) > 1 else self._said.guesses[0]
        reading = self._inner.read(guesses, asked=asked, channel=channel, language=language, today=today)
        return replace(reading, question=True) if self._said.doubtful else reading


def take(session: Session, brief: Briefing, number: int | str, said: Said, interpreter: Understands, *, now: datetime) -> Reply:
    """The call's turn `number`: understood, acted on, written down, and its answers taken to be spoken now."""
    wire_id = f"{brief.wire_id}.{number}"
    received = Received("voice", brief.address, wire_id, said.shown, _how(said))
    done = take_turn(session, received, Guesses(interpreter, said), now=now, undo_hold=NO_HOLD)
    answers = spoken.take_answers(session, wire_id, now=now)
    worded = [(one, one.body or notices.words(one.kind, one.facts, language=one.language, channel="voice")) for one in answers]
    outbox.keep_words(session, [(one.id, body) for one, body in worded])
    asks = cast(Asked, next((one.asks for one, _ in reversed(worded) if one.asks), "nothing"))
    lines = tuple(Spoken(body, one.kind, one.id) for one, body in worded) or _as_heard(spoken.told_elsewhere(session, wire_id))
    language = worded[-1][0].language if worded else brief.language
    return Reply(_outcome(done, lines), done.intent, lines, asks, language)


def _as_heard(notices_by_text: Sequence[SpokenAnswer]) -> tuple[Spoken, ...]:
    """Notices that go out as text, spoken too: their rows are the text's, so nothing of them is settled by the call."""
    return tuple(
        Spoken(notices.words(one.kind, one.facts, language=one.language, channel="voice"), one.kind) for one in notices_by_text
    )


def _how(said: Said) -> dict[str, Any]:
    """How something was heard; the guesses themselves may be numbers that are nobody's business (X34)."""
    return {"guesses": len(said.guesses), "doubtful": said.doubtful}


def _outcome(done: Outcome, lines: Sequence[Spoken]) -> str:
    """The turn's outcome as a call counts it: what a person is to answer has been handed over, whatever was said about it."""
    return "handed_over" if any(line.kind in FOR_A_PERSON for line in lines) else done.outcome


def note(
    session: Session, brief: Briefing, number: int | str, said: Said, reading: Reading | None, action: str, *, asked: str, now: datetime
) -> None:  # fmt: skip
    """Write down what the caller said to the call itself (who is there, again, slower): it never reaches the conversation."""
    received = Received("voice", brief.address, f"{brief.wire_id}.{number}", said.shown or NOTHING_KNOWN, _how(said))
    message_id = communications.receive(session, received, now=now)
    if message_id is None:
        return
    communications.write_turn(
        session, message_id=message_id, at=now, channel="voice", address=brief.address,
        intent=reading.intent if reading else "nlu_fallback", confidence=reading.confidence if reading else 0.0,
        question=bool(reading and reading.question), entities=reading.entities if reading else {},
        others=[list(one) for one in reading.alternatives] if reading else [], asked=asked, action=action, outcome="noted",
        language=brief.language, appointment_id=None, patient_id=brief.patient_id, needs_person=False,
        memory=communications.remembered(session, "voice", brief.address),
    )  # fmt: skip


def asked_now(session: Session, address: str) -> Asked:
    """What the last thing said to this number asks."""
    seen = communications.last_seen(session, "voice", address)
    return "nothing" if seen is None or seen.asks is None else cast(Asked, seen.asks)
