"""The day of a clinic's initial import: its schedules stand still, and what it announces meanwhile is taken in afterwards (R119)."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry import events
from registry.announcements import Announced
from registry.database import Numbered
from registry.events import Actor
from registry.rules import local_date


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


def freeze(session: Session, provider_id: int, day: date, *, actor: Actor, now: datetime) -> None:
    """Let a clinic's schedules stand still on a Warsaw day; saying it twice changes nothing."""
    fresh = insert(Freeze).values(provider_id=provider_id, day=day).on_conflict_do_nothing().returning(Freeze.id)
    if session.scalar(fresh) is not None:
        events.record(session, "schedule.frozen", now=now, actor=actor, provider_id=provider_id, day=day.isoformat())


def frozen(session: Session, provider_id: int, *, now: datetime) -> bool:
    """Whether the clinic's schedules stand still at this moment."""
    today = select(Freeze.id).where(Freeze.provider_id == provider_id, Freeze.day == local_date(now))
    return session.scalar(today) is not None


def keep(session: Session, provider_id: int, schedule_id: int, rows: list[Announced], *, now: datetime) -> None:
    """Keep announcements in the order in which they came."""
    session.add_all(Kept(provider_id=provider_id, schedule_id=schedule_id, at=now, said=row.as_json()) for row in rows)
    session.flush()


def next_kept(session: Session, *, now: datetime) -> tuple[int, list[Announced]] | None:
    """Take the kept announcements of one schedule whose day is over: its id and what was said, oldest first; None when all is done.

    They are gone with the transaction that takes them in, and stay if it fails.
    """
    still = select(Freeze.provider_id).where(Freeze.day == local_date(now))
    first = select(Kept.schedule_id).where(Kept.provider_id.not_in(still)).order_by(Kept.id).limit(1)
    schedule_id = session.scalar(first)
    if schedule_id is None:
        return None
    kept = select(Kept).where(Kept.schedule_id == schedule_id).order_by(Kept.id).with_for_update()
    rows = session.scalars(kept).all()
    said = [Announced.from_json(row.said) for row in rows]
    for row in rows:
        session.delete(row)
    session.flush()
    return schedule_id, said
