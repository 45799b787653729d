"""What an operator does for a patient: the same use cases and rules as the patient's own, with the operator as actor and a trace (R9, X33).

Every act ends in one word: done, or why it was not; nothing is half done.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy.orm import Session

from channels.operators import sessions
from channels.operators.sessions import SignedIn
from registry import appointments, offers, people, screening, waiting_room
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
    session: Session, operator: SignedIn, act: str, patient_id: int, visit_id: int, version: int, *, now: datetime,
    reason: CancelReason = "other", leave: bool = False, slot_id: int = 0, policy: Policy = POLICY,
) -> str | None:  # fmt: skip
    """Confirm, cancel, accept, decline or move a visit as it was seen: a visit that has changed since is `stale`. None: there is none.

    A visit is cancelled at once (D6); `leave` ends the wait with it (R55).
    """
    visit = _visit(session, operator, patient_id, visit_id)
    if visit is None:
        return None
    actor = actor_of(operator)
    change = partial(appointments.change, policy=rules_of(operator, policy))
    move = screening.change if visit.visit_type == "screening" else change
    acts: dict[str, Callable[[], Any]] = {
        "confirm": lambda: appointments.confirm(session, visit_id, actor=actor, now=now),
        "cancel": lambda: appointments.cancel(session, visit_id, reason=reason, leave=leave, actor=actor, now=now),
        "accept": lambda: offers.accept(session, visit_id, actor=actor, now=now),
        "decline": lambda: offers.decline(session, visit_id, actor=actor, now=now),
        "move": lambda: move(session, visit_id, slot_id, actor=actor, now=now),
    }
    if act != "move":  # which locks both slots first, in their own order (X14)
        appointments.lock_visit(session, visit_id)
    session.refresh(visit)
    result = STALE if visit.version != version else _tried(session, acts[act])
    return _noted(session, operator, f"visit_{act}", patient_id, result, now=now, appointment_id=visit_id)


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
    return _noted(session, operator, "visit_book", patient_id, result, now=now, slot_id=slot_id)


def may_sell(operator: SignedIn, slot: Slot) -> bool:
    """A clinic's own people give away its slots only."""
    return operator.provider_id in (None, slot.provider_id)


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

    return _noted(session, operator, "entry_join", patient_id, _tried(session, act), now=now, referral_id=referral_id)


def with_entry(
    session: Session, operator: SignedIn, act: str, patient_id: int, entry_id: int, *, now: datetime, criteria: Criteria | None = None
) -> str | None:  # fmt: skip
    """Leave the waiting room, or change the wishes with the place kept (R49, R55); None when there is no such place."""
    entry = session.get(Entry, entry_id)
    if entry is None or entry.patient_id != patient_id:
        return None

    def change() -> None:
        if criteria is None:
            waiting_room.leave(session, entry_id, actor=actor_of(operator), now=now)
        else:
            waiting_room.edit_criteria(session, entry_id, criteria, actor=actor_of(operator), now=now)

    return _noted(session, operator, f"entry_{act}", patient_id, _tried(session, change), now=now, entry_id=entry_id)
