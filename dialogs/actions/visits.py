"""Actions on a visit. The registry writes the notice to the visit's own address; where that is another one, the writer is told too."""

from dialogs.actions.turn import Done, Turn, answer
from dialogs.notices import text_key
from registry import appointments, cancellations, waiting_room
from registry.appointments import NotHeld, TooLate
from registry.standing import StandingVisit
from registry.waiting_room import NotWaiting


def cancel_visit(turn: Turn) -> Done:
    """Cancel, and keep the slot for the writer for a while (D6)."""
    visit = turn.visit
    try:
        cancelled = cancellations.cancel(
            turn.session, visit.id, reason="sms" if turn.channel == "sms" else "other",
            actor=turn.actor(visit), now=turn.now, hold_for=turn.undo_hold,
        )  # fmt: skip
    except (TooLate, NotHeld):
        answer(turn, "too_late_to_cancel", visit)
        return Done("too_late")
    if cancelled.status == "booked":  # the clinic's schedules stand still today (R119)
        _tell_writer(turn, visit, "cancellation_kept")
        return Done("cancellation_kept")
    if not visit.told_here:
        _tell_what_follows(turn, visit, cancellations.cancel_notice(cancelled, leave=False))
    return Done("cancelled")


def _tell_what_follows(turn: Turn, visit: StandingVisit, notice: str) -> None:
    """The notice itself, where it went to another address: whether the patient waits again, and how to undo (R55, R56, R75, D6)."""
    text = text_key(notice, {"returns": visit.returns, "shared": visit.by_contact_person})
    answer(turn, text, visit, undo_seconds=int(turn.undo_hold.total_seconds()) or None)


def confirm_visit(turn: Turn) -> Done:
    """Note that the patient will come."""
    visit = turn.visit
    try:
        appointments.confirm(turn.session, visit.id, actor=turn.actor(visit), now=turn.now)
    except (TooLate, NotHeld):
        answer(turn, "visit_past", visit)
        return Done("too_late")
    answer(turn, "confirmed_contact" if visit.by_contact_person else "confirmed", visit)
    return Done("confirmed")


def undo_cancellation(turn: Turn) -> Done:
    """Take the cancellation back while its slot is still held (D6)."""
    visit = turn.gone
    try:
        cancellations.undo(turn.session, visit.id, actor=turn.actor(visit), now=turn.now)
    except TooLate:
        answer(turn, "undo_too_late", visit)
        return Done("too_late")
    _tell_writer(turn, visit, "undone")
    return Done("restored")


def leave_after_cancelling(turn: Turn) -> Done:
    """The patient who has just cancelled does not want to wait for another date either (R55)."""
    if len(turn.people.those("undoable")) > 1:
        turn.task("leave_waiting_room")
        answer(turn, "request_human")
        return Done("answered")
    visit, slot = appointments.lock_visit(turn.session, turn.gone.id)
    if visit.status != "cancelling":
        answer(turn, "not_in_waiting_room")
        return Done("too_late")
    cancellations.release(turn.session, visit, slot, actor=turn.actor(turn.gone), now=turn.now, leave=True)
    answer(turn, "left_waiting_room")
    return Done("left")


def leave_waiting_room(turn: Turn) -> Done:
    """End the wait of the one patient who waits at this address."""
    waiting = turn.people.waiting
    if len(waiting) != 1:
        answer(turn, "not_in_waiting_room")
        return Done("too_late")
    try:
        waiting_room.leave(turn.session, waiting[0].entry_id, actor=turn.actor(waiting[0]), now=turn.now)
    except NotWaiting:
        answer(turn, "not_in_waiting_room")
        return Done("too_late")
    answer(turn, "left_waiting_room")
    return Done("left")


def _tell_writer(turn: Turn, visit: StandingVisit, text: str) -> None:
    """The notice answers the writer where it went to the same address."""
    if not visit.told_here:
        answer(turn, text, visit)
