"""The right to be seen out of turn, as a clinic verified it: whether it holds at a moment, and who sold a slot without it (R76, R77)."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, or_, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.database import Numbered
from registry.rules import local_date


class Entitlement(Numbered):
    """One right of one patient as a clinic verified it; `valid_until` is its last Warsaw day."""

    __tablename__ = "entitlements"
    __table_args__ = (Index(None, "patient_id"),)

    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    kind: Mapped[str]
    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"))
    verified_at: Mapped[datetime]
    verified_by: Mapped[str | None]
    valid_until: Mapped[date | None]
    revoked_at: Mapped[datetime | None]
    central_verdict: Mapped[bool | None]
    central_at: Mapped[datetime | None]


def holds(session: Session, patient_id: int, *, now: datetime) -> bool:
    """Whether the patient has a right in force at this moment."""
    in_force = select(Entitlement.id).where(
        Entitlement.patient_id == patient_id, Entitlement.verified_at <= now,
        or_(Entitlement.revoked_at.is_(None), Entitlement.revoked_at > now),
        or_(Entitlement.valid_until.is_(None), Entitlement.valid_until >= local_date(now)),
    )  # fmt: skip
    return session.scalar(in_force.limit(1)) is not None


@dataclass(frozen=True, slots=True)
class Violation:
    """A privileged slot sold to somebody without a right at the moment of booking (R76)."""

    appointment_id: int
    provider_id: int
    slot_id: int
    booked_at: datetime


VIOLATIONS = text("""
SELECT a.id, a.provider_id, a.slot_id, a.booked_at
  FROM appointments a JOIN slots s ON s.id = a.slot_id AND s.pool = 'FIRST_PRIVILEGED'
 WHERE a.booked_at >= :since AND a.booked_at < :until
   AND NOT EXISTS (
       SELECT 1 FROM entitlements e WHERE e.patient_id = a.patient_id AND e.verified_at <= a.booked_at
          AND (e.revoked_at IS NULL OR e.revoked_at > a.booked_at)
          AND (e.valid_until IS NULL OR e.valid_until >= (a.booked_at AT TIME ZONE 'Europe/Warsaw')::date))
 ORDER BY a.booked_at, a.id
""")


def violations(session: Session, *, since: datetime, until: datetime) -> list[Violation]:
    """Visits in privileged slots, booked in [since, until), whose patients had no right then (R76). No patient is named."""
    return [Violation(*row) for row in session.execute(VIOLATIONS, {"since": since, "until": until})]
