"""Granting and ending the right to be seen out of turn: what a clinic sends changes the patient's place at once (R76, R77).

The clinic's word counts today; a central verification may stand beside it, and where the two differ a person looks.
"""

from datetime import date, datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from registry import events, people, seeking, tasks, waiting_room
from registry.catalogue import Category
from registry.entitlements import Entitlement, holds
from registry.events import SYSTEM, Actor
from registry.rules import local_date, queue_rank
from registry.waiting_room import Entry


class OnlyAtTheClinic(Exception):
    """A right to be seen out of turn is shown at a clinic, which verifies it and books (R76, R77)."""


def grant(
    session: Session, patient_id: int, kind: str, *, provider_id: int, actor: Actor, now: datetime, valid_until: date | None = None
) -> Entitlement:
    """A clinic has verified a right (R76): an open place moves to its class at once, with its joining time. `OnlyAtTheClinic`."""
    if actor.channel not in ("desk", "api"):
        raise OnlyAtTheClinic(patient_id)
    people.lock_patient(session, patient_id)
    made = Entitlement(
        patient_id=patient_id, kind=kind, provider_id=provider_id, verified_at=now, verified_by=actor.name, valid_until=valid_until
    )
    session.add(made)
    session.flush()
    events.record(session, "entitlement.granted", now=now, actor=actor, provider_id=provider_id, entitlement_id=made.id)
    _rerank(session, patient_id, actor, now)
    return made


def revoke(session: Session, entitlement_id: int, *, actor: Actor, now: datetime) -> None:
    """The right is taken back: an open place goes back to its class, with its joining time. Repeated, it changes nothing."""
    patient_id = session.scalars(select(Entitlement.patient_id).where(Entitlement.id == entitlement_id)).one()
    people.lock_patient(session, patient_id)
    entitlement = session.get_one(Entitlement, entitlement_id, populate_existing=True)
    if entitlement.revoked_at is None:
        entitlement.revoked_at = now
        session.flush()
        events.record(
            session, "entitlement.revoked", now=now, actor=actor, provider_id=entitlement.provider_id, entitlement_id=entitlement_id
        )
        _rerank(session, patient_id, actor, now)


def central_verdict(session: Session, entitlement_id: int, *, agrees: bool, now: datetime) -> None:
    """The central verification's word, beside the clinic's (R77): where they differ it becomes a task, and nothing else changes."""
    entitlement = session.get_one(Entitlement, entitlement_id, with_for_update={"key_share": True}, populate_existing=True)
    entitlement.central_verdict, entitlement.central_at = agrees, now
    session.flush()
    if not agrees and entitlement.revoked_at is None:
        tasks.open_task(session, "entitlement_differs", f"entitlement {entitlement_id}", now=now, patient_id=entitlement.patient_id)


def _rerank(session: Session, patient_id: int, actor: Actor, now: datetime) -> bool:
    """Bring the class of the patient's open places up to date; whether one moved. The patient is locked before (X14)."""
    privileged = holds(session, patient_id, now=now)
    open_places = select(Entry.id).where(Entry.patient_id == patient_id, Entry.state != "closed", Entry.privileged != privileged)
    moved = [waiting_room.lock_entry(session, entry_id) for entry_id in session.scalars(open_places).all()]
    for entry in moved:
        category: Category = "urgent" if entry.category == "urgent" else "stable"
        entry.privileged, entry.rank = privileged, queue_rank(category, privileged=privileged)
        session.flush()
        events.record(session, "entry.reranked", now=now, actor=actor, entry_id=entry.id, privileged=privileged)
    seeking.begin(session, [entry.id for entry in moved], now=now)
    return bool(moved)


LAPSED = text("""
SELECT DISTINCT e.patient_id FROM entitlements e JOIN entries q ON q.patient_id = e.patient_id AND q.state <> 'closed' AND q.privileged
 WHERE e.valid_until < :today ORDER BY e.patient_id LIMIT :limit
""")


def lapse(session: Session, *, now: datetime, limit: int = 500) -> int:
    """Places whose right has run out go back to their class (R76); how many patients moved. Before each nightly run."""
    moved = 0
    for patient_id in session.scalars(LAPSED, {"today": local_date(now), "limit": limit}).all():
        people.lock_patient(session, patient_id)
        moved += _rerank(session, patient_id, SYSTEM, now)
    return moved
