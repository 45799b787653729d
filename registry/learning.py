"""Turns that were read wrongly, as people marked them: what the learned model is taught from, once somebody has reviewed it (X33)."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from registry.database import Numbered


class ReadingMark(Numbered):
    """One message that was read wrongly, with the intent that was meant.

    No words of the patient stand here: they are the message's own and go when it does (D15). `note` is the operator's, masked, and goes
    with them; the pair of intents stays, which tells of nobody. `version` counts the changes: whoever changes a mark names the version
    that he saw. A mark that was taken back is `withdrawn`, so that its version is never given twice.
    """

    __tablename__ = "reading_marks"
    __table_args__ = (CheckConstraint("state IN ('new', 'exported', 'dismissed', 'withdrawn')", name="state"),)

    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), unique=True)
    intent: Mapped[str]
    note: Mapped[str | None]
    state: Mapped[str] = mapped_column(default="new")
    version: Mapped[int] = mapped_column(default=1)
    marked_by: Mapped[int] = mapped_column(ForeignKey("operators.id"))
    marked_at: Mapped[datetime]
    exported_at: Mapped[datetime | None]
