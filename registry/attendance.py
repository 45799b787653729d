"""What became of a visit: the patient came, or did not, and a no-show that was noted wrongly is taken back.

A no-show costs the place in the queue (R73), so it is refused wherever the fault can be somebody else's: the clinic's, or a notice that
never arrived.
"""

from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from registry import cancellations, events, freeze, lifecycle, notices, people, referrals, seeking, waiting_room
from registry.appointments import WORKPLACES, Appointment, NotHeld, lock_visit
from registry.events import Actor
from registry.rules import local_date
from registry.waiting_room import Entry


class NotYet(Exception):
    """The visit has not begun, so nobody can say yet what became of it (R73)."""


class NotTheirFault(Exception):
    """The patient cannot be blamed for this visit: the clinic failed, or the news of it never arrived (R73, R122)."""


class NoClinic(Exception):
    """Only the clinic or an operator says whether a patient came."""


def complete(session: Session, appointment_id: int, *, actor: Actor, now: datetime) -> Appointment:
    """The visit took place: its claim ends and its referral is used. From its Warsaw day on; repeated, it changes nothing.

    Raises `NotHeld`, `NotYet`, `NoClinic`.
    """
    visit, _ = lock_visit(session, appointment_id)
    if visit.status == "fulfilled":
        return visit
    _check(visit, actor, begun=local_date(now) >= visit.local_date)
    freeze.forget_cancellation(session, visit.id)  # R119: the patient came after all
    _settle(session, visit, "fulfilled", actor, now)
    _use_referral(session, visit, actor, now)
    return visit


def miss(session: Session, appointment_id: int, *, actor: Actor, now: datetime) -> Appointment:
    """The patient did not come (R73): the claim ends, the referral stays usable, and a new claim queues behind its whole category.

    Raises `NotTheirFault` (then `excuse` ends the visit), `NotHeld`, `NotYet`, `NoClinic`. Repeated, it changes nothing.
    """
    visit, slot = lock_visit(session, appointment_id)
    if visit.status == "noshow":
        return visit
    _check(visit, actor, begun=visit.starts_at <= now)
    if slot.state == "withdrawn":
        raise NotTheirFault("the clinic withdrew the slot")
    if freeze.cancelled_in_time(session, visit.id):
        raise NotTheirFault("the patient cancelled in time")
    if not knew(session, visit):
        raise NotTheirFault("the notice of the visit never arrived")
    _settle(session, visit, "noshow", actor, now)
    notices.notify(session, "no_show", visit.id, actor=actor, now=now)
    return visit


def excuse(session: Session, appointment_id: int, *, actor: Actor, now: datetime) -> Appointment:
    """The visit did not take place and its patient is not to blame (R73, R122): where `miss` is refused, or the clinic itself failed.

    It ends as one that the clinic cancelled: the old place in the queue is the patient's again, unless he had given that up too, or his
    referral has ended. Raises `NotHeld`, `NotYet`, `NoClinic`. Repeated, it changes nothing.
    """
    visit, slot = lock_visit(session, appointment_id)
    if visit.status == "cancelled":
        return visit
    _check(visit, actor, begun=visit.starts_at <= now)
    kept = freeze.take_cancellation(session, visit.id)
    leave = kept is not None and kept.leave
    visit.status, visit.cancelled_at, visit.cancel_reason, visit.confirmed_at = "cancelled", now, "clinic", None
    visit.version += 1
    session.flush()
    _tell(session, "visit.excused", visit, actor, now)
    kind = "cancelled_left" if leave else cancellations.clinic_notice(visit.visit_type, visit.entry_id)
    notices.notify(session, kind, visit.id, actor=actor, now=now)
    cancellations.release(session, visit, slot, actor=actor, now=now, leave=leave)
    return visit


def _check(visit: Appointment, actor: Actor, *, begun: bool) -> None:
    if actor.channel not in WORKPLACES:
        raise NoClinic(visit.id)
    if visit.status != "booked":
        raise NotHeld(visit.id)
    if not begun:
        raise NotYet(visit.id)


def _settle(session: Session, visit: Appointment, status: str, actor: Actor, now: datetime) -> None:
    visit.status = status
    visit.version += 1
    session.flush()
    if visit.entry_id is not None:
        entry = waiting_room.lock_entry(session, visit.entry_id)
        if entry.state != "closed":
            waiting_room.close(session, entry, actor=actor, now=now, because=status)
    _tell(session, f"visit.{status}", visit, actor, now)


