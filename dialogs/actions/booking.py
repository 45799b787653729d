"""What a yes brings about: a booked date, a place in the waiting room, a moved visit. Each in one step, or not at all (R37, R69)."""

from dataclasses import replace

from dialogs.actions import screening as exams
from dialogs.actions import searching
from dialogs.actions.turn import ANSWERED, Done, Turn, answer, ask_slot
from registry import appointments, moves, notices, prospects, screening, standing, waiting_room
from registry.appointments import NotBookable, NotHeld, TimeConflict, TooLate
from registry.catalogue import VisitType, service
from registry.eligibility import NotEligible
from registry.people import NoContact, own_contact
from registry.permissions import Level
from registry.referrals import ReferralNotUsable
from registry.schedules import SlotTaken
from registry.waiting_room import AlreadyClaimed, InvalidCriteria


def book(turn: Turn) -> Done:
    """Book the date that was read back. Taken meanwhile: the next dates at once (R37)."""
    patient_id, code = turn.memory.patient_id, turn.memory.service
    if turn.case.level < Level.CODE or patient_id is None or code is None or not turn.question.choices:
        return _who(turn)
    kind: VisitType = service(code).visit_type
    try:
        visit = appointments.book(
            turn.session, patient_id, turn.question.choices[0], actor=turn.actor(), now=turn.now, visit_type=kind,
            referral_id=turn.memory.referral_id, criteria=searching.criteria_of(turn) if kind == "first" else None,
        )  # fmt: skip
    except (SlotTaken, NotBookable, TooLate):
        return searching.search_again(turn, "date_taken")
    except TimeConflict:
        return searching.search_again(turn, "dates_conflict")
    except NotEligible:
        return exams.refused(turn, code)
    except (AlreadyClaimed, ReferralNotUsable, NoContact) as error:
        return _refused(turn, error)
    turn.memory = replace(turn.memory.without_form(), appointment_id=visit.id)
    _tell(turn, visit.id, "booked")
    return Done("booked")


def change_visit(turn: Turn) -> Done:
    """Move the visit: the new date is secured before the old one is let go (R69); a screening exam makes two records (R85)."""
    visit_id = turn.memory.appointment_id
    own = next((one for one in turn.people.those("open") if one.id == visit_id), None)
    if turn.case.level < Level.CODE or visit_id is None or not turn.question.choices:
        return _who(turn)
    if own is None or own.patient_id != turn.memory.patient_id:
        answer(turn, "no_open_visit")
        return ANSWERED
    move = screening.change if own.visit_type == "screening" else moves.change
    try:
        with turn.session.begin_nested():
            moved = move(turn.session, visit_id, turn.question.choices[0], actor=turn.actor(), now=turn.now)
    except (SlotTaken, NotBookable):
        return searching.search_again(turn, "date_taken")
    except TimeConflict:
        return searching.search_again(turn, "dates_conflict")
    except NotEligible:
        return exams.refused(turn, own.service)
    except (TooLate, NotHeld):
        answer(turn, "too_late_to_cancel", own)
        return Done("too_late")
    turn.memory = turn.memory.without_form()
    _tell(turn, moved.id, "booked")
    return Done("changed")


def join(turn: Turn) -> Done:
    """A place in the waiting room with the wishes that were given (R47, R48)."""
    patient_id, code = turn.memory.patient_id, turn.memory.service
    if turn.case.level < Level.CODE or patient_id is None or code is None:
        return _who(turn)
    try:
        with turn.session.begin_nested():
            contact = own_contact(turn.session, patient_id, None)
            entry = waiting_room.join(
                turn.session, patient_id, code, turn.memory.referral_id, searching.criteria_of(turn), contact_point_id=contact.id,
                actor=turn.actor(), now=turn.now,
            )  # fmt: skip
    except InvalidCriteria:
        return searching.search_again(turn, "dates_found")
    except (AlreadyClaimed, ReferralNotUsable, NoContact) as error:
        return _refused(turn, error)
    if entry.joined_at != turn.now or not notices.told(turn.session, "joined_waiting_room", entry.id, turn.address):
        told = prospects.current(turn.session, entry, now=turn.now)
        answer(turn, "joined_waiting_room", estimate=told.p50, estimate_late=told.p90)
    turn.memory = turn.memory.without_form()
    return Done("joined")


def _who(turn: Turn) -> Done:
    """What was said half an hour ago speaks for nobody any more: ask again who it is, for the same wish (D12)."""
    turn.memory = replace(turn.memory.without_form(), form="identity_form", patient_id=None)
    return ask_slot(turn, "ask_pesel", "pesel")


def _refused(turn: Turn, error: Exception) -> Done:
    turn.memory = turn.memory.without_form()
    if isinstance(error, NoContact):
        turn.task("contact_missing")
    answer(turn, {NoContact: "contact_missing", ReferralNotUsable: "no_referral", AlreadyClaimed: "already_claimed"}[type(error)])
    return ANSWERED


def _tell(turn: Turn, visit_id: int, text: str) -> None:
    """The notice goes to the visit's own address; who booked from another one is told there."""
    now_open = standing.of_patient(turn.session, turn.memory.patient_id or 0, turn.address, now=turn.now)
    visit = next(one for one in now_open.visits if one.id == visit_id)
    turn.acted_on = visit
    if not visit.told_here:
        answer(turn, text, visit)
