"""Where and when a visit can be: clinics, places, schedules and the slots they publish (R25, R28)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import get_args

from sqlalchemy import CheckConstraint, Double, ForeignKey, Index, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.catalogue import NOT_OURS, POOLS, Kind, Pool, service
from registry.database import Numbered
from registry.rules import local_date


class InvalidSlot(ValueError):
    """This slot cannot be sold: it ends before it begins, lies in the past, or its pool is not one of its service (R28)."""


class SlotTaken(Exception):
    """Somebody else took this slot a moment ago (R37, X1)."""


class Provider(Numbered):
    """A clinic that treats patients for the health fund."""

    __tablename__ = "providers"

    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    phone: Mapped[str]
    email: Mapped[str | None]


class Place(Numbered):
    """An address where a clinic sees patients; `latitude` and `longitude` in degrees."""

    __tablename__ = "places"

    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"), index=True)
    name: Mapped[str]
    street: Mapped[str]
    postcode: Mapped[str]
    city: Mapped[str]
    phone: Mapped[str]
    latitude: Mapped[float] = mapped_column(Double)
    longitude: Mapped[float] = mapped_column(Double)
    left_at: Mapped[datetime | None]  # since when it takes part no longer (R58)


class Schedule(Numbered):
    """The working time of one resource (a doctor, a machine) for one service at one place.

    `kind` is what it is for (R26, R27), or private (R1); None is the usual kind of the service.
    """

    __tablename__ = "schedules"
    __table_args__ = (CheckConstraint(f"kind IN {get_args(Kind)}", name="kind"),)

    place_id: Mapped[int] = mapped_column(ForeignKey("places.id"), index=True)
    service: Mapped[str]
    resource: Mapped[str]
    kind: Mapped[str | None]

    @property
    def ours(self) -> bool:
        """Whether its slots are for patients of the central registration; others only occupy their resource (R1, R27)."""
        return self.kind not in NOT_OURS


class Slot(Numbered):
    """One sellable span of a schedule for one patient.

    `pending`: seen by the waiting room only, to be placed when its day is open; `free`: published to everyone; `taken`: an
    appointment holds it; `withdrawn` and `quarantined`: not to be sold; `blocked`: time of a doctor or machine that the clinic uses
    otherwise (R1, R27). A slot of capacity n is n rows that differ in `seat`. A row
    that was withdrawn never lives again and no row ever changes its time: what replaces it is a row with the next seat number, so that
    the visits of the past stay where and when they were. `version` is the clinic's own (R15); `substitute` works in the place of the
    schedule's resource (R122). `quarantined_for` is "overlap", which ends with its cause (R123), or "booking": a clinic's own booking that
    a person must look at (R16).
    """

    __tablename__ = "slots"
    __table_args__ = (
        Index(None, "schedule_id", "clinic_slot_id", "seat", unique=True),
        Index(None, "schedule_id", "starts_at"),
        Index("ix_slots_pending", "local_date", postgresql_where=text("state = 'pending'")),
        Index("ix_slots_free", "service", "starts_at", postgresql_where=text("state = 'free'")),
        CheckConstraint("ends_at > starts_at", name="span"),
        CheckConstraint("state IN ('pending', 'free', 'taken', 'withdrawn', 'quarantined', 'blocked')", name="state"),
        CheckConstraint(f"pool IN {POOLS}", name="pool"),
    )

    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedules.id"))
    place_id: Mapped[int] = mapped_column(ForeignKey("places.id"))
    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"))
    clinic_slot_id: Mapped[str]
    seat: Mapped[int] = mapped_column(default=0)
    service: Mapped[str]
    pool: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    local_date: Mapped[date]
    state: Mapped[str] = mapped_column(default="pending")
    version: Mapped[int] = mapped_column(default=1)
    quarantined_for: Mapped[str | None]
    substitute: Mapped[str | None]


@dataclass(frozen=True, slots=True)
class NewSlot:
    """A slot as a clinic announces it, by the clinic's own id; instants are aware."""

    clinic_slot_id: str
    starts_at: datetime
    ends_at: datetime
    pool: Pool
    capacity: int = 1


