"""Who speaks for whom: proxies, and the parents of a child until its eighteenth birthday (R107-R112).

A parent's access follows the insurance: the parent who insures the child has it, the other one by that parent's grant. Access is read
from these facts at the moment of each act, so that a revocation holds in the middle of a conversation.
"""

from datetime import date, datetime, timedelta
from typing import Final, Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, or_, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry import events
from registry.database import Numbered
from registry.events import Actor
from registry.people import Patient
from registry.permissions import Level, NotAllowed, Operation, Role, require
from registry.rules import birthday, local_date

ADULT: Final = 18  # R108
DATA_LAG: Final = timedelta(days=21)  # R110: so long the insurance data may take to arrive

# R111: a child with an insurance title of its own is not covered by a parent's, and the parent has no access.
OwnTitle = Literal["apprenticeship", "young_employee", "nursing_benefit", "survivors_pension"]
Obstacle = Literal["adult", "own_title", "data_lag", "nfz_branch", "ask_the_insuring_parent"]


class NoActiveAccount(Exception):
    """A proxy must have an active account of the patients' portal (R107)."""


class NotTheInsuringParent(Exception):
    """Only the parent who insures the child shares its account (R109)."""


class Account(Numbered):
    """Whether a person's account of the patients' portal is active."""

    __tablename__ = "accounts"

    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"), unique=True)
    active: Mapped[bool]


class ParentalCover(Numbered):
    """A child insured through a parent, by Warsaw days; `until` is the last one (R109)."""

    __tablename__ = "parental_covers"
    __table_args__ = (
        Index("uq_parental_covers_open", "child_id", unique=True, postgresql_where=text("until IS NULL")),
        CheckConstraint("until >= since", name="span"),
    )

    child_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    parent_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    since: Mapped[date]
    until: Mapped[date | None]


class Mandate(Numbered):
    """A grant to speak for a patient: to a proxy by the patient, to the second parent by the insuring one."""

    __tablename__ = "mandates"
    __table_args__ = (
        Index("uq_mandates_standing", "patient_id", "holder_id", "kind", unique=True, postgresql_where=text("revoked_at IS NULL")),
        CheckConstraint("kind IN ('proxy', 'second_parent')", name="kind"),
    )

    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    holder_id: Mapped[int] = mapped_column(ForeignKey("patients.id"), index=True)
    granted_by: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    kind: Mapped[str]
    granted_at: Mapped[datetime]
    valid_until: Mapped[date | None]
    revoked_at: Mapped[datetime | None]


def has_account(session: Session, patient_id: int) -> bool:
    """Whether this person's account is active now (R107)."""
    return bool(session.scalar(select(Account.active).where(Account.patient_id == patient_id)))


def appoint_proxy(
    session: Session, patient_id: int, holder_id: int, *, actor: Actor, now: datetime, valid_until: date | None = None
) -> Mandate:
    """The patient names a proxy (R107): `NoActiveAccount` without one of the proxy's own."""
    if not has_account(session, holder_id):
        raise NoActiveAccount(holder_id)
    return _grant(session, patient_id, holder_id, patient_id, "proxy", valid_until, actor, now)


def share_child(session: Session, child_id: int, holder_id: int, *, granted_by: int, actor: Actor, now: datetime) -> Mandate:
    """The insuring parent lets the second one in (R109): `NotTheInsuringParent` for anybody else, the second parent included."""
    if insuring_parent(session, child_id, local_date(now)) != granted_by:
        raise NotTheInsuringParent(granted_by)
    return _grant(session, child_id, holder_id, granted_by, "second_parent", None, actor, now)


def _grant(
    session: Session, patient_id: int, holder_id: int, granted_by: int, kind: str, valid_until: date | None, actor: Actor, now: datetime
) -> Mandate:
    made = Mandate(
        patient_id=patient_id, holder_id=holder_id, granted_by=granted_by, kind=kind, granted_at=now, valid_until=valid_until
    )  # fmt: skip
    session.add(made)
    session.flush()
    events.record(session, "mandate.granted", now=now, actor=actor, mandate_id=made.id, mandate=kind)
    return made


def revoke(session: Session, mandate_id: int, *, actor: Actor, now: datetime) -> None:
    """End a grant at once. Repeated, it changes nothing."""
    mandate = session.get_one(Mandate, mandate_id, with_for_update=True, populate_existing=True)
    if mandate.revoked_at is None:
        mandate.revoked_at = now
        session.flush()
        events.record(session, "mandate.revoked", now=now, actor=actor, mandate_id=mandate_id, mandate=mandate.kind)


def insure(session: Session, child_id: int, parent_id: int, *, since: date, actor: Actor, now: datetime) -> None:
    """The child is insured through this parent from a Warsaw day on; the other parent's cover ends the day before (R109)."""
    standing = select(ParentalCover).where(ParentalCover.child_id == child_id, ParentalCover.until.is_(None))
    cover = session.scalars(standing.with_for_update()).one_or_none()
    if cover is not None and cover.parent_id == parent_id:
        return
    if cover is not None:
        cover.until = max(cover.since, since - timedelta(days=1))
        session.flush()
    session.add(ParentalCover(child_id=child_id, parent_id=parent_id, since=since))
    session.flush()
    events.record(session, "cover.changed", now=now, actor=actor, child_id=child_id)


