"""Actions on an offered date (R61): the answer is told by the notice that the registry writes."""

from dialogs.actions.turn import Done, Turn, answer
from registry import offers
from registry.appointments import TooLate
from registry.standing import StandingVisit


def accept_offer(turn: Turn) -> Done:
    """Turn the offer into a visit; an offer that ended meanwhile is told kindly."""
    offer = turn.offer
    try:
        offers.accept(turn.session, offer.id, actor=turn.actor(offer), now=turn.now)
    except TooLate:
        return _gone(turn, offer)
    return _told(turn, offer, "offer_accepted", "accepted")


def decline_offer(turn: Turn) -> Done:
    """Give the offer back; the place in the queue stays."""
    offer = turn.offer
    try:
        offers.decline(turn.session, offer.id, actor=turn.actor(offer), now=turn.now)
    except TooLate:
        return _gone(turn, offer)
    return _told(turn, offer, "offer_declined", "declined")


def _gone(turn: Turn, offer: StandingVisit) -> Done:
    answer(turn, "offer_gone", offer)
    return Done("too_late")


def _told(turn: Turn, offer: StandingVisit, text: str, outcome: str) -> Done:
    if not offer.told_here:
        answer(turn, text, offer)
    return Done(outcome)
