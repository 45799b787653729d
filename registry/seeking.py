"""Who has come into the queue, or come back to it with other chances, since dates were published: they are looked at once more (R33, R49).

A published date was in nobody's wishes when it was published. Who waits since then, or wishes otherwise now, may have it at once.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.database import Numbered


class Seeking(Numbered):
    """A place in the queue for which the published dates are still to be looked through; gone when that is done."""

    __tablename__ = "seeking"

    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"), unique=True)
    since: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


def begin(session: Session, entry_ids: Sequence[int], *, now: datetime) -> None:
    """Let the published dates be looked through for these places, in the transaction that changed them; once is enough."""
    if entry_ids:
        new = insert(Seeking).values([{"entry_id": entry_id, "since": now, "version": 1} for entry_id in entry_ids])
        again = {"version": Seeking.version + 1}  # whoever is looking now has not seen this change
        session.execute(new.on_conflict_do_update(index_elements=["entry_id"], set_=again))


def end(session: Session, entry_id: int, version: int) -> None:
    """It is done, unless the place changed meanwhile. The last lock of its transaction, and never waited for (X14)."""
    mine = select(Seeking.id).where(Seeking.entry_id == entry_id, Seeking.version == version).with_for_update(skip_locked=True)
    session.execute(delete(Seeking).where(Seeking.id.in_(mine)))
