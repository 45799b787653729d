"""Actions on an offered date (R61): the answer is told by the notice that the registry writes."""

from dialogs.actions.turn import Done, Turn, answer
from registry import offers
from registry.appointments import TooLate


def accept_offer(turn: Turn) -> Done:
    """Turn the offer into a visit; an offer that ended meanwhile is told kindly."""
    try:
        offers.accept(turn.session, turn.visit.id, actor=turn.actor, now=turn.now)
    except TooLate:
        return _gone(turn)
    return _told(turn, "offer_accepted", "accepted")


def decline_offer(turn: Turn) -> Done:
    """Give the offer back; the place in the queue stays."""
    try:
        offers.decline(turn.session, turn.visit.id, actor=turn.actor, now=turn.now)
    except TooLate:
        return _gone(turn)
    return _told(turn, "offer_declined", "declined")


def _gone(turn: Turn) -> Done:
    answer(turn, "offer_gone", turn.visit)
    return Done("too_late")


def _told(turn: Turn, text: str, outcome: str) -> Done:
    if not turn.visit.told_here:
        answer(turn, text, turn.visit)
    return Done(outcome)
