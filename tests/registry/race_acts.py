"""What can happen to one doctor's visits at one moment: each use case as a piece of work on one small scene, for races (X14)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from registry import (
    absence,
    allocation,
    appointments,
    attendance,
    cancellations,
    lifecycle,
    moves,
    night,
    offers,
    out_of_turn,
    privacy,
    published,
    waiting_room,
    withdrawal,
)  # fmt: skip
from registry.absence import Absence
from registry.appointments import Appointment
from registry.database import transaction
from registry.schedules import NewSlot, Slot
from registry.waiting_room import Criteria
from tests.registry import build
from tests.registry.build import DESK, PATIENT
from tests.registry.race import Work

DAY, HALF_AN_HOUR = timedelta(days=1), timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Scene:
    """One doctor's slots: a visit, an offer, a free one, a pending one; their patients, one who waits and one who comes anew."""

    engine: Engine
    now: datetime
    provider_id: int
    slots: tuple[int, ...]
    visit: int
    exam: int
    holder: int
    held_referral: int
    offer: int
    offered_referral: int
    free: int
    pending: int
    waiting: int
    waits: int
    waiting_referral: int
    stranger: int
    right: int


def set_up(engine: Engine, now: datetime) -> Scene:
    """A scene of its own. The holder's second visit, of another service, stands at the same clinic: some use cases need both."""
    with transaction(engine) as session:
        where = build.clinic(session)
        on, other = build.schedule(session, where), build.schedule(session, where, service="MAMMO", resource="mammograf")
        here: dict[str, Any] = {"place_ids": frozenset({where.id})}
        visit = build.visit(session, now + 9 * DAY, now=now - DAY, on=on)
        holder = session.get_one(build.Patient, visit.patient_id)
        exam = build.visit(session, now + 8 * DAY, now=now - DAY, on=other, of=holder)
        free = build.slot(session, now + 10 * DAY, on=on, state="pending")
        allocation.place(session, free.id, now=now)  # nobody waits yet: it is published
        asked = build.waiting(session, now=now - DAY, **here)
        offered = build.slot(session, now + timedelta(hours=60), on=on, state="pending")
        offer = allocation.place(session, offered.id, now=now).appointment_id
        assert offer is not None
        waits = build.waiting(session, now=now, **here)
        pending = build.slot(session, now + 11 * DAY, on=on, state="pending")
        stranger = build.patient(session)
        return Scene(
            engine, now, where.provider_id, (visit.slot_id, exam.slot_id, offered.id, free.id, pending.id), visit.id, exam.id, holder.id,
            visit.referral_id or 0, offer, asked.referral_id or 0, free.id, pending.id, waits.id, waits.patient_id,
            waits.referral_id or 0, stranger.id, build.referral(session, stranger).id,
        )  # fmt: skip


def _alone(work: Callable[[Scene], object]) -> Callable[[Scene], Work]:
    """A use case that opens its own transactions, as the worker's do."""
    return lambda scene: lambda _: work(scene)


def _expire(scene: Scene) -> Work:
    return lambda session: offers.expire(session, scene.offer, now=session.get_one(Appointment, scene.offer).expires_at or scene.now)


def _move_slot(scene: Scene) -> Work:
    """The clinic moves the visit by a quarter of an hour: it goes along."""

    def move(session: Session) -> object:
        slot = session.get_one(Slot, scene.slots[0])
        start = scene.now + 9 * DAY + HALF_AN_HOUR / 2
        to = NewSlot(slot.clinic_slot_id, start, start + HALF_AN_HOUR, "FIRST_STABLE")
        return withdrawal.move(session, slot.id, to, actor=DESK, now=scene.now)

    return move


def _absence(scene: Scene, substitute: str | None = None) -> object:
    """Alone, the doctor is away for the visit, and his free slots of later days can be offered instead."""
    until = scene.now + (12 * DAY if substitute else 9 * DAY + HALF_AN_HOUR)
    away = Absence(scene.provider_id, "dr Nowak", scene.now, until, substitute)
    return absence.apply(scene.engine, away, actor=DESK, now=scene.now)


