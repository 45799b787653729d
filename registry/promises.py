"""What date each place in the queue was first told for its present wishes: what an estimate is judged by when the day has come (R64).

Estimates themselves change every night and go when the wait ends; without this nobody could say how many of them came true.
"""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, delete, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.database import Base


class Promise(Base):
    """The first dates that an entry was told since it has these wishes: the likely day and the one that nine of ten keep."""

    __tablename__ = "promises"
    __table_args__ = (Index(None, "p50"), Index(None, "p90"))

    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"), primary_key=True, autoincrement=False)
    criteria_version: Mapped[int]
    told_at: Mapped[datetime]
    p50: Mapped[date]
    p90: Mapped[date]


def note(session: Session, entry_id: int, criteria_version: int, p50: date | None, p90: date | None, *, now: datetime) -> None:
    """An entry is told these dates, or none; only the first ones for its present wishes are kept."""
    if p50 is None or p90 is None:
        old = Promise.entry_id == entry_id, Promise.criteria_version != criteria_version
        session.execute(delete(Promise).where(*old), execution_options={"synchronize_session": False})
        return
    told = insert(Promise).values(entry_id=entry_id, criteria_version=criteria_version, told_at=now, p50=p50, p90=p90)
    told = told.on_conflict_do_update(
        index_elements=["entry_id"],
        set_={name: told.excluded[name] for name in ("criteria_version", "told_at", "p50", "p90")},
        where=Promise.criteria_version != told.excluded.criteria_version,
    )
    session.execute(told)


NOTE_ALL = text("""
INSERT INTO promises (entry_id, criteria_version, told_at, p50, p90)
SELECT x.entry_id, x.criteria_version, x.computed_at, x.p50, x.p90
  FROM estimates x JOIN entries e ON e.id = x.entry_id LEFT JOIN promises p ON p.entry_id = x.entry_id
 WHERE e.service = :service AND e.criteria_version = x.criteria_version AND x.p50 IS NOT NULL
   AND p.criteria_version IS DISTINCT FROM x.criteria_version
    ON CONFLICT (entry_id) DO UPDATE SET criteria_version = excluded.criteria_version, told_at = excluded.told_at, p50 = excluded.p50,
       p90 = excluded.p90
 WHERE promises.criteria_version <> excluded.criteria_version
""")


def note_all(session: Session, service: str) -> None:
    """After a night: everybody of a service who has been told a date for the first time."""
    session.execute(NOTE_ALL, {"service": service})
