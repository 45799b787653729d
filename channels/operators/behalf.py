"""What an operator does for a patient: the same use cases and rules as the patient's own, with the operator as actor and a trace (R9, X33).

Every act ends in one word: done, or why it was not; nothing is half done.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy.orm import Session

from channels.operators import seen, sessions
from channels.operators.seen import Wanted
from channels.operators.sessions import SignedIn
from registry import appointments, cancellations, moves, notices, offers, people, screening, waiting_room
from registry.appointments import Appointment, NotBookable, NotHeld, TimeConflict, TooLate
from registry.catalogue import POLICY, CancelReason, Policy, service
from registry.eligibility import NotEligible
from registry.events import Actor
from registry.people import NoContact, PatientDied
from registry.referrals import Referral, ReferralNotUsable
from registry.schedules import Slot, SlotTaken
from registry.waiting_room import AlreadyClaimed, Criteria, Entry, InvalidCriteria, NotWaiting, NoWaitingRoom

REASONS: Final[tuple[CancelReason, ...]] = (
    "cannot_come", "feeling_better", "treated_elsewhere", "date_does_not_suit", "illness", "other",
)  # fmt: skip
"""Those that a patient can have (D20)."""

REFUSED: Final[dict[type[Exception], str]] = {
    SlotTaken: "slot_taken", NotBookable: "not_bookable", TooLate: "too_late", NotHeld: "not_held", TimeConflict: "time_conflict",
    AlreadyClaimed: "already_claimed", NotWaiting: "not_waiting", NoWaitingRoom: "no_waiting_room", InvalidCriteria: "bad_wishes",
    NoContact: "no_contact", PatientDied: "died", ReferralNotUsable: "no_referral", NotEligible: "not_eligible",
}  # fmt: skip
DONE: Final = "done"
KEPT: Final = "kept"
STALE: Final = "stale"


def actor_of(operator: SignedIn) -> Actor:
    """An operator acts under his own name, through the console; for whom is said by what he acts on."""
    return Actor("operator", "console", name=operator.name)


def rules_of(operator: SignedIn, policy: Policy) -> Policy:
    """The policy by which an operator books: only a clinic's own people are a desk that may go beyond the horizon (R31)."""
    return policy if operator.provider_id is not None else replace(policy, desk_within_horizon=True)


def _tried(session: Session, act: Callable[[], Any]) -> str:
    """Do it, or say why not, with nothing left half done."""
    try:
        with session.begin_nested():
            act()
    except tuple(REFUSED) as error:
        return next(word for kind, word in REFUSED.items() if isinstance(error, kind))
    return DONE


def _noted(session: Session, operator: SignedIn, act: str, patient_id: int, result: str, *, now: datetime, **about: Any) -> str:
    sessions.audit(session, operator.operator_id, act, now=now, patient_id=patient_id, facts={**about, "result": result})
    return result


def _visit(session: Session, operator: SignedIn, patient_id: int, visit_id: int) -> Appointment | None:
    """The patient's visit, where this operator may act on it."""
    visit = session.get(Appointment, visit_id)
    if visit is None or visit.patient_id != patient_id or operator.provider_id not in (None, visit.provider_id):
        return None
    return visit


def with_visit(
    session: Session, operator: SignedIn, patient_id: int, visit_id: int, wanted: Wanted, as_seen: str, *, now: datetime,
    reason: CancelReason = "other", policy: Policy = POLICY,
) -> str | None:  # fmt: skip
    """Confirm, cancel, accept, decline or move a visit as it was seen. None: there is none.

    A visit that has changed since is `stale`, or `already_` as it was wanted; either way nothing is done. A visit is cancelled at once
    (D6), `leave` ends the wait with it (R55); where the clinic's schedules stand still the cancellation is `kept` (R119).
    """
    if _visit(session, operator, patient_id, visit_id) is None:
        return None
    if wanted.act == "move":
        visit, _, _ = appointments.lock_move(session, visit_id, wanted.slot_id)
    else:
        visit, _ = appointments.lock_visit(session, visit_id)
    if seen.of_locked(session, visit) == as_seen and not seen.is_there(visit, wanted):
        result = _tried(session, lambda: _act(session, operator, visit, wanted, reason, now, policy))
    else:
        result = f"already_{wanted.act}" if seen.is_so(session, visit, wanted, as_seen) else STALE
    if result == DONE and wanted.act == "cancel" and visit.status == "booked":
        result = KEPT
    return _noted(session, operator, f"visit_{wanted.act}", patient_id, result, now=now, appointment_id=visit_id)


