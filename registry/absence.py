"""A doctor falls ill: what becomes of every visit of those hours, in one command (R122, X13).

The visit takes place if it can: a substitute sees the patient at the same time; else another doctor of the clinic at nearly the same
time; else the clinic cancels, the patient waits on with the old place and is offered the nearest free time. Each visit is a step and a
transaction of its own, found by asking what still stands open: after a crash the same command goes on where it ended.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Literal

from sqlalchemy import ColumnElement, Engine, and_, func, literal, not_, or_, select, text
from sqlalchemy.orm import Session

from registry import events, notices, overlaps, withdrawal
from registry.appointments import ACTIVE, Appointment
from registry.catalogue import POLICY, Policy, service
from registry.communications import Message
from registry.database import in_transaction
from registry.events import Actor
from registry.overlaps import resource_of
from registry.rules import last_open_day, moves_with_notice
from registry.schedules import Schedule, Slot, lock_slot
from registry.withdrawal import carry_over, propose_instead, withdraw

Fate = Literal["substituted", "moved", "asked", "cancelled", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Absence:
    """Who of a clinic is away, between which instants, and who stands in."""

    provider_id: int
    resource: str
    starts_at: datetime
    ends_at: datetime
    substitute: str | None = None

    def __post_init__(self) -> None:
        """Refuse what makes no sense: `InvalidAbsence`."""
        if self.ends_at <= self.starts_at or self.substitute == self.resource:
            raise InvalidAbsence(self.resource)


class InvalidAbsence(ValueError):
    """An absence ends after it begins, and nobody stands in for himself."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A message as it is written: kind and facts are what `dialogs.notices` makes words of."""

    kind: str
    channel: str
    language: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of one slot, and of its patient: `moved` to or `asked` about `new_start`, with the messages that say so."""

    slot_id: int
    starts_at: datetime
    fate: Fate
    appointment_id: int | None = None
    new_start: datetime | None = None
    notices: tuple[Notice, ...] = ()


def left(session: Session, absence: Absence, *, now: datetime) -> list[int]:
    """The slots of the absence that nothing was done about yet: those that somebody holds first, each by time."""
    held = select(Appointment.id).where(Appointment.slot_id == Slot.id, text(f"appointments.{ACTIVE}")).exists()
    query = select(Slot.id).join(Schedule, Schedule.id == Slot.schedule_id).where(_of(absence), Slot.starts_at > now)
    return list(session.scalars(query.order_by(held.desc(), Slot.starts_at, Slot.id)))


def _of(absence: Absence) -> ColumnElement[bool]:
    return and_(
        Slot.provider_id == absence.provider_id, resource_of == absence.resource, Slot.state != "withdrawn",
        Slot.starts_at < absence.ends_at, Slot.ends_at > absence.starts_at,
    )  # fmt: skip


def preview(session: Session, absence: Absence, *, actor: Actor, now: datetime, policy: Policy = POLICY) -> list[Step]:
    """What `apply` would do at this moment, with every message: it is done, looked at, and undone."""
    trial = session.begin_nested()
    try:
        return list(_steps(session, absence, actor, now, policy))
    finally:
        trial.rollback()
        session.expire_all()


def _steps(session: Session, absence: Absence, actor: Actor, now: datetime, policy: Policy) -> Iterator[Step]:
    for slot_id in left(session, absence, now=now):
        step = settle_one(session, absence, slot_id, actor=actor, now=now, policy=policy)
        if step is not None:
            yield step


def apply(
    engine: Engine, absence: Absence, *, actor: Actor, now: datetime, policy: Policy = POLICY,
    done: Callable[[Step | None], None] = lambda _: None,
) -> list[Step]:  # fmt: skip
    """Settle every slot of the absence that is left, each in a transaction of its own; `done` hears of each, for a progress bar."""
    with Session(engine) as session:
        slot_ids = left(session, absence, now=now)
    steps = []
    for slot_id in slot_ids:
        work = partial(settle_one, absence=absence, slot_id=slot_id, actor=actor, now=now, policy=policy)
        step = in_transaction(engine, work)
        done(step)
        steps += [step] if step is not None else []
    return steps


def settle_one(
    session: Session, absence: Absence, slot_id: int, *, actor: Actor, now: datetime, policy: Policy = POLICY
) -> Step | None:
    """Do what is best for one slot; None when it is no longer the absent doctor's."""
    for resource in sorted(filter(None, (absence.resource, absence.substitute))):
        overlaps.lock_time(session, absence.provider_id, resource, absence.starts_at, absence.ends_at)
    still = select(Slot.id).join(Schedule, Schedule.id == Slot.schedule_id).where(Slot.id == slot_id, _of(absence))
    if session.scalar(still) is None:
        return None
    slot = lock_slot(session, slot_id)
    before = session.scalar(select(func.max(Message.id))) or 0
    visit = session.scalars(select(Appointment).where(Appointment.slot_id == slot_id, text(ACTIVE))).one_or_none()
    fate, new_start = _settle(session, absence, slot, visit, actor, now, policy)
    if visit is None:
        return Step(slot_id, slot.starts_at, fate)
    return Step(slot_id, slot.starts_at, fate, visit.id, new_start, _notices(session, visit.patient_id, before))


