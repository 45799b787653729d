"""The waiting room (poczekalnia): who has asked for a first visit, by which criteria, and in which place of the queue.

An entry is a patient's one claim on a referral (X2), from the day it is made until the visit took place or the patient left. It
waits, has an open offer, or holds a booked visit; a booking made without waiting has an entry too, because a cancelled first visit
returns to the queue (R56) with the place it had (D1).
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import CheckConstraint, Computed, Double, ForeignKey, Index, SmallInteger, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.types import BigInteger

from registry import cells, entitlements, events, notices, people, prospects, referrals, seeking
from registry.catalogue import POLICY, Category, Policy, service
from registry.database import Numbered
from registry.events import Actor
from registry.rules import keeps_place, local_date, queue_rank

ALL_WEEKDAYS = frozenset(range(1, 8))


class NoWaitingRoom(Exception):
    """This service has no waiting room; free dates can be searched (R46)."""


class AlreadyClaimed(Exception):
    """The patient already waits for, or has, a visit of this service (X2, X3)."""


class NotWaiting(Exception):
    """There is no place in the waiting room to change or leave."""


class InvalidCriteria(ValueError):
    """No visit can ever match these wishes: the dates, the hours or the place contradict themselves (R29, R48)."""


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a patient asks for (R29): Warsaw days and hours of the start, ISO weekdays, and where.

    Where is a circle in kilometres around a point in degrees, or certain places, or anywhere.
    """

    date_from: date
    date_to: date | None = None
    hour_from: time | None = None
    hour_to: time | None = None
    weekdays: frozenset[int] = ALL_WEEKDAYS
    latitude: float | None = None
    longitude: float | None = None
    radius_km: float | None = None
    place_ids: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        """Refuse what no slot can match; no weekday named is any (R29)."""
        if not self.weekdays:
            object.__setattr__(self, "weekdays", ALL_WEEKDAYS)
        backwards = self.date_to is not None and self.date_to < self.date_from
        midnight = self.hour_from is not None and self.hour_to is not None and self.hour_to < self.hour_from
        circle = (self.latitude, self.longitude, self.radius_km)
        if backwards or midnight or not self.weekdays <= ALL_WEEKDAYS or (None in circle and any(circle)):
            raise InvalidCriteria(self)

    def without_place(self, place_id: int) -> "Criteria":
        """The same without one of the places (R58)."""
        return replace(self, place_ids=self.place_ids - {place_id})


class Entry(Numbered):
    """One place in the queue. `rank` and `queue_at` order it (D3); `joined_at` never changes."""

    __tablename__ = "entries"
    __table_args__ = (
        Index("uq_entries_referral", "referral_id", unique=True, postgresql_where=text("state <> 'closed'")),
        Index("uq_entries_patient_service", "patient_id", "service", unique=True, postgresql_where=text("state <> 'closed'")),
        Index("ix_entries_queue", "service", "rank", "queue_at", "id", postgresql_where=text("state = 'waiting'")),
        Index("ix_entries_cell", "service", "cell", "rank", "queue_at", "id", postgresql_where=text("state = 'waiting'")),
        Index("ix_entries_named", "place_ids", postgresql_using="gin", postgresql_where=text("state = 'waiting' AND cell IS NULL")),
        CheckConstraint("category IN ('urgent', 'stable')", name="category"),
        CheckConstraint("state IN ('waiting', 'offered', 'booked', 'closed')", name="state"),
    )

    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    referral_id: Mapped[int | None] = mapped_column(ForeignKey("referrals.id"))
    contact_point_id: Mapped[int] = mapped_column(ForeignKey("contact_points.id"))
    service: Mapped[str]
    category: Mapped[str]
    privileged: Mapped[bool] = mapped_column(default=False)
    rank: Mapped[int] = mapped_column(SmallInteger)
    joined_at: Mapped[datetime]
    queue_at: Mapped[datetime]
    returns: Mapped[int] = mapped_column(default=0)
    state: Mapped[str]
    closed_at: Mapped[datetime | None]
    closed_because: Mapped[str | None]
    criteria_version: Mapped[int] = mapped_column(default=1)
    date_from: Mapped[date]
    date_to: Mapped[date | None]
    hour_from: Mapped[time | None]
    hour_to: Mapped[time | None]
    weekdays: Mapped[int] = mapped_column(SmallInteger)
    latitude: Mapped[float | None] = mapped_column(Double)
    longitude: Mapped[float | None] = mapped_column(Double)
    radius_km: Mapped[float | None] = mapped_column(Double)
    place_ids: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))
    cell: Mapped[int | None] = mapped_column(Computed(cells.OF_ENTRY, persisted=True), deferred=True)


