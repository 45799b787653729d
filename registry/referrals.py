"""The right to a first visit: a referral with its category, valid, unused and the patient's own (R42, R43)."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.catalogue import service
from registry.database import Numbered
from registry.rules import local_date


class ReferralNotUsable(Exception):
    """This referral gives no right to the visit: expired, cancelled, used, another person's or for another specialty (R42)."""


class Referral(Numbered):
    """An e-referral; `code` are its four digits, `category` is the issuer's and never the patient's word (R43)."""

    __tablename__ = "referrals"
    __table_args__ = (
        CheckConstraint("category IN ('urgent', 'stable')", name="category"),
        CheckConstraint("state IN ('issued', 'used', 'cancelled')", name="state"),
    )

    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"), index=True)
    service: Mapped[str]
    code: Mapped[str]
    category: Mapped[str] = mapped_column(default="stable")
    valid_until: Mapped[date | None]
    state: Mapped[str] = mapped_column(default="issued")
    issued_at: Mapped[datetime]


def usable(session: Session, patient_id: int, service_code: str, referral_id: int | None, now: datetime) -> Referral | None:
    """The referral that a first visit of this service rests on, locked; None where the service needs none (R42).

    `ReferralNotUsable` for one that is missing, expired, cancelled, used, another patient's or of another specialty.
    """
    if not service(service_code).needs_referral:
        return None
    if referral_id is None:
        raise ReferralNotUsable("missing")
    referral = session.scalars(select(Referral).where(Referral.id == referral_id).with_for_update(key_share=True)).one_or_none()
    if referral is None or referral.patient_id != patient_id or referral.service != service_code:
        raise ReferralNotUsable("not this patient's")
    if referral.state != "issued" or (referral.valid_until is not None and referral.valid_until < local_date(now)):
        raise ReferralNotUsable(referral.state)
    return referral


def still_valid(session: Session, referral_id: int | None, now: datetime) -> bool:
    """Whether the patient may go on waiting on this referral; True where none is needed (R56)."""
    if referral_id is None:
        return True
    referral = session.get_one(Referral, referral_id)
    return referral.state == "issued" and (referral.valid_until is None or referral.valid_until >= local_date(now))


def of_code(session: Session, patient_id: int, code: str, now: datetime) -> Referral | None:
    """The usable referral that these four digits stand for: what a patient who has shown them comes with (R43)."""
    own = select(Referral).where(Referral.patient_id == patient_id, Referral.state == "issued", Referral.code == code.strip())
    valid = own.where(Referral.valid_until.is_(None) | (Referral.valid_until >= local_date(now)))
    return session.scalars(valid.order_by(Referral.id.desc()).limit(1)).first()
