"""How a message becomes a turn: by the embedded engine, or through a Rasa server (CER_DIALOGS=rasa) with the engine behind it.

The server is told the intent as we read it and the message's own id; its action server takes the turn in one transaction. Where it
does not answer in time the embedded engine does: whoever is first takes the turn, the message's id stops the other (R102).
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Protocol

import httpx
import structlog
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from dialogs import conversation
from dialogs.conversation import Outcome, Understands
from dialogs.conversing import Ask, converse
from dialogs.situation import situation_of
from registry import communications
from registry.communications import Received

log = structlog.get_logger("rasa")


class TakesTurns(Protocol):
    """Whoever makes a turn of a message, in a transaction of its own."""

    def take(self, received: Received, now: datetime) -> Outcome:
        """The turn of a message; one that the carrier brings again changes nothing."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """Turns taken in this process."""

    engine: Engine
    interpreter: Understands
    undo_hold: timedelta
    ask: Ask | None = None

    def take(self, received: Received, now: datetime) -> Outcome:
        """The turn of a message."""
        return converse(self.engine, received, self.interpreter, now=now, undo_hold=self.undo_hold, ask=self.ask)


@dataclass(frozen=True, slots=True)
class ThroughRasa:
    """Turns taken by a Rasa server at `url` within `seconds`, else by the embedded engine."""

    embedded: Embedded
    url: str
    seconds: float
    client: httpx.Client

    def take(self, received: Received, now: datetime) -> Outcome:
        """The turn of a message, whoever takes it. What the carrier itself took as an opt-out needs no server."""
        if received.opted is None:
            try:
                self._tell(received, now)
            except (httpx.HTTPError, ValueError) as error:
                log.warning("the Rasa server did not take the turn, the embedded engine does", why=type(error).__name__)
            else:
                taken = self._taken(received)
                if taken is not None:
                    return taken
                log.warning("the Rasa server answered without a turn, the embedded engine takes it")
        return self.embedded.take(received, now)

    def _tell(self, received: Received, now: datetime) -> None:
        """Post the message; the intent as `/intent`, which Rasa takes without reading, the message itself beside it for our actions."""
        message = {
            "sender": f"{received.channel}:{received.address}", "message": f"/{self._intent(received, now)}",
            "metadata": {"received": asdict(received)},
        }  # fmt: skip
        self.client.post(f"{self.url}/webhooks/rest/webhook", json=message, timeout=self.seconds).raise_for_status()

    def _intent(self, received: Received, now: datetime) -> str:
        with Session(self.embedded.engine) as session:
            case, _ = conversation.look_up(session, received, self.embedded.interpreter, now=now)
        return situation_of(case).intent

    def _taken(self, received: Received) -> Outcome | None:
        with Session(self.embedded.engine) as session:
            turn = communications.turn_of(session, received.wire_id)
        return None if turn is None else Outcome(turn.action, turn.outcome, turn.intent, turn.confidence)
