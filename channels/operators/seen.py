"""What an operator saw when he pressed a button, and whether what he wanted is so already: of two who act at once one is told the truth.

A form carries the state that its page showed. What has changed since is not acted upon; what was wanted and is so already (a button
pressed twice, a colleague who was faster) is no error.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from channels.operators import words
from registry.appointments import Appointment
from registry.freeze import KeptCancellation
from registry.waiting_room import Criteria, Entry, criteria_of

MOST: Final = 3


def of_visit(version: int, status: str, *, confirmed: bool, kept: bool) -> str:
    """A visit as a page showed it: its version and its state, a confirmation and a kept cancellation (R119) included."""
    state = "kept" if kept else "confirmed" if confirmed and status == "booked" else status
    return f"{version}-{state}"


def of_entry(entry: Entry) -> str:
    """A place in the waiting room as a page showed it."""
    return f"{entry.criteria_version}-{entry.state}-{entry.category}"


def of_locked(session: Session, visit: Appointment) -> str:
    """A visit as it is now."""
    kept = _kept(session, visit.id) is not None
    return of_visit(visit.version, visit.status, confirmed=visit.confirmed_at is not None, kept=kept)


def _kept(session: Session, visit_id: int) -> KeptCancellation | None:
    return session.scalars(select(KeptCancellation).where(KeptCancellation.appointment_id == visit_id)).one_or_none()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a form asks for a visit."""

    act: str
    leave: bool = False
    slot_id: int = 0


def is_there(visit: Appointment, wanted: Wanted) -> bool:
    """Whether a booked visit is to be moved to the date that it has: the page of that date, come back to, shows the visit as it is now."""
    return wanted.act == "move" and visit.status == "booked" and visit.slot_id == wanted.slot_id


def is_so(session: Session, visit: Appointment, wanted: Wanted, as_seen: str) -> bool:
    """Whether a visit that has changed since it was seen is now as the form wanted it."""
    if wanted.act == "cancel":
        return _cancelled(session, visit, leave=wanted.leave)
    if wanted.act == "move":
        return holds(session, visit.patient_id, wanted.slot_id)
    if wanted.act == "decline":
        return visit.status == "declined"
    if visit.status != "booked" or _kept(session, visit.id) is not None:
        return False
    if wanted.act == "accept":
        return as_seen == of_visit(visit.version - 1, "proposed", confirmed=False, kept=False)
    return visit.confirmed_at is not None and as_seen.startswith(f"{visit.version}-")  # of the very date that was shown


def _cancelled(session: Session, visit: Appointment, *, leave: bool) -> bool:
    """Cancelled, or kept to be cancelled, with the same said about waiting on."""
    kept = _kept(session, visit.id)
    if kept is not None:
        return kept.leave == leave
    left = session.scalar(select(Entry.closed_because).where(Entry.id == visit.entry_id)) == "left"
    return visit.status in ("cancelling", "cancelled") and left == leave


def holds(session: Session, patient_id: int, slot_id: int) -> bool:
    """Whether this patient has this date."""
    query = select(Appointment.id).where(
        Appointment.patient_id == patient_id, Appointment.slot_id == slot_id, Appointment.status == "booked"
    )
    return session.scalar(query) is not None


def waits_so(session: Session, patient_id: int, service: str, criteria: Criteria) -> bool:
    """Whether this patient has a place for this service with these very wishes."""
    query = select(Entry).where(Entry.patient_id == patient_id, Entry.service == service, Entry.state != "closed")
    entry = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    return entry is not None and criteria_of(entry) == criteria


# --- what happened meanwhile


@dataclass(frozen=True, slots=True)
class Change:
    """One change as an operator reads it; `by` names a colleague, anybody else by his part only."""

    at: datetime
    what: str
    by: str


CHANGES = """
SELECT at, kind, actor, channel, actor_name FROM events WHERE {} = :id AND kind NOT LIKE 'slot.%' ORDER BY id DESC LIMIT :most
"""
OF_VISIT = text(CHANGES.format("appointment_id"))
OF_ENTRY = text(CHANGES.format("entry_id"))


def visit_changes(session: Session, visit_id: int) -> list[Change]:
    """What happened to a visit, the newest first."""
    return [_change(row) for row in session.execute(OF_VISIT, {"id": visit_id, "most": MOST})]


def entry_changes(session: Session, entry_id: int) -> list[Change]:
    """What happened to a place in the waiting room, the newest first."""
    return [_change(row) for row in session.execute(OF_ENTRY, {"id": entry_id, "most": MOST})]


def _change(row: Any) -> Change:
    if row.actor == "system":
        by = words.name("event_channels", "worker")
    elif row.actor == "operator" and row.actor_name:
        by = f"{words.name('actors', row.actor)} {row.actor_name}"
    else:
        by = f"{words.name('actors', row.actor)}, {words.name('event_channels', row.channel)}"
    return Change(row.at, words.name("events", row.kind), by)
