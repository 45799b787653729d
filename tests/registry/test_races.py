"""Races with real transactions: whatever the order, the result is that of some order (X14)."""

from collections import Counter
from datetime import datetime, timedelta
from functools import partial
from threading import Barrier

import pytest
from psycopg import errors
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from registry import allocation, appointments, cancellations, communications, moves, offers, outbox, reminders, waiting_room
from registry.appointments import Appointment, NotBookable, NotHeld, TimeConflict, TooLate
from registry.catalogue import POLICY
from registry.communications import Message, Received
from registry.database import in_transaction, transaction
from registry.outbox import Settled
from registry.schedules import Slot, SlotTaken
from registry.waiting_room import AlreadyClaimed, Criteria, Entry, NotWaiting
from tests.registry import build
from tests.registry.build import DESK, PATIENT
from tests.registry.race import Work, race

WEEK = timedelta(days=7)
AGAIN = range(6)  # a race that was won by chance once is run a few times


def booking(patient_id: int, slot_id: int, referral_id: int | None, now: datetime) -> Work:
    return lambda session: appointments.book(session, patient_id, slot_id, actor=PATIENT, now=now, referral_id=referral_id).id


def active(session: Session) -> list[Appointment]:
    """The appointments that hold a slot."""
    holding = select(Appointment).where(Appointment.status.in_(("proposed", "booked", "cancelling")))
    return list(session.scalars(holding.order_by(Appointment.id)))


def sound(session: Session) -> None:
    """X1, X2: slots, visits and places in the queue agree with each other."""
    held = Counter(one.slot_id for one in active(session))
    assert all(count == 1 for count in held.values())
    assert set(session.scalars(select(Slot.id).where(Slot.state == "taken"))) == set(held)
    claimed = Counter(one.entry_id for one in active(session) if one.entry_id)
    assert all(count == 1 for count in claimed.values())
    assert set(session.scalars(select(Entry.id).where(Entry.state.in_(("booked", "offered"))))) == set(claimed)


def test_x1_fifty_after_one_slot_and_one_gets_it(engine: Engine, now: datetime) -> None:
    """X1, R10: exactly one visit, forty-nine plain refusals, nothing half done."""
    with transaction(engine) as session:
        slot_id = build.slot(session, now + WEEK).id
        people = [build.patient(session) for _ in range(50)]
        works = [booking(one.id, slot_id, build.referral(session, one).id, now) for one in people]
    results = race(engine, works)
    assert Counter(type(result) for result in results) == {int: 1, SlotTaken: 49}
    with Session(engine) as session:
        assert len(active(session)) == len(session.scalars(select(Entry.id)).all()) == len(build.messages(session)) == 1
        sound(session)


def test_x2_one_referral_and_twenty_slots_make_one_visit(engine: Engine, now: datetime) -> None:
    """X2, R12: one patient on many channels at once."""
    with transaction(engine) as session:
        person = build.patient(session)
        right = build.referral(session, person).id
        slots = [build.slot(session, now + WEEK + timedelta(days=day)).id for day in range(20)]
        works = [booking(person.id, slot_id, right, now) for slot_id in slots]
    results = race(engine, works)
    assert Counter(type(result) for result in results) == {int: 1, AlreadyClaimed: 19}
    with Session(engine) as session:
        assert len(active(session)) == 1
        assert session.scalars(select(Slot.state)).all().count("free") == 19
        sound(session)


def test_x3_two_referrals_of_one_service_make_one_visit(engine: Engine, now: datetime) -> None:
    """X3, R42: for the same patient at the same moment."""
    with transaction(engine) as session:
        person = build.patient(session)
        slots = [build.slot(session, now + WEEK * week).id for week in (1, 2, 3)]
        works = [booking(person.id, slot_id, build.referral(session, person).id, now) for slot_id in slots]
    assert Counter(type(result) for result in race(engine, works)) == {int: 1, AlreadyClaimed: 2}
    with Session(engine) as session:
        sound(session)


def test_x4_two_services_at_one_hour_make_one_visit(engine: Engine, now: datetime) -> None:
    """X4: the patient cannot be at two places, whichever is booked first."""
    with transaction(engine) as session:
        person = build.patient(session)
        cardio, mammo = build.slot(session, now + WEEK), build.slot(session, now + WEEK, service="MAMMO")
        right = build.referral(session, person).id
        build.eligible(session, person, "MAMMO", now=now)

        def screening(session: Session) -> int:
            return appointments.book(session, person.id, mammo.id, actor=PATIENT, now=now, visit_type="screening").id

        works = [booking(person.id, cardio.id, right, now), screening]
    assert Counter(type(result) for result in race(engine, works)) == {int: 1, TimeConflict: 1}
    with Session(engine) as session:
        sound(session)


