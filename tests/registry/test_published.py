"""Published dates for those who come into the queue after them: at once, by the same rule, and unseen in between (R33, R49, R52)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, sessionmaker

from registry import allocation, appointments, cancellations, lifecycle, offers, out_of_turn, published, seeking, waiting_room, withdrawal
from registry.appointments import Appointment
from registry.database import transaction
from registry.events import Event
from registry.people import Patient
from registry.schedules import Slot
from registry.seeking import Seeking
from registry.waiting_room import Criteria, Entry
from tests.registry import build, oracle
from tests.registry.build import DESK, PATIENT, warsaw
from tests.registry.test_allocation_oracle import CITIES, FIRST_POOLS, enter, expected, leads, one_database, people, publish
from tests.registry.test_rules import instants

WEEK, DAY, HOUR, SECOND = timedelta(days=7), timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)


def given_to(engine: Engine, session: Session, entry: Entry, now: datetime) -> list[tuple[int, str]]:
    """The slots that this entry has after the published dates were looked through, with what it has of them."""
    session.commit()
    published.give_due(engine, now=now)
    session.expire_all()
    mine = Appointment.entry_id == entry.id, Appointment.status.in_(("booked", "proposed"))
    active = select(Appointment.slot_id, Appointment.status).where(*mine)
    return [(row[0], row[1]) for row in session.execute(active)]


def open_questions(session: Session) -> int:
    return len(session.scalars(select(Seeking.id)).all())


# --- who is looked at


def test_r33_a_date_published_between_search_and_joining_is_given_at_once(session: Session, engine: Engine, now: datetime) -> None:
    """R33, R47: booked with the notice, and the question is answered for good."""
    free = build.slot(session, now + WEEK)
    entry = build.waiting(session, now=now)
    assert given_to(engine, session, entry, now) == [(free.id, "booked")]
    assert build.kinds(session) == ["joined_waiting_room", "booked_from_waiting_room"]
    assert (open_questions(session), published.give_due(engine, now=now)) == (0, 0)


def test_r33_the_soonest_that_suits_and_only_one(session: Session, engine: Engine, now: datetime) -> None:
    """R33, R29, X2: nearer ones that do not suit are left on sale."""
    early = build.slot(session, now + 5 * DAY)
    suits, later = (build.slot(session, warsaw(date(2026, 11, day), 15)) for day in (26, 27))
    entry = build.waiting(session, now=now, hour_from=time(14))
    assert given_to(engine, session, entry, now) == [(suits.id, "booked")]
    assert [session.get_one(Slot, slot.id).state for slot in (early, later)] == ["free", "free"]


@pytest.mark.parametrize(
    ("lead", "outcome"),
    [
        (timedelta(hours=72) + SECOND, "booked"), (timedelta(hours=72), "proposed"), (timedelta(hours=48) + 5 * HOUR, "proposed"),
        (timedelta(hours=48) - SECOND, None),
    ],
)  # fmt: skip
def test_r60_r61_r62_the_lead_decides_as_always(
    session: Session, engine: Engine, now: datetime, lead: timedelta, outcome: str | None
) -> None:
    """R60, R61, R62, D4, X15: assigned, proposed, or left to live search."""
    free = build.slot(session, now + lead)
    entry = build.waiting(session, now=now)
    assert given_to(engine, session, entry, now) == ([] if outcome is None else [(free.id, outcome)])
    assert session.get_one(Slot, free.id).state == ("free" if outcome is None else "taken")


def test_r31_day_40_is_given_and_day_41_is_not(session: Session, engine: Engine, now: datetime) -> None:
    """R31, X16."""
    inside = build.slot(session, warsaw(date(2026, 12, 28), 23), minutes=20)
    build.slot(session, warsaw(date(2026, 12, 29), 0))
    first, second = build.waiting(session, now=now), build.waiting(session, now=now)
    assert given_to(engine, session, first, now) == [(inside.id, "booked")]
    assert given_to(engine, session, second, now) == []


def test_r49_wider_wishes_reach_what_is_on_sale(session: Session, engine: Engine, now: datetime) -> None:
    """R49: an edit that makes a free date match is answered at once; the place in the queue is not touched."""
    free = build.slot(session, warsaw(date(2026, 11, 27), 10))
    entry = build.waiting(session, now=now, hour_from=time(14))
    assert given_to(engine, session, entry, now) == []
    waiting_room.edit_criteria(session, entry.id, Criteria(date(2026, 1, 1)), actor=PATIENT, now=now + HOUR)
    assert given_to(engine, session, entry, now + HOUR) == [(free.id, "booked")]
    assert (entry.joined_at, entry.queue_at) == (now, now)


def test_r55_x18_who_gives_a_visit_back_gets_another_date_and_not_that_one(session: Session, engine: Engine, now: datetime) -> None:
    """R55, R56, X18: the freed one is published when nobody else wants it, and still not his."""
    entry = build.waiting(session, now=now)
    own, other = build.slot(session, now + WEEK, state="pending"), build.slot(session, now + 2 * WEEK, state="taken")
    visit_id = allocation.place(session, own.id, now=now).appointment_id
    assert visit_id is not None
    cancellations.cancel(session, visit_id, reason="date_does_not_suit", actor=PATIENT, now=now)
    assert allocation.place(session, own.id, now=now).outcome == "published"
    assert given_to(engine, session, entry, now) == []
    other.state = "free"
    seeking.begin(session, [entry.id], now=now)
    assert given_to(engine, session, entry, now) == [(other.id, "booked")]


@pytest.mark.parametrize("whole_clinic", [False, True])
def test_x11_whose_visit_a_clinic_takes_back_is_looked_at(session: Session, engine: Engine, now: datetime, *, whole_clinic: bool) -> None:
    """X11, R33: one visit, and many in one statement."""
    entry = build.waiting(session, now=now)
    own = build.slot(session, now + WEEK, state="pending")
    allocation.place(session, own.id, now=now)
    session.commit()
    published.give_due(engine, now=now)
    free = build.slot(session, now + 2 * WEEK)
    more = [build.slot(session, now + 3 * WEEK, state="withdrawn").id] if whole_clinic else []
    withdrawal.withdraw(session, [own.id, *more], actor=DESK, now=now)
    assert given_to(engine, session, entry, now) == [(free.id, "booked")]


def test_x19_who_declines_an_offer_gets_what_was_published_meanwhile(session: Session, engine: Engine, now: datetime) -> None:
    """X19, D5."""
    entry = build.waiting(session, now=now)
    offer = allocation.place(session, build.slot(session, now + 60 * HOUR, state="pending").id, now=now)
    session.commit()
    published.give_due(engine, now=now)
    free = build.slot(session, now + WEEK)
    assert offer.appointment_id is not None
    offers.decline(session, offer.appointment_id, actor=PATIENT, now=now)
    assert given_to(engine, session, entry, now) == [(free.id, "booked")]


def test_r43_an_urgent_referral_opens_urgent_dates(session: Session, engine: Engine, now: datetime) -> None:
    """R43, D2: made urgent while waiting."""
    free = build.slot(session, now + WEEK, pool="FIRST_URGENT")
    entry = build.waiting(session, now=now)
    assert given_to(engine, session, entry, now) == []
    assert entry.referral_id is not None
    lifecycle.recategorise(session, entry.referral_id, "urgent", actor=DESK, now=now)
    assert given_to(engine, session, entry, now) == [(free.id, "booked")]


def test_r76_a_right_opens_privileged_dates(session: Session, engine: Engine, now: datetime) -> None:
    """R76, D2: verified while waiting."""
    free = build.slot(session, now + WEEK, pool="FIRST_PRIVILEGED")
    entry = build.waiting(session, now=now)
    assert given_to(engine, session, entry, now) == []
    out_of_turn.grant(session, entry.patient_id, "honorary_donor", provider_id=free.provider_id, actor=DESK, now=now)
    assert given_to(engine, session, entry, now) == [(free.id, "booked")]


def test_d17_control_dates_stay_with_the_clinic(session: Session, engine: Engine, now: datetime) -> None:
    """D17, R75."""
    build.slot(session, now + WEEK, pool="CONTROL")
    assert given_to(engine, session, build.waiting(session, now=now, privileged=True), now) == []
    assert given_to(engine, session, build.waiting(session, now=now, urgent=True), now) == []


# --- the order


def test_r44_who_is_ahead_gets_it_although_another_was_looked_at(session: Session, engine: Engine, now: datetime) -> None:
    """R44, R53, D3: of two whom it suits, the urgent one, though the stable one is looked at first."""
    stable = build.waiting(session, now=now)
    urgent = build.waiting(session, now=now + SECOND, urgent=True)
    free = build.slot(session, now + WEEK)
    assert given_to(engine, session, stable, now + SECOND) == []
    assert given_to(engine, session, urgent, now + SECOND) == [(free.id, "booked")]


def test_x6_nobody_is_given_a_date_who_cannot_be_told(session: Session, engine: Engine, now: datetime) -> None:
    """R54, X6: no usable address, or dead; nothing is decided or told of the date."""
    free = build.slot(session, now + WEEK)
    silent = build.waiting(session, now=now)
    build.contact(session, session.get_one(Patient, silent.patient_id)).state = "opted_out"
    session.flush()
    assert given_to(engine, session, silent, now) == []
    assert session.scalars(select(Event.kind).where(Event.slot_id == free.id)).all() == []


def test_x14_a_date_that_somebody_is_booking_is_passed_over(engine: Engine, session_factory: sessionmaker[Session], now: datetime) -> None:
    """X14, R10: no waiting for locks, exactly one holder."""
    with transaction(engine) as session:
        free, second = build.slot(session, now + WEEK).id, build.slot(session, now + 2 * WEEK).id
        entry = build.waiting(session, now=now).id
        buyer = build.patient(session)
        right = build.referral(session, buyer).id
    with session_factory() as booking:
        appointments.book(booking, buyer.id, free, actor=DESK, now=now, referral_id=right)
        assert published.give_due(engine, now=now) == 1
        booking.commit()
    with transaction(engine) as session:
        holders = session.execute(select(Appointment.slot_id, Appointment.entry_id).where(Appointment.status == "booked")).all()
        assert {(row[0], row[1]) for row in holders if row[1] == entry} == {(second, entry)}
        assert len(holders) == 2


def test_x14_many_workers_give_each_date_once(engine: Engine, now: datetime) -> None:
    """X14, X1: every date goes to somebody, nobody gets two."""
    with transaction(engine) as session:
        for number in range(6):
            build.slot(session, now + WEEK + number * HOUR)
        for _ in range(9):
            build.waiting(session, now=now)
    with ThreadPoolExecutor(4) as workers:
        given = sum(workers.map(lambda _: published.give_due(engine, now=now), range(4)))
    with transaction(engine) as session:
        booked = session.execute(select(Appointment.slot_id, Appointment.patient_id)).all()
        assert (len(booked), len({row[0] for row in booked}), len({row[1] for row in booked}), given >= 1) == (6, 6, 6, True)


def test_x14_a_change_while_one_is_looked_at_is_looked_at_again(session: Session, now: datetime) -> None:
    """X14: the answer to an older question does not delete the newer one."""
    entry = build.waiting(session, now=now)
    seen = session.scalars(select(Seeking.version)).one()
    waiting_room.edit_criteria(session, entry.id, Criteria(date(2026, 1, 1)), actor=PATIENT, now=now)
    seeking.end(session, entry.id, seen)
    assert open_questions(session) == 1
    seeking.end(session, entry.id, seen + 1)
    assert open_questions(session) == 0


# --- against the oracle


@st.composite
def shops(draw: st.DrawFn) -> tuple[datetime, oracle.Waiting, list[tuple[timedelta, Any, int]]]:
    """An instant, one patient, and published dates by their lead, pool and city."""
    now = draw(instants)
    pools = st.sampled_from((*FIRST_POOLS, "FIRST_STABLE", "CONTROL"))
    dates = st.lists(st.tuples(leads, pools, st.integers(0, 3)), min_size=1, max_size=6, unique_by=lambda one: one[0])
    return now, draw(people(now)), draw(dates)


@one_database
@given(shop=shops())
def test_r33_the_date_is_the_one_that_the_oracle_picks(
    session_factory: sessionmaker[Session], shop: tuple[datetime, oracle.Waiting, list[tuple[timedelta, Any, int]]]
) -> None:
    """R33, R47, R60-R62, X21: of the published dates, the soonest that the rule would give to this patient, and no other."""
    now, someone, dates = shop
    with session_factory() as session:
        places = [build.clinic(session, at=city) for city in CITIES]
        one = enter(session, someone)
        shown = [publish(session, now + lead, pool, places[city]) for lead, pool, city in dates]
        for slot, _ in shown:
            slot.state = "free"
        session.flush()
        in_order = sorted(shown, key=lambda pair: pair[1].starts)
        right = next((slot.id for slot, term in in_order if expected([one], term, now)[1] is not None), None)
        got = published.give(session, one.number, now=now)
        assert got == (right is not None)
        assert session.scalars(select(Appointment.slot_id).where(Appointment.entry_id == one.number)).all() == ([right] if right else [])
        states = session.execute(select(Slot.id, Slot.state).where(Slot.id.in_([slot.id for slot, _ in shown]))).all()
        assert {row[0]: row[1] for row in states if row[0] != right} == {slot.id: "free" for slot, _ in shown if slot.id != right}
