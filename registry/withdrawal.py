"""A clinic takes a slot back or moves it: what becomes of its patient, in each state that the slot can be in (X11, X12, R11).

A clinic's change is never held against the patient: the place in the queue stays and nothing is counted (D1). Withdrawing is done in
sets, because a clinic that closes for a week withdraws a thousand visits at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row, select, text, update
from sqlalchemy.orm import Session

from registry import appointments, cancellations, events, moves, notices, offers, people, seeking, tasks, waiting_room
from registry.appointments import ACTIVE, Appointment, TimeConflict
from registry.catalogue import POLICY, Policy, service
from registry.events import Actor
from registry.people import ContactPoint, Patient
from registry.rules import last_open_day, local_date, moves_with_notice, offer_deadline
from registry.schedules import NewSlot, Schedule, Slot, add_seats, lock_slot
from registry.waiting_room import AlreadyClaimed, Entry

Moved = Literal["moved", "told", "asked", "cancelled"]


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What a withdrawal did: slots taken back, visits cancelled and offers ended, and the places in the queue that wait again."""

    slots: int = 0
    visits: tuple[int, ...] = ()
    offers: tuple[int, ...] = ()
    entries: tuple[int, ...] = ()


def withdraw(session: Session, slot_ids: Sequence[int], *, actor: Actor, now: datetime) -> Withdrawn:
    """Take slots back (X11): unsold ones are gone, offers end, booked visits are cancelled by the clinic with a notice.

    Their patients wait again where they were. A visit that has begun is left as it is, with its slot; what was withdrawn before is
    passed over.
    """
    slots = _lock_slots(session, slot_ids)
    held = lock_holders(session, [slot.id for slot in slots])
    begun = {visit.slot_id for visit in held if visit.starts_at <= now}
    gone = [slot for slot in slots if slot.id not in begun]
    _take_off(session, gone, actor, now)
    by_status: dict[str, list[Appointment]] = {"booked": [], "proposed": [], "cancelling": []}
    for visit in held:
        if visit.slot_id not in begun:
            by_status[visit.status].append(visit)
    _end_one_by_one(session, {slot.id: slot for slot in gone}, by_status, actor, now)
    waiting = _cancel_all(session, [visit.id for visit in by_status["booked"]], actor, now)
    return Withdrawn(
        len(gone), tuple(visit.id for visit in by_status["booked"]), tuple(visit.id for visit in by_status["proposed"]), tuple(waiting)
    )


def _lock_slots(session: Session, slot_ids: Sequence[int]) -> Sequence[Slot]:
    wanted = select(Slot).where(Slot.id.in_(slot_ids), Slot.state != "withdrawn").order_by(Slot.id)
    return session.scalars(wanted.with_for_update(key_share=True).execution_options(populate_existing=True)).all()


def lock_holders(session: Session, slot_ids: Sequence[int]) -> Sequence[Appointment]:
    """The visits and offers of locked slots, locked after their patients (X14). Nobody else can change who holds them meanwhile."""
    holding = select(Appointment).where(Appointment.slot_id.in_(slot_ids), text(ACTIVE))
    who = holding.with_only_columns(Appointment.patient_id)
    session.execute(select(Patient.id).where(Patient.id.in_(who)).order_by(Patient.id).with_for_update(key_share=True)).all()
    locked = holding.order_by(Appointment.id).with_for_update(key_share=True)
    return session.scalars(locked.execution_options(populate_existing=True)).all()


def _take_off(session: Session, slots: Sequence[Slot], actor: Actor, now: datetime) -> None:
    session.execute(update(Slot).where(Slot.id.in_([slot.id for slot in slots])).values(state="withdrawn"))
    about = [{"provider_id": slot.provider_id, "slot_id": slot.id} for slot in slots]
    events.record_all(session, "slot.withdrawn", about, now=now, actor=actor)


def _end_one_by_one(
    session: Session, slots: dict[int, Slot], by_status: dict[str, list[Appointment]], actor: Actor, now: datetime
) -> None:
    """Offers, and visits that could still be taken back by their patient (D6): few at any moment."""
    for offer in by_status["proposed"]:
        offers.withdraw(session, offer, slots[offer.slot_id], actor=actor, now=now)
    for visit in by_status["cancelling"]:
        cancellations.release(session, visit, slots[visit.slot_id], actor=actor, now=now)


