"""What only a person can do: the operators' list of patients who could not be reached, or who asked for somebody."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.database import Numbered

SOON: Final = {"emergency": timedelta(minutes=15), "report_death": timedelta(hours=4), "request_human": timedelta(hours=4)}
USUALLY: Final = timedelta(hours=24)
"""How long a task of a kind may wait, where nobody has set another time."""


class Task(Numbered):
    """One thing to do; open until an operator closes it, and never twice for the same cause.

    Whoever takes it owns it: nobody else works on it meanwhile. `result` is what came of it, in the operator's words (D15: kept as long
    as a dialogue's).
    """

    __tablename__ = "tasks"
    __table_args__ = (
        Index("uq_tasks_cause", "kind", "cause", unique=True),
        Index("ix_tasks_open", "at", postgresql_where=text("state = 'open'")),
        Index(None, "message_id"),
        Index(None, "patient_id"),
        CheckConstraint("state IN ('open', 'done')", name="state"),
    )

    at: Mapped[datetime]
    kind: Mapped[str]
    cause: Mapped[str]
    state: Mapped[str] = mapped_column(default="open")
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patients.id"))
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointments.id"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("operators.id"))
    due_at: Mapped[datetime | None]
    result: Mapped[str | None]
    closed_at: Mapped[datetime | None]


def open_task(session: Session, kind: str, cause: str, *, now: datetime, **about: Any) -> int | None:
    """Put a task on the list; its number. The same cause again changes nothing: None."""
    new = insert(Task).values(at=now, kind=kind, cause=cause, state="open", **about).on_conflict_do_nothing()
    return session.scalar(new.returning(Task.id))


UNREACHABLE = text("""
INSERT INTO tasks (at, kind, cause, state, patient_id, appointment_id)
SELECT :now, 'unreachable', 'visit ' || a.id || ' version ' || a.version, 'open', a.patient_id, a.id
  FROM appointments a JOIN patients p ON p.id = a.patient_id
 WHERE a.id = ANY(CAST(:appointment_ids AS bigint[])) AND p.died_at IS NULL
   AND NOT EXISTS (SELECT 1 FROM contact_points c WHERE c.patient_id = a.patient_id AND c.state = 'active')
    ON CONFLICT DO NOTHING
""")


def unreachable(session: Session, appointment_id: int, *, now: datetime) -> None:
    """A living patient who should be told of a visit and has no usable address becomes a task (R54)."""
    unreachable_all(session, [appointment_id], now=now)


def unreachable_all(session: Session, appointment_ids: Sequence[int], *, now: datetime) -> None:
    """The same for many visits: a task for each patient among them whom nobody can reach."""
    session.execute(UNREACHABLE, {"appointment_ids": list(appointment_ids), "now": now})
