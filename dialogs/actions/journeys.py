"""What a patient came for, once we know who he is: book, wait, move, change wishes, be told."""

from dataclasses import replace

from dialogs.actions import asking, screening, telling
from dialogs.actions.searching import NEAR_VISIT, ask_wishes
from dialogs.actions.turn import ANSWERED, Done, Turn, answer, ask_slot
from registry.catalogue import service
from registry.standing import StandingVisit


def go_on(turn: Turn) -> Done:
    """Take up the wish that had to wait for the patient's identification."""
    goal = turn.memory.goal
    if goal == "book":
        return begin_booking(turn)
    if goal == "join":
        return begin_joining(turn)
    if goal == "edit":
        return begin_editing(turn)
    if goal == "change":
        return begin_change(turn)
    if goal == "screening":
        return screening.begin(turn)
    return _tell(turn)


def begin_booking(turn: Turn) -> Done:
    """Ask where and when; who has a visit of this kind already is told of it (X3), who has no referral what he needs (R42)."""
    if turn.decision.situation.facts["service"] == "screening":
        return screening.begin(turn)
    code = turn.memory.service
    if code is None or not service(code).needs_referral:
        answer(turn, "no_referral")
        return ANSWERED
    return _tell_held(turn, code) or ask_wishes(turn, "book")


def begin_joining(turn: Turn) -> Done:
    """The waiting room: the same questions as for a search (R48)."""
    code = turn.memory.service
    if any(place.patient_id == turn.memory.patient_id for place in turn.people.waiting):
        return telling.tell_waiting(turn)
    if code is None or not service(code).waiting_room:
        answer(turn, "no_referral")
        return ANSWERED
    return _tell_held(turn, code) or ask_wishes(turn, "join")


def _tell_held(turn: Turn, code: str) -> Done | None:
    """His visit of this kind, told; None when he has none (X3)."""
    held = next((visit for visit in _own(turn) if visit.service == code), None)
    if held is None:
        return None
    answer(turn, "where_when", held)
    return ANSWERED


def begin_editing(turn: Turn) -> Done:
    """Other wishes of who waits (R49); with a visit in hand it is the visit's date that is meant."""
    if any(place.patient_id == turn.memory.patient_id for place in turn.people.waiting):
        return ask_wishes(turn, "edit")
    if _own(turn):
        return begin_change(turn)
    answer(turn, "not_in_waiting_room")
    return ANSWERED


def begin_change(turn: Turn) -> Done:
    """Another date (R69): only first visits and screening exams; a control visit is the clinic's matter (R75)."""
    own = _own(turn)
    meant = turn.decision.situation.visit or _remembered(turn, own)
    movable = [visit for visit in own if visit.visit_type in ("first", "screening")]
    visit = meant if meant in own else next(iter([*movable, *own]), None)
    if visit is None:
        return begin_booking(turn)
    if visit.visit_type not in ("first", "screening"):
        answer(turn, "control_how", visit)
        return ANSWERED
    if visit.visit_type == "screening" and not screening.qualified(turn, visit.service):
        return screening.refused(turn, visit.service)
    turn.memory = replace(
        turn.memory.without_form(), goal="change", appointment_id=visit.id, service=visit.service, form="wishes_form",
        filled={"where": NEAR_VISIT},
    )  # fmt: skip
    return ask_slot(turn, "ask_when", "when")


def _remembered(turn: Turn, own: tuple[StandingVisit, ...]) -> StandingVisit | None:
    return next((visit for visit in own if visit.id == turn.memory.appointment_id), None)


def _own(turn: Turn) -> tuple[StandingVisit, ...]:
    """The open visits of the patient who has identified himself, not of others behind the same telephone."""
    return tuple(visit for visit in turn.people.those("open") if visit.patient_id == turn.memory.patient_id)


def _tell(turn: Turn) -> Done:
    """His visits, or his place in the queue; who came to cancel is asked about the visit that he has."""
    own = _own(turn)
    waits = any(place.patient_id == turn.memory.patient_id for place in turn.people.waiting)
    if turn.memory.goal in ("leave", "estimate") and waits:
        return asking.ask_leave(turn) if turn.memory.goal == "leave" else telling.tell_waiting(turn)
    if not own:
        if waits:
            return telling.tell_waiting(turn)
        answer(turn, "no_open_visit")
        return ANSWERED
    if len(own) > 1:
        return asking.ask_which(turn, "cancel" if turn.memory.goal == "cancel" else "info")
    if turn.memory.goal == "cancel":
        return asking.ask_to_cancel(turn, own[0])
    answer(turn, "where_when", own[0])
    return ANSWERED
