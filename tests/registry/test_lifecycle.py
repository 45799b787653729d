"""Referrals that are lost, dropped or made urgent, and patients who die: what is kept, what is let go, who is told."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from registry import allocation, appointments, cancellations, lifecycle, notices, outbox, people, receipts, waiting_room
from registry.appointments import Appointment
from registry.events import SYSTEM, Actor, Event
from registry.people import Patient, PatientDied
from registry.referrals import Referral
from registry.schedules import Slot
from registry.tasks import Task
from registry.waiting_room import AlreadyClaimed, Criteria, Entry
from tests.registry import build
from tests.registry.build import DESK, PATIENT

WEEK, DAY, HOUR = timedelta(days=7), timedelta(days=1), timedelta(hours=1)
ISSUER = Actor("registrar", "api", "P1")
REGISTER = Actor("system", "api", "population register")


def tasks_of(session: Session, patient_id: int, state: str = "open") -> list[str]:
    return list(session.scalars(select(Task.kind).where(Task.patient_id == patient_id, Task.state == state)))


def slot_state(session: Session, visit: Appointment) -> str:
    return session.scalars(select(Slot.state).where(Slot.id == visit.slot_id)).one()


def entry_of(session: Session, visit: Appointment) -> Entry:
    return session.scalars(select(Entry).where(Entry.id == visit.entry_id).execution_options(populate_existing=True)).one()


def offered(session: Session, now: datetime, entry: Entry) -> Appointment:
    """An open offer to this entry, 60 hours before the visit."""
    placed = allocation.place(session, build.slot(session, now + timedelta(hours=60), state="pending").id, now=now)
    offer = session.get_one(Appointment, placed.appointment_id)
    assert (placed.outcome, offer.entry_id) == ("offered", entry.id)
    return offer


# --- X5, X7: the referral


@pytest.mark.parametrize("how", ["cancelled", "used", "expired", "dropped"])
def test_x5_without_a_referral_nobody_waits_on(session: Session, now: datetime, how: lifecycle.Ending) -> None:
    """X5, X7, R59: the entry is closed and the patient told, once."""
    entry = build.waiting(session, now=now)
    for _ in range(2):
        lifecycle.end_referral(session, entry.referral_id or 0, how, actor=ISSUER, now=now + DAY)
    session.refresh(entry)
    expected = ("left", "left_waiting_room") if how == "dropped" else ("referral_ended", "waiting_room_referral_ended")
    assert (entry.state, entry.closed_because) == ("closed", expected[0])
    assert build.kinds(session, patient_id=entry.patient_id) == ["joined_waiting_room", expected[1]]


def test_x5_the_farewell_is_sent_like_every_message(session: Session, now: datetime) -> None:
    """X5, R104: a notice without a visit is claimed by the outbox too."""
    entry = build.waiting(session, now=now)
    lifecycle.end_referral(session, entry.referral_id or 0, "cancelled", actor=ISSUER, now=now)
    assert [one.kind for one in outbox.claim(session, "sms", worker="w", now=now)] == ["waiting_room_referral_ended"]


@pytest.mark.parametrize("how", ["used", "expired"])
def test_x5_a_booked_visit_is_kept_and_the_clinic_told(session: Session, now: datetime, how: lifecycle.Ending) -> None:
    """X5: never silently deleted; one task and one event for the clinic, no message that would frighten the patient."""
    visit = build.visit(session, now + WEEK, now=now)
    lifecycle.end_referral(session, visit.referral_id or 0, how, actor=ISSUER, now=now + DAY)
    assert (visit.status, slot_state(session, visit), entry_of(session, visit).state) == ("booked", "taken", "booked")
    lost = session.scalars(select(Event).where(Event.kind == "visit.referral_lost")).one()
    assert (lost.provider_id, lost.facts["because"]) == (visit.provider_id, how)
    assert tasks_of(session, visit.patient_id) == ["referral_lost"]
    assert build.kinds(session, appointment_id=visit.id) == ["booked"]


def test_x5_the_issuers_cancellation_lets_the_slot_go(session: Session, now: datetime) -> None:
    """X5, R70, R51: reason `referral_cancelled`, one notice that says it, and the slot goes to the waiting room."""
    visit = build.visit(session, now + WEEK, now=now)
    next_one = build.waiting(session, now=now)
    lifecycle.end_referral(session, visit.referral_id or 0, "cancelled", actor=ISSUER, now=now + DAY)
    assert (visit.status, visit.cancel_reason, slot_state(session, visit)) == ("cancelled", "referral_cancelled", "pending")
    assert entry_of(session, visit).closed_because == "referral_ended"
    assert build.kinds(session, patient_id=visit.patient_id) == ["booked", "cancelled_referral_ended"]
    assert allocation.place(session, visit.slot_id, now=now + DAY).outcome == "assigned"
    session.refresh(next_one)
    assert next_one.state == "booked"


def test_x7_a_patient_who_drops_the_referral_gives_the_visit_up_for_good(session: Session, now: datetime) -> None:
    """X7: the same as leaving the waiting room; no way back on this referral."""
    visit = build.visit(session, now + WEEK, now=now)
    lifecycle.drop_referral(session, visit.referral_id or 0, actor=PATIENT, now=now + DAY)
    assert (visit.status, slot_state(session, visit)) == ("cancelled", "pending")
    assert entry_of(session, visit).closed_because == "left"
    assert build.kinds(session, patient_id=visit.patient_id) == ["booked", "cancelled_left"]
    with pytest.raises(Exception, match="cancelled"):
        waiting_room.join(
            session, visit.patient_id, visit.service, visit.referral_id, Criteria(date(2026, 11, 19)),
            contact_point_id=visit.contact_point_id, actor=PATIENT, now=now + DAY,
        )  # fmt: skip


@pytest.mark.parametrize("how", ["cancelled", "used", "expired", "dropped"])
def test_x5_an_open_offer_ends_with_its_referral(session: Session, now: datetime, how: lifecycle.Ending) -> None:
    """X5, R61: the slot goes on to the next patient, nobody keeps a place."""
    entry = build.waiting(session, now=now)
    offer = offered(session, now, entry)
    lifecycle.end_referral(session, entry.referral_id or 0, how, actor=ISSUER, now=now + HOUR)
    session.refresh(entry)
    assert (offer.status, slot_state(session, offer), entry.state) == ("expired", "pending", "closed")


@pytest.mark.parametrize("how", ["cancelled", "expired", "dropped"])
def test_x5_a_visit_just_cancelled_by_sms_does_not_come_back_to_life(session: Session, now: datetime, how: lifecycle.Ending) -> None:
    """X5, D6: while the slot is still held for the canceller the referral ends: the slot goes, the entry is closed."""
    visit = build.visit(session, now + WEEK, now=now)
    session.get_one(Referral, visit.referral_id).valid_until = (now - DAY).date() if how == "expired" else None
    cancellations.cancel(session, visit.id, reason="sms", actor=PATIENT, now=now, hold_for=timedelta(minutes=5))
    lifecycle.end_referral(session, visit.referral_id or 0, how, actor=ISSUER, now=now + timedelta(minutes=1))
    assert (visit.status, slot_state(session, visit), entry_of(session, visit).state) == ("cancelled", "pending", "closed")


def test_x5_the_last_day_of_a_referral_is_a_warsaw_day(session: Session, engine: Engine) -> None:
    """X5, X17: valid through its last day; ended after local midnight, once; a visit that it carried is flagged once."""
    last = date(2026, 11, 18)
    before, after = datetime(2026, 11, 18, 22, 59, 59, tzinfo=UTC), datetime(2026, 11, 18, 23, 0, tzinfo=UTC)
    start = before - WEEK
    waiter, booker = build.patient(session), build.patient(session)
    entry = build.waiting(session, waiter, now=start, on=build.referral(session, waiter, valid_until=last))
    right = build.referral(session, booker, valid_until=last)
    visit = appointments.book(
        session, booker.id, build.slot(session, before + WEEK).id, actor=DESK, now=start, referral_id=right.id
    )  # fmt: skip
    session.commit()
    assert lifecycle.expire_referrals(engine, now=before) == 0
    assert lifecycle.expire_referrals(engine, now=after) == 2
    assert lifecycle.expire_referrals(engine, now=after) == 0
    session.expire_all()
    assert (entry.state, visit.status) == ("closed", "booked")
    assert tasks_of(session, booker.id) == ["referral_lost"]


# --- R43: the category


def test_r43_a_referral_made_urgent_moves_up_with_its_joining_time(session: Session, now: datetime) -> None:
    """R43, D3: before every stable patient, among the urgent by the time of joining."""
    earlier_urgent, later_urgent = (build.waiting(session, now=now + offset, urgent=True) for offset in (-DAY, DAY))
    stable = build.waiting(session, now=now - WEEK)
    entry = build.waiting(session, now=now)
    lifecycle.recategorise(session, entry.referral_id or 0, "urgent", actor=ISSUER, now=now + WEEK)
    assert (entry.category, entry.queue_at, entry.joined_at) == ("urgent", now, now)
    queue = session.scalars(select(Entry.id).order_by(Entry.rank, Entry.queue_at, Entry.id)).all()
    assert queue == [earlier_urgent.id, entry.id, later_urgent.id, stable.id]
    lifecycle.recategorise(session, entry.referral_id or 0, "stable", actor=ISSUER, now=now + WEEK)
    assert session.scalars(select(Entry.id).order_by(Entry.rank, Entry.queue_at)).all()[-2:] == [stable.id, entry.id]


def test_r43_an_urgent_slot_is_open_to_who_was_made_urgent(session: Session, now: datetime) -> None:
    """R43, D2: also for the booked patient, whose later return to the queue is an urgent one."""
    entry, visit = build.waiting(session, now=now), build.visit(session, now + WEEK, now=now)
    for referral_id in (entry.referral_id, visit.referral_id):
        lifecycle.recategorise(session, referral_id or 0, "urgent", actor=ISSUER, now=now)
    urgent = build.slot(session, now + WEEK, pool="FIRST_URGENT", state="pending")
    assert allocation.place(session, urgent.id, now=now).outcome == "assigned"
    assert entry_of(session, visit).rank == entry.rank


# --- X6: death


def test_x6_everything_of_a_dead_patient_is_released_and_nobody_is_written_to(session: Session, now: datetime) -> None:
    """X6, R70, D17: first visit, control visit and screening are released by the rule of each; queued messages are dropped."""
    person = build.patient(session)
    first = build.visit(session, now + WEEK, now=now, of=person)
    control = build.control_visit(session, now + 2 * WEEK, now=now, of=person)
    lifecycle.died(session, person.id, at=now, actor=REGISTER, now=now + DAY)
    assert [(visit.status, visit.cancel_reason) for visit in (first, control)] == [("cancelled", "death")] * 2
    assert (slot_state(session, first), slot_state(session, control)) == ("pending", "free")
    assert (entry_of(session, first).state, entry_of(session, first).closed_because) == ("closed", "death")
    assert [message.state for message in build.messages(session, patient_id=person.id)] == ["suppressed", "suppressed"]
    assert outbox.claim(session, "sms", worker="w", now=now + DAY) == []


def test_x6_the_contact_person_is_left_in_peace_too(session: Session, now: datetime) -> None:
    """X6, R96."""
    person = build.without_contact(session)
    near = people.add_contact_person(session, person.id, name="Anna", relationship="daughter")
    people.add_contact(session, person.id, build.mobile(), now=now, person=near)
    visit = build.visit(session, now + WEEK, now=now, of=person)
    lifecycle.died(session, person.id, at=now, actor=REGISTER, now=now)
    assert notices.notify(session, "reminder_d7", visit.id, actor=SYSTEM, now=now) is None
    assert notices.notify_patient(session, "left_waiting_room", person.id, actor=SYSTEM, now=now) is None
    assert tasks_of(session, person.id) == []


def test_x6_a_message_that_failed_is_not_tried_again_after_the_death(session: Session, now: datetime) -> None:
    """X6, R54: neither a further attempt nor a task to call the family."""
    visit = build.visit(session, now + WEEK, now=now)
    (claimed,) = outbox.claim(session, "sms", worker="w", now=now)
    lifecycle.died(session, visit.patient_id, at=now, actor=REGISTER, now=now)
    outbox.settle(session, [outbox.Settled(claimed.id, "failed", error_code=30003)], worker="w", now=now)
    receipts.follow_up(session, claimed.id, "retry", now=now)
    assert [message.state for message in build.messages(session, patient_id=visit.patient_id)] == ["failed"]
    assert tasks_of(session, visit.patient_id) == []


def test_x6_offers_holds_and_places_end(session: Session, now: datetime) -> None:
    """X6: an open offer goes on to the next, a slot held after a cancellation is let go, a place is closed."""
    waiter = build.waiting(session, now=now)
    offer = offered(session, now, waiter)
    held = build.visit(session, now + WEEK, now=now)
    cancellations.cancel(session, held.id, reason="sms", actor=PATIENT, now=now, hold_for=timedelta(minutes=5))
    for patient_id in (waiter.patient_id, held.patient_id):
        lifecycle.died(session, patient_id, at=now, actor=REGISTER, now=now)
    assert [(one.status, slot_state(session, one)) for one in (offer, held)] == [("expired", "pending"), ("cancelled", "pending")]
    assert held.cancel_reason == "sms"
    assert set(session.scalars(select(Entry.state))) == {"closed"}


def test_x6_nothing_new_is_booked_for_the_dead(session: Session, now: datetime) -> None:
    """X6, R16: neither a visit nor a place, and a repeated report changes nothing."""
    person = build.patient(session)
    right, free = build.referral(session, person), build.slot(session, now + WEEK)
    for _ in range(2):
        lifecycle.died(session, person.id, at=now, actor=REGISTER, now=now)
    assert session.scalars(select(Event.kind).where(Event.kind == "patient.died")).all() == ["patient.died"]
    with pytest.raises(PatientDied):
        appointments.book(session, person.id, free.id, actor=DESK, now=now, referral_id=right.id)
    with pytest.raises(PatientDied):
        build.waiting(session, person, now=now, on=right)


def test_x6_a_visit_that_has_begun_is_the_clinics_to_settle(session: Session, now: datetime) -> None:
    """X6, R67."""
    visit = build.visit(session, now + WEEK, now=now)
    lifecycle.died(session, visit.patient_id, at=now, actor=REGISTER, now=now + WEEK)
    assert visit.status == "booked"
    assert session.get_one(Patient, visit.patient_id).died_at == now


def test_x2_still_one_claim_a_patient(session: Session, now: datetime) -> None:
    """X2, X3: the endings open no back door to a second claim."""
    visit = build.visit(session, now + WEEK, now=now)
    lifecycle.end_referral(session, visit.referral_id or 0, "used", actor=ISSUER, now=now)
    person = session.get_one(Patient, visit.patient_id)
    with pytest.raises(AlreadyClaimed):
        build.waiting(session, person, now=now)
