"""What changed, when, by whom and through which channel: for clinics, registers and the audit (R9, R63). No personal data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, insert, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.database import Numbered


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts (R9): a kind such as patient, contact_person, registrar, system; the channel; whose name it is done in.

    `address` is where the actor is waiting for an answer now, `message_id` what is being answered: such an answer goes out at any hour.
    """

    kind: str
    channel: str
    name: str | None = None
    address: str | None = None
    message_id: int | None = None


SYSTEM = Actor("system", "worker")


class Event(Numbered):
    """One change, told once; `id` is the cursor by which clinics catch up (R17)."""

    __tablename__ = "events"
    __table_args__ = (
        Index(None, "provider_id", "id"),
        Index(None, "appointment_id"),
        Index(None, "slot_id"),
        Index(  # what moved in the waiting room, without the masses that the night itself writes
            "ix_events_entry_moves", "id",
            postgresql_where=text("entry_id IS NOT NULL AND kind NOT IN ('visit.assigned', 'offer.made')"),
        ),
        Index("ix_events_given_up", "at", postgresql_where=text("kind IN ('visit.cancelled', 'slot.freed')")),
        Index(  # how a wait ended
            "ix_events_waits_end", "entry_id", "id",
            postgresql_where=text("kind IN ('visit.assigned', 'offer.accepted', 'visit.booked', 'entry.closed')"),
        ),
    )  # fmt: skip

    at: Mapped[datetime]
    kind: Mapped[str]
    actor: Mapped[str]
    channel: Mapped[str]
    actor_name: Mapped[str | None]
    provider_id: Mapped[int | None] = mapped_column(ForeignKey("providers.id"))
    slot_id: Mapped[int | None] = mapped_column(ForeignKey("slots.id"))
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointments.id"))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entries.id"))
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)


WRITE = insert(Event.__table__)  # type: ignore[arg-type]  # a mapped class's table is a Table


def record(
    session: Session, kind: str, *, now: datetime, actor: Actor, provider_id: int | None = None, slot_id: int | None = None,
    appointment_id: int | None = None, entry_id: int | None = None, **facts: Any,
) -> None:  # fmt: skip
    """Tell a change in the transaction that makes it; `facts` hold codes and instants, never names or numbers."""
    about = {"provider_id": provider_id, "slot_id": slot_id, "appointment_id": appointment_id, "entry_id": entry_id, "facts": facts}
    record_all(session, kind, [about], now=now, actor=actor)


def record_all(session: Session, kind: str, changes: Sequence[Mapping[str, Any]], *, now: datetime, actor: Actor) -> None:
    """Tell many changes of one kind at once; each says what it is about, in the columns of `Event` with its `facts`."""
    who = {"at": now, "kind": kind, "actor": actor.kind, "channel": actor.channel, "actor_name": actor.name}
    nothing = dict.fromkeys(("provider_id", "slot_id", "appointment_id", "entry_id"))
    if changes:
        session.execute(WRITE, [{**who, **nothing, "facts": {}, **change} for change in changes])