def weekday_mask(weekdays: frozenset[int]) -> int:
    """ISO weekdays as bits: Monday 1, Tuesday 2, … Sunday 64."""
    return sum(1 << (day - 1) for day in weekdays)


def _columns(criteria: Criteria) -> dict[str, Any]:
    return {
        "date_from": criteria.date_from, "date_to": criteria.date_to, "hour_from": criteria.hour_from,
        "hour_to": criteria.hour_to, "weekdays": weekday_mask(criteria.weekdays), "latitude": criteria.latitude,
        "longitude": criteria.longitude, "radius_km": criteria.radius_km, "place_ids": sorted(criteria.place_ids) or None,
    }  # fmt: skip


def criteria_of(entry: Entry) -> Criteria:
    """The wishes of an entry as they were given."""
    return Criteria(
        entry.date_from, entry.date_to, entry.hour_from, entry.hour_to,
        frozenset(day for day in ALL_WEEKDAYS if entry.weekdays >> (day - 1) & 1),
        entry.latitude, entry.longitude, entry.radius_km, frozenset(entry.place_ids or ()),
    )  # fmt: skip


def claim(
    session: Session, patient_id: int, service_code: str, referral_id: int | None, *, criteria: Criteria,
    contact_point_id: int, state: str, now: datetime, privileged: bool = False, by_clinic: Category | None = None,
) -> Entry:  # fmt: skip
    """A new entry; the store's unique indexes refuse a second claim on the referral or service: `AlreadyClaimed` (X2, X3).

    `by_clinic` is the category that a clinic gives with a visit it has booked itself; the referral stays with the clinic then (R16).
    """
    referral = None if by_clinic else referrals.usable(session, patient_id, service_code, referral_id, now)
    category: Category = by_clinic or ("urgent" if referral is not None and referral.category == "urgent" else "stable")
    privileged = privileged or entitlements.holds(session, patient_id, now=now)  # R76: as a clinic has verified it
    row = {
        "patient_id": patient_id, "referral_id": referral and referral.id, "contact_point_id": contact_point_id,
        "service": service_code, "category": category, "privileged": privileged, "rank": queue_rank(category, privileged=privileged),
        "joined_at": now, "queue_at": now, "state": state, "returns": 0, "criteria_version": 1, **_columns(criteria),
    }  # fmt: skip
    session.flush()
    entry = session.scalars(insert(Entry).on_conflict_do_nothing().returning(Entry), row).one_or_none()
    if entry is None:
        raise AlreadyClaimed(service_code)
    return entry


def join(
    session: Session, patient_id: int, service_code: str, referral_id: int | None, criteria: Criteria, *,
    contact_point_id: int, actor: Actor, now: datetime, policy: Policy = POLICY,
) -> Entry:  # fmt: skip
    """Put the patient into the waiting room with these wishes (R47, R48): `NoWaitingRoom`, `ReferralNotUsable`, `AlreadyClaimed`.

    Who waits already and comes with a more urgent referral, or with one that holds where the earlier one has ended, keeps the place and
    waits in it on that one (R43). The date is estimated at once (R66) and told with the notice of joining (R103), where the policy has
    one (D18).
    """
    if not service(service_code).waiting_room:
        raise NoWaitingRoom(service_code)
    _check_ahead(criteria, now)
    people.lock_living(session, patient_id)
    contact = people.own_contact(session, patient_id, contact_point_id)
    standing = _passed_over(session, patient_id, service_code, referral_id, criteria, actor, now)
    if standing is not None:
        return standing
    entry = claim(
        session, patient_id, service_code, referral_id,
        criteria=criteria, contact_point_id=contact.id, state="waiting", now=now,
    )  # fmt: skip
    events.record(session, "entry.joined", now=now, actor=actor, entry_id=entry.id)
    prospects.renew(session, entry, now=now)
    if policy.joined_notice:
        notices.notify_entry(session, "joined_waiting_room", entry.id, actor=actor, now=now)
    seeking.begin(session, [entry.id], now=now)  # R33: a date may have been published since the search
    return entry


