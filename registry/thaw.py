"""When a clinic's freeze day is over (R119): what it announced is taken in first, then what its patients cancelled is carried out."""

from datetime import datetime
from functools import partial
from typing import cast

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from registry import allocation, appointments, cancellations, events, freeze, intake, notices, offers, tasks, waiting_room
from registry.appointments import Appointment, NotHeld, TooLate
from registry.catalogue import POLICY, CancelReason, Policy
from registry.database import in_transaction
from registry.events import Actor


def thaw(engine: Engine, *, now: datetime, policy: Policy = POLICY) -> int:
    """Everything that was kept for clinics whose freeze day is over; how many slots and cancellations were looked at."""
    taken = intake.take_in_kept(engine, now=now)
    with Session(engine) as session:
        due = freeze.cancellations_due(session, now=now)
    for appointment_id in due:
        in_transaction(engine, partial(_carry_out, appointment_id=appointment_id, now=now, policy=policy))
    return len(taken) + len(due)


def _carry_out(session: Session, appointment_id: int, now: datetime, policy: Policy) -> None:
    """Cancel as the patient asked, with his name on it; a visit that ended or moved away meanwhile is left alone."""
    visit, slot = appointments.lock_visit(session, appointment_id)
    kept = freeze.take_cancellation(session, appointment_id)
    if kept is None:
        return
    actor, reason = Actor(kept.actor, kept.channel, kept.actor_name), cast(CancelReason, kept.reason)
    try:
        cancellations.cancel(session, appointment_id, reason=reason, actor=actor, now=now, leave=kept.leave)
    except (NotHeld, TooLate) as why:
        _tell(session, visit, type(why).__name__, actor, now)
        return
    if kept.leave:
        _leave_after_all(session, visit, actor, now)
    allocation.place(session, slot.id, now=now, policy=policy)


def _leave_after_all(session: Session, visit: Appointment, actor: Actor, now: datetime) -> None:
    """The clinic was quicker and the patient waits again, or was offered another date: he had said that he will not wait (R55)."""
    if visit.cancel_reason != "clinic" or visit.entry_id is None:
        return
    offered = select(Appointment.id).where(Appointment.entry_id == visit.entry_id, Appointment.status == "proposed")
    for offer_id in session.scalars(offered).all():
        offers.decline(session, offer_id, actor=actor, now=now)
    if waiting_room.lock_entry(session, visit.entry_id).state == "waiting":
        waiting_room.leave(session, visit.entry_id, actor=actor, now=now)
        notices.notify_patient(session, "left_waiting_room", visit.patient_id, actor=actor, now=now)


def _tell(session: Session, visit: Appointment, because: str, actor: Actor, now: datetime) -> None:
    """The patient had cancelled in time, so somebody explains it to the clinic."""
    cause = f"kept cancellation of visit {visit.id}"
    tasks.open_task(session, "call_patient", cause, now=now, appointment_id=visit.id, patient_id=visit.patient_id)
    events.record(
        session, freeze.DROPPED, now=now, actor=actor, provider_id=visit.provider_id, appointment_id=visit.id,
        because=because,
    )  # fmt: skip
