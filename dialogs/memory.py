"""What a conversation remembers between two messages: what the patient wants, how sure we are who speaks, and the form on its way.

It is kept with the conversation's row. A PESEL stays in it only until the code that goes with it has been given.
"""

from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from registry.permissions import Level

Goal = Literal["book", "join", "edit", "change", "tell", "estimate", "cancel", "leave", "screening", "vaccination"]

IDENTIFIED_FOR: Final = timedelta(minutes=30)  # D12: so long a PESEL with its code speaks for the conversation
FORM_WAITS: Final = timedelta(hours=24)  # a text message may be answered the next morning


@dataclass(frozen=True, slots=True)
class Memory:
    """`question` is the message whose answer is awaited; `slots` and `pages` are the dates that were listed in it."""

    goal: Goal | None = None
    form: str | None = None
    requested: str | None = None
    filled: dict[str, Any] = field(default_factory=dict)
    question: int | None = None
    misses: int = 0
    asked_at: str | None = None
    patient_id: int | None = None
    identified_at: str | None = None
    service: str | None = None
    exam: str | None = None
    referral_id: int | None = None
    appointment_id: int | None = None
    criteria: dict[str, Any] = field(default_factory=dict)
    slots: tuple[int, ...] = ()
    slot_id: int | None = None
    language: str | None = None

    def level(self, now: datetime) -> Level:
        """How well the speaker is identified at this moment by what was said in this conversation (D12)."""
        if self.patient_id is None or self.identified_at is None:
            return Level.ANYONE
        fresh = now - datetime.fromisoformat(self.identified_at) <= IDENTIFIED_FOR
        return Level.CODE if fresh else Level.ANYONE

    def live(self, question: int | None, now: datetime) -> bool:
        """Whether the form's own question is the last one that reached the patient, so that the next message may answer it."""
        if self.form is None or self.question is None or self.asked_at is None or question != self.question:
            return False
        return now - datetime.fromisoformat(self.asked_at) <= FORM_WAITS

    def without_form(self) -> "Memory":
        """The form is over or given up; numbers that were said in it are forgotten."""
        return replace(self, form=None, requested=None, filled={}, question=None, asked_at=None, misses=0)

    def as_json(self) -> dict[str, Any]:
        """What is worth keeping."""
        return {key: value for key, value in asdict(self).items() if value not in (None, {}, (), 0)}


def recalled(kept: dict[str, Any]) -> Memory:
    """The memory of a conversation's row; what an older program kept and this one does not know is forgotten."""
    known = {key: value for key, value in kept.items() if key in Memory.__dataclass_fields__}
    return Memory(**{**known, "slots": tuple(known.get("slots", ()))})
