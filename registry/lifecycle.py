"""What ends or changes a claim from outside: a referral lost, dropped or made urgent, and the death of a patient.

The patient's place and visit follow what happened elsewhere; nothing disappears without a word to somebody (X5), and nobody is written
to after a death (X6). Freed slots go the way of all freed slots (R60-R62).
"""

from datetime import datetime
from functools import partial
from typing import Literal

from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from registry import cancellations, events, freeze, notices, people, seeking, tasks, waiting_room
from registry.appointments import ACTIVE, Appointment, lock_visit
from registry.cancellations import free, release
from registry.catalogue import Category
from registry.database import in_transaction
from registry.events import SYSTEM, Actor
from registry.people import Patient
from registry.referrals import Referral
from registry.rules import local_date, queue_rank
from registry.schedules import Slot
from registry.waiting_room import Entry

Ending = Literal["cancelled", "used", "expired", "dropped"]
GIVES_UP_THE_VISIT = ("cancelled", "dropped")  # the issuer's and the patient's own word; the others keep a booked visit


def end_referral(session: Session, referral_id: int, how: Ending, *, actor: Actor, now: datetime) -> None:
    """A referral gives no right any more (X5): its issuer cancelled it, it was used elsewhere, it expired, or the patient drops it (X7).

    Who waits leaves the queue and is told. A booked visit is kept and the clinic told, but for the issuer's or the patient's own
    cancellation, which lets the slot go. Repeated, it changes nothing.
    """
    referral = session.get_one(Referral, referral_id)
    held = _held(session, referral_id)
    visit, slot = lock_visit(session, held) if held is not None else (None, None)
    people.lock_patient(session, referral.patient_id)
    if held is None and (held := _held(session, referral_id)) is not None:  # placed while we waited for the patient's lock
        visit, slot = lock_visit(session, held)
    _mark(session, referral_id, how)
    if visit is not None and slot is not None:
        _end_held(session, visit, slot, how, actor, now)
    else:
        _end_waiting(session, referral_id, how, actor, now)


def _held(session: Session, referral_id: int) -> int | None:
    return session.scalar(select(Appointment.id).where(Appointment.referral_id == referral_id, text(ACTIVE)))


def _mark(session: Session, referral_id: int, how: Ending) -> None:
    """A referral's last day is its own end: only the other endings are a state of it."""
    statement = select(Referral).where(Referral.id == referral_id).with_for_update(key_share=True)
    referral = session.scalars(statement.execution_options(populate_existing=True)).one()
    if how != "expired" and referral.state == "issued":
        referral.state = "used" if how == "used" else "cancelled"
        session.flush()


def _end_waiting(session: Session, referral_id: int, how: Ending, actor: Actor, now: datetime) -> None:
    waiting = select(Entry.id).where(Entry.referral_id == referral_id, Entry.state == "waiting")
    entry_id = session.scalar(waiting)
    if entry_id is not None:
        entry = waiting_room.lock_entry(session, entry_id)
        waiting_room.close(session, entry, actor=actor, now=now, because="left" if how == "dropped" else "referral_ended")
        notices.notify_patient(session, _farewell(how), entry.patient_id, actor=actor, now=now)


def _farewell(how: Ending) -> str:
    return "left_waiting_room" if how == "dropped" else "waiting_room_referral_ended"


def _end_held(session: Session, visit: Appointment, slot: Slot, how: Ending, actor: Actor, now: datetime) -> None:
    if visit.status == "proposed":
        _withdraw_offer(session, visit, slot, actor, now)
        _end_waiting(session, _referral_of(visit), how, actor, now)
    elif visit.status == "cancelling":
        release(session, visit, slot, actor=actor, now=now, leave=how == "dropped")
    elif how in GIVES_UP_THE_VISIT and visit.starts_at > now:
        reason: Literal["other", "referral_cancelled"] = "other" if how == "dropped" else "referral_cancelled"
        cancellations.cancel(session, visit.id, reason=reason, actor=actor, now=now, leave=how == "dropped")
    else:
        _flag(session, visit, how, actor, now)


def _referral_of(visit: Appointment) -> int:
    if visit.referral_id is None:
        raise LookupError(f"visit {visit.id} rests on no referral")
    return visit.referral_id


def _withdraw_offer(session: Session, offer: Appointment, slot: Slot, actor: Actor, now: datetime) -> None:
    """End an open offer to somebody who may not take it any more."""
    offer.status = "expired"
    offer.version += 1
    session.flush()
    free(session, slot, actor=actor, now=now)
    if offer.entry_id is not None:
        waiting_room.lock_entry(session, offer.entry_id).state = "waiting"
        session.flush()
    _tell(session, "offer.expired", offer, actor, now)


def _flag(session: Session, visit: Appointment, how: str, actor: Actor, now: datetime) -> None:
    """The visit stays; the clinic and the operators learn that its referral does not carry it any more (X5)."""
    _tell(session, "visit.referral_lost", visit, actor, now, because=how)
    tasks.open_task(
        session, "referral_lost", f"referral {visit.referral_id} visit {visit.id}", now=now,
        patient_id=visit.patient_id, appointment_id=visit.id,
    )  # fmt: skip


