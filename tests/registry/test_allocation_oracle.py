"""Who gets a slot in the real database, against the oracle's choice, over random queues, wishes and instants (R44, R52, R53, X21)."""

from collections.abc import Callable
from datetime import datetime, time, timedelta

from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session, sessionmaker

from registry import allocation, appointments, cancellations, schedules
from registry.catalogue import Pool
from registry.schedules import Place, Slot
from registry.waiting_room import ALL_WEEKDAYS, Entry
from tests.registry import build, oracle
from tests.registry.test_rules import instants

CITIES = ((52.2297, 21.0122), (52.1672, 20.8078), (51.7592, 19.4560), (54.3520, 18.6466))  # Warszawa, Pruszków, Łódź, Gdańsk
FIRST_POOLS: tuple[Pool, ...] = ("FIRST_URGENT", "FIRST_STABLE", "FIRST_PRIVILEGED")
OUTCOMES = {"assign": "assigned", "propose": "offered"}
one_database = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
)  # fmt: skip

leads = st.one_of(
    st.integers(20 * 60, 42 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes)),
    st.builds(lambda hours, off: timedelta(hours=hours, seconds=off), st.sampled_from((48, 60, 72, 80)), st.integers(-1, 1)),
)
hours = st.one_of(st.none(), st.tuples(st.integers(5, 12), st.integers(12, 22)))


@st.composite
def wishes(draw: st.DrawFn, today: datetime) -> oracle.Wishes:
    """Random wishes, most of them wide enough to be met."""
    first = oracle.warsaw_day(today) + timedelta(days=draw(st.integers(-3, 6)))
    open_hours = draw(hours)
    circle = draw(st.booleans())
    return oracle.Wishes(
        first_day=first,
        last_day=draw(st.one_of(st.none(), st.integers(3, 45).map(lambda days: first + timedelta(days=days)))),
        hour_from=time(open_hours[0]) if open_hours else None,
        hour_to=time(open_hours[1], draw(st.sampled_from((0, 30)))) if open_hours else None,
        weekdays=draw(st.sampled_from((frozenset(), frozenset(range(1, 6)), frozenset({1, 3, 5, 7}), frozenset({2, 4, 6})))),
        around=draw(st.sampled_from(CITIES)) if circle else None,
        within_km=draw(st.sampled_from((5.0, 30.0, 150.0, 500.0))) if circle else None,
    )


@st.composite
def people(draw: st.DrawFn, now: datetime) -> oracle.Waiting:
    """A random patient in the queue; some joined at the same instant."""
    return oracle.Waiting(
        number=0, joined=now - timedelta(days=draw(st.integers(1, 4))), wishes=draw(wishes(now)),
        urgent=draw(st.booleans()), privileged=draw(st.integers(0, 4)) == 0,
    )  # fmt: skip


@st.composite
def situations(draw: st.DrawFn) -> tuple[datetime, list[oracle.Waiting], list[tuple[timedelta, Pool, int]]]:
    """An instant, a queue, and slots by their lead, pool and city."""
    now = draw(instants)
    queue = draw(st.lists(people(now), min_size=1, max_size=6))
    pools = st.sampled_from((*FIRST_POOLS, "FIRST_STABLE", "FIRST_STABLE", "CONTROL"))
    return now, queue, draw(st.lists(st.tuples(leads, pools, st.integers(0, 3)), min_size=1, max_size=4))


def enter(session: Session, one: oracle.Waiting) -> oracle.Waiting:
    """Put a patient of the oracle into the database; the same patient with the number of his entry."""
    around = one.wishes.around
    entry = build.waiting(
        session, now=one.joined, urgent=one.urgent, privileged=one.privileged,
        date_from=one.wishes.first_day, date_to=one.wishes.last_day, hour_from=one.wishes.hour_from, hour_to=one.wishes.hour_to,
        weekdays=one.wishes.weekdays or ALL_WEEKDAYS, latitude=around and around[0], longitude=around and around[1],
        radius_km=one.wishes.within_km, place_ids=one.wishes.places,
    )  # fmt: skip
    return oracle.Waiting(**{**vars(one), "number": entry.id})


def publish(session: Session, starts_at: datetime, pool: Pool, where: Place) -> tuple[Slot, oracle.Term]:
    """A pending slot and the oracle's view of it."""
    made = build.slot(session, starts_at, pool=pool, state="pending", where=where)
    return made, oracle.Term(made.id, made.starts_at, made.ends_at, pool, place=where.id, where=(where.latitude, where.longitude))


def expected(queue: list[oracle.Waiting], term: oracle.Term, now: datetime) -> tuple[str, int | None]:
    """What the requirements say becomes of a term, and by which entry."""
    step = oracle.placement(term.starts, now, term.pool)
    if oracle.warsaw_day(term.starts) > oracle.last_open_day(now):
        return "not_due", None  # R32: a clinic's own slot waits for its day too
    chosen = oracle.winner(queue, term, now)
    if step == "propose" and chosen is not None and oracle.offer_ends(term.starts, now) is None:
        chosen = None  # X19: nobody could answer
    if chosen is not None:
        return OUTCOMES[step], chosen.number
    return {"lost": "lost", "locked": "not_due"}.get(step, "published"), None


def without(queue: list[oracle.Waiting], number: int | None) -> list[oracle.Waiting]:
    """The queue after one of it got a visit or an offer."""
    return [one for one in queue if one.number != number]


