"""One step from a wish to a date or to the waiting room (R33, R34), and what every channel shares (R9, R14, R38, R41, R74, R97)."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from registry import addresses, allocation, appointments, cancellations, moves, night, published, requests, waiting_room
from registry.appointments import Appointment, NotBookable
from registry.database import transaction
from registry.events import SYSTEM, Actor, Event
from registry.people import NoContact
from registry.referrals import ReferralNotUsable
from registry.schedules import SlotTaken
from registry.search import free_slots
from registry.waiting_room import AlreadyClaimed, Criteria, Entry
from tests.registry import build
from tests.registry.build import DESK, PATIENT, warsaw

WEEK, DAY = timedelta(days=7), timedelta(days=1)
WISHES = Criteria(date(2026, 11, 20), weekdays=frozenset({2, 4}))
CLINIC = Actor("clinic_system", "api", "P1")
CHANNELS = ("sms", "voice", "email", "chat")


def asked(session: Session, actor: Actor, now: Any, service: str = "CARDIO_FIRST", **referral: Any) -> requests.Answer:
    who = build.patient(session)
    right = build.referral(session, who, **referral)
    return requests.first_visit(
        session, who.id, service, right.id, WISHES, contact_point_id=build.contact(session, who).id, actor=actor, now=now
    )  # fmt: skip


# --- R33, R34


@pytest.mark.parametrize("actor", [DESK, CLINIC, PATIENT])
def test_r33_with_a_free_date_there_is_a_choice_and_nobody_waits(session: Session, now: Any, actor: Actor) -> None:
    """R33, R34, R30: whoever asks."""
    free = build.slot(session, warsaw(date(2026, 11, 24)))
    answer = asked(session, actor, now)
    assert (answer.what, [hit.slot_id for hit in answer.hits.found], answer.entry) == ("dates", [free.id], None)
    assert session.scalars(select(Entry.id)).all() == []


@pytest.mark.parametrize("actor", [DESK, CLINIC])
def test_r34_a_clinics_request_without_a_date_waits_with_its_wishes(session: Session, now: Any, actor: Actor) -> None:
    """R34, R48, R31: a date outside the wishes and one of day 41 are none; the place remembers what was asked for."""
    build.slot(session, warsaw(date(2026, 11, 25)))
    build.slot(session, warsaw(date(2026, 12, 29), 0))
    answer = asked(session, actor, now, urgent=True)
    assert (answer.what, answer.entry is not None and answer.entry.state) == ("waits", "waiting")
    assert answer.entry is not None
    assert (waiting_room.criteria_of(answer.entry), answer.entry.category, answer.entry.joined_at) == (WISHES, "urgent", now)
    event = session.scalars(select(Event).where(Event.kind == "entry.joined")).one()
    assert (event.actor, event.channel) == (actor.kind, actor.channel)
    assert build.kinds(session) == ["joined_waiting_room"]  # who did not ask for it himself is told


@pytest.mark.parametrize("channel", CHANNELS)
def test_r33_a_patients_own_channel_asks_first(session: Session, now: Any, channel: Any) -> None:
    """R33, R34: "może zapisać się" is his choice."""
    assert asked(session, Actor("patient", channel), now).what == "ask"
    assert session.scalars(select(Entry.id)).all() == []


def test_r34_who_was_put_into_the_waiting_room_may_leave_it(session: Session, now: Any) -> None:
    """R34, R55: the way out of what was automatic; afterwards he can be asked for again."""
    answer = asked(session, DESK, now)
    assert answer.entry is not None
    waiting_room.leave(session, answer.entry.id, actor=PATIENT, now=now)
    assert answer.entry.closed_because == "left"


def test_r42_a_request_needs_the_right_referral(session: Session, now: Any) -> None:
    """R42, R46: also from a clinic; a screening exam has no waiting room to be put into."""
    with pytest.raises(ReferralNotUsable):
        asked(session, DESK, now, state="cancelled")
    assert asked(session, DESK, now, "MAMMO").what == "nothing"


# --- one queue, one pool of dates


@pytest.mark.parametrize("whole_night", [False, True])
def test_r14_one_queue_for_the_whole_country_whoever_wrote_the_patient_down(engine: Engine, *, whole_night: bool) -> None:
    """R14, R10, R53: joined by SMS, at one desk and at another's; a date of any clinic goes by the one order."""
    now = warsaw(date(2026, 11, 18), 2)
    with transaction(engine) as session:
        entries = [build.waiting(session, now=now - days * DAY).id for days in (1, 3, 2)]
        clinics = [build.clinic(session, at=(50.06, 19.94)), build.clinic(session, at=(54.35, 18.65)), build.clinic(session)]
        for number, place in enumerate(clinics):
            build.slot(session, now + WEEK + number * DAY, state="pending", where=place)
    if whole_night:
        night.run(engine, clock=lambda: now)
    else:
        allocation.place_due(engine, now=now)
    with transaction(engine) as session:
        got = session.scalars(select(Appointment.entry_id).order_by(Appointment.starts_at)).all()
    assert got == [entries[1], entries[2], entries[0]]


