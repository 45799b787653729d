"""When a clinic's schedules came in: what proves that they were delivered in time (R5, R6), and shows which have gone stale (R121)."""

from datetime import datetime

from sqlalchemy import ForeignKey, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.database import Numbered


class Delivery(Numbered):
    """The announcements of one schedule: the first of all, the first that held a slot to be sold, and the newest."""

    __tablename__ = "deliveries"

    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedules.id"), unique=True)
    first_at: Mapped[datetime]
    filled_at: Mapped[datetime | None]
    last_at: Mapped[datetime]


def note(session: Session, schedule_id: int, *, filled: bool, now: datetime) -> None:
    """An announcement has come; `filled` says that it held a slot that was taken in, so that an empty one proves nothing (R6)."""
    write = insert(Delivery).values(schedule_id=schedule_id, first_at=now, filled_at=now if filled else None, last_at=now)
    news = {"last_at": func.greatest(Delivery.last_at, now), "filled_at": func.coalesce(Delivery.filled_at, write.excluded.filled_at)}
    session.execute(write.on_conflict_do_update(index_elements=["schedule_id"], set_=news))