def test_x2_joining_against_booking_makes_one_claim(engine: Engine, now: datetime) -> None:
    """X2: waits or holds the visit, never both. Joined first, the booking uses the place; booked first, joining is refused."""
    for _ in AGAIN:
        with transaction(engine) as session:
            person = build.patient(session)
            contact, right = build.contact(session, person).id, build.referral(session, person).id
            slot_id = build.slot(session, now + WEEK).id

        def join(session: Session, person: build.Patient = person, right: int = right, contact: int = contact) -> int:
            return waiting_room.join(
                session, person.id, "CARDIO_FIRST", right, Criteria(now.date()), contact_point_id=contact, actor=PATIENT, now=now
            ).id

        joined, booked = race(engine, [join, booking(person.id, slot_id, right, now)])
        assert isinstance(joined, int | AlreadyClaimed)
        assert isinstance(booked, int)
        with Session(engine) as session:
            assert session.scalars(select(Entry.state).where(Entry.patient_id == person.id)).all() == ["booked"]
            sound(session)


def test_x14_cancelling_against_booking_the_same_slot(engine: Engine, now: datetime) -> None:
    """X14, R52: the booker finds it taken or not yet published; he never slips in before the waiting room."""
    for _ in AGAIN:
        with transaction(engine) as session:
            visit, person = build.visit(session, now + WEEK, now=now), build.patient(session)
            right = build.referral(session, person).id
        cancel = partial(cancellations.cancel, appointment_id=visit.id, reason="sms", actor=PATIENT, now=now)
        cancelled, booked = race(engine, [cancel, booking(person.id, visit.slot_id, right, now)])
        assert isinstance(cancelled, Appointment)
        assert isinstance(booked, SlotTaken | NotBookable)
        with Session(engine) as session:
            assert session.get_one(Slot, visit.slot_id).state == "pending"
            sound(session)


def test_r67_twenty_cancellations_of_one_visit_are_one(engine: Engine, now: datetime) -> None:
    """R67, R100: a patient who presses again and again; one return, one notice."""
    with transaction(engine) as session:
        visit = build.visit(session, now + WEEK, now=now)
    cancel = partial(cancellations.cancel, appointment_id=visit.id, reason="sms", actor=PATIENT, now=now)
    assert {type(one) for one in race(engine, [cancel] * 20)} == {Appointment}
    with Session(engine) as session:
        assert session.scalars(select(Entry.returns)).all() == [1]
        assert build.kinds(session) == ["booked", "cancelled"]
        sound(session)


def offer_for(session: Session, now: datetime) -> Appointment:
    """An open offer to a patient of its own."""
    where = build.clinic(session)
    entry = build.waiting(session, now=now, place_ids=frozenset({where.id}))
    slot = build.slot(session, now + timedelta(hours=60), state="pending", where=where)
    placed = allocation.place(session, slot.id, now=now)
    offer = session.get_one(Appointment, placed.appointment_id)
    assert offer.entry_id == entry.id
    return offer


@pytest.mark.parametrize("against", ["expire", "decline"])
def test_r61_accepting_against_the_end_of_the_offer(engine: Engine, now: datetime, against: str) -> None:
    """R61, D5: accepted or ended; the worker's clock may be a second ahead of the patient's."""
    for _ in AGAIN:
        with transaction(engine) as session:
            offer = offer_for(session, now)
        ends = offer.expires_at or now
        accept = partial(offers.accept, appointment_id=offer.id, actor=PATIENT, now=ends - timedelta(seconds=1))
        others = {
            "expire": partial(offers.expire, appointment_id=offer.id, now=ends),
            "decline": partial(offers.decline, appointment_id=offer.id, actor=PATIENT, now=now),
        }
        accepted, ended = race(engine, [accept, others[against]])
        with Session(engine) as session:
            status = session.get_one(Appointment, offer.id).status
            sound(session)
            waits = session.get_one(Entry, offer.entry_id).state
            notices = build.kinds(session, appointment_id=offer.id)
        if status == "booked":
            assert (isinstance(accepted, Appointment), ended is False or isinstance(ended, TooLate), waits) == (True, True, "booked")
            assert notices == ["offer", "offer_accepted"]
        else:
            assert (type(accepted), waits, len(notices)) == (TooLate, "waiting", 2)