def test_r14_nobody_stands_in_two_lists_of_one_service(session: Session, now: Any) -> None:
    """R14, X2, X3: a second clinic that writes the patient down finds him there, with another referral too."""
    who = build.patient(session)
    build.waiting(session, who, now=now)
    second = build.referral(session, who)
    with pytest.raises(AlreadyClaimed):
        requests.first_visit(
            session, who.id, "CARDIO_FIRST", second.id, WISHES, contact_point_id=build.contact(session, who).id, actor=DESK, now=now
        )  # fmt: skip


def test_r41_every_list_of_dates_says_of_which_moment_it_is(session: Session, now: Any) -> None:
    """R41, R37: "stan na"; a date taken after it is refused when it is booked, and missing from the next list."""
    free = build.slot(session, now + WEEK)
    seen = free_slots(session, "CARDIO_FIRST", Criteria(date(2026, 1, 1)), category="stable", now=now)
    buyer = build.patient(session)
    appointments.book(
        session, buyer.id, free.id, actor=DESK, now=now, referral_id=build.referral(session, buyer).id
    )  # fmt: skip
    late = build.patient(session)
    with pytest.raises(SlotTaken):
        appointments.book(session, late.id, seen.found[0].slot_id, actor=PATIENT, now=now, referral_id=build.referral(session, late).id)
    again = free_slots(session, "CARDIO_FIRST", Criteria(date(2026, 1, 1)), category="stable", now=now + DAY)
    assert (seen.as_of, again.as_of, again.found) == (now, now + DAY, ())


def test_r38_booking_goes_on_while_the_night_runs(engine: Engine) -> None:
    """R38, R10, X14: what a desk sells meanwhile is sold once, and the night goes on around it."""
    now = warsaw(date(2026, 11, 18), 2)
    with transaction(engine) as session:
        published = [build.slot(session, now + WEEK + number * DAY).id for number in range(8)]
        for number in range(30):
            build.slot(session, now + WEEK + number * timedelta(hours=1), state="pending")
            build.waiting(session, now=now - DAY)
        buyers = [(who.id, build.referral(session, who).id) for who in (build.patient(session) for _ in published)]

    def book(number: int) -> str:
        with transaction(engine) as session:
            person, right = buyers[number]
            return appointments.book(session, person, published[number], actor=DESK, now=now, referral_id=right).status

    with ThreadPoolExecutor(3) as threads:
        at_night = threads.submit(night.run, engine, clock=lambda: now, chunk=5)
        booked = list(threads.map(book, range(8)))
        assert (at_night.result().assigned, booked) == (30, ["booked"] * 8)
    with transaction(engine) as session:
        held = session.scalar(select(func.count(func.distinct(Appointment.slot_id))).where(Appointment.status == "booked"))
        assert held == 38


# --- who did it


@pytest.mark.parametrize(
    "actor",
    [
        Actor("patient", "sms"), Actor("parent", "chat", "A. Matka"), Actor("proxy", "chat", "P. Pełnomocnik"),
        Actor("contact_person", "voice", "sąsiadka"), Actor("registrar", "desk", "M. Rejestrująca"), Actor("clinic_system", "api", "P1"),
    ],
)  # fmt: skip
def test_r9_every_change_says_who_did_it_through_which_channel_and_for_whom(session: Session, now: Any, actor: Actor) -> None:
    """R9: the whole life of a visit; on whose behalf is the patient of the visit or of the place in the queue."""
    who = build.patient(session)
    right = build.referral(session, who)
    first, second = build.slot(session, now + WEEK), build.slot(session, now + 2 * WEEK)
    visit = appointments.book(session, who.id, first.id, actor=actor, now=now, referral_id=right.id)
    appointments.confirm(session, visit.id, actor=actor, now=now)
    moves.change(session, visit.id, second.id, actor=actor, now=now)
    cancellations.cancel(session, visit.id, reason="other", actor=actor, now=now, hold_for=DAY)
    cancellations.undo(session, visit.id, actor=actor, now=now)
    cancellations.cancel(session, visit.id, reason="other", actor=actor, now=now)
    assert visit.entry_id is not None
    waiting_room.edit_criteria(session, visit.entry_id, Criteria(date(2026, 12, 1)), actor=actor, now=now)
    waiting_room.leave(session, visit.entry_id, actor=actor, now=now)
    told = session.scalars(select(Event).order_by(Event.id)).all()
    assert {(event.actor, event.channel, event.actor_name) for event in told} == {(actor.kind, actor.channel, actor.name)}
    assert Counter(event.kind for event in told) == Counter({
        "visit.booked": 1, "visit.confirmed": 1, "visit.changed": 1, "visit.cancelled": 2, "visit.restored": 1, "slot.freed": 2,
        "entry.returned": 1, "entry.edited": 1, "entry.closed": 1,
    })  # fmt: skip
    for event in told:
        if event.appointment_id is not None:
            assert session.get_one(Appointment, event.appointment_id).patient_id == who.id
        elif event.entry_id is not None:
            assert session.get_one(Entry, event.entry_id).patient_id == who.id
        else:
            assert event.kind == "slot.freed"


