"""Offers of slots between 72 and 48 hours before the visit (R61): proposed, then accepted, declined or expired.

An offer holds its slot and keeps the patient's place: saying no, or nothing, costs nothing (D5).
"""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from registry import events, notices, people, seeking, waiting_room
from registry.appointments import Appointment, TooLate, hold, lock_visit
from registry.cancellations import free
from registry.events import SYSTEM, Actor
from registry.schedules import Slot
from registry.waiting_room import Entry


def propose(
    session: Session, slot: Slot, entry: Entry, *, expires_at: datetime, now: datetime, instead_of: int | None = None,
    actor: Actor = SYSTEM,
) -> Appointment:  # fmt: skip
    """Hold a locked slot for a locked waiting entry and ask the patient; the store allows one open offer a patient (X19).

    `instead_of` is the visit that the clinic moved here: such an offer is the patient's own, at any lead above 48 hours (X12).
    """
    offer = hold(
        session, slot, entry.patient_id, entry.contact_point_id,
        entry=entry, visit_type="first", status="proposed", origin="waiting_room", now=now, expires_at=expires_at,
    )  # fmt: skip
    entry.state = "offered"
    session.flush()
    if instead_of is None:
        _tell(session, "offer.made", offer, actor, now)
    else:
        _tell(session, "visit.move_proposed", offer, actor, now, instead_of=instead_of)
    notices.notify(session, "offer", offer.id, actor=SYSTEM, now=now)
    return offer


def accept(session: Session, appointment_id: int, *, actor: Actor, now: datetime) -> Appointment:
    """Turn an open offer into a visit. Repeated, it changes nothing; `TooLate` when the offer has ended."""
    offer, _ = lock_visit(session, appointment_id)
    if offer.status == "booked":
        return offer
    if offer.status != "proposed" or offer.expires_at is None or offer.expires_at <= now:
        raise TooLate(appointment_id)
    offer.status, offer.booked_at, offer.expires_at = "booked", now, None
    offer.version += 1
    entry = _entry(session, offer)
    entry.state = "booked"
    session.flush()
    _tell(session, "offer.accepted", offer, actor, now)
    notices.notify(session, "offer_accepted", offer.id, actor=actor, now=now)
    return offer


def decline(session: Session, appointment_id: int, *, actor: Actor, now: datetime) -> Appointment:
    """Give an open offer back; the patient waits on in the same place. Repeated, it changes nothing; `TooLate` if it has ended."""
    offer, slot = lock_visit(session, appointment_id)
    if offer.status == "declined":
        return offer
    if offer.status != "proposed":
        raise TooLate(appointment_id)
    _end(session, offer, slot, "declined", "offer_declined", actor, now)
    return offer


def expire(session: Session, appointment_id: int, *, now: datetime) -> bool:
    """End an offer whose time has come; False when it was answered meanwhile or still lives."""
    offer, slot = lock_visit(session, appointment_id)
    if offer.status != "proposed" or offer.expires_at is None or offer.expires_at > now:
        return False
    _end(session, offer, slot, "expired", "offer_expired", SYSTEM, now)
    return True


def withdraw(session: Session, offer: Appointment, slot: Slot, *, actor: Actor, now: datetime) -> None:
    """End a locked open offer whose slot the clinic took back; the patient keeps the place (X11)."""
    offer.cancel_reason = "clinic"
    _end(session, offer, slot, "expired", "offer_withdrawn", actor, now)


def _end(session: Session, offer: Appointment, slot: Slot, status: str, notice: str, actor: Actor, now: datetime) -> None:
    offer.status = status
    offer.version += 1
    session.flush()
    free(session, slot, actor=actor, now=now)
    entry = _entry(session, offer)
    entry.state = "waiting"
    session.flush()
    _tell(session, f"offer.{status}", offer, actor, now)
    seeking.begin(session, [entry.id], now=now)  # what was published while the offer was open
    notices.notify(session, notice, offer.id, actor=actor, now=now)


def _entry(session: Session, offer: Appointment) -> Entry:
    if offer.entry_id is None:
        raise LookupError(f"offer {offer.id} has no place in the waiting room")
    people.lock_patient(session, offer.patient_id)
    return waiting_room.lock_entry(session, offer.entry_id)


def _tell(session: Session, kind: str, offer: Appointment, actor: Actor, now: datetime, **facts: Any) -> None:
    events.record(
        session, kind, now=now, actor=actor,
        provider_id=offer.provider_id, slot_id=offer.slot_id, appointment_id=offer.id, entry_id=offer.entry_id,
        **facts,
    )  # fmt: skip
