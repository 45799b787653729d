"""A place leaves the central registration: its dates go, its visits stay, and who waits for it alone is asked for another (R58, R20)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, exists, or_, select, text
from sqlalchemy.orm import Session

from registry import events, notices, tasks, waiting_room, withdrawal
from registry.appointments import Appointment
from registry.database import transaction
from registry.events import SYSTEM, Actor
from registry.rules import local_date
from registry.schedules import Place, Slot
from registry.waiting_room import Entry


@dataclass(frozen=True, slots=True)
class Departed:
    """What a departure came to: dates taken off, visits that stay, places in the queue that lost one of their clinics, patients asked."""

    slots: int = 0
    visits: int = 0
    narrowed: int = 0
    asked: int = 0


def leave(session: Session, place_id: int, *, actor: Actor, now: datetime) -> Departed:
    """The place takes part no longer. Repeated, it changes nothing.

    Unsold dates are withdrawn and offers end (X11); booked visits take place, and a person sees to them. Whoever waits for several
    clinics waits for the others; whoever waits for this one alone keeps the place in the queue and is asked (R58).
    """
    place = session.scalars(select(Place).where(Place.id == place_id).with_for_update(key_share=True)).one()
    if place.left_at is not None:
        return Departed()
    place.left_at = now
    session.flush()
    events.record(session, "place.left", now=now, actor=actor, provider_id=place.provider_id, place_id=place_id)
    gone = withdrawal.withdraw(session, _unsold(session, place_id, now), actor=actor, now=now)
    visits = _staying(session, place_id, now)
    if visits:
        tasks.open_task(session, "place_left_with_visits", f"place {place_id} {now.isoformat()}", now=now)
    return Departed(gone.slots, visits, _narrow(session, place_id, actor, now), ask(session, now=now))


def come_back(session: Session, place_id: int, *, actor: Actor, now: datetime) -> None:
    """The place takes part again; it announces its dates anew. Repeated, it changes nothing."""
    place = session.scalars(select(Place).where(Place.id == place_id).with_for_update(key_share=True)).one()
    if place.left_at is not None:
        place.left_at = None
        session.flush()
        events.record(session, "place.returned", now=now, actor=actor, provider_id=place.provider_id, place_id=place_id)


def _unsold(session: Session, place_id: int, now: datetime) -> list[int]:
    """Dates to come that nobody holds, or that are only offered; locked, so that nobody books one meanwhile."""
    wanted = select(Slot).where(Slot.place_id == place_id, Slot.starts_at > now, Slot.state != "withdrawn").order_by(Slot.id)
    slots = session.scalars(wanted.with_for_update(key_share=True).execution_options(populate_existing=True)).all()
    held = select(Appointment.slot_id).where(Appointment.place_id == place_id, Appointment.status.in_(("booked", "cancelling")))
    sold = set(session.scalars(held))
    return [slot.id for slot in slots if slot.id not in sold]


def _staying(session: Session, place_id: int, now: datetime) -> int:
    held = select(Appointment.id).where(Appointment.place_id == place_id, Appointment.status == "booked", Appointment.starts_at > now)
    return len(session.scalars(held).all())


def _narrow(session: Session, place_id: int, actor: Actor, now: datetime) -> int:
    """Take the place off the wishes of those who have other clinics that take part, with the place in the queue kept (R49)."""
    there = exists().where(Place.id == text("ANY(entries.place_ids)"), Place.left_at.is_(None))
    ahead = or_(Entry.date_to.is_(None), Entry.date_to >= local_date(now))
    wanted = select(Entry).where(Entry.state == "waiting", Entry.place_ids.contains([place_id]), there, ahead).order_by(Entry.id)
    entries = session.scalars(wanted).all()
    for entry in entries:
        wishes = waiting_room.criteria_of(entry)
        waiting_room.edit_criteria(session, entry.id, wishes.without_place(place_id), actor=actor, now=now)
    return len(entries)


# Who waits for clinics of which none takes part any more, and has not been asked since the last of them left.
STRANDED = text("""
SELECT e.id, e.criteria_version FROM entries e
 WHERE e.state = 'waiting' AND e.cell IS NULL AND e.place_ids IS NOT NULL
   AND e.place_ids && (SELECT coalesce(array_agg(id), '{}') FROM places WHERE left_at IS NOT NULL)
   AND NOT EXISTS (SELECT 1 FROM places p WHERE p.id = ANY(e.place_ids) AND p.left_at IS NULL)
   AND NOT EXISTS (SELECT 1 FROM tasks t WHERE t.kind = 'clinic_left' AND t.cause = 'entry ' || e.id || ' wishes ' || e.criteria_version)
 ORDER BY e.id LIMIT :limit
""")


def ask(session: Session, *, now: datetime, limit: int = 500) -> int:
    """Ask for another clinic whoever waits only for some that have left: by a notice, and through a person who sees to it; how many."""
    stranded = session.execute(STRANDED, {"limit": limit}).all()
    for row in stranded:
        entry = session.get_one(Entry, row.id)
        notices.notify_entry(session, "clinic_left", entry.id, actor=SYSTEM, now=now)
        cause = f"entry {entry.id} wishes {row.criteria_version}"
        tasks.open_task(session, "clinic_left", cause, now=now, patient_id=entry.patient_id)
    return len(stranded)


def ask_due(engine: Engine, *, now: datetime) -> int:
    """The same, for those who come back to the queue later (R56); for the worker."""
    with transaction(engine) as session:
        return ask(session, now=now)
