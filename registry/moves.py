"""A visit moves to another slot in one step: by its patient's choice, or with its clinic (R69, X12)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry import events, freeze, notices
from registry.appointments import (
    Appointment,
    NotBookable,
    NotHeld,
    TooLate,
    beyond_horizon,
    check_bookable,
    check_category,
    check_time,
    lock_move,
    where,
)
from registry.cancellations import free
from registry.catalogue import POLICY, Policy
from registry.events import Actor
from registry.schedules import Slot
from registry.waiting_room import Entry


def change(session: Session, appointment_id: int, new_slot_id: int, *, actor: Actor, now: datetime, policy: Policy = POLICY) -> Appointment:
    """Move a first visit to another published slot in one step (R69): the new slot is secured before the old one is let go."""
    old_slot_id = session.scalars(select(Appointment.slot_id).where(Appointment.id == appointment_id)).one()
    if old_slot_id == new_slot_id:
        return session.get_one(Appointment, appointment_id)
    visit, old, new = lock_move(session, appointment_id, new_slot_id)
    _check_movable(visit, new, actor, now, policy)
    if visit.entry_id is not None:
        check_category(new, session.get_one(Entry, visit.entry_id))
    check_time(session, visit.patient_id, new, moving=visit.id, policy=policy)
    relocate(session, visit, new, now=now)
    freeze.forget_cancellation(session, visit.id)
    free(session, old, actor=actor, now=now)
    events.record(session, "visit.changed", now=now, actor=actor, from_slot=old.id, **where(visit), **beyond_horizon(visit, now))
    notices.notify(session, "changed", visit.id, actor=actor, now=now)
    return visit


def _check_movable(visit: Appointment, new: Slot, actor: Actor, now: datetime, policy: Policy) -> None:
    if visit.status != "booked":
        raise NotHeld(visit.id)
    if visit.starts_at <= now:
        raise TooLate(visit.id)
    if visit.visit_type != "first" or new.service != visit.service:
        raise NotBookable(visit.visit_type)
    check_bookable(new, "first", actor, now, policy)


def relocate(session: Session, visit: Appointment, new: Slot, *, now: datetime) -> None:
    """Put a locked visit into a locked slot that nobody holds; what becomes of the old slot is the caller's (R69, X12)."""
    new.state, visit.moved_from = "taken", visit.starts_at
    visit.slot_id, visit.place_id, visit.provider_id = new.id, new.place_id, new.provider_id
    visit.starts_at, visit.ends_at, visit.local_date = new.starts_at, new.ends_at, new.local_date
    visit.booked_at, visit.confirmed_at = now, None
    visit.version, visit.moves = visit.version + 1, visit.moves + 1
    session.flush()


def reseat(session: Session, visit: Appointment, new: Slot) -> None:
    """Put a locked visit into a locked slot that begins at the same time: nothing that the patient was told changes."""
    new.state, visit.slot_id, visit.ends_at = "taken", new.id, new.ends_at
    session.flush()