def test_d6_release_against_undo(engine: Engine, now: datetime) -> None:
    """D6: restored or given on, never both, whichever clock is ahead."""
    for _ in AGAIN:
        with transaction(engine) as session:
            visit = build.visit(session, now + WEEK, now=now)
            build.waiting(session, now=now)
            cancellations.cancel(session, visit.id, reason="sms", actor=PATIENT, now=now, hold_for=POLICY.undo_hold)
        ends = now + POLICY.undo_hold
        undo = partial(cancellations.undo, appointment_id=visit.id, actor=PATIENT, now=ends - timedelta(seconds=1))
        undone, _ = race(engine, [undo, lambda _, ends=ends: allocation.release_due(engine, now=ends)])
        with Session(engine) as session:
            holders = [one.id for one in active(session) if one.slot_id == visit.slot_id]
            assert len(holders) == 1
            assert (holders == [visit.id]) == isinstance(undone, Appointment) == (not isinstance(undone, TooLate))
            sound(session)


def test_r69_a_change_against_a_cancellation(engine: Engine, now: datetime) -> None:
    """R69, X14: moved and then cancelled, or cancelled and not moved; both slots end in one state each."""
    for _ in AGAIN:
        with transaction(engine) as session:
            visit, new = build.visit(session, now + WEEK, now=now), build.slot(session, now + 2 * WEEK)
            old_id = visit.slot_id
        change = partial(moves.change, appointment_id=visit.id, new_slot_id=new.id, actor=PATIENT, now=now)
        cancel = partial(cancellations.cancel, appointment_id=visit.id, reason="sms", actor=DESK, now=now)
        changed, cancelled = race(engine, [change, cancel])
        assert isinstance(cancelled, Appointment)
        assert isinstance(changed, Appointment | NotHeld)
        with Session(engine) as session:
            after = [session.get_one(Slot, slot_id).state for slot_id in (old_id, new.id)]
            assert after == (["pending", "pending"] if isinstance(changed, Appointment) else ["pending", "free"])
            assert session.get_one(Appointment, visit.id).status == "cancelled"
            sound(session)


def test_r69_two_patients_swapping_slots_crosswise(engine: Engine, now: datetime) -> None:
    """R69, X14: each wants a free slot beside the other's, and everybody the same one: no deadlock, one winner a slot."""
    with transaction(engine) as session:
        visits = [build.visit(session, now + WEEK * week, now=now).id for week in (1, 2, 3, 4)]
        wanted = [build.slot(session, now + WEEK + timedelta(days=day)).id for day in (1, 2)]
    change = partial(moves.change, actor=PATIENT, now=now)
    works = [partial(change, appointment_id=one, new_slot_id=slot) for one in visits for slot in wanted]
    results = race(engine, works)
    assert {type(one) for one in results} <= {Appointment, SlotTaken}
    with Session(engine) as session:
        sound(session)
        assert len(active(session)) == 4


def test_x21_many_freed_slots_and_few_who_wait(engine: Engine, now: datetime) -> None:
    """R51, X2: eight workers place twenty slots for five patients; each gets one, the rest is published."""
    with transaction(engine) as session:
        for _ in range(5):
            build.waiting(session, now=now)
        slots = [build.slot(session, now + WEEK + timedelta(hours=hour), state="pending").id for hour in range(20)]
    results = race(engine, [partial(allocation.place, slot_id=slot, now=now) for slot in slots])
    assert Counter(one.outcome for one in results) == {"assigned": 5, "published": 15}
    with Session(engine) as session:
        sound(session)


def test_r50_two_schedulers_place_each_slot_once(engine: Engine, now: datetime) -> None:
    """R50: two workers on the same list."""
    with transaction(engine) as session:
        for _ in range(10):
            build.waiting(session, now=now)
        for hour in range(10):
            build.slot(session, now + WEEK + timedelta(hours=hour), state="pending")
    placed = race(engine, [lambda _: allocation.place_due(engine, now=now)] * 4)
    assert sum(placed) == 10
    with Session(engine) as session:
        assert len(active(session)) == len(build.messages(session, kind="booked_from_waiting_room")) == 10
        sound(session)


