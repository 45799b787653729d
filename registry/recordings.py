"""Which calls were recorded, under which name, and when their sound has to go (X32, X34, D14, D15).

The row comes before the first byte of sound and goes after the last: no file is ever unknown here. Names are drawn by lot.
"""

from collections.abc import Sequence
from datetime import datetime
from secrets import token_hex
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.catalogue import POLICY, Policy
from registry.database import Numbered


class Recording(Numbered):
    """The sound of one call; `name` is that of its file, `erased_at` when it was given up before its time (X34)."""

    __tablename__ = "recordings"
    __table_args__ = (Index(None, "at"), Index("ix_recordings_erased", "id", postgresql_where=text("erased_at IS NOT NULL")))

    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"), unique=True)
    name: Mapped[str] = mapped_column(unique=True)
    at: Mapped[datetime]
    erased_at: Mapped[datetime | None]


def begin(session: Session, call_id: int, *, now: datetime) -> str:
    """A call is going to be recorded; the name for its file, which tells nothing."""
    recording = Recording(call_id=call_id, name=token_hex(16), at=now)
    session.add(recording)
    session.flush()
    return recording.name


# What must be gone: given up, or older than what was said may be kept.
DUE = text("""
SELECT id, name FROM recordings WHERE erased_at IS NOT NULL OR at < :before ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
""")


def due(session: Session, *, now: datetime, limit: int, policy: Policy = POLICY) -> Sequence[Any]:
    """Recordings whose files are to be deleted (id, name), locked until `forget`."""
    return session.execute(DUE, {"before": now - policy.keep_dialogue, "limit": limit}).all()


def forget(session: Session, ids: Sequence[int]) -> None:
    """Their files are gone."""
    session.execute(text("DELETE FROM recordings WHERE id = ANY(:ids)"), {"ids": list(ids)})
