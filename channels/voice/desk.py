"""What a call needs of the registry and of understanding, each in one transaction: the blocking half of a call, run in threads."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from channels.voice import turns
from channels.voice.events import Say
from channels.voice.turns import Reply, Said
from dialogs.conversation import Understands
from dialogs.understanding.reading import Asked, Reading
from registry import calls, identity, recordings, spoken
from registry.calls import Ended
from registry.catalogue import Policy
from registry.database import in_transaction, transaction
from registry.rules import local_date
from registry.spoken import Briefing


@dataclass(frozen=True, slots=True)
class Desk:
    """Shared by all calls of a process; safe from any thread."""

    engine: Engine
    interpreter: Understands
    policy: Policy
    clock: Callable[[], datetime]

    def open(self, token: str, wire_id: str) -> Briefing | None:
        """Let a stream in that brings a call's unused token: what the call must know; None for any other."""
        now = self.clock()
        with transaction(self.engine) as session:
            call_id = calls.redeem(session, token, wire_id, now=now)
            return None if call_id is None else spoken.briefing(session, call_id, now=now)

    def record(self, brief: Briefing) -> str:
        """Note that a call is recorded; the name of its recording."""
        with transaction(self.engine) as session:
            return recordings.begin(session, brief.call_id, now=self.clock())

    def answered_by(self, brief: Briefing) -> str | None:
        """What the carrier thinks picked up, as far as it has said so."""
        with transaction(self.engine) as session:
            return session.get_one(calls.Call, brief.call_id).answered_by

    def read(self, said: Said, asked: Asked, language: str) -> Reading:
        """What was said, understood as an answer to what was asked; how well it was heard is for the call to judge."""
        reader = turns.Guesses(self.interpreter, replace(said, doubtful=False))
        return reader.read(said.guesses[0], asked=asked, channel="voice", language=language, today=local_date(self.clock()))

    def take(self, brief: Briefing, number: int, said: Said) -> Reply:
        """One turn of the conversation."""
        now = self.clock()
        return in_transaction(
            self.engine, lambda session: turns.take(session, brief, number, said, self.interpreter, now=now)
        )

    def check(self, brief: Briefing, day: int, month: int) -> str:
        """Whether this is the patient's birthday (D12): recognised, not_recognised, locked."""
        if brief.patient_id is None:
            return "not_recognised"
        with transaction(self.engine) as session:
            known = identity.by_birthday(
                session, brief.patient_id, day=day, month=month, address=brief.address, now=self.clock(), policy=self.policy
            )
        return known.verdict

    def tell(self, brief: Briefing, words: str) -> None:
        """The call's message is being said to its person."""
        with transaction(self.engine) as session:
            spoken.tell(session, brief.message_id, words, now=self.clock())

    def note(self, brief: Briefing, number: int, said: Said, reading: Reading | None, action: str, asked: str) -> None:
        """Write down what was said to the call itself."""
        with transaction(self.engine) as session:
            turns.note(session, brief, number, said, reading, action, asked=asked, now=self.clock())

    def said(self, brief: Briefing, says: Sequence[Say]) -> None:
        """Write down what the call itself said, each line under its mark."""
        with transaction(self.engine) as session:
            words = [(say.line.kind, say.line.text, brief.wire_id and f"{brief.wire_id}.{say.mark}") for say in says]
            spoken.said(session, brief.address, words, language=brief.language, now=self.clock())

    def keep_course(self, brief: Briefing, course: Sequence[Mapping[str, Any]]) -> None:
        """Keep what is known of the course of a call that goes on with keys."""
        with transaction(self.engine) as session:
            calls.keep_course(session, brief.call_id, course)

    def end(self, brief: Briefing, ended: Ended) -> None:
        """Write down what the call came to, and settle what it was made for."""
        in_transaction(
            self.engine, lambda session: calls.end(session, brief.call_id, ended, now=self.clock(), policy=self.policy)
        )