# A version more for each, so that a reminder or an earlier notice that is still queued is no longer true.
CANCEL = text("""
UPDATE appointments SET status = 'cancelled', cancelled_at = :now, cancel_reason = 'clinic', held_until = NULL, confirmed_at = NULL,
       version = version + 1
 WHERE id = ANY(CAST(:ids AS bigint[])) AND status = 'booked'
RETURNING id, provider_id, slot_id, entry_id, version, visit_type
""")

# Who has lost the right to wait meanwhile leaves (R56), everyone else waits on in the same place (D1, X11).
COME_BACK = text("""
UPDATE entries e
   SET state = CASE WHEN lost.lost THEN 'closed' ELSE 'waiting' END,
       closed_at = CASE WHEN lost.lost THEN CAST(:now AS timestamptz) END,
       closed_because = CASE WHEN lost.lost THEN 'referral_ended' END
  FROM (SELECT w.id, r.id IS NOT NULL AND (r.state <> 'issued' OR coalesce(r.valid_until < :today, false)) AS lost
          FROM entries w LEFT JOIN referrals r ON r.id = w.referral_id
         WHERE w.id = ANY(CAST(:ids AS bigint[])) ORDER BY w.id FOR NO KEY UPDATE OF w) lost
 WHERE e.id = lost.id
RETURNING e.id, e.returns, lost.lost
""")


def _cancel_all(session: Session, ids: Sequence[int], actor: Actor, now: datetime) -> list[int]:
    """Cancel booked visits by the clinic; the entries that wait again."""
    if not ids:
        return []
    session.flush()
    visits = session.execute(CANCEL, {"ids": list(ids), "now": now}).all()
    events.record_all(session, "visit.cancelled", [_about(visit) for visit in visits], now=now, actor=actor)
    _tell(session, visits, now)
    session.expire_all()  # the rows changed under the objects of this session
    return _come_back(session, visits, actor, now)


def _about(visit: Row[Any]) -> dict[str, Any]:
    return {
        "provider_id": visit.provider_id, "slot_id": visit.slot_id, "appointment_id": visit.id, "entry_id": visit.entry_id,
        "facts": {"reason": "clinic", "version": visit.version},
    }  # fmt: skip


def _tell(session: Session, visits: Sequence[Row[Any]], now: datetime) -> None:
    kinds: dict[str, list[int]] = {}
    for visit in visits:
        kind = cancellations.clinic_notice(visit.visit_type, visit.entry_id)
        kinds.setdefault(kind, []).append(visit.id)
    for kind, ids in kinds.items():
        notices.notify_all(session, kind, ids, now=now)


def _come_back(session: Session, visits: Sequence[Row[Any]], actor: Actor, now: datetime) -> list[int]:
    visit_of = {visit.entry_id: visit.id for visit in visits if visit.entry_id is not None}
    facts = {"ids": list(visit_of), "now": now, "today": local_date(now)}
    entries = session.execute(COME_BACK, facts).all()
    lost = [entry.id for entry in entries if entry.lost]
    back = [{"entry_id": entry.id, "facts": {"returns": entry.returns}} for entry in entries if not entry.lost]
    closed = [{"entry_id": entry_id, "facts": {"because": "referral_ended"}} for entry_id in lost]
    events.record_all(session, "entry.returned", back, now=now, actor=actor)
    seeking.begin(session, [entry.id for entry in entries if not entry.lost], now=now)
    events.record_all(session, "entry.closed", closed, now=now, actor=actor)
    notices.notify_all(session, "waiting_room_referral_ended", [visit_of[entry_id] for entry_id in lost], now=now)
    return [entry.id for entry in entries if not entry.lost]


