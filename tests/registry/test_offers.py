"""Offers between 72 and 48 hours before the visit: proposed, accepted, declined, expired."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from registry import allocation, appointments, offers
from registry.appointments import Appointment, TooLate
from registry.events import Event
from registry.schedules import Slot
from registry.waiting_room import AlreadyClaimed, Entry
from tests.registry import build
from tests.registry.build import PATIENT

SECOND = timedelta(seconds=1)
LEAD = timedelta(hours=60)


def offered(session: Session, now: datetime, entry: Entry | None = None) -> tuple[Appointment, Slot, Entry]:
    """An open offer as allocation makes it."""
    waiting = entry or build.waiting(session, now=now)
    slot = build.slot(session, now + LEAD, state="pending")
    placed = allocation.place(session, slot.id, now=now)
    assert placed.appointment_id is not None
    return session.get_one(Appointment, placed.appointment_id), slot, waiting


def test_r61_an_offer_holds_the_slot_and_asks(session: Session, now: datetime) -> None:
    """R61, X1: held for the offeree, told to him with its end, not a visit yet."""
    offer, slot, entry = offered(session, now)
    assert (offer.status, offer.expires_at) == ("proposed", now + timedelta(hours=4))
    assert (slot.state, entry.state) == ("taken", "offered")
    (message,) = build.messages(session, appointment_id=offer.id)
    assert (message.kind, message.asks, message.facts["expires_at"]) == ("offer", "offer", "2026-11-18T14:00:00+00:00")


def test_r61_an_accepted_offer_is_a_visit(session: Session, now: datetime) -> None:
    """R61, R100: accepted twice it is one visit with one confirmation."""
    offer, slot, entry = offered(session, now)
    for _ in range(2):
        offers.accept(session, offer.id, actor=PATIENT, now=now + SECOND)
    assert (offer.status, offer.booked_at, offer.expires_at) == ("booked", now + SECOND, None)
    assert (slot.state, entry.state) == ("taken", "booked")
    assert build.kinds(session, appointment_id=offer.id) == ["offer", "offer_accepted"]


@pytest.mark.parametrize(("before", "lives"), [(SECOND, True), (timedelta(0), False), (-SECOND, False)])
def test_d5_an_offer_is_accepted_until_its_end(session: Session, now: datetime, *, before: timedelta, lives: bool) -> None:
    """D5: whether or not the sweep has come by."""
    offer, _, _ = offered(session, now)
    then = now + timedelta(hours=4) - before
    if lives:
        assert offers.accept(session, offer.id, actor=PATIENT, now=then).status == "booked"
    else:
        with pytest.raises(TooLate):
            offers.accept(session, offer.id, actor=PATIENT, now=then)
        assert offer.status == "proposed"


def test_d5_declining_costs_nothing(session: Session, now: datetime) -> None:
    """D5, X19: no loss of place, not counted as a return; said twice it is one."""
    entry = build.waiting(session, now=now - timedelta(days=30))
    offer, slot, _ = offered(session, now, entry)
    for _ in range(2):
        offers.decline(session, offer.id, actor=PATIENT, now=now + SECOND)
    assert (entry.state, entry.queue_at, entry.returns) == ("waiting", now - timedelta(days=30), 0)
    assert (offer.status, slot.state) == ("declined", "pending")
    assert build.kinds(session, appointment_id=offer.id) == ["offer", "offer_declined"]


def test_d5_an_expired_offer_costs_nothing(session: Session, now: datetime) -> None:
    """D5, X19: neither a second early nor twice."""
    entry = build.waiting(session, now=now - timedelta(days=30))
    offer, slot, _ = offered(session, now, entry)
    ends = now + timedelta(hours=4)
    assert not offers.expire(session, offer.id, now=ends - SECOND)
    assert offers.expire(session, offer.id, now=ends)
    assert not offers.expire(session, offer.id, now=ends)
    assert (entry.state, entry.queue_at, entry.returns) == ("waiting", now - timedelta(days=30), 0)
    assert (offer.status, slot.state) == ("expired", "pending")
    assert build.kinds(session, appointment_id=offer.id) == ["offer", "offer_expired"]


def test_r61_what_ended_cannot_be_accepted_or_declined(session: Session, now: datetime) -> None:
    """R61: after declining, after expiry; and an accepted one is not expired."""
    declined, _, entry = offered(session, now)
    offers.decline(session, declined.id, actor=PATIENT, now=now)
    with pytest.raises(TooLate):
        offers.accept(session, declined.id, actor=PATIENT, now=now)
    accepted, _, _ = offered(session, now, entry)
    offers.accept(session, accepted.id, actor=PATIENT, now=now)
    assert not offers.expire(session, accepted.id, now=now + timedelta(hours=5))
    with pytest.raises(TooLate):
        offers.decline(session, accepted.id, actor=PATIENT, now=now)
    assert accepted.status == "booked"


def test_x19_the_store_allows_one_open_offer_a_patient(session: Session, now: datetime) -> None:
    """X19: the unique index refuses a second one."""
    offer, _, _ = offered(session, now)
    other, _, _ = offered(session, now)
    offer.patient_id, offer.service = other.patient_id, "MAMMO"  # one of another service, which X3 does not catch
    with pytest.raises(IntegrityError, match="uq_appointments_one_offer"):
        session.flush()


def test_x2_an_offer_is_a_claim(session: Session, now: datetime) -> None:
    """X2: while it is open nothing else is booked on the referral."""
    offer, _, entry = offered(session, now)
    free = build.slot(session, now + timedelta(days=9))
    with pytest.raises(AlreadyClaimed):
        appointments.book(session, offer.patient_id, free.id, actor=PATIENT, now=now, referral_id=entry.referral_id)


def test_r63_the_clinic_is_told_of_each_step(session: Session, now: datetime) -> None:
    """R63, R9: by events with the slot and the visit."""
    offer, slot, _ = offered(session, now)
    offers.decline(session, offer.id, actor=PATIENT, now=now)
    told = session.scalars(select(Event).where(Event.appointment_id == offer.id).order_by(Event.id)).all()
    assert [(one.kind, one.slot_id, one.provider_id) for one in told] == [
        ("offer.made", slot.id, slot.provider_id), ("offer.declined", slot.id, slot.provider_id),
    ]  # fmt: skip
