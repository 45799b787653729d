"""Visits and the offers that become visits: book, hold, lock, confirm. They end in `cancellations` and move in `moves`.

An offer is an appointment that is only proposed, and a visit just cancelled by SMS still holds its slot for a while (D6): one unique
index over all of them is what makes "one slot, one holder" true (X1).
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, bindparam, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry import eligibility, events, freeze, notices, people, referrals, vaccination, waiting_room
from registry.catalogue import FIRST, POLICY, Policy, Pool, VisitType, service
from registry.database import Numbered
from registry.events import Actor
from registry.rules import last_open_day, may_take
from registry.schedules import Place, Slot, SlotTaken, lock_slot
from registry.waiting_room import AlreadyClaimed, Criteria, Entry

ACTIVE = "status IN ('proposed', 'booked', 'cancelling')"
POOLS_OF: dict[VisitType, tuple[Pool, ...]] = {  # R24-R27, R87
    "first": FIRST, "control": ("CONTROL",), "screening": ("SCREENING",), "vaccination": ("VACCINATION",),
}  # fmt: skip
WORKPLACES = ("desk", "api", "console")  # where people book for others
NEARBY_KM = 30.0  # R48: without other wishes a returning patient waits for places around the clinic of the lost visit


class NotBookable(Exception):
    """Nobody may book this slot by himself now: not published, beyond the horizon, or for control visits (R31, R35, R40)."""


class TooLate(Exception):
    """The visit has begun, the offer has ended, or the time to take it back has passed (R67, D5, D6)."""


class NotHeld(Exception):
    """The visit is no longer the patient's: it was cancelled, moved or given to somebody else."""


class UnknownReason(ValueError):
    """A cancellation names a reason of the closed list (R70, D20)."""


class TimeConflict(Exception):
    """The patient has another visit at this time (X4)."""


class Appointment(Numbered):
    """A visit of one patient in one slot.

    `status`: proposed (an open offer until `expires_at`), booked, cancelling (cancelled, the slot still held until `held_until`),
    cancelled, declined, expired, fulfilled, noshow. `version` counts what a patient is told about: cancellations, returns, moves;
    `moves` counts the moves alone.
    """

    __tablename__ = "appointments"
    __table_args__ = (
        Index("uq_appointments_slot", "slot_id", unique=True, postgresql_where=text(ACTIVE)),  # X1
        Index("uq_appointments_referral", "referral_id", unique=True, postgresql_where=text(ACTIVE)),  # X2
        Index("uq_appointments_entry", "entry_id", unique=True, postgresql_where=text(ACTIVE)),  # X2
        Index(
            "uq_appointments_first_visit", "patient_id", "service", unique=True,
            postgresql_where=text(f"visit_type <> 'control' AND {ACTIVE}"),
        ),  # X3
        Index("uq_appointments_one_offer", "patient_id", unique=True, postgresql_where=text("status = 'proposed'")),  # X19
        Index("ix_appointments_booked_day", "local_date", postgresql_where=text("status = 'booked'")),
        Index("ix_appointments_attended", "local_date", postgresql_where=text("status IN ('fulfilled', 'noshow')")),
        Index("ix_appointments_held_until", "held_until", postgresql_where=text("status = 'cancelling'")),
        Index("ix_appointments_expires_at", "expires_at", postgresql_where=text("status = 'proposed'")),
        Index(None, "contact_point_id"),
        Index(None, "patient_id"),
        Index(None, "place_id"),
        Index(None, "provider_id", "patient_id"),
        Index(None, "slot_id"),
        CheckConstraint(
            "status IN ('proposed', 'booked', 'cancelling', 'cancelled', 'declined', 'expired', 'fulfilled', 'noshow')",
            name="status",
        ),
        CheckConstraint("visit_type IN ('first', 'control', 'screening', 'vaccination')", name="visit_type"),
        CheckConstraint("(visit_type = 'vaccination') = (dose IS NOT NULL)", name="dose"),
        CheckConstraint("(status = 'proposed') <= (expires_at IS NOT NULL)", name="offer_ends"),
        CheckConstraint("(status = 'cancelling') <= (held_until IS NOT NULL)", name="hold_ends"),
    )  # fmt: skip

    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    slot_id: Mapped[int] = mapped_column(ForeignKey("slots.id"))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entries.id"))
    referral_id: Mapped[int | None] = mapped_column(ForeignKey("referrals.id"))
    contact_point_id: Mapped[int] = mapped_column(ForeignKey("contact_points.id"))
    verdict_id: Mapped[int | None] = mapped_column(ForeignKey("verdicts.id"))
    place_id: Mapped[int] = mapped_column(ForeignKey("places.id"))
    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"))
    service: Mapped[str]
    visit_type: Mapped[str]
    dose: Mapped[int | None]
    origin: Mapped[str]
    status: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    moves: Mapped[int] = mapped_column(default=0)
    criteria_version: Mapped[int | None]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    local_date: Mapped[date]
    booked_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str | None]
    held_until: Mapped[datetime | None]
    moved_from: Mapped[datetime | None]


