"""Who is speaking: the levels of identification, and the lock that stops guessing (D12, X10).

Wrong tries are counted by identity and by the address that they come from. The answer never says which half was wrong, and a PESEL
that nobody has is counted like one that somebody has.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from hmac import compare_digest
from typing import Final, Literal

from sqlalchemy import Index, or_, select, text
from sqlalchemy.orm import Mapped, Session

from registry import pesel
from registry.catalogue import POLICY, Policy
from registry.database import Numbered
from registry.people import ContactPoint, Patient
from registry.permissions import Level
from registry.referrals import Referral
from registry.rules import local_date

Verdict = Literal["recognised", "not_recognised", "unreadable", "locked"]

# X35: who has no PESEL is known by another number; newborns by the mother's PESEL and a number.
IDENTIFIER_SYSTEMS: Final = ("PESEL", "PASSPORT", "ID_CARD", "EHIC", "NEWBORN")


class InvalidIdentifier(ValueError):
    """This cannot be a person's number: a PESEL that contradicts itself or the birth date, or an unknown kind of number (X35)."""


class IdentityTry(Numbered):
    """Wrong tries for one identity or from one address; `key` is a digest, so the table holds nobody's number."""

    __tablename__ = "identity_tries"
    __table_args__ = (Index(None, "key", unique=True),)

    key: Mapped[str]
    failures: Mapped[int]
    last_at: Mapped[datetime]
    locked_until: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Identified:
    """What is known of a speaker now; `until` says when a locked identity may be tried again."""

    verdict: Verdict
    level: Level = Level.ANYONE
    patient_id: int | None = None
    until: datetime | None = None


def check_identifier(system: str, identifier: str, born: date) -> str:
    """A person's number as it is stored; `InvalidIdentifier` when it cannot be one, or belongs to another birth date (X35)."""
    if system not in IDENTIFIER_SYSTEMS or not identifier.strip():
        raise InvalidIdentifier(system)
    if system != "PESEL":
        return identifier.strip().upper()
    try:
        digits = pesel.check(identifier)
    except pesel.NotAPesel as error:
        raise InvalidIdentifier(system) from error
    if pesel.birth_date(digits) != born:
        raise InvalidIdentifier("birth date")
    return digits


def by_code(
    session: Session, number: str, code: str, *, address: str, now: datetime, policy: Policy = POLICY
) -> Identified:
    """L2: a PESEL with the four digits of one of its holder's usable referrals (D12). Digits that cannot be a PESEL cost no try.

    Who has no PESEL is never recognised here: the clinic speaks for him (X35).
    """
    try:
        digits = pesel.check(number)
    except pesel.NotAPesel:
        return Identified("unreadable")
    return _try(session, digits, address, lambda: _of_code(session, digits, code, now), now, policy)


def _of_code(session: Session, digits: str, code: str, now: datetime) -> int | None:
    valid = or_(Referral.valid_until.is_(None), Referral.valid_until >= local_date(now))
    rights = (
        select(Patient.id, Referral.code).join(Referral, Referral.patient_id == Patient.id)
        .where(Patient.identifier_system == "PESEL", Patient.identifier == digits, Patient.died_at.is_(None))
        .where(Referral.state == "issued", valid)
    )  # fmt: skip
    fitting = [row.id for row in session.execute(rights) if compare_digest(row.code.encode(), code.strip().encode())]
    return fitting[0] if fitting else None


def by_birthday(
    session: Session, patient_id: int, *, day: int, month: int, address: str, now: datetime, policy: Policy = POLICY
) -> Identified:
    """L2 on a call that we made to one of the patient's own numbers: day and month of birth (D12).

    Of no worth on a call that somebody else made: the caller's number proves nothing, so channels ask for it on outbound calls only.
    """
    patient = session.get_one(Patient, patient_id)
    if not _reached_at(session, patient_id, address):
        return Identified("not_recognised")

    def fits() -> int | None:
        born = patient.birth_date
        return patient_id if (born.day, born.month) == (day, month) and patient.died_at is None else None

    return _try(session, patient.identifier, address, fits, now, policy)


def _reached_at(session: Session, patient_id: int, address: str) -> bool:
    """The address is the patient's own, not that of a contact person."""
    own = select(ContactPoint.id).where(
        ContactPoint.patient_id == patient_id, ContactPoint.value == address, ContactPoint.state == "active",
        ContactPoint.contact_person_id.is_(None),
    )  # fmt: skip
    return session.scalar(own.limit(1)) is not None


OPEN_VISIT = text("""
SELECT a.patient_id FROM appointments a
  JOIN contact_points c ON c.patient_id = a.patient_id AND c.value = :address AND c.state = 'active'
  JOIN patients p ON p.id = a.patient_id AND p.died_at IS NULL
 WHERE a.id = :appointment_id AND a.status IN ('proposed', 'booked', 'cancelling') AND a.starts_at > :now LIMIT 1
""")


def by_number(session: Session, appointment_id: int, *, address: str, now: datetime) -> Identified:
    """L1: the number that was written to or called, together with a visit that is open (D12)."""
    patient_id = session.scalar(OPEN_VISIT, {"appointment_id": appointment_id, "address": address, "now": now})
    return Identified("not_recognised") if patient_id is None else Identified("recognised", Level.TOKEN, patient_id)


def _try(
    session: Session, identifier: str, address: str, fits: Callable[[], int | None], now: datetime, policy: Policy
) -> Identified:
    """One try under the locks of its identity and its address: tries at the same moment are counted one after the other."""
    own = _counter(session, "identity", identifier, now)
    theirs = _counter(session, "address", address, now, forget_before=now - policy.identity_locked)
    locked = [one.locked_until for one in (own, theirs) if one.locked_until is not None and one.locked_until > now]
    if locked:
        return Identified("locked", until=max(locked))
    patient_id = fits()
    if patient_id is not None:
        own.failures = 0
        session.flush()
        return Identified("recognised", Level.CODE, patient_id)
    until = [_failed(one, now, policy) for one in (own, theirs)]
    session.flush()
    shut = [moment for moment in until if moment is not None]
    return Identified("locked", until=max(shut)) if shut else Identified("not_recognised")


COUNT_HERE = text("""
INSERT INTO identity_tries AS t (key, failures, last_at) VALUES (:key, 0, :now) ON CONFLICT (key) DO UPDATE
   SET failures = CASE WHEN t.last_at < CAST(:forget_before AS timestamptz) THEN 0 ELSE t.failures END
""")


def _counter(session: Session, kind: str, value: str, now: datetime, *, forget_before: datetime | None = None) -> IdentityTry:
    """The counter's row, locked until the transaction ends; identities are locked before addresses, always.

    An identity's wrong tries count until it is recognised; those of an address, which many people may share, are forgotten.
    """
    key = sha256(f"{kind} {value}".encode()).hexdigest()
    session.execute(COUNT_HERE, {"key": key, "now": now, "forget_before": forget_before})
    query = select(IdentityTry).where(IdentityTry.key == key).execution_options(populate_existing=True)
    return session.scalars(query).one()


def _failed(counter: IdentityTry, now: datetime, policy: Policy) -> datetime | None:
    """Count a wrong try; the end of the lock that it brings, if it was the last one allowed."""
    counter.failures, counter.last_at = counter.failures + 1, now
    if counter.failures < policy.wrong_tries:
        return None
    counter.failures, counter.locked_until = 0, now + policy.identity_locked
    return counter.locked_until
