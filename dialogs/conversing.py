"""A turn taken whole, from an edge without a transaction of its own: the registers are asked between two tries of it (R80)."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Engine

from dialogs.actions.screening import VerdictWanted
from dialogs.conversation import Outcome, Understands, take_turn
from registry.communications import Received
from registry.database import in_transaction

Ask = Callable[[int, str, str], None]  # asks SIMP about a patient and a service, over a channel, and stores what it said


def converse(
    engine: Engine, received: Received, interpreter: Understands, *, now: datetime, undo_hold: timedelta, ask: Ask | None = None,
    expected: str | None = None,
) -> Outcome:  # fmt: skip
    """Take a turn in its own transaction. Where it needs SIMP's word it is undone, SIMP is asked, and it is taken once more."""

    def turn(*, may_ask: bool) -> Outcome:
        return in_transaction(
            engine,
            lambda session: take_turn(
                session, received, interpreter, now=now, undo_hold=undo_hold, may_ask=may_ask, expected=expected
            ),
        )  # fmt: skip

    try:
        return turn(may_ask=ask is not None)
    except VerdictWanted as wanted:
        if ask is not None:
            ask(wanted.patient_id, wanted.service, received.channel)
        return turn(may_ask=False)
