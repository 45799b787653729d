"""A visit is cancelled, its slot let go after a while, the cancellation taken back in time (R55, R56, R67, R70, D6)."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry import events, freeze, notices, referrals, waiting_room
from registry.appointments import Appointment, NotHeld, TooLate, UnknownReason, lock_visit, where
from registry.catalogue import CANCEL_REASONS, CancelReason
from registry.events import Actor
from registry.schedules import Place, Slot


def cancel(
    session: Session, appointment_id: int, *, reason: CancelReason, actor: Actor, now: datetime,
    hold_for: timedelta = timedelta(0), leave: bool = False,
) -> Appointment:  # fmt: skip
    """Cancel a visit (R67, R68, R70). The slot is kept for the canceller for `hold_for` (D6), then released; zero releases now.

    `leave` also ends the wait (R55), while the slot is still kept too. Repeated, it changes nothing; `TooLate` after the visit began,
    `NotHeld` if it is not booked, `UnknownReason` for one that is not in the list. On a day on which the clinic's schedules stand still
    the visit stays booked and is cancelled on the next one (R119), unless it takes place before or the clinic itself cancels.
    """
    if reason not in CANCEL_REASONS:
        raise UnknownReason(reason)
    visit, slot = lock_visit(session, appointment_id)
    if visit.status == "cancelling" and leave:  # still held for him to take back: he says now that he will not wait either (R55)
        release(session, visit, slot, actor=actor, now=now, leave=True)
    if visit.status in ("cancelling", "cancelled"):
        return visit
    if visit.status != "booked":
        raise NotHeld(appointment_id)
    if visit.starts_at <= now:
        raise TooLate(appointment_id)
    if _kept_for_later(session, visit, reason, actor, now, leave=leave):
        return visit
    visit.status, visit.cancelled_at, visit.cancel_reason = "cancelling", now, reason
    visit.held_until, visit.confirmed_at = now + hold_for, None
    visit.version += 1
    session.flush()
    events.record(session, "visit.cancelled", now=now, actor=actor, reason=reason, **where(visit))
    notices.notify(session, cancel_notice(visit, leave=leave), visit.id, actor=actor, now=now)
    if not hold_for or leave:
        release(session, visit, slot, actor=actor, now=now, leave=leave)
    return visit


def _kept_for_later(session: Session, visit: Appointment, reason: CancelReason, actor: Actor, now: datetime, *, leave: bool) -> bool:
    """Keep a cancellation that came on a freeze day (R119), and tell the patient; False when it must be carried out now."""
    thaw = freeze.thaws_on(session, visit.provider_id, now=now)
    if thaw is None:
        return False
    if actor.channel in ("desk", "api", "worker") or visit.local_date < thaw:
        events.record(session, "visit.cancelled_in_spite_of_freeze", now=now, actor=actor, **where(visit))
        return False
    freeze.keep_cancellation(session, visit.id, visit.provider_id, reason=reason, leave=leave, actor=actor, now=now)
    visit.confirmed_at = None
    session.flush()
    events.record(session, "visit.cancellation_kept", now=now, actor=actor, until=thaw.isoformat(), **where(visit))
    notices.notify(session, "cancellation_kept", visit.id, actor=actor, now=now)
    return True


def cancel_notice(visit: Appointment, *, leave: bool) -> str:
    """The kind of notice for a cancelled visit: what follows for its patient (R55, R56, R75, X5)."""
    if visit.cancel_reason == "clinic":
        return clinic_notice(visit.visit_type, visit.entry_id)
    if visit.cancel_reason == "referral_cancelled":
        return "cancelled_referral_ended"  # X5
    if visit.visit_type == "control":
        return "cancelled_control"
    if visit.entry_id is None:
        return "cancelled_no_waiting_room"
    return "cancelled_left" if leave else "cancelled"


def clinic_notice(visit_type: str, entry_id: int | None) -> str:
    """The kind of notice for a visit that the clinic cancelled: what the patient can do now depends on the visit (X11, R75)."""
    if visit_type == "control":
        return "cancelled_by_clinic_control"
    return "cancelled_by_clinic" if entry_id is not None else "cancelled_by_clinic_no_waiting_room"


def release(session: Session, visit: Appointment, slot: Slot, *, actor: Actor, now: datetime, leave: bool = False) -> None:
    """End the hold of a cancelled visit: its slot can be placed again, its patient waits again or leaves (R56, R71, R75)."""
    visit.status = "cancelled"
    session.flush()
    free(session, slot, actor=actor, now=now)
    if visit.entry_id is None:
        return
    entry = waiting_room.lock_entry(session, visit.entry_id)
    if leave:
        waiting_room.close(session, entry, actor=actor, now=now, because="left")
    elif not referrals.still_valid(session, visit.referral_id, now):
        waiting_room.close(session, entry, actor=actor, now=now, because="referral_ended")
        if visit.cancel_reason != "referral_cancelled":  # that notice has said it already
            notices.notify(session, "waiting_room_referral_ended", visit.id, actor=actor, now=now)
    elif entry.state != "closed":  # X6: the dead wait no more, though the clinic says only now what became of a visit that had begun
        waiting_room.come_back(session, entry, actor=actor, now=now, own_choice=visit.cancel_reason != "clinic")


def free(session: Session, slot: Slot, *, actor: Actor, now: datetime) -> None:
    """Let a slot go: the waiting room sees it next (R52), a control slot goes back to the clinic (D17), a withdrawn one nowhere."""
    if slot.state != "taken":
        return
    left = session.scalar(select(Place.left_at).where(Place.id == slot.place_id)) is not None  # R58: what is given up there is sold no more
    slot.state = "withdrawn" if left else "free" if slot.pool == "CONTROL" else "pending"
    session.flush()
    events.record(session, "slot.withdrawn" if left else "slot.freed", now=now, actor=actor, provider_id=slot.provider_id, slot_id=slot.id)


def undo(session: Session, appointment_id: int, *, actor: Actor, now: datetime) -> Appointment:
    """Take a cancellation back while the slot is still held (D6): `TooLate` after that. Repeated, it changes nothing."""
    visit, slot = lock_visit(session, appointment_id)
    if visit.status == "booked":
        freeze.forget_cancellation(session, visit.id)
        return visit
    held = visit.status == "cancelling" and visit.held_until is not None and visit.held_until > now
    if not held or slot.state != "taken" or visit.starts_at <= now:
        raise TooLate(appointment_id)
    visit.status, visit.cancelled_at, visit.cancel_reason, visit.held_until = "booked", None, None, None
    visit.version += 1
    session.flush()
    events.record(session, "visit.restored", now=now, actor=actor, **where(visit))
    notices.notify(session, "undone", visit.id, actor=actor, now=now)
    return visit