def book(
    session: Session, patient_id: int, slot_id: int, *, actor: Actor, now: datetime, referral_id: int | None = None,
    contact_point_id: int | None = None, criteria: Criteria | None = None, visit_type: VisitType = "first",
    dose: int | None = None, policy: Policy = POLICY,
) -> Appointment:  # fmt: skip
    """Book a published slot (R31, R39, R42). A patient who was waiting for this service leaves the queue with the visit.

    Raises `SlotTaken`, `NotBookable`, `NoContact`, `ReferralNotUsable`, `AlreadyClaimed`, `TimeConflict`, `NotEligible`,
    `NotThisDose`; `dose` is for vaccinations.
    """
    with session.begin_nested():  # a refusal leaves nothing half done in a conversation that goes on
        slot = lock_slot(session, slot_id)
        check_bookable(slot, visit_type, actor, now, policy)
        people.lock_living(session, patient_id)
        contact = people.own_contact(session, patient_id, contact_point_id).id
        check_time(session, patient_id, slot, policy=policy)
        verdict_id = eligibility.require(session, patient_id, slot, now=now) if visit_type == "screening" else None  # R80
        if visit_type == "vaccination":
            vaccination.require(session, patient_id, slot.service, dose, slot.local_date)  # R86-R91
        waits = visit_type != "control" and service(slot.service).waiting_room
        entry = _entry_for(session, patient_id, slot, referral_id, contact, criteria, actor, now) if waits else None
        visit = hold(
            session, slot, patient_id, contact,
            entry=entry, visit_type=visit_type, status="booked", origin=actor.kind, now=now, dose=dose,
        )  # fmt: skip
        visit.verdict_id = verdict_id
        session.flush()
    events.record(session, "visit.booked", now=now, actor=actor, **where(visit), **beyond_horizon(visit, now))
    notices.notify(session, "booked", visit.id, actor=actor, now=now)
    return visit


def check_bookable(slot: Slot, visit_type: VisitType, actor: Actor, now: datetime, policy: Policy = POLICY) -> None:
    """Whether a locked slot may be booked by this actor as this kind of visit: `SlotTaken`, `NotBookable`, `TooLate`.

    Beyond the horizon nobody books, unless the policy lets people at work sell first visits there (R31).
    """
    if slot.state == "taken":
        raise SlotTaken(slot.id)
    wanted = POOLS_OF[visit_type]
    by_clinic = actor.channel in ("desk", "api")
    locked = visit_type != "control" and slot.local_date > last_open_day(now, service(slot.service))
    unlocks = locked and visit_type == "first" and actor.channel in WORKPLACES and not policy.desk_within_horizon
    if slot.state not in (("free", "pending") if unlocks or (by_clinic and visit_type == "control") else ("free",)):
        raise NotBookable(slot.state)
    if slot.pool not in wanted or (slot.pool in ("FIRST_PRIVILEGED", "CONTROL") and not by_clinic):
        raise NotBookable(slot.pool)
    if slot.starts_at <= now:
        raise TooLate(slot.id)
    if visit_type not in ("control", service(slot.service).visit_type) or slot.local_date < service(slot.service).since:
        raise NotBookable("service")  # R4: what is offered goes by the day of the visit
    if locked and not unlocks:
        raise NotBookable("horizon")


def _may_take(slot: Slot, entry: Entry) -> bool:
    return may_take(slot.service, slot.local_date, slot.pool, entry.category, privileged=entry.privileged)


def check_category(slot: Slot, entry: Entry) -> None:
    """The slot's pool is one for this patient (D2); what a privileged slot is sold for, the clinic has checked (R76)."""
    if slot.pool != "FIRST_PRIVILEGED" and not _may_take(slot, entry):
        raise NotBookable(slot.pool)


def check_time(session: Session, patient_id: int, slot: Slot, *, moving: int = 0, policy: Policy = POLICY) -> None:
    """`TimeConflict` when the patient has another visit at this time (X4); `moving` is the visit that is being moved here, if any."""
    margin = policy.travel_margin
    clash = select(Appointment.id).where(
        Appointment.patient_id == patient_id, text(ACTIVE), Appointment.id != moving,
        Appointment.starts_at < slot.ends_at + margin, Appointment.ends_at > slot.starts_at - margin,
    )  # fmt: skip
    if session.scalar(clash.limit(1)) is not None:
        raise TimeConflict(slot.id)


def _entry_for(
    session: Session, patient_id: int, slot: Slot, referral_id: int | None, contact: int, criteria: Criteria | None,
    actor: Actor, now: datetime,
) -> Entry:  # fmt: skip
    """The claim that this booking uses: the patient's waiting entry, or a new one."""
    waiting = select(Entry).where(Entry.patient_id == patient_id, Entry.service == slot.service, Entry.state != "closed")
    entry = session.scalars(waiting.with_for_update(key_share=True).execution_options(populate_existing=True)).one_or_none()
    if entry is None:
        wishes = criteria or _around(session, slot)
        entry = waiting_room.claim(
            session, patient_id, slot.service, referral_id,
            criteria=wishes, contact_point_id=contact, state="booked", now=now,
        )  # fmt: skip
    elif entry.state != "waiting":
        raise AlreadyClaimed(slot.service)
    elif not waiting_room.pass_over(session, entry, referral_id, actor=actor, now=now):
        referrals.usable(session, patient_id, slot.service, entry.referral_id, now)
    check_category(slot, entry)
    entry.state = "booked"
    return entry


