"""Where a free slot goes: to the queue, as an offer, to everyone, back to the clinic; and who is passed over."""

from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from registry import allocation, appointments, cancellations, night, offers, people, published, waiting_room
from registry.appointments import Appointment, TimeConflict
from registry.catalogue import POLICY, Pool
from registry.database import transaction
from registry.events import Event
from registry.schedules import Slot
from registry.waiting_room import Criteria, Entry
from tests.registry import build
from tests.registry.build import DESK, PATIENT, warsaw

ASSIGNED, OFFERED = timedelta(hours=80), timedelta(hours=60)
SECOND = timedelta(seconds=1)


def pending(session: Session, now: datetime, lead: timedelta = ASSIGNED, pool: Pool = "FIRST_STABLE", **more: Any) -> Slot:
    return build.slot(session, now + lead, pool=pool, state="pending", **more)


def chosen(session: Session, slot: Slot, now: datetime) -> int | None:
    """The entry that gets the slot, if any."""
    placed = allocation.place(session, slot.id, now=now)
    return session.get_one(Appointment, placed.appointment_id).entry_id if placed.appointment_id else None


@pytest.mark.parametrize(
    ("lead", "outcome", "state"),
    [
        (timedelta(hours=72) + SECOND, "assigned", "taken"), (timedelta(hours=72), "offered", "taken"),
        (timedelta(hours=72) - SECOND, "offered", "taken"), (timedelta(hours=48) + SECOND, "offered", "taken"),
        (timedelta(hours=48) - SECOND, "published", "free"), (SECOND, "published", "free"),
        (timedelta(0), "lost", "withdrawn"), (-SECOND, "lost", "withdrawn"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("today", [date(2026, 6, 10), date(2026, 3, 28), date(2026, 10, 24)])
def test_x16_the_borders_in_the_database(session: Session, today: date, lead: timedelta, outcome: str, state: str) -> None:
    """X16, R60-R62, D4, also over both clock changes; what has begun is lost and not sold."""
    now = warsaw(today, 11)
    build.waiting(session, now=now)
    slot = pending(session, now, lead)
    assert allocation.place(session, slot.id, now=now).outcome == outcome
    assert slot.state == state


def test_d4_at_the_48_hour_mark_itself_no_offer_can_be_answered(session: Session, now: datetime) -> None:
    """D4, D5, X19: proposed is what may be proposed, but this offer would end as it begins: everyone may have the slot."""
    build.waiting(session, now=now)
    assert allocation.place(session, pending(session, now, timedelta(hours=48)).id, now=now).outcome == "published"


@pytest.mark.parametrize("lead", [ASSIGNED, OFFERED])
def test_r60_r61_what_suits_nobody_goes_to_everyone(session: Session, now: datetime, lead: timedelta) -> None:
    """R60, R61, R52: asked first, then published."""
    build.waiting(session, now=now, date_from=date(2027, 1, 1))
    slot = pending(session, now, lead)
    assert allocation.place(session, slot.id, now=now).outcome == "published"
    assert slot.state == "free"
    assert allocation.place(session, slot.id, now=now).outcome == "not_due"


@pytest.mark.parametrize(("days", "outcome"), [(40, "assigned"), (41, "not_due")])
@pytest.mark.parametrize("today", [date(2026, 11, 18), date(2026, 2, 27), date(2026, 9, 20)])
def test_r31_r32_day_40_is_placed_and_day_41_waits(session: Session, today: date, *, days: int, outcome: str) -> None:
    """R31, R32, R60, X16: until local midnight unlocks its day, a slot stays unseen."""
    now = warsaw(today, 23, 59, 59)
    build.waiting(session, now=now)
    slot = build.slot(session, warsaw(today + timedelta(days=days), 23), state="pending")
    assert allocation.place(session, slot.id, now=now).outcome == outcome
    if outcome == "not_due":
        assert (slot.state, allocation.due_slots(session, now=now)) == ("pending", [])
        assert allocation.due_slots(session, now=now + SECOND) == [slot.id]
        assert allocation.place(session, slot.id, now=now + SECOND).outcome == "assigned"


def test_r54_an_assignment_is_always_told(session: Session, now: datetime) -> None:
    """R47, R54, R100: booked from the waiting room, with its message and the clinic's event."""
    entry = build.waiting(session, now=now)
    placed = allocation.place(session, pending(session, now).id, now=now)
    assert build.kinds(session, appointment_id=placed.appointment_id) == ["booked_from_waiting_room"]
    assert entry.state == "booked"
    assert session.scalars(select(Event.kind).where(Event.appointment_id == placed.appointment_id)).all() == ["visit.assigned"]


def test_r44_urgent_before_stable_before_time(session: Session, now: datetime) -> None:
    """R44, R53, D3."""
    late = build.waiting(session, now=now)
    early = build.waiting(session, now=now - timedelta(days=9))
    urgent = build.waiting(session, now=now, urgent=True)
    privileged = build.waiting(session, now=now, privileged=True)
    order = [chosen(session, pending(session, now), now) for _ in range(5)]
    assert order == [privileged.id, urgent.id, early.id, late.id, None]


@pytest.mark.parametrize(
    ("pool", "who"),
    [
        ("FIRST_URGENT", {"privileged", "urgent"}), ("FIRST_STABLE", {"privileged", "urgent", "stable"}),
        ("FIRST_PRIVILEGED", {"privileged"}), ("CONTROL", set()),
    ],
)  # fmt: skip
def test_d2_who_may_take_which_pool(session: Session, now: datetime, pool: Pool, who: set[str]) -> None:
    """D2, R24, R44, R75, D17: the matrix in the database's own choice; a control slot never goes to the waiting room."""
    entries = {
        build.waiting(session, now=now, privileged=True).id: "privileged",
        build.waiting(session, now=now, urgent=True).id: "urgent",
        build.waiting(session, now=now).id: "stable",
    }
    takers = {entries[entry] for _ in range(4) if (entry := chosen(session, pending(session, now, pool=pool), now)) is not None}
    assert takers == who


@pytest.mark.parametrize("clock", [(2026, 3, 29), (2026, 10, 25), (2026, 6, 10)])
@pytest.mark.parametrize(
    ("wishes", "suits"),
    [
        ({"hour_from": time(10)}, True), ({"hour_from": time(10, 1)}, False),
        ({"hour_to": time(10)}, True), ({"hour_to": time(9, 59)}, False),
        ({"date_from_days": 0}, True), ({"date_from_days": 1}, False),
        ({"date_to_days": 0}, True), ({"date_to_days": -1}, False),
        ({"weekday": 0}, True), ({"weekday": 1}, False),
        ({"latitude": 52.2297, "longitude": 21.0122, "radius_km": 0.1}, True),
        ({"latitude": 51.7592, "longitude": 19.456, "radius_km": 118.0}, False),
        ({"latitude": 51.7592, "longitude": 19.456, "radius_km": 120.0}, True),
    ],
)  # fmt: skip
def test_r29_wishes_are_met_by_the_warsaw_clock_and_the_map(
    session: Session, clock: tuple[int, int, int], wishes: dict[str, Any], *, suits: bool
) -> None:
    """R29, R48, X17: the visit is at ten in Warsaw on the day of a clock change; Łódź to Warszawa is 119 km."""
    day = date(*clock)
    now = warsaw(day - timedelta(days=6), 12)
    asked = dict(wishes)
    if "date_from_days" in asked:
        asked = {"date_from": day + timedelta(days=asked["date_from_days"])}
    if "date_to_days" in asked:
        asked = {"date_to": day + timedelta(days=asked["date_to_days"])}
    if "weekday" in asked:
        asked = {"weekdays": frozenset({(day.isoweekday() - 1 + asked["weekday"]) % 7 + 1})}
    entry = build.waiting(session, now=now, **asked)
    slot = build.slot(session, warsaw(day, 10), state="pending")
    assert chosen(session, slot, now) == (entry.id if suits else None)


def test_r58_a_patient_may_wait_for_certain_places(session: Session, now: datetime) -> None:
    """R29, R58."""
    here, there = build.clinic(session), build.clinic(session)
    entry = build.waiting(session, now=now, place_ids=frozenset({here.id}))
    assert chosen(session, pending(session, now, where=there), now) is None
    assert chosen(session, pending(session, now, where=here), now) == entry.id


def test_x4_who_has_another_visit_then_is_passed_over(session: Session, now: datetime) -> None:
    """X4: the next one gets it; touching visits are no conflict."""
    busy, next_ = build.waiting(session, now=now - timedelta(days=9)), build.waiting(session, now=now)
    person = session.get_one(people.Patient, busy.patient_id)
    build.visit(session, now + ASSIGNED + timedelta(minutes=29), now=now, of=person, service="MAMMO")
    assert chosen(session, pending(session, now), now) == next_.id
    assert chosen(session, pending(session, now, ASSIGNED - timedelta(minutes=1)), now) == busy.id


@pytest.mark.parametrize(("minutes", "apart"), [(59, False), (60, True)])
@pytest.mark.parametrize("how", ["freed slot", "night", "published", "desk"])
def test_x4_between_two_visits_there_is_time_to_travel(
    session: Session, engine: Engine, now: datetime, minutes: int, how: str, *, apart: bool
) -> None:
    """X4: a margin of half an hour, where the policy has one: 29 minutes between two visits are too few in every way to a date."""
    margin = replace(POLICY, travel_margin=timedelta(minutes=30))
    entry = build.waiting(session, now=now)
    person = session.get_one(people.Patient, entry.patient_id)
    build.visit(session, now + ASSIGNED + timedelta(minutes=minutes), now=now, of=person, service="MAMMO")
    slot = pending(session, now)
    if how in ("published", "desk"):
        slot.state = "free"
    session.commit()
    if how == "freed slot":
        allocation.place_due(engine, now=now, policy=margin)
    elif how == "night":
        night.run(engine, clock=lambda: now, policy=margin)
    elif how == "published":
        published.give_due(engine, now=now, policy=margin)
    else:
        with suppress(TimeConflict):
            appointments.book(session, person.id, slot.id, actor=DESK, now=now, policy=margin)
            session.commit()
    session.expire_all()
    assert (session.get_one(Slot, slot.id).state, session.get_one(Entry, entry.id).state) == (
        ("taken", "booked") if apart else ("free", "waiting")
    )


def test_x18_the_canceller_does_not_get_the_slot_back(session: Session, now: datetime) -> None:
    """X18: not under the same wishes; after an edit it is a new search."""
    entry = build.waiting(session, now=now)
    slot = pending(session, now)
    visit_id = allocation.place(session, slot.id, now=now).appointment_id
    assert visit_id is not None
    cancellations.cancel(session, visit_id, reason="sms", actor=PATIENT, now=now)
    assert allocation.place(session, slot.id, now=now).outcome == "published"
    slot.state = "pending"
    waiting_room.edit_criteria(session, entry.id, Criteria(date(2026, 11, 18)), actor=PATIENT, now=now)
    assert chosen(session, slot, now) == entry.id


@pytest.mark.parametrize("how", ["decline", "expire"])
def test_d5_after_no_or_silence_the_next_one_is_asked(session: Session, now: datetime, how: str) -> None:
    """D5, R61: down the queue, nobody twice."""
    first, second = build.waiting(session, now=now - timedelta(days=9)), build.waiting(session, now=now)
    slot = pending(session, now, timedelta(hours=72))
    asked = []
    for _ in range(2):
        offer_id = allocation.place(session, slot.id, now=now).appointment_id
        assert offer_id is not None
        offer = session.get_one(Appointment, offer_id)
        asked.append(offer.entry_id)
        if how == "decline":
            offers.decline(session, offer_id, actor=PATIENT, now=now)
        else:
            now = offer.expires_at or now
            assert offers.expire(session, offer_id, now=now)
    assert asked == [first.id, second.id]
    assert allocation.place(session, slot.id, now=now).outcome == "published"


def test_x19_with_an_open_offer_a_patient_gets_nothing_else(session: Session, now: datetime) -> None:
    """X19: two freed slots, one patient: one offer, the other slot is for everyone."""
    build.waiting(session, now=now)
    assert allocation.place(session, pending(session, now, OFFERED).id, now=now).outcome == "offered"
    assert allocation.place(session, pending(session, now, OFFERED + timedelta(hours=1)).id, now=now).outcome == "published"


def test_x15_the_lead_is_judged_when_the_decision_commits(session: Session, now: datetime) -> None:
    """X15, R62: cancelled at 73 hours, placed at 47: nobody is assigned any more."""
    build.waiting(session, now=now)
    visit = build.visit(session, now + timedelta(hours=73), now=now)
    cancellations.cancel(session, visit.id, reason="sms", actor=PATIENT, now=now, leave=True)
    assert allocation.place(session, visit.slot_id, now=now + timedelta(hours=26)).outcome == "published"


def test_x19_in_the_night_an_offer_waits_for_contact_hours(session: Session) -> None:
    """X19, D5: made at 23:00, it lives from 8 to 12 in the morning."""
    night = warsaw(date(2026, 11, 18), 23)
    build.waiting(session, now=night)
    placed = allocation.place(session, pending(session, night, timedelta(hours=71)).id, now=night)
    assert session.get_one(Appointment, placed.appointment_id).expires_at == warsaw(date(2026, 11, 19), 12)


def test_r98_d5_an_offer_to_a_landline_lives_in_calling_hours(session: Session) -> None:
    """R98, D10: on a Saturday evening, only Monday's hours count."""
    evening = warsaw(date(2026, 11, 21), 18)
    build.waiting(session, build.patient(session, "+48 22 441 00 01"), now=evening)
    placed = allocation.place(session, pending(session, evening, timedelta(hours=71)).id, now=evening)
    offer = session.get_one(Appointment, placed.appointment_id)
    assert offer.expires_at == evening + timedelta(hours=23)  # the 48-hour mark on Sunday afternoon comes first
    assert build.messages(session, appointment_id=offer.id)[0].channel == "voice"


@pytest.mark.parametrize("state", ["opted_out", "invalid", "wrong_person", "reported_death"])
def test_r54_who_cannot_be_reached_does_not_silently_hold_a_slot(session: Session, now: datetime, state: people.ContactState) -> None:
    """R54: passed over until there is an address again."""
    unreachable, next_ = build.waiting(session, now=now - timedelta(days=9)), build.waiting(session, now=now)
    person = session.get_one(people.Patient, unreachable.patient_id)
    build.mark_address(session, build.contact(session, person).value, state)
    assert chosen(session, pending(session, now), now) == next_.id
    people.add_contact(session, person.id, "jan@example.pl", now=now)
    assert chosen(session, pending(session, now), now) == unreachable.id


def test_r54_d13_an_offer_goes_to_the_next_address_by_its_hours(session: Session, now: datetime) -> None:
    """R54, D13, D5: the mobile opted out, the landline is called."""
    person = build.patient(session, build.mobile(), "+48 22 441 00 01")
    build.waiting(session, person, now=now)
    build.mark_address(session, build.contact(session, person).value, "opted_out")
    evening = warsaw(date(2026, 11, 18), 18)
    placed = allocation.place(session, pending(session, evening, timedelta(hours=71)).id, now=evening)
    assert session.get_one(Appointment, placed.appointment_id).expires_at == warsaw(date(2026, 11, 19), 12)
    assert [message.channel for message in build.messages(session, kind="offer")] == ["voice"]


def test_r47_x6_the_dead_get_no_visits(session: Session, now: datetime) -> None:
    """R47, X6: lost between joining and the decision."""
    dead, next_ = build.waiting(session, now=now - timedelta(days=9)), build.waiting(session, now=now)
    session.get_one(people.Patient, dead.patient_id).died_at = now
    session.flush()
    assert chosen(session, pending(session, now), now) == next_.id


@pytest.mark.parametrize("problem", [{"state": "cancelled"}, {"state": "used"}, {"valid_until": date(2026, 11, 17)}])
def test_r42_r47_a_referral_that_ended_gives_no_visit(session: Session, now: datetime, problem: dict[str, Any]) -> None:
    """R42, R47, X5: eligibility is asked at the decision, not only on joining."""
    lost, next_ = build.waiting(session, now=now - timedelta(days=9)), build.waiting(session, now=now)
    right = session.get_one(build.Referral, lost.referral_id)
    for column, value in problem.items():
        setattr(right, column, value)
    session.flush()
    assert chosen(session, pending(session, now), now) == next_.id


def test_r52_a_freed_slot_is_hidden_until_the_queue_was_asked(session: Session, now: datetime) -> None:
    """R52: nobody books around the waiting room."""
    visit = build.visit(session, now + ASSIGNED, now=now)
    cancellations.cancel(session, visit.id, reason="other", actor=DESK, now=now)
    person = build.patient(session)
    with pytest.raises(appointments.NotBookable):
        appointments.book(session, person.id, visit.slot_id, actor=PATIENT, now=now, referral_id=build.referral(session, person).id)


# --- the jobs


def freed(engine: Engine, now: datetime, lead: timedelta) -> tuple[int, int]:
    """A visit cancelled by SMS at `now`, and one who waits: appointment and entry."""
    with transaction(engine) as session:
        visit = build.visit(session, now + lead, now=now - timedelta(days=1))
        entry = build.waiting(session, now=now - timedelta(days=1))
        cancellations.cancel(session, visit.id, reason="sms", actor=PATIENT, now=now, hold_for=POLICY.undo_hold)
        return visit.id, entry.id


def states(engine: Engine) -> list[tuple[str, int | None]]:
    """Every appointment's status and entry, oldest first."""
    with Session(engine) as session:
        return [(one.status, one.entry_id) for one in session.scalars(select(Appointment).order_by(Appointment.id))]


def test_d6_r51_a_held_slot_travels_when_its_hold_ends(engine: Engine, now: datetime) -> None:
    """D6, R51, R60: released and given on in one step, not a second early and not twice."""
    visit_id, entry_id = freed(engine, now, ASSIGNED)
    ends = now + timedelta(minutes=5)
    assert allocation.release_due(engine, now=ends - SECOND) == 0
    assert (allocation.release_due(engine, now=ends), allocation.release_due(engine, now=ends)) == (1, 0)
    with Session(engine) as session:
        canceller = session.get_one(Appointment, visit_id).entry_id
    assert states(engine) == [("cancelled", canceller), ("booked", entry_id)]


def test_d6_an_undone_cancellation_is_not_released(engine: Engine, now: datetime) -> None:
    """D6."""
    visit_id, _ = freed(engine, now, ASSIGNED)
    with transaction(engine) as session:
        cancellations.undo(session, visit_id, actor=PATIENT, now=now)
    assert allocation.release_due(engine, now=now + timedelta(hours=1)) == 0


def test_d5_expired_offers_are_swept_and_the_next_is_asked(engine: Engine, now: datetime) -> None:
    """D5, R61: in one transaction, with the lead of that moment."""
    with transaction(engine) as session:
        first, second = build.waiting(session, now=now - timedelta(days=1)), build.waiting(session, now=now)
        pending(session, now, timedelta(hours=71))
    assert allocation.place_due(engine, now=now) == 1
    later = now + timedelta(hours=4)
    assert (allocation.expire_due(engine, now=later - SECOND), allocation.expire_due(engine, now=later)) == (0, 1)
    assert states(engine) == [("expired", first.id), ("proposed", second.id)]
    with Session(engine) as session:
        assert session.get_one(Entry, first.id).state == "waiting"


def test_r32_place_due_gives_each_slot_once(engine: Engine, now: datetime) -> None:
    """R32, R50: the soonest visit first, a second run finds nothing to do."""
    with transaction(engine) as session:
        entries = [build.waiting(session, now=now + timedelta(minutes=number)).id for number in range(3)]
        later = [pending(session, now, ASSIGNED + timedelta(days=days)).id for days in (3, 0, 1)]
        locked = pending(session, now, timedelta(days=45)).id
    assert (allocation.place_due(engine, now=now), allocation.place_due(engine, now=now)) == (3, 0)
    with Session(engine) as session:
        given = {one.slot_id: one.entry_id for one in session.scalars(select(Appointment))}
        assert given == {later[1]: entries[0], later[2]: entries[1], later[0]: entries[2]}
        assert session.get_one(Slot, locked).state == "pending"