def _notices(session: Session, patient_id: int, after: int) -> tuple[Notice, ...]:
    written = select(Message).where(Message.patient_id == patient_id, Message.id > after).order_by(Message.id)
    return tuple(Notice(one.kind, one.channel, one.language, one.facts) for one in session.scalars(written))


def _settle(
    session: Session, absence: Absence, slot: Slot, visit: Appointment | None, actor: Actor, now: datetime, policy: Policy
) -> tuple[Fate, datetime | None]:
    if absence.substitute is not None and _can_stand_in(session, absence, slot, sold=visit is not None):
        _stand_in(session, slot, visit, absence.substitute, actor, now)
        return "substituted", None
    if visit is None or visit.status != "booked":
        withdraw(session, [slot.id], actor=actor, now=now)
        return "withdrawn", None
    other = _nearest(session, absence, slot, now, policy)
    if other is not None and other.place_id == slot.place_id and moves_with_notice(slot.starts_at, other.starts_at, policy):
        _move_over(session, slot, visit.id, other, actor, now, policy)
        return "moved", other.starts_at
    withdraw(session, [slot.id], actor=actor, now=now)
    if other is not None and propose_instead(session, visit.id, other, actor=actor, now=now, policy=policy):
        return "asked", other.starts_at
    return "cancelled", None


def _can_stand_in(session: Session, absence: Absence, slot: Slot, *, sold: bool) -> bool:
    """Whether the substitute has no patient then (R122); a slot without one must not take anything off sale either."""
    own = and_(Slot.schedule_id == slot.schedule_id, Slot.clinic_slot_id == slot.clinic_slot_id)
    rivals = select(Slot.id).join(Schedule, Schedule.id == Slot.schedule_id).where(
        Slot.provider_id == slot.provider_id, resource_of == absence.substitute, Slot.state != "withdrawn", not_(own),
        Slot.starts_at < slot.ends_at, Slot.ends_at > slot.starts_at, or_(literal(not sold), Slot.state.in_(("taken", "blocked"))),
    )  # fmt: skip
    return (sold or slot.state != "quarantined") and session.scalar(rivals.limit(1)) is None


def _stand_in(session: Session, slot: Slot, visit: Appointment | None, substitute: str, actor: Actor, now: datetime) -> None:
    slot.substitute = substitute
    session.flush()
    events.record(session, "slot.substituted", now=now, actor=actor, provider_id=slot.provider_id, slot_id=slot.id)
    if visit is not None and visit.status == "booked":
        notices.notify(session, "substituted", visit.id, actor=actor, now=now)
    overlaps.settle(session, slot.provider_id, substitute, slot.starts_at, slot.ends_at, actor=actor, now=now)


def _nearest(session: Session, absence: Absence, slot: Slot, now: datetime, policy: Policy) -> Slot | None:
    """The unsold slot nearest in time that the patient could have instead, locked: same clinic, service and pool, not the absence's.

    One at the same place and nearly the same time, or one far enough ahead to be asked about (X12).
    """
    apart = func.abs(func.extract("epoch", Slot.starts_at - slot.starts_at))
    near = and_(Slot.place_id == slot.place_id, apart <= policy.move_tolerance.total_seconds(), Slot.local_date == slot.local_date)
    candidates = select(Slot).join(Schedule, Schedule.id == Slot.schedule_id).where(
        Slot.provider_id == slot.provider_id, Slot.service == slot.service, Slot.pool == slot.pool, Slot.state.in_(("free", "pending")),
        Slot.starts_at > now, Slot.local_date <= last_open_day(now, service(slot.service)), not_(_of(absence)),
        or_(near, Slot.starts_at >= now + policy.propose_from),
    )  # fmt: skip
    first = candidates.order_by(not_(near), apart, Slot.id).limit(1).with_for_update(key_share=True, skip_locked=True, of=Slot)
    return session.scalars(first.execution_options(populate_existing=True)).first()


def _move_over(session: Session, slot: Slot, visit_id: int, other: Slot, actor: Actor, now: datetime, policy: Policy) -> None:
    """To another doctor's slot; where the hour stays the same, the other doctor is the news."""
    (visit,) = withdrawal.lock_holders(session, [slot.id])
    same = slot.starts_at == other.starts_at
    slot.state = "withdrawn"
    session.flush()
    events.record(session, "slot.withdrawn", now=now, actor=actor, provider_id=slot.provider_id, slot_id=slot.id)
    carry_over(session, visit, other, actor=actor, now=now, policy=policy)
    if same:
        notices.notify(session, "substituted", visit_id, actor=actor, now=now)