def _use_referral(session: Session, visit: Appointment, actor: Actor, now: datetime) -> None:
    if visit.referral_id is not None:
        lifecycle.end_referral(session, visit.referral_id, "used", actor=actor, now=now)


# Who booked, accepted or moved a visit knows of it. Who was given or moved one must have been reached since.
KNEW = text("""
SELECT a.confirmed_at IS NOT NULL OR coalesce((
         SELECT e.kind IN ('visit.booked', 'offer.accepted') OR e.actor IN ('patient', 'parent', 'proxy', 'contact_person')
             OR EXISTS (SELECT 1 FROM messages m
                         WHERE m.appointment_id = a.id AND m.direction = 'out' AND m.at >= e.at
                           AND m.state IN ('accepted', 'sent', 'delivered'))
           FROM events e
          WHERE e.appointment_id = a.id
            AND e.kind IN ('visit.booked', 'visit.assigned', 'offer.accepted', 'visit.changed', 'visit.moved', 'visit.substituted')
          ORDER BY e.id DESC LIMIT 1), true)
  FROM appointments a WHERE a.id = :appointment_id
""")


def knew(session: Session, visit: Appointment) -> bool:
    """Whether the patient can have known when to come (R54, R73): chose or confirmed the time, or some news of it arrived."""
    return bool(session.scalar(KNEW, {"appointment_id": visit.id}))


def reverse(session: Session, appointment_id: int, *, came: bool, actor: Actor, now: datetime) -> Appointment:
    """Take a wrong no-show back (X24): the patient `came` after all, or was not to blame and has the old place again.

    A claim made meanwhile gets the old place; without one the old claim waits again, if its referral still holds. Both states stay in
    the events. `NotHeld` when the visit is no no-show; repeated, it changes nothing.
    """
    visit, _ = lock_visit(session, appointment_id)
    now_is = "fulfilled" if came else "cancelled"
    if visit.status == now_is:
        return visit
    if actor.channel not in WORKPLACES:
        raise NoClinic(visit.id)
    if visit.status != "noshow":
        raise NotHeld(visit.id)
    visit.status = now_is
    if not came:
        visit.cancelled_at, visit.cancel_reason = now, "clinic"
    visit.version += 1
    session.flush()
    _tell(session, "visit.noshow_reversed", visit, actor, now, came=came)
    if came:
        _use_referral(session, visit, actor, now)
    else:
        _restore_place(session, visit, actor, now)
    return visit


def _restore_place(session: Session, visit: Appointment, actor: Actor, now: datetime) -> None:
    if visit.entry_id is None or people.has_died(session, visit.patient_id):  # X6: nothing is restored to the dead
        return
    old = waiting_room.lock_entry(session, visit.entry_id)
    newer = _newer_claim(session, old)
    if newer is not None:
        newer.joined_at, newer.queue_at, newer.returns = old.joined_at, min(old.queue_at, newer.queue_at), old.returns
    elif referrals.still_valid(session, old.referral_id, now):
        old.state, old.closed_at, old.closed_because = "waiting", None, None
    session.flush()
    restored = newer or old
    if restored.state != "closed":
        events.record(session, "entry.restored", now=now, actor=actor, entry_id=restored.id)
        seeking.begin(session, [restored.id], now=now)
    kind = "waiting_room_referral_ended" if restored.state == "closed" else "no_show_reversed"
    if restored.state in ("closed", "waiting"):  # who has a new visit already is not told that one is looked for
        notices.notify(session, kind, visit.id, actor=actor, now=now)


def _newer_claim(session: Session, old: Entry) -> Entry | None:
    """The claim that the patient has made for this service since; the patient is locked, so it cannot change under us."""
    newer = select(Entry.id).where(Entry.patient_id == old.patient_id, Entry.service == old.service, Entry.state != "closed")
    entry_id = session.scalar(newer)
    return None if entry_id is None else waiting_room.lock_entry(session, entry_id)


def _tell(session: Session, kind: str, visit: Appointment, actor: Actor, now: datetime, **facts: bool) -> None:
    events.record(
        session, kind, now=now, actor=actor, provider_id=visit.provider_id, slot_id=visit.slot_id, appointment_id=visit.id,
        entry_id=visit.entry_id, version=visit.version, **facts,
    )  # fmt: skip
