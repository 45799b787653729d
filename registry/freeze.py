"""The day of a clinic's initial import: its schedules stand still, and what it announces meanwhile is taken in afterwards (R119)."""

from datetime import date, datetime, timedelta
from itertools import takewhile
from typing import Any

from sqlalchemy import ForeignKey, Index, delete, exists, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry import events
from registry.announcements import Announced
from registry.database import Numbered
from registry.events import SYSTEM, Actor, Event
from registry.rules import local_date

DROPPED = "visit.kept_cancellation_dropped"  # what a patient had given up in time was not carried out in time


class Freeze(Numbered):
    """A Warsaw day on which a clinic's schedules must not change."""

    __tablename__ = "freezes"
    __table_args__ = (Index(None, "provider_id", "day", unique=True),)

    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"))
    day: Mapped[date]


class Kept(Numbered):
    """An announcement that came on such a day; gone when it was taken in. It holds what the clinic said, its patients included."""

    __tablename__ = "kept_announcements"

    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"), index=True)
    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedules.id"))
    at: Mapped[datetime]
    said: Mapped[dict[str, Any]]


class KeptCancellation(Numbered):
    """A patient's own cancellation that came on such a day (R119): the visit stands until the day is over, then it is carried out."""

    __tablename__ = "kept_cancellations"

    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointments.id"), unique=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"))
    at: Mapped[datetime]
    reason: Mapped[str]
    leave: Mapped[bool]
    actor: Mapped[str]
    channel: Mapped[str]
    actor_name: Mapped[str | None]


def freeze(session: Session, provider_id: int, day: date, *, actor: Actor, now: datetime) -> None:
    """Let a clinic's schedules stand still on a Warsaw day; saying it twice changes nothing."""
    fresh = insert(Freeze).values(provider_id=provider_id, day=day).on_conflict_do_nothing().returning(Freeze.id)
    if session.scalar(fresh) is not None:
        events.record(session, "schedule.frozen", now=now, actor=actor, provider_id=provider_id, day=day.isoformat())


def frozen(session: Session, provider_id: int, *, now: datetime) -> bool:
    """Whether the clinic's schedules stand still at this moment."""
    today = select(Freeze.id).where(Freeze.provider_id == provider_id, Freeze.day == local_date(now))
    return session.scalar(today) is not None


def thaws_on(session: Session, provider_id: int, *, now: datetime) -> date | None:
    """The first Warsaw day on which the clinic's schedules may change again; None when they may now."""
    ahead = select(Freeze.day).where(Freeze.provider_id == provider_id, Freeze.day >= local_date(now))
    frozen_days = set(session.scalars(ahead))
    day = local_date(now)
    while day in frozen_days:
        day += timedelta(days=1)
    return day if day > local_date(now) else None


def keep_cancellation(
    session: Session, appointment_id: int, provider_id: int, *, reason: str, leave: bool, actor: Actor, now: datetime
) -> None:
    """Keep a cancellation for the day after; said twice it is one, and the last word about leaving holds."""
    row = {"appointment_id": appointment_id, "provider_id": provider_id, "at": now, "reason": reason, "leave": leave}
    who = {"actor": actor.kind, "channel": actor.channel, "actor_name": actor.name}
    new = insert(KeptCancellation).values(**row, **who)
    session.execute(new.on_conflict_do_update(index_elements=["appointment_id"], set_={"leave": new.excluded.leave}))


def forget_cancellation(session: Session, appointment_id: int) -> bool:
    """The patient will come after all, or the visit ended otherwise; whether there was something to forget."""
    gone = delete(KeptCancellation).where(KeptCancellation.appointment_id == appointment_id).returning(KeptCancellation.id)
    return session.scalar(gone) is not None


def cancelled_in_time(session: Session, appointment_id: int) -> bool:
    """Whether the patient had given the visit up on such a day, carried out or not (R119): nobody may say that he stayed away."""
    kept = exists().where(KeptCancellation.appointment_id == appointment_id)
    dropped = exists().where(Event.appointment_id == appointment_id, Event.kind == DROPPED)
    return bool(session.scalar(select(or_(kept, dropped))))


FORGET_PATIENT = text("""
DELETE FROM kept_cancellations k USING appointments a WHERE a.id = k.appointment_id AND a.patient_id = :patient_id
""")


def forget_patient(session: Session, patient_id: int) -> None:
    """Nothing that a patient had given up is carried out any more (X6)."""
    session.execute(FORGET_PATIENT, {"patient_id": patient_id})


def cancellations_due(session: Session, *, now: datetime) -> list[int]:
    """The visits whose kept cancellations can be carried out now, in the order in which they came."""
    still = select(Freeze.provider_id).where(Freeze.day == local_date(now))
    due = select(KeptCancellation.appointment_id).where(KeptCancellation.provider_id.not_in(still))
    return list(session.scalars(due.order_by(KeptCancellation.id)))


def take_cancellation(session: Session, appointment_id: int) -> KeptCancellation | None:
    """One kept cancellation, gone with the transaction that carries it out; None when somebody else was quicker."""
    locked = select(KeptCancellation).where(KeptCancellation.appointment_id == appointment_id).with_for_update()
    found = session.scalars(locked).one_or_none()
    if found is not None:
        session.delete(found)
        session.flush()
    return found


def keep(session: Session, provider_id: int, schedule_id: int, rows: list[Announced], *, actor: Actor, now: datetime) -> None:
    """Keep announcements in the order in which they came, with who made them (R9)."""
    by = {"by": [actor.kind, actor.channel, actor.name]}
    session.add_all(Kept(provider_id=provider_id, schedule_id=schedule_id, at=now, said={**row.as_json(), **by}) for row in rows)
    session.flush()


def next_kept(session: Session, *, now: datetime) -> tuple[int, Actor, list[Announced]] | None:
    """Take the kept announcements of one schedule whose day is over, as far as one actor made them: its id, who it was and what was
    said, oldest first; None when all is done.

    They are gone with the transaction that takes them in, and stay if it fails.
    """
    still = select(Freeze.provider_id).where(Freeze.day == local_date(now))
    first = select(Kept.schedule_id).where(Kept.provider_id.not_in(still)).order_by(Kept.id).limit(1)
    schedule_id = session.scalar(first)
    if schedule_id is None:
        return None
    kept = select(Kept).where(Kept.schedule_id == schedule_id).order_by(Kept.id).with_for_update()
    rows = session.scalars(kept).all()
    actor = _by(rows[0])
    rows = list(takewhile(lambda row: _by(row) == actor, rows))
    said = [Announced.from_json({name: value for name, value in row.said.items() if name != "by"}) for row in rows]
    for row in rows:
        session.delete(row)
    session.flush()
    return schedule_id, actor, said


def _by(row: Kept) -> Actor:
    """Who made a kept announcement; the system, for one that was kept before this was noted."""
    return Actor(*row.said["by"]) if "by" in row.said else SYSTEM
