"""What becomes of an address when its owner or a carrier says so, for everyone who gave it, and on record (R9, R54)."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from registry import events, seeking
from registry.events import Actor
from registry.people import ContactPoint, ContactState
from registry.waiting_room import Entry


def close(session: Session, value: str, state: ContactState, *, actor: Actor, now: datetime, usable_only: bool = False) -> None:
    """Opted out, out of service, a stranger's: nothing more goes there. `usable_only` keeps what was said of it before."""
    _change(session, state, actor, now, ContactPoint.value == value, ContactPoint.state == "active" if usable_only else None)


def reopen(session: Session, value: str, *, actor: Actor, now: datetime) -> None:
    """Messages may go again to an address that was stopped or thought out of service; whoever waits there can be given dates again."""
    closed = ContactPoint.state.in_(("opted_out", "invalid"))
    patients = _change(session, "active", actor, now, ContactPoint.value == value, closed)
    waiting = select(Entry.id).where(Entry.patient_id.in_(patients), Entry.state == "waiting").order_by(Entry.id)
    seeking.begin(session, list(session.scalars(waiting)), now=now)


def _change(session: Session, state: ContactState, actor: Actor, now: datetime, *which: ColumnElement[bool] | None) -> list[int]:
    """Set the state where it is another one, and tell of each; the patients concerned."""
    told = [one for one in which if one is not None]
    statement = update(ContactPoint).where(*told, ContactPoint.state != state).values(state=state)
    changed = sorted(session.execute(statement.returning(ContactPoint.id, ContactPoint.patient_id)).all())
    about: list[dict[str, Any]] = [
        {"facts": {"contact_point_id": row.id, "patient_id": row.patient_id, "state": state}} for row in changed
    ]
    events.record_all(session, "contact.changed", about, now=now, actor=actor)
    return sorted({row.patient_id for row in changed})
