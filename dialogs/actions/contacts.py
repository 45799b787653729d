"""Actions on an address: stop, resume, a stranger's number, a reported death, and calling a person in."""

from dialogs.actions.turn import ANSWERED, Done, Turn, answer
from dialogs.situation import OFTEN
from registry import addresses
from registry.people import ContactState


def opt_out(turn: Turn) -> Done:
    """No more messages to this address; visits stay as they are."""
    return _mark(turn, "opted_out", "opt_out_done")


def opt_in(turn: Turn) -> Done:
    """Messages again; an address that is a stranger's, or of somebody reported dead, stays closed."""
    answer(turn, "opt_in_done")
    addresses.reopen(turn.session, turn.address, actor=turn.actor(), now=turn.now)
    return Done("active")


def opted_out_by_carrier(turn: Turn) -> Done:
    """No more messages to this address, and no answer: the carrier has given its own and would refuse ours."""
    if turn.case.reading.intent != "opt_out":
        turn.task("opted_out_by_carrier")
    addresses.close(turn.session, turn.address, "opted_out", actor=turn.actor(), now=turn.now)
    return Done("opted_out")


def wrong_person(turn: Turn) -> Done:
    """The number is a stranger's: nothing more goes there, a person looks for a better address; no visit is touched."""
    turn.task("wrong_person")
    return _mark(turn, "wrong_person", "wrong_person")


def report_death(turn: Turn) -> Done:
    """Messages to this address end at once; everything else is for a person to verify (X6)."""
    turn.task("report_death")
    return _mark(turn, "reported_death", "report_death")


def hand_over(turn: Turn) -> Done:
    """Say once that a person answers, then nothing more: two machines must not write to each other for ever. The conversation with all
    its messages is what that person gets."""
    turn.task("not_understood")
    turn.memory = turn.memory.without_form()
    asked = turn.question
    if asked.misunderstood <= OFTEN:
        answer(turn, "handed_over", asks=None if asked.asks == "nothing" else asked.asks, about=asked.about, purpose=asked.purpose,
               ids=asked.choices, misunderstood=OFTEN + 1)  # fmt: skip
    return Done("handed_over")


def request_human(turn: Turn) -> Done:
    """A person calls back."""
    turn.task("request_human")
    answer(turn, "request_human")
    return ANSWERED


def pass_on_leaving(turn: Turn) -> Done:
    """Several patients wait at this address: a person finds out who wants to leave (X8)."""
    turn.task("leave_waiting_room")
    answer(turn, "request_human")
    return ANSWERED


def report_not_seen(turn: Turn) -> Done:
    """The clinic does not see a visit that is booked (R116): the patient gets it in writing, a person looks into the exchange."""
    turn.task("visit_not_seen")
    visits = turn.people.those("open")
    if visits:
        answer(turn, "not_seen_reported", turn.decision.situation.visit or visits[0])
    else:
        answer(turn, "request_human")
    return ANSWERED


def _mark(turn: Turn, state: ContactState, text: str) -> Done:
    answer(turn, text)
    addresses.close(turn.session, turn.address, state, actor=turn.actor(), now=turn.now)
    return Done(state)
