"""What was decided about each slot, and why: the run's record of the night and the source of every explanation (R50, X20, X22).

A decision keeps the winner's class and place in the queue as they were then: both may change afterwards.
"""

from datetime import date, datetime
from typing import Literal, get_args

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, insert, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.database import Numbered
from registry.schedules import Slot
from registry.waiting_room import Entry

Outcome = Literal["assigned", "offered", "published", "lost"]


class Run(Numbered):
    """The night of one Warsaw date: begun once, ended once, however often it was broken off between (R50, X20).

    `input_hash` is of everything that the first reading saw, `output_hash` of all decisions in order; both SHA-256.
    """

    __tablename__ = "runs"
    __table_args__ = (CheckConstraint("state IN ('running', 'finished')", name="state"),)

    local_date: Mapped[date] = mapped_column(unique=True)
    state: Mapped[str]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    starts: Mapped[int] = mapped_column(default=1)
    input_hash: Mapped[str | None]
    output_hash: Mapped[str | None]
    waiting: Mapped[int] = mapped_column(default=0)
    slots: Mapped[int] = mapped_column(default=0)
    assigned: Mapped[int] = mapped_column(default=0)
    offered: Mapped[int] = mapped_column(default=0)
    published: Mapped[int] = mapped_column(default=0)
    lost: Mapped[int] = mapped_column(default=0)


class Decided(Numbered):
    """One decision: the slot's outcome and, where somebody got it, that entry's class, place in the queue and wishes' version."""

    __tablename__ = "decisions"
    __table_args__ = (
        Index("ix_decisions_place_id", "place_id", "at", postgresql_where=text("entry_id IS NOT NULL")),
        Index("ix_decisions_run_id", "run_id", postgresql_where=text("run_id IS NOT NULL")),
        Index(None, "slot_id"),
        CheckConstraint(f"outcome IN {get_args(Outcome)}", name="outcome"),
    )

    run_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id"))
    at: Mapped[datetime]
    slot_id: Mapped[int] = mapped_column(ForeignKey("slots.id"))
    place_id: Mapped[int] = mapped_column(ForeignKey("places.id"))
    starts_at: Mapped[datetime]
    outcome: Mapped[str]
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entries.id"))
    rank: Mapped[int | None] = mapped_column(SmallInteger)
    queue_at: Mapped[datetime | None]
    criteria_version: Mapped[int | None]


WRITE = insert(Decided.__table__)  # type: ignore[arg-type]  # a mapped class's table is a Table


def record(session: Session, slot: Slot, outcome: Outcome, entry: Entry | None, *, now: datetime) -> None:
    """Note what became of a slot and why, in the transaction that does it (X22)."""
    row = {
        "at": now, "slot_id": slot.id, "place_id": slot.place_id, "starts_at": slot.starts_at, "outcome": outcome,
        "entry_id": entry and entry.id, "rank": entry and entry.rank, "queue_at": entry and entry.queue_at,
        "criteria_version": entry and entry.criteria_version,
    }  # fmt: skip
    session.execute(WRITE, row)


ADOPT = text("UPDATE decisions SET run_id = :run_id WHERE id = (SELECT max(id) FROM decisions WHERE slot_id = :slot_id)")


def adopt(session: Session, slot_id: int, run_id: int) -> None:
    """Count the newest decision about a slot to a night's run."""
    session.execute(ADOPT, {"slot_id": slot_id, "run_id": run_id})