def uninsure(session: Session, child_id: int, *, until: date, actor: Actor, now: datetime) -> None:
    """The child is insured through no parent after this day: a title of its own (R111), or both parents between jobs (R109)."""
    standing = select(ParentalCover).where(ParentalCover.child_id == child_id, ParentalCover.until.is_(None))
    for cover in session.scalars(standing.with_for_update()):
        cover.until = max(cover.since, until)
    session.flush()
    events.record(session, "cover.changed", now=now, actor=actor, child_id=child_id)


def insuring_parent(session: Session, child_id: int, day: date) -> int | None:
    """The parent through whom the child is insured on a Warsaw day; the newest word counts where two overlap."""
    covers = select(ParentalCover.parent_id).where(
        ParentalCover.child_id == child_id, ParentalCover.since <= day, or_(ParentalCover.until.is_(None), ParentalCover.until >= day)
    )
    return session.scalars(covers.order_by(ParentalCover.since.desc(), ParentalCover.id.desc()).limit(1)).first()


def role_of(session: Session, holder_id: int, patient_id: int, *, now: datetime) -> Role | None:
    """As what a person speaks for a patient at this moment; None for nobody (R107-R109)."""
    if holder_id == patient_id:
        return "patient"
    today = local_date(now)
    if is_minor(session, patient_id, today) and _is_parent(session, holder_id, patient_id, today):
        return "parent"
    if _mandates(session, holder_id, patient_id, "proxy", today) and has_account(session, holder_id):
        return "proxy"
    return None


def is_minor(session: Session, patient_id: int, day: date) -> bool:
    """Whether the patient is under eighteen on a Warsaw day: on the birthday itself not any more (R108)."""
    return day < birthday(session.get_one(Patient, patient_id).birth_date, ADULT)


def _is_parent(session: Session, holder_id: int, child_id: int, today: date) -> bool:
    insuring = insuring_parent(session, child_id, today)
    return insuring == holder_id or insuring in _mandates(session, holder_id, child_id, "second_parent", today)


def _mandates(session: Session, holder_id: int, patient_id: int, kind: str, today: date) -> list[int]:
    """Who granted the mandates of this kind that stand today."""
    standing = select(Mandate.granted_by).where(
        Mandate.holder_id == holder_id, Mandate.patient_id == patient_id, Mandate.kind == kind, Mandate.revoked_at.is_(None),
        or_(Mandate.valid_until.is_(None), Mandate.valid_until >= today),
    )  # fmt: skip
    return list(session.scalars(standing))


def authorise(session: Session, patient_id: int, operation: Operation, *, holder_id: int, level: Level, now: datetime) -> Role:
    """The role in which a person may do this for the patient now; `NotAllowed`, `NotIdentified` (X9, X10)."""
    role = role_of(session, holder_id, patient_id, now=now)
    if role is None:
        raise NotAllowed(holder_id, operation)
    require(role, operation, level)
    return role


def obstacle(
    session: Session, parent_id: int, child_id: int, *, reported: date, titles: frozenset[OwnTitle], now: datetime
) -> Obstacle | None:
    """Why a parent does not see a child, for the answer that helps (R108-R111); None when the parent does.

    `reported` is the day on which the insurance was reported, `titles` what the parent says of the child's own insurance.
    """
    today = local_date(now)
    if role_of(session, parent_id, child_id, now=now) == "parent":
        return None
    if not is_minor(session, child_id, today):
        return "adult"
    if titles:
        return "own_title"
    if insuring_parent(session, child_id, today) is not None:
        return "ask_the_insuring_parent"
    return "data_lag" if today <= reported + DATA_LAG else "nfz_branch"


# The contacts of a child are its parents'; from its eighteenth birthday on they may not stay so (R108).
PARENTS_CONTACTS = text("""
INSERT INTO tasks (at, kind, cause, state, patient_id, appointment_id)
SELECT :now, 'switch_contact', 'visit ' || a.id || ' contact ' || c.id, 'open', a.patient_id, a.id
  FROM appointments a JOIN patients p ON p.id = a.patient_id
  JOIN contact_points c ON c.id = a.contact_point_id
  JOIN contact_persons n ON n.id = c.contact_person_id AND n.relationship IN ('parent', 'mother', 'father', 'guardian')
 WHERE a.status = 'booked' AND a.starts_at > :now AND p.died_at IS NULL AND p.id = ANY(:adults)
    ON CONFLICT DO NOTHING
RETURNING id
""")


def come_of_age(session: Session, *, now: datetime) -> int:
    """Tasks to switch the contacts of visits whose patient has turned eighteen (R108): the visits stay. Repeated, none is new."""
    today = local_date(now)
    around = select(Patient.id, Patient.birth_date).where(
        Patient.birth_date <= today - timedelta(days=17 * 365), Patient.birth_date >= today - timedelta(days=20 * 366)
    )
    adults = [row.id for row in session.execute(around) if birthday(row.birth_date, ADULT) <= today]
    return len(session.execute(PARENTS_CONTACTS, {"now": now, "adults": adults}).all())