def move(session: Session, slot_id: int, to: NewSlot, *, actor: Actor, now: datetime, policy: Policy = POLICY) -> tuple[Slot, Moved]:
    """Give one slot another time (X12): the row that replaces it, and what that meant for its patient.

    A booked visit that moves by at most `policy.move_tolerance` on its day goes along and the patient is told (`told`, R105). One that
    moves further is cancelled by the clinic and the new time is offered to its patient (`asked`); where it cannot be (a visit that
    never waited, too near, beyond the horizon) it is only `cancelled`. An open offer ends. `InvalidSlot` when `to` cannot be sold;
    `TooLate` when the visit has begun.
    """
    old = lock_slot(session, slot_id)
    held = lock_holders(session, [slot_id])
    if any(visit.starts_at <= now for visit in held):
        raise appointments.TooLate(slot_id)
    (new,) = add_seats(session, session.get_one(Schedule, old.schedule_id), to, now=now)
    new.version, new.substitute = old.version, old.substitute
    if old.state == "quarantined":
        new.state, new.quarantined_for = "quarantined", old.quarantined_for
    session.flush()
    events.record(
        session, "slot.moved", now=now, actor=actor, provider_id=new.provider_id, slot_id=new.id, from_slot=old.id,
    )  # fmt: skip
    booked = next((visit for visit in held if visit.status == "booked"), None)
    if booked is not None and moves_with_notice(old.starts_at, new.starts_at, policy):
        old.state = "withdrawn"
        session.flush()
        carry_over(session, booked, new, actor=actor, now=now, policy=policy)
        return new, "told" if old.starts_at != new.starts_at else "moved"
    withdraw(session, [old.id], actor=actor, now=now)
    if booked is None:
        return new, "moved"
    asked = propose_instead(session, booked.id, new, actor=actor, now=now, policy=policy)
    return new, "asked" if asked else "cancelled"


def carry_over(session: Session, visit: Appointment, new: Slot, *, actor: Actor, now: datetime, policy: Policy = POLICY) -> None:
    """Move a locked visit to a locked slot and tell the patient (R105), unless it begins when it always did.

    Less than a day before the visit a message may come too late, and another visit of the patient may stand at the new time (X4):
    then a person has to ring.
    """
    start = visit.starts_at
    if start == new.starts_at:
        moves.reseat(session, visit, new)
    else:
        moves.relocate(session, visit, new, now=now)
    events.record(
        session, "visit.changed", now=now, actor=actor, provider_id=new.provider_id, slot_id=new.id, appointment_id=visit.id,
        entry_id=visit.entry_id, version=visit.version, by="clinic",
    )  # fmt: skip
    if start != new.starts_at:
        _tell_change(session, visit, start, actor, now, policy)
    try:
        appointments.check_time(session, visit.patient_id, new, moving=visit.id, policy=policy)
    except TimeConflict:
        _person_must(session, "time_conflict", visit, now)


def _tell_change(session: Session, visit: Appointment, old_start: datetime, actor: Actor, now: datetime, policy: Policy) -> None:
    notices.notify(session, "changed", visit.id, actor=actor, now=now)
    if min(old_start, visit.starts_at) - now < policy.near_visit:
        _person_must(session, "call_patient", visit, now)


def _person_must(session: Session, kind: str, visit: Appointment, now: datetime) -> None:
    cause = f"visit {visit.id} version {visit.version}"
    tasks.open_task(session, kind, cause, now=now, appointment_id=visit.id, patient_id=visit.patient_id)


def propose_instead(
    session: Session, cancelled_id: int, slot: Slot, *, actor: Actor, now: datetime, policy: Policy = POLICY
) -> bool:
    """Offer a locked, unsold slot to the patient whose visit the clinic has just cancelled (X12); False where it cannot be.

    Not where he does not wait again, has another offer or visit at that time, or has no hour left to answer in (D5, X19).
    """
    lost = session.get_one(Appointment, cancelled_id)
    entry = None if lost.entry_id is None else waiting_room.lock_entry(session, lost.entry_id)
    if entry is None or entry.state != "waiting" or slot.state not in ("pending", "free"):
        return False
    if slot.local_date > last_open_day(now, service(slot.service)):
        return False
    hours = policy.hours(_channel(session, entry))
    deadline = offer_deadline(now, slot.starts_at, hours, policy) if slot.starts_at - now >= policy.propose_from else None
    if deadline is None:
        return False
    before = slot.state
    try:
        with session.begin_nested():
            appointments.check_time(session, entry.patient_id, slot, policy=policy)
            offers.propose(session, slot, entry, expires_at=deadline, now=now, instead_of=lost.id, actor=actor)
    except (AlreadyClaimed, TimeConflict):
        slot.state = before
        return False
    return True


def _channel(session: Session, entry: Entry) -> str:
    own = session.get_one(ContactPoint, entry.contact_point_id)
    point = own if own.state == "active" else people.preferred_contact(session, entry.patient_id)
    return (point or own).channel
