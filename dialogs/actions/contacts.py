"""Actions on an address: stop, resume, a stranger's number, a reported death, and calling a person in."""

from dialogs.actions.turn import Done, Turn, answer
from registry import people, tasks
from registry.people import ContactState


def opt_out(turn: Turn) -> Done:
    """No more messages to this address; visits stay as they are."""
    return _mark(turn, "opted_out", "opt_out_done")


def opt_in(turn: Turn) -> Done:
    """Messages again; an address that is a stranger's, or of somebody reported dead, stays closed."""
    answer(turn, "opt_in_done")
    people.reopen_address(turn.session, turn.address)
    return Done("active")


def opted_out_by_carrier(turn: Turn) -> Done:
    """No more messages to this address, and no answer: the carrier has given its own and would refuse ours."""
    if turn.decision.task:
        _task(turn)
    people.mark_address(turn.session, turn.address, "opted_out")
    return Done("opted_out")


def wrong_person(turn: Turn) -> Done:
    """The number is a stranger's: nothing more goes there, a person looks for a better address; no visit is touched."""
    _task(turn)
    return _mark(turn, "wrong_person", "wrong_person")


def report_death(turn: Turn) -> Done:
    """Messages to this address end at once; everything else is for a person to verify (X6)."""
    _task(turn)
    return _mark(turn, "reported_death", "report_death")


def hand_over(turn: Turn) -> Done:
    """Say nothing more and let a person answer."""
    _task(turn)
    return Done("handed_over")


def _mark(turn: Turn, state: ContactState, text: str) -> Done:
    answer(turn, text)
    people.mark_address(turn.session, turn.address, state)
    return Done(state)


def _task(turn: Turn) -> None:
    tasks.open_task(
        turn.session, turn.decision.task or "request_human", f"message {turn.message_id}", now=turn.now,
        patient_id=turn.people.patient_id, message_id=turn.message_id,
    )  # fmt: skip
