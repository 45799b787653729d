"""Patients' applications that take push notices (R104): news goes there first, and by the address of the visit when it cannot.

A device is nobody's contact: it stands beside a telephone or an address, which booking still needs (R39, R95). What asks for an answer
goes where the patient can answer by a word; a push notice only tells.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry import events, people
from registry.database import Numbered
from registry.events import Actor


class Device(Numbered):
    """One installed application; `token` is what the push gateway knows it by, and is shown to nobody."""

    __tablename__ = "devices"
    __table_args__ = (
        Index(None, "patient_id"),
        Index("uq_devices_token", "token", unique=True, postgresql_where=text("state = 'active'")),
        CheckConstraint("state IN ('active', 'removed')", name="state"),
    )

    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    token: Mapped[str]
    state: Mapped[str] = mapped_column(default="active")
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


def address_of(device_id: int) -> str:
    """The address of a device in messages and conversations: its number, not its token."""
    return f"device {device_id}"


def number_of(address: str) -> int:
    """The number of the device at an address."""
    return int(address.rpartition(" ")[2])


def register(session: Session, patient_id: int, token: str, *, actor: Actor, now: datetime) -> Device:
    """The patient's application asks for notices. The same again changes nothing; a token that another patient had is his no more.

    Raises `PatientDied`.
    """
    people.lock_living(session, patient_id)
    known = session.scalars(select(Device).where(Device.token == token, Device.state == "active").with_for_update()).one_or_none()
    if known is not None and known.patient_id == patient_id:
        return known
    if known is not None:
        remove(session, known.id, actor=actor, now=now)
    made = Device(patient_id=patient_id, token=token, state="active", created_at=now)
    session.add(made)
    session.flush()
    events.record(session, "device.registered", now=now, actor=actor, device_id=made.id, patient_id=patient_id)
    return made


def remove(session: Session, device_id: int, *, actor: Actor, now: datetime) -> bool:
    """The application is gone: no more notices there; whether that was news."""
    gone = update(Device).where(Device.id == device_id, Device.state == "active").values(state="removed", ended_at=now)
    patient_id = session.scalar(gone.returning(Device.patient_id))
    if patient_id is not None:
        events.record(session, "device.removed", now=now, actor=actor, device_id=device_id, patient_id=patient_id)
    return patient_id is not None


def tokens(session: Session, addresses: list[str]) -> dict[str, str]:
    """The tokens of devices by their address; one that was removed has none."""
    by_id = {number_of(address): address for address in addresses}
    rows = session.execute(select(Device.id, Device.token).where(Device.id.in_(by_id), Device.state == "active"))
    return {by_id[row.id]: row.token for row in rows}