def publish(session: Session, schedule: Schedule, slots: list[NewSlot], *, now: datetime) -> list[int]:
    """Take new slots in; ids of those that were not known yet, in no order (R15: a repeated announcement changes nothing).

    They are `pending`: the waiting room is asked first, then everyone (R52). `InvalidSlot` refuses the whole list.
    """
    place = session.get_one(Place, schedule.place_id)
    rows = [row for slot in slots for row in _rows(schedule, place, slot, now)]
    if not rows:
        return []
    statement = insert(Slot).values(rows).on_conflict_do_nothing().returning(Slot.id)
    return list(session.scalars(statement))


def add_seats(session: Session, schedule: Schedule, slot: NewSlot, *, now: datetime) -> list[Slot]:
    """`slot.capacity` further rows of one slot, pending, numbered after those there are or were; `InvalidSlot`."""
    place = session.get_one(Place, schedule.place_id)
    highest = select(func.max(Slot.seat)).where(Slot.schedule_id == schedule.id, Slot.clinic_slot_id == slot.clinic_slot_id)
    last = session.scalar(highest)
    rows = _rows(schedule, place, slot, now, first_seat=0 if last is None else last + 1)
    return list(session.scalars(insert(Slot).values(rows).returning(Slot)))


def add_new(
    session: Session, schedule: Schedule, slots: Sequence[NewSlot], *, version_of: Mapping[str, int], now: datetime
) -> dict[str, list[int]]:  # fmt: skip
    """Slots of which no row is or ever was, pending, all at once: the ids of each one's seats, by the clinic's id; `InvalidSlot`."""
    place = session.get_one(Place, schedule.place_id)
    rows = [{**row, "version": version_of[slot.clinic_slot_id]} for slot in slots for row in _rows(schedule, place, slot, now)]
    made: dict[str, list[int]] = {slot.clinic_slot_id: [] for slot in slots}
    if rows:
        for clinic_slot_id, slot_id in session.execute(insert(Slot).values(rows).returning(Slot.clinic_slot_id, Slot.id)):
            made[clinic_slot_id].append(slot_id)
    return made


def _rows(schedule: Schedule, place: Place, slot: NewSlot, now: datetime, first_seat: int = 0) -> list[dict[str, object]]:
    wrong = flaw(schedule, slot, now)
    if wrong is not None:
        raise InvalidSlot(slot.clinic_slot_id, wrong)
    return [
        {
            "schedule_id": schedule.id, "place_id": place.id, "provider_id": place.provider_id, "service": schedule.service,
            "clinic_slot_id": slot.clinic_slot_id, "seat": first_seat + number, "pool": slot.pool, "starts_at": slot.starts_at,
            "ends_at": slot.ends_at, "local_date": local_date(slot.starts_at),
            "state": "pending" if schedule.ours else "blocked",
        }
        for number in range(slot.capacity)
    ]  # fmt: skip


def flaw(schedule: Schedule, slot: NewSlot, now: datetime) -> str | None:
    """Why this slot cannot be sold (R4, R24-R28): `backwards`, `past`, `stage`, `kind`, `pool` or `capacity`; None when nothing is
    wrong."""
    offered = service(schedule.service)
    if slot.ends_at <= slot.starts_at:
        return "backwards"
    if slot.starts_at <= now:
        return "past"
    if local_date(slot.starts_at) < offered.since:  # R4: before its stage a service is not offered
        return "stage"
    if schedule.kind not in (None, "private", *offered.kinds):
        return "kind"
    if slot.pool not in (*offered.first_pools, "CONTROL"):
        return "pool"
    return "capacity" if slot.capacity < 1 else None


LOCK = select(Slot).where(Slot.id == bindparam("slot_id")).with_for_update(key_share=True).execution_options(populate_existing=True)


def lock_slot(session: Session, slot_id: int) -> Slot:
    """The slot's row, locked until the transaction ends. Slots are locked before patients, always: no deadlock (X14)."""
    return session.scalars(LOCK, {"slot_id": slot_id}).one()