@one_database
@given(situation=situations())
def test_each_slot_goes_to_the_oracles_choice(
    session_factory: sessionmaker[Session], situation: tuple[datetime, list[oracle.Waiting], list[tuple[timedelta, Pool, int]]]
) -> None:
    """R24, R29, R31, R44, R47, R48, R52, R53, R60-R62, D2-D4, D17: outcome and patient, slot after slot."""
    now, people_waiting, slots = situation
    with session_factory() as session:
        places = [build.clinic(session, at=city) for city in CITIES]
        queue = [enter(session, one) for one in people_waiting]
        for lead, pool, city in slots:
            slot, term = publish(session, now + lead, pool, places[city])
            outcome, entry = expected(queue, term, now)
            placed = allocation.place(session, slot.id, now=now)
            given_to = placed.appointment_id and session.get_one(appointments.Appointment, placed.appointment_id).entry_id
            assert (placed.outcome, given_to) == (outcome, entry)
            queue = without(queue, entry)


@one_database
@given(situation=situations(), wrong=st.data())
def test_the_night_and_the_freed_slot_choose_the_same_patient(
    session_factory: sessionmaker[Session], situation: tuple[datetime, list[oracle.Waiting], list[tuple[timedelta, Pool, int]]],
    wrong: st.DataObject,
) -> None:  # fmt: skip
    """X21, R51: a slot that somebody gives back and one whose day unlocks meet the same rule on the same state."""
    now, people_waiting, slots = situation
    lead, pool = slots[0][0], wrong.draw(st.sampled_from(("FIRST_URGENT", "FIRST_STABLE")))
    assume(oracle.warsaw_day(now + lead) <= oracle.last_open_day(now))  # nobody can have booked what he would give back (R31)
    with session_factory() as session:
        where = build.clinic(session)
        queue = [enter(session, one) for one in people_waiting]
        chosen = [_place_new(session, now + lead, pool, where, now)]
        session.rollback()
        where = build.clinic(session)
        queue = [enter(session, one) for one in people_waiting]
        chosen.append(_place_given_back(session, now + lead, pool, where, now))
        session.rollback()
    assert chosen[0] == chosen[1]
    assert len(queue) == len(people_waiting)


def _place_new(session: Session, starts_at: datetime, pool: Pool, where: Place, now: datetime) -> tuple[str, int | None]:
    slot, _ = publish(session, starts_at, pool, where)
    return _result(session, slot.id, now)


def _place_given_back(session: Session, starts_at: datetime, pool: Pool, where: Place, now: datetime) -> tuple[str, int | None]:
    """The canceller leaves the queue, so that he does not compete; the place among the others is all that counts."""
    before = min(now, starts_at - timedelta(days=1))
    canceller = build.visit(session, starts_at, now=before, where=where, pool=pool)
    cancellations.cancel(session, canceller.id, reason="sms", actor=build.DESK, now=now, leave=True)
    return _result(session, canceller.slot_id, now)


def _result(session: Session, slot_id: int, now: datetime) -> tuple[str, int | None]:
    """Outcome, and the winner by his place among the entries of this world."""
    order = list(session.scalars(schedules.select(Entry.id).where(Entry.state == "waiting").order_by(Entry.id)))
    placed = allocation.place(session, slot_id, now=now)
    if placed.appointment_id is None:
        return placed.outcome, None
    winner = session.get_one(appointments.Appointment, placed.appointment_id).entry_id
    return placed.outcome, order.index(winner or 0)


@one_database
@given(situation=situations(), how=st.sampled_from(("cancel", "decline", "expire")))
def test_nobody_gets_back_what_he_gave_up(
    session_factory: sessionmaker[Session], situation: tuple[datetime, list[oracle.Waiting], list[tuple[timedelta, Pool, int]]],
    how: str,
) -> None:  # fmt: skip
    """X18, X19, D5: under the same wishes the slot goes down the queue, each patient asked once, until everyone may have it."""
    now, people_waiting, _ = situation
    lead = timedelta(hours=80) if how == "cancel" else timedelta(hours=70)
    with session_factory() as session:
        where = build.clinic(session)
        queue = [enter(session, one) for one in people_waiting]
        slot, term = publish(session, now + lead, "FIRST_STABLE", where)
        for _turn in range(len(queue) + 1):
            outcome, entry = expected(queue, term, now)
            placed = allocation.place(session, slot.id, now=now)
            assert placed.outcome == outcome
            if placed.appointment_id is None:
                break
            assert session.get_one(appointments.Appointment, placed.appointment_id).entry_id == entry
            now = _give_up(session, placed.appointment_id, how, now)
            queue = [_refused(one, slot.id) if one.number == entry else one for one in queue]


def _refused(one: oracle.Waiting, slot_id: int) -> oracle.Waiting:
    return oracle.Waiting(**{**vars(one), "given_back": one.given_back | {slot_id}})


def _give_up(session: Session, appointment_id: int, how: str, now: datetime) -> datetime:
    """The patient gives the visit or the offer back; the instant afterwards."""
    ways: dict[str, Callable[[], object]] = {
        "cancel": lambda: cancellations.cancel(session, appointment_id, reason="sms", actor=build.PATIENT, now=now),
        "decline": lambda: allocation.offers.decline(session, appointment_id, actor=build.PATIENT, now=now),
    }
    if how in ways:
        ways[how]()
        return now
    expires_at = session.get_one(appointments.Appointment, appointment_id).expires_at
    assert expires_at is not None
    assert allocation.offers.expire(session, appointment_id, now=expires_at)
    return expires_at