def pass_over(session: Session, entry: Entry, referral_id: int | None, *, actor: Actor, now: datetime) -> bool:
    """Let a locked waiting place rest on another referral of the patient's, with the joining time; whether it does now (R42, R43).

    Only where that one is more urgent, or the earlier one gives no right any more: nobody comes off worse. `ReferralNotUsable`.
    """
    if referral_id in (None, entry.referral_id):
        return False
    other = referrals.usable(session, entry.patient_id, entry.service, referral_id, now)
    more_urgent = other is not None and (other.category, entry.category) == ("urgent", "stable")
    if other is None or (not more_urgent and referrals.still_valid(session, entry.referral_id, now)):
        return False
    category: Category = "urgent" if other.category == "urgent" else "stable"
    entry.referral_id, entry.category, entry.rank = other.id, category, queue_rank(category, privileged=entry.privileged)
    session.flush()
    events.record(session, "entry.recategorised", now=now, actor=actor, entry_id=entry.id, category=category, another_referral=True)
    return True


def _passed_over(
    session: Session, patient_id: int, service_code: str, referral_id: int | None, criteria: Criteria, actor: Actor, now: datetime
) -> Entry | None:
    """The place in which the patient waits already, if it now rests on this referral, with these wishes."""
    own = select(Entry.id).where(Entry.patient_id == patient_id, Entry.service == service_code, Entry.state == "waiting")
    entry_id = session.scalar(own)
    if entry_id is None or not pass_over(session, lock_entry(session, entry_id), referral_id, actor=actor, now=now):
        return None
    edit_criteria(session, entry_id, criteria, actor=actor, now=now)
    return session.get_one(Entry, entry_id)


def _check_ahead(criteria: Criteria, now: datetime) -> None:
    if criteria.date_to is not None and criteria.date_to < local_date(now):
        raise InvalidCriteria(criteria)


def lock_entry(session: Session, entry_id: int) -> Entry:
    """The entry's row as it is now, locked until the transaction ends; the patient is locked before it (X14)."""
    statement = select(Entry).where(Entry.id == entry_id).with_for_update(key_share=True)
    return session.scalars(statement.execution_options(populate_existing=True)).one()


def waiting_entry(session: Session, entry_id: int) -> Entry:
    """A waiting entry to read; `NotWaiting` when there is none of this number."""
    entry = session.get(Entry, entry_id)
    if entry is None or entry.state != "waiting":
        raise NotWaiting(entry_id)
    return entry


def _lock_waiting(session: Session, entry_id: int) -> Entry:
    patient_id = session.scalars(select(Entry.patient_id).where(Entry.id == entry_id)).one()
    people.lock_patient(session, patient_id)
    entry = lock_entry(session, entry_id)
    if entry.state != "waiting":
        raise NotWaiting(entry_id)
    return entry


def edit_criteria(session: Session, entry_id: int, criteria: Criteria, *, actor: Actor, now: datetime) -> None:
    """Other wishes, the same place in the queue, a new estimate at once (R49). Slots refused under the old wishes may come again (X18)."""
    _check_ahead(criteria, now)
    entry = _lock_waiting(session, entry_id)
    for column, value in _columns(criteria).items():
        setattr(entry, column, value)
    entry.criteria_version += 1
    session.flush()
    prospects.renew(session, entry, now=now)
    events.record(session, "entry.edited", now=now, actor=actor, entry_id=entry.id)
    seeking.begin(session, [entry.id], now=now)


def leave(session: Session, entry_id: int, *, actor: Actor, now: datetime, because: str = "left") -> None:
    """Take a waiting patient out of the queue for good (R55, R59); `NotWaiting` when an offer or a visit is held instead."""
    close(session, _lock_waiting(session, entry_id), actor=actor, now=now, because=because)


def close(session: Session, entry: Entry, *, actor: Actor, now: datetime, because: str) -> None:
    """End an entry: the patient left, the visit took place, the referral or the patient is gone."""
    entry.state, entry.closed_at, entry.closed_because = "closed", now, because
    session.flush()
    events.record(session, "entry.closed", now=now, actor=actor, entry_id=entry.id, because=because)


def come_back(
    session: Session, entry: Entry, *, actor: Actor, now: datetime, own_choice: bool, policy: Policy = POLICY
) -> None:
    """Let an entry wait again after its visit was given up (R56): in its old place, from the third time on at the end (D1).

    `own_choice` is False when the clinic withdrew the visit: that is never counted against the patient (X11).
    """
    entry.state = "waiting"
    entry.returns += own_choice
    if own_choice and not keeps_place(entry.returns, policy):
        entry.queue_at = now
    session.flush()
    events.record(session, "entry.returned", now=now, actor=actor, entry_id=entry.id, returns=entry.returns)
    seeking.begin(session, [entry.id], now=now)