def _act(
    session: Session, operator: SignedIn, visit: Appointment, wanted: Wanted, reason: CancelReason, now: datetime, policy: Policy
) -> None:  # fmt: skip
    actor = actor_of(operator)
    change = partial(moves.change, policy=rules_of(operator, policy))
    move = screening.change if visit.visit_type == "screening" else change
    acts: dict[str, Callable[[], Any]] = {
        "confirm": lambda: appointments.confirm(session, visit.id, actor=actor, now=now),
        "cancel": lambda: cancellations.cancel(session, visit.id, reason=reason, leave=wanted.leave, actor=actor, now=now),
        "accept": lambda: offers.accept(session, visit.id, actor=actor, now=now),
        "decline": lambda: offers.decline(session, visit.id, actor=actor, now=now),
        "move": lambda: move(session, visit.id, wanted.slot_id, actor=actor, now=now),
    }
    acts[wanted.act]()


def book(
    session: Session, operator: SignedIn, patient_id: int, referral_id: int, slot_id: int, *, now: datetime, policy: Policy = POLICY
) -> str | None:  # fmt: skip
    """Book a first visit on a referral (R42); None when there is no such referral or slot for this operator."""
    referral, slot = session.get(Referral, referral_id), session.get(Slot, slot_id)
    if referral is None or slot is None or referral.patient_id != patient_id or not may_sell(operator, slot):
        return None
    result = _tried(
        session,
        lambda: appointments.book(
            session, patient_id, slot_id, actor=actor_of(operator), now=now, referral_id=referral_id, policy=rules_of(operator, policy)
        ),
    )
    if result != DONE and seen.holds(session, patient_id, slot_id):
        result = "already_book"
    return _noted(session, operator, "visit_book", patient_id, result, now=now, slot_id=slot_id)


def may_sell(operator: SignedIn, slot: Slot) -> bool:
    """A clinic's own people give away its slots only."""
    return operator.provider_id in (None, slot.provider_id)


def may_change_wait(operator: SignedIn) -> bool:
    """A place in the waiting room is the whole country's, and the matrix (X9) binds no registrar to his clinic's: its people look only."""
    return operator.provider_id is None


def join(session: Session, operator: SignedIn, patient_id: int, referral_id: int, criteria: Criteria, *, now: datetime) -> str | None:
    """A place in the waiting room (R47); None when there is no such referral."""
    referral = session.get(Referral, referral_id)
    if referral is None or referral.patient_id != patient_id or not service(referral.service).waiting_room:
        return None

    def act() -> None:
        contact = people.own_contact(session, patient_id, None)
        waiting_room.join(
            session, patient_id, referral.service, referral_id, criteria, contact_point_id=contact.id, actor=actor_of(operator), now=now
        )

    result = _tried(session, act)
    if result == REFUSED[AlreadyClaimed] and seen.waits_so(session, patient_id, referral.service, criteria):
        result = "already_join"
    return _noted(session, operator, "entry_join", patient_id, result, now=now, referral_id=referral_id)


def has_entry(session: Session, patient_id: int, entry_id: int) -> bool:
    """Whether this is, or was, a place of this patient's."""
    entry = session.get(Entry, entry_id)
    return entry is not None and entry.patient_id == patient_id


def with_entry(
    session: Session, operator: SignedIn, patient_id: int, entry_id: int, as_seen: str, *, now: datetime, criteria: Criteria | None = None
) -> str | None:
    """Leave the waiting room, or change the wishes with the place kept (R49, R55), as it was seen; None when there is no such place."""
    if not has_entry(session, patient_id, entry_id) or not may_change_wait(operator):
        return None
    people.lock_patient(session, patient_id)
    entry = waiting_room.lock_entry(session, entry_id)
    act = "leave" if criteria is None else "wishes"

    def change() -> None:
        if criteria is None:
            waiting_room.leave(session, entry_id, actor=actor_of(operator), now=now)
            notices.notify_patient(session, "left_waiting_room", patient_id, actor=actor_of(operator), now=now)
        else:
            waiting_room.edit_criteria(session, entry_id, criteria, actor=actor_of(operator), now=now)

    if seen.of_entry(entry) == as_seen:
        result = _tried(session, change)
    else:
        so = entry.closed_because == "left" if criteria is None else waiting_room.criteria_of(entry) == criteria
        result = f"already_{act}" if so else STALE
    return _noted(session, operator, f"entry_{act}", patient_id, result, now=now, entry_id=entry_id)