def _around(session: Session, slot: Slot) -> Criteria:
    place = session.get_one(Place, slot.place_id)
    return Criteria(slot.local_date, latitude=place.latitude, longitude=place.longitude, radius_km=NEARBY_KM)


def hold(
    session: Session, slot: Slot, patient_id: int, contact_point_id: int, *, entry: Entry | None, visit_type: VisitType,
    status: str, origin: str, now: datetime, expires_at: datetime | None = None, dose: int | None = None,
) -> Appointment:  # fmt: skip
    """Give a locked slot to a patient, as a visit or as an offer. The store refuses a second holder: `SlotTaken`, `AlreadyClaimed`."""
    row = {
        "patient_id": patient_id, "slot_id": slot.id, "entry_id": entry and entry.id, "referral_id": entry and entry.referral_id,
        "contact_point_id": contact_point_id, "place_id": slot.place_id, "provider_id": slot.provider_id, "service": slot.service,
        "visit_type": visit_type, "origin": origin, "status": status, "criteria_version": entry and entry.criteria_version,
        "starts_at": slot.starts_at, "ends_at": slot.ends_at, "local_date": slot.local_date, "booked_at": now, "expires_at": expires_at,
        "version": 1, "moves": 0, "dose": dose,
    }  # fmt: skip
    slot.state = "taken"
    session.flush()
    visit = session.scalars(insert(Appointment).on_conflict_do_nothing().returning(Appointment), row).one_or_none()
    if visit is None:
        raise _conflict(session, slot.id)
    return visit


def _conflict(session: Session, slot_id: int) -> Exception:
    """Which of the unique indexes refused a holder."""
    held = select(Appointment.id).where(Appointment.slot_id == slot_id, text(ACTIVE))
    return SlotTaken() if session.scalar(held) is not None else AlreadyClaimed()


LOCK_SLOT_OF = (
    select(Slot, Appointment.patient_id)
    .join(Appointment, Appointment.slot_id == Slot.id)
    .where(Appointment.id == bindparam("appointment_id"))
    .with_for_update(of=Slot, key_share=True)
    .execution_options(populate_existing=True)
)
LOCK = (
    select(Appointment)
    .where(Appointment.id == bindparam("appointment_id"))
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)


def lock_visit(session: Session, appointment_id: int) -> tuple[Appointment, Slot]:
    """A visit and its slot as they are now, locked in the order slot, patient, visit (X14)."""
    slot, patient_id = session.execute(LOCK_SLOT_OF, {"appointment_id": appointment_id}).one()
    people.lock_patient(session, patient_id)
    visit = session.scalars(LOCK, {"appointment_id": appointment_id}).one()
    if visit.slot_id != slot.id:  # moved between the two reads: start again with the slot that it has now
        return lock_visit(session, appointment_id)
    return visit, slot


def lock_move(session: Session, appointment_id: int, new_slot_id: int) -> tuple[Appointment, Slot, Slot]:
    """A visit, its slot and the slot that it should get, as they are now; both slots are locked in their own order, first of all (X14)."""
    old_slot_id = session.scalars(select(Appointment.slot_id).where(Appointment.id == appointment_id)).one()
    for slot_id in sorted({old_slot_id, new_slot_id}):
        lock_slot(session, slot_id)
    visit, old = lock_visit(session, appointment_id)
    return visit, old, session.get_one(Slot, new_slot_id)


def confirm(session: Session, appointment_id: int, *, actor: Actor, now: datetime) -> Appointment:
    """Note that the patient will come. Saying it twice changes nothing; `NotHeld` or `TooLate` when there is nothing to confirm."""
    visit, _ = lock_visit(session, appointment_id)
    if visit.status != "booked":
        raise NotHeld(appointment_id)
    if visit.starts_at <= now:
        raise TooLate(appointment_id)
    freeze.forget_cancellation(session, visit.id)  # R119: said last, it holds
    if visit.confirmed_at is None:
        visit.confirmed_at = now
        session.flush()
        events.record(session, "visit.confirmed", now=now, actor=actor, **where(visit))
    return visit


def where(visit: Appointment) -> dict[str, Any]:
    """What every event of a visit says of it."""
    return {
        "provider_id": visit.provider_id, "slot_id": visit.slot_id, "appointment_id": visit.id, "entry_id": visit.entry_id,
        "version": visit.version,
    }  # fmt: skip


def beyond_horizon(visit: Appointment, now: datetime) -> dict[str, bool]:
    """What the event says of a visit that a desk sold beyond the horizon (R31)."""
    beyond = visit.visit_type == "first" and visit.local_date > last_open_day(now, service(visit.service))
    return {"beyond_horizon": True} if beyond else {}