def test_x14_leaving_or_editing_against_an_assignment(engine: Engine, now: datetime) -> None:
    """X14, R49: the wishes are the old ones or the new ones, and who left gets nothing."""
    for leaves in (True, False) * 3:
        with transaction(engine) as session:
            entry, slot_id = build.waiting(session, now=now), build.slot(session, now + WEEK, state="pending").id
        narrow = Criteria(now.date() + 10 * WEEK)
        act: Work = (
            partial(waiting_room.leave, entry_id=entry.id, actor=PATIENT, now=now)
            if leaves
            else partial(waiting_room.edit_criteria, entry_id=entry.id, criteria=narrow, actor=PATIENT, now=now)
        )
        acted, placed = race(engine, [act, partial(allocation.place, slot_id=slot_id, now=now)])
        assert (type(acted), placed.outcome) in [(type(None), "published"), (NotWaiting, "assigned")]
        with Session(engine) as session:
            sound(session)


# --- messages


def test_x29_eight_workers_claim_every_message_once(engine: Engine, now: datetime) -> None:
    """X29: 200 messages of 40 addresses in small sets; none twice, and each address in order."""
    with transaction(engine) as session:
        numbers = [build.mobile() for _ in range(40)]
        for number in numbers * 5:
            incoming = communications.receive(session, Received("sms", number, f"SM{build.mobile()}", "?", {}), now=now)
            communications.answer(session, incoming or 0, channel="sms", address=number, kind="answer", body="!", language="pl", now=now)
    claims: list[tuple[str, int]] = []

    def work(name: str) -> None:
        while got := in_transaction(engine, lambda session: outbox.claim(session, "sms", worker=name, now=now, limit=7)):
            claims.extend((one.address, one.id) for one in got)
            done = [Settled(one.id, "accepted", f"wire{one.id}") for one in got]
            settled = in_transaction(engine, lambda session, done=done: outbox.settle(session, done, worker=name, now=now))
            assert len(settled) == len(got)

    assert race(engine, [lambda _, name=f"worker{number}": work(name) for number in range(8)]) == [None] * 8
    rest = in_transaction(engine, lambda session: outbox.claim(session, "sms", worker="last", now=now, limit=500))
    ids = [message_id for _, message_id in claims] + [one.id for one in rest]
    with Session(engine) as session:
        assert sorted(ids) == sorted(session.scalars(select(Message.id).where(Message.direction == "out")))
    by_address: dict[str, list[int]] = {}
    for address, message_id in claims:
        by_address.setdefault(address, []).append(message_id)
    assert all(order == sorted(order) for order in by_address.values())


def test_r102_the_same_message_brought_twenty_times_is_one(engine: Engine, now: datetime) -> None:
    """R102, X29: the carrier's webhook again and again, at once."""
    message = Received("sms", build.mobile(), "SM1", "odwołuję", {})
    ids = race(engine, [partial(communications.receive, message=message, now=now)] * 20)
    assert Counter(type(one) for one in ids) == {int: 1, type(None): 19}


def test_r101_four_writers_write_each_reminder_once(engine: Engine, now: datetime) -> None:
    """R101, X29: several workers at the same moment."""
    with transaction(engine) as session:
        for _ in range(30):
            build.visit(session, now + timedelta(days=1), now=now - WEEK)
    counts = race(engine, [partial(reminders.write_due, now=now)] * 4)
    assert sum(counts) == 30
    with Session(engine) as session:
        assert len(build.messages(session, kind="reminder_d1")) == 30


# --- deadlocks


def crossing(engine: Engine, tries: int) -> list[object]:
    """Two transactions that lock two rows in opposite order, made to meet; PostgreSQL ends one of them."""
    with transaction(engine) as session:
        one, other = build.patient(session).id, build.patient(session).id
    meet, met = Barrier(2), set()

    def cross(session: Session, first: int, second: int) -> int:
        lock = text("SELECT id FROM patients WHERE id = :id FOR UPDATE")
        session.execute(lock, {"id": first})
        if first not in met:  # only the first try of each waits for the other
            met.add(first)
            meet.wait(timeout=30)
        session.execute(lock, {"id": second})
        return first

    def run(first: int, second: int) -> object:
        try:
            return in_transaction(engine, partial(cross, first=first, second=second), tries=tries)
        except DBAPIError as error:
            return error.orig

    return race(engine, [lambda _: run(one, other), lambda _: run(other, one)])


def test_x14_a_lost_deadlock_is_tried_again(engine: Engine) -> None:
    """X14: both come through."""
    assert all(isinstance(one, int) for one in crossing(engine, tries=4))


def test_x14_the_last_deadlock_is_raised(engine: Engine) -> None:
    """X14: nothing is swallowed; with one try, the loser hears of it."""
    results = crossing(engine, tries=1)
    assert sorted(type(one).__name__ for one in results) == ["DeadlockDetected", "int"]
    assert any(isinstance(one, errors.DeadlockDetected) for one in results)