def drop_referral(session: Session, referral_id: int, *, actor: Actor, now: datetime) -> None:
    """The patient gives the referral up himself (X7): the slot is let go, the place too, and there is no way back on it."""
    end_referral(session, referral_id, "dropped", actor=actor, now=now)


EXPIRED = text("""
SELECT r.id FROM referrals r JOIN entries e ON e.referral_id = r.id AND e.state <> 'closed'
  LEFT JOIN appointments a ON a.entry_id = e.id AND a.status = 'booked'
 WHERE r.state = 'issued' AND r.valid_until < :today
   AND NOT EXISTS (SELECT 1 FROM tasks t WHERE t.kind = 'referral_lost' AND t.cause = 'referral ' || r.id || ' visit ' || a.id)
 ORDER BY r.id LIMIT :limit
""")


def expire_referrals(engine: Engine, *, now: datetime, limit: int = 500) -> int:
    """End what rests on referrals whose last Warsaw day is over, each in a transaction of its own; how many."""
    with Session(engine) as session:
        expired = list(session.scalars(EXPIRED, {"today": local_date(now), "limit": limit}))
    for referral_id in expired:
        in_transaction(engine, partial(end_referral, referral_id=referral_id, how="expired", actor=SYSTEM, now=now))
    return len(expired)


def recategorise(session: Session, referral_id: int, category: Category, *, actor: Actor, now: datetime) -> None:
    """The issuer made the referral urgent, or stable again (R43): another class of the queue, the same joining time."""
    patient_id = session.get_one(Referral, referral_id).patient_id
    people.lock_patient(session, patient_id)
    statement = select(Referral).where(Referral.id == referral_id).with_for_update(key_share=True)
    session.scalars(statement.execution_options(populate_existing=True)).one().category = category
    open_entry = select(Entry.id).where(Entry.referral_id == referral_id, Entry.state != "closed")
    entry_id = session.scalar(open_entry)
    if entry_id is not None:
        entry = waiting_room.lock_entry(session, entry_id)
        entry.category, entry.rank = category, queue_rank(category, privileged=entry.privileged)
        events.record(session, "entry.recategorised", now=now, actor=actor, entry_id=entry_id, category=category)
        seeking.begin(session, [entry_id], now=now)  # another class, other pools
    session.flush()


SILENCE = text("""
WITH quiet AS (UPDATE messages SET state = 'suppressed', done_at = :now WHERE patient_id = :patient_id AND state = 'queued')
UPDATE tasks SET state = 'done' WHERE patient_id = :patient_id AND state = 'open'
""")


def died(session: Session, patient_id: int, *, at: datetime, actor: Actor, now: datetime) -> None:
    """The patient has died (X6): visits and offers to come are released, every place closed, every message and task dropped.

    Nobody is written to, the contact person neither. Repeated, it changes nothing.
    """
    held = _locked_visits(session, patient_id)
    patient = session.get_one(Patient, patient_id, populate_existing=True)
    if patient.died_at is not None:
        return
    patient.died_at = at
    session.flush()  # from here on no notice finds a recipient
    for visit, slot in held:
        _release_of_dead(session, visit, slot, actor, now)
    for entry_id in session.scalars(select(Entry.id).where(Entry.patient_id == patient_id, Entry.state != "closed")).all():
        waiting_room.close(session, waiting_room.lock_entry(session, entry_id), actor=actor, now=now, because="death")
    freeze.forget_patient(session, patient_id)
    session.execute(SILENCE, {"patient_id": patient_id, "now": now})
    events.record(session, "patient.died", now=now, actor=actor, patient_id=patient_id)


def _locked_visits(session: Session, patient_id: int) -> list[tuple[Appointment, Slot]]:
    """Everything that the patient holds, locked: all slots in their order, then the patient, as everybody does it (X14)."""
    of_patient = select(Appointment.id).where(Appointment.patient_id == patient_id, text(ACTIVE)).order_by(Appointment.slot_id)
    slots = select(Slot.id).where(Slot.id.in_(of_patient.with_only_columns(Appointment.slot_id).order_by(None)))
    session.execute(slots.order_by(Slot.id).with_for_update(key_share=True)).all()
    held = [lock_visit(session, visit_id) for visit_id in session.scalars(of_patient).all()]
    people.lock_patient(session, patient_id)
    late = of_patient.where(Appointment.id.not_in([visit.id for visit, _ in held]))  # placed while we waited for the lock
    return held + [lock_visit(session, visit_id) for visit_id in session.scalars(late).all()]


def _release_of_dead(session: Session, visit: Appointment, slot: Slot, actor: Actor, now: datetime) -> None:
    if visit.status == "booked" and visit.starts_at <= now:
        return  # it has begun: the clinic says what became of it
    visit.status = "expired" if visit.status == "proposed" else "cancelled"
    visit.cancelled_at, visit.cancel_reason = visit.cancelled_at or now, visit.cancel_reason or "death"
    visit.version += 1
    session.flush()
    free(session, slot, actor=actor, now=now)
    _tell(session, "visit.cancelled", visit, actor, now, reason="death")


def _tell(session: Session, kind: str, visit: Appointment, actor: Actor, now: datetime, **facts: str) -> None:
    events.record(
        session, kind, now=now, actor=actor, provider_id=visit.provider_id, slot_id=visit.slot_id, appointment_id=visit.id,
        entry_id=visit.entry_id, version=visit.version, **facts,
    )  # fmt: skip