def test_r9_r54_what_becomes_of_an_address_is_on_record_for_each_who_gave_it(session: Session, engine: Engine, now: Any) -> None:
    """R9, R54, R33: said once it is told once; opened again, who waits there is given the published date that was out of reach."""
    shared = build.mobile()
    first, second = build.patient(session, shared), build.patient(session, shared)
    entry = build.waiting(session, first, now=now)
    for _ in range(2):
        addresses.close(session, shared, "opted_out", actor=PATIENT, now=now)
    build.slot(session, now + WEEK)
    session.commit()
    assert published.give_due(engine, now=now) == 0
    addresses.close(session, shared, "invalid", actor=SYSTEM, now=now, usable_only=True)
    addresses.reopen(session, shared, actor=PATIENT, now=now)
    session.commit()
    assert published.give_due(engine, now=now) == 1
    session.refresh(entry)
    assert entry.state == "booked"
    told = session.scalars(select(Event).where(Event.kind == "contact.changed").order_by(Event.id)).all()
    assert [(one.facts["patient_id"], one.facts["state"], one.channel) for one in told] == [
        (who.id, state, "sms") for state in ("opted_out", "active") for who in (first, second)
    ]  # fmt: skip


def test_r74_cancellations_are_told_apart_by_channel(session: Session, now: Any) -> None:
    """R74: patients' own by SMS and elsewhere, and those of clinics, from the events alone."""
    for channel, number in (("sms", 3), ("chat", 2), ("desk", 1)):
        for _ in range(number):
            visit = build.visit(session, now + WEEK, now=now)
            who = Actor("registrar" if channel == "desk" else "patient", channel)
            cancellations.cancel(session, visit.id, reason="other", actor=who, now=now)
    split = select(Event.actor, Event.channel, func.count()).where(Event.kind == "visit.cancelled").group_by(Event.actor, Event.channel)
    assert {tuple(row) for row in session.execute(split)} == {("patient", "sms", 3), ("patient", "chat", 2), ("registrar", "desk", 1)}


# --- who has no mobile telephone


def test_r97_r99_who_has_only_a_landline_is_served_at_the_desk_and_by_voice(session: Session, now: Any) -> None:
    """R97, R99, R98, R39: everything that others do by text; without any address nothing can be booked, also at the desk."""
    who = build.patient(session, "+48 22 441 00 77")
    right, free = build.referral(session, who), build.slot(session, now + WEEK)
    visit = appointments.book(session, who.id, free.id, actor=DESK, now=now, referral_id=right.id)
    cancellations.cancel(session, visit.id, reason="illness", actor=DESK, now=now)
    assert [(one.channel, one.kind) for one in build.messages(session)] == [("voice", "booked"), ("voice", "cancelled")]
    assert visit.entry_id is not None
    assert session.get_one(Entry, visit.entry_id).state == "waiting"
    nobody = build.without_contact(session)
    another, its_right = build.slot(session, now + 2 * WEEK), build.referral(session, nobody)
    with pytest.raises(NoContact):
        appointments.book(session, nobody.id, another.id, actor=DESK, now=now, referral_id=its_right.id)


def test_r97_the_desk_sells_what_patients_cannot_book_themselves(session: Session, now: Any) -> None:
    """R97, R35, R75: control visits stay with the clinic."""
    who, control = build.patient(session), build.slot(session, now + WEEK, pool="CONTROL")
    with pytest.raises(NotBookable):
        appointments.book(session, who.id, control.id, actor=PATIENT, now=now, visit_type="control")
    assert appointments.book(session, who.id, control.id, actor=DESK, now=now, visit_type="control").status == "booked"
