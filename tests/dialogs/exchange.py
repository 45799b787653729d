"""A patient's exchange of messages, told as a script: what he writes, what he is answered, what became of his visit."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import count

from sqlalchemy import Engine, select, text

from dialogs import notices
from dialogs.conversation import Outcome, take_turn
from dialogs.understanding import Interpreter
from registry.appointments import Appointment
from registry.communications import Message, Received
from registry.database import in_transaction, transaction
from tests import reading

UNDO = timedelta(minutes=5)
_wire = count(1)


@cache
def interpreter() -> Interpreter:
    """The shipped understanding, built once for a test process."""
    return reading.interpreter()


@dataclass
class Exchange:
    """One number's talk with the service; `now` moves a minute with every message unless `wait` says more."""

    engine: Engine
    address: str
    now: datetime
    channel: str = "sms"

    def write(self, body: str, *, wire_id: str | None = None) -> Outcome:
        """Send one message to the service, as the carrier would bring it."""
        self.reach()
        received = Received(self.channel, self.address, wire_id or f"SM{next(_wire):032x}", body, {})
        done = in_transaction(self.engine, lambda session: take_turn(session, received, interpreter(), now=self.now, undo_hold=UNDO))
        self.now += timedelta(minutes=1)
        return done

    def reach(self) -> None:
        """Let everything that is queued for this number reach it, as it does within seconds."""
        with transaction(self.engine) as session:
            session.execute(
                text("UPDATE messages SET state = 'delivered', sent_at = :now WHERE address = :address AND state = 'queued'"),
                {"now": self.now, "address": self.address},
            )

    def answers(self) -> list[tuple[str, str]]:
        """Kind and words of every message to this number, oldest first."""
        with transaction(self.engine) as session:
            rows = session.scalars(
                select(Message).where(Message.address == self.address, Message.direction == "out").order_by(Message.id)
            ).all()
        return [(row.kind, row.body or notices.words(row.kind, row.facts, language=row.language, channel=self.channel)) for row in rows]

    def last(self) -> str:
        """The kind of the newest message to this number."""
        return self.answers()[-1][0]

    def status(self, visit_id: int) -> str:
        """The status of a visit now."""
        with transaction(self.engine) as session:
            return session.get_one(Appointment, visit_id).status