# By name; each on the same scene. `now` is one instant for all: what is due for one is due for the other.
ACTS: dict[str, Callable[[Scene], Work]] = {
    "book": lambda one: partial(
        appointments.book, patient_id=one.stranger, slot_id=one.free, actor=PATIENT, now=one.now, referral_id=one.right
    ),
    "book_waiting": lambda one: partial(
        appointments.book, patient_id=one.waits, slot_id=one.free, actor=PATIENT, now=one.now, referral_id=one.waiting_referral
    ),
    "join": lambda one: lambda session: waiting_room.join(
        session, one.stranger, "CARDIO_FIRST", one.right, Criteria(one.now.date()), actor=PATIENT, now=one.now,
        contact_point_id=build.contact(session, session.get_one(build.Patient, one.stranger)).id,
    ),
    "leave": lambda one: partial(waiting_room.leave, entry_id=one.waiting, actor=PATIENT, now=one.now),
    "edit": lambda one: partial(
        waiting_room.edit_criteria, entry_id=one.waiting, criteria=Criteria(one.now.date()), actor=PATIENT, now=one.now
    ),
    "cancel": lambda one: partial(cancellations.cancel, appointment_id=one.visit, reason="sms", actor=PATIENT, now=one.now),
    "cancel_exam": lambda one: partial(cancellations.cancel, appointment_id=one.exam, reason="illness", actor=DESK, now=one.now),
    "cancel_and_leave": lambda one: partial(
        cancellations.cancel, appointment_id=one.visit, reason="illness", actor=DESK, now=one.now, leave=True
    ),
    "hold": lambda one: partial(
        cancellations.cancel, appointment_id=one.visit, reason="sms", actor=PATIENT, now=one.now, hold_for=timedelta(minutes=5)
    ),
    "confirm": lambda one: partial(appointments.confirm, appointment_id=one.visit, actor=PATIENT, now=one.now),
    "change": lambda one: partial(moves.change, appointment_id=one.visit, new_slot_id=one.free, actor=PATIENT, now=one.now),
    "withdraw": lambda one: partial(withdrawal.withdraw, slot_ids=one.slots, actor=DESK, now=one.now),
    "move_slot": _move_slot,
    "absence": _alone(_absence),
    "substitute": _alone(partial(_absence, substitute="dr Zastępczy")),
    "accept": lambda one: partial(offers.accept, appointment_id=one.offer, actor=PATIENT, now=one.now),
    "decline": lambda one: partial(offers.decline, appointment_id=one.offer, actor=PATIENT, now=one.now),
    "expire": _expire,
    "place": lambda one: partial(allocation.place, slot_id=one.pending, now=one.now),
    "nightly": _alone(lambda one: night.run(one.engine, clock=lambda: one.now)),
    "published": _alone(lambda one: published.give_due(one.engine, now=one.now)),
    "referral_cancelled": lambda one: partial(
        lifecycle.end_referral, referral_id=one.held_referral, how="cancelled", actor=DESK, now=one.now
    ),
    "referral_used": lambda one: partial(
        lifecycle.end_referral, referral_id=one.offered_referral, how="used", actor=DESK, now=one.now
    ),
    "holder_dies": lambda one: partial(lifecycle.died, patient_id=one.holder, at=one.now, actor=DESK, now=one.now),
    "waiting_dies": lambda one: partial(lifecycle.died, patient_id=one.waits, at=one.now, actor=DESK, now=one.now),
    "recategorise": lambda one: partial(
        lifecycle.recategorise, referral_id=one.waiting_referral, category="urgent", actor=DESK, now=one.now
    ),
    "entitle": lambda one: partial(
        out_of_turn.grant, patient_id=one.waits, kind="inwalida wojenny", provider_id=one.provider_id, actor=DESK, now=one.now
    ),
    "complete": lambda one: partial(attendance.complete, appointment_id=one.visit, actor=DESK, now=one.now + 9 * DAY),
    "erase": lambda one: partial(privacy.erase, patient_id=one.stranger, now=one.now),
}  # fmt: skip
