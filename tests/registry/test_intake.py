"""What becomes of the rows that clinics send: taken in once, in any order, and never at a patient's cost."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from registry import appointments, cancellations, freeze, intake, people
from registry.announcements import Announced, Heard, Person
from registry.appointments import Appointment
from registry.database import transaction
from registry.events import Actor, Event
from registry.people import ContactPerson, Patient
from registry.schedules import Schedule, Slot
from registry.tasks import Task
from registry.waiting_room import Entry
from tests.registry import build
from tests.registry.build import DESK, PATIENT, WARSAW, warsaw
from tests.registry.race import race

HALF = timedelta(minutes=30)
WEEK = timedelta(days=7)
CLINIC = Actor("clinic_system", "api", "P1")


def row(starts_at: datetime, version: int = 1, name: str = "A1", **more: Any) -> Announced:
    return Announced(**{
        "clinic_slot_id": name, "version": version, "starts_at": starts_at, "ends_at": starts_at + HALF, "pool": "FIRST_STABLE", **more
    })  # fmt: skip


def take(session: Session, on: Schedule, *rows: Announced, now: datetime, **how: Any) -> list[intake.Result]:
    return intake.take_in(session, on.id, rows, actor=CLINIC, now=now, **how)


def outcomes(results: Sequence[intake.Result]) -> list[str]:
    return [result.outcome for result in results]


def seats(session: Session, on: Schedule, name: str = "A1") -> list[Slot]:
    """The living rows of one slot."""
    query = select(Slot).where(Slot.schedule_id == on.id, Slot.clinic_slot_id == name, Slot.state != "withdrawn").order_by(Slot.seat)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def causes(session: Session) -> list[str]:
    return sorted(session.scalars(select(Task.kind)))


def person(number: int = 1, **more: Any) -> Person:
    return Person(**{
        "identifier": f"{90000000000 + number}", "given_name": "Ewa", "family_name": "Lis", "birth_date": date(1950, 1, 1),
        "contact": f"+48602{number:06}", **more
    })  # fmt: skip


# --- versions


def test_r15_a_new_slot_waits_for_the_waiting_room(session: Session, now: datetime) -> None:
    """R15, R52."""
    on = build.schedule(session)
    (result,) = take(session, on, row(now + WEEK, 7), now=now)
    (slot,) = seats(session, on)
    assert (result.outcome, result.slot_ids, slot.state, slot.version, slot.starts_at) == ("accepted", (slot.id,), "pending", 7, now + WEEK)


def test_r15_a_replay_changes_nothing(session: Session, now: datetime) -> None:
    """R15: not even when the slot has been sold meanwhile."""
    on = build.schedule(session)
    take(session, on, row(now + WEEK), now=now)
    (slot,) = seats(session, on)
    slot.state = "free"
    session.flush()
    who = build.patient(session)
    visit = appointments.book(session, who.id, slot.id, actor=DESK, now=now, referral_id=build.referral(session, who).id)
    events = len(session.scalars(select(Event)).all())
    assert outcomes(take(session, on, row(now + WEEK), row(now + WEEK), now=now)) == ["unchanged"] * 2
    assert (visit.status, len(session.scalars(select(Event)).all())) == ("booked", events)


def test_r15_what_comes_late_is_out_of_date(session: Session, now: datetime) -> None:
    """R15: version 1 after version 2."""
    on = build.schedule(session)
    results = take(session, on, row(now + WEEK + HALF, 2), row(now + WEEK, 1), now=now)
    assert outcomes(results) == ["accepted", "outdated"]
    assert [slot.starts_at for slot in seats(session, on)] == [now + WEEK + HALF]


def test_r15_the_same_version_with_other_content_is_a_conflict(session: Session, now: datetime) -> None:
    """R15, R23: nothing changes and a person is told, once."""
    on = build.schedule(session)
    take(session, on, row(now + WEEK), now=now)
    for _ in range(2):
        (result,) = take(session, on, row(now + WEEK, ends_at=now + WEEK + 2 * HALF), now=now)
        assert (result.outcome, result.why) == ("conflict", ("same_version_other_content",))
    assert [slot.ends_at for slot in seats(session, on)] == [now + WEEK + HALF]
    assert causes(session) == ["schedule_contradicts_itself"]


def test_r15_one_bad_row_spoils_no_other(session: Session, now: datetime) -> None:
    """R15, R28: each row has its own result, with the reason."""
    on = build.schedule(session)
    naive = (now + WEEK).replace(tzinfo=None)
    results = take(
        session, on, row(now + WEEK), row(now - WEEK, name="past"), row(now + WEEK, name="backwards", ends_at=now + WEEK),
        row(now + WEEK, name="pool", pool="SCREENING"), row(now + WEEK, name="capacity", capacity=0),
        row(now + WEEK, name="booked_above_capacity", booked=(person(1), person(2))),
        row(naive, name="no_zone"), row(now + WEEK + HALF, name="A2"), now=now,
    )  # fmt: skip
    assert [result.clinic_slot_id for result in results if result.outcome == "accepted"] == ["A1", "A2"]
    assert all(result.why == (result.clinic_slot_id,) for result in results if result.outcome == "refused")
    assert len(session.scalars(select(Slot)).all()) == 2


def test_r15_a_refused_version_may_come_again_corrected(session: Session, now: datetime) -> None:
    """R15: only what was taken in counts as heard."""
    on = build.schedule(session)
    assert outcomes(take(session, on, row(now + WEEK, capacity=0), now=now)) == ["refused"]
    assert outcomes(take(session, on, row(now + WEEK), now=now)) == ["accepted"]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.sampled_from("AB"), st.integers(1, 5)), min_size=1, max_size=12), st.integers(1, 4))
def test_r15_any_order_any_repetition_any_batches_end_alike(engine: Engine, sent: list[tuple[str, int]], size: int) -> None:
    """R15: whatever way messages come, the newest version of each slot holds. The oracle is the maximum."""
    now = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
    said = {
        (name, version): row(now + WEEK * (1 + "AB".index(name)) + HALF * version, version, name, capacity=version)
        for name, version in sent
    }  # fmt: skip
    with transaction(engine) as session:
        on = build.schedule(session)
        for at in range(0, len(sent), size):
            take(session, on, *(said[one] for one in sent[at : at + size]), now=now)
        for name in {name for name, _ in sent}:
            newest = said[name, max(version for other, version in sent if other == name)]
            found = [(slot.starts_at, slot.version) for slot in seats(session, on, name)]
            assert found == [(newest.starts_at, newest.version)] * newest.capacity


def test_x14_r15_the_same_news_on_four_connections_is_taken_in_once(engine: Engine, now: datetime) -> None:
    """X14, R15."""
    with transaction(engine) as session:
        on = build.schedule(session)
    rows = [row(now + WEEK + HALF * number, name=f"A{number}") for number in range(10)]
    done = race(engine, [lambda session: take(session, on, *rows, now=now)] * 4)
    assert sorted(one.outcome for results in done for one in results) == ["accepted"] * 10 + ["unchanged"] * 30
    with transaction(engine) as session:
        assert len(session.scalars(select(Slot)).all()) == 10


# --- the clock


def test_r28_x17_the_hour_that_comes_twice_is_two_hours(session: Session) -> None:
    """R28, X17: 02:30 in summer time and 02:30 in winter time are an hour apart; a slot may reach from one into the other."""
    now = build.LONG_AGO
    first = datetime(2026, 10, 25, 2, 30, tzinfo=WARSAW)
    again = first.replace(fold=1)
    on = build.schedule(session)
    results = take(
        session, on, row(first, name="first"), row(again, name="again"),
        row(first.replace(minute=0), name="across", ends_at=again.replace(minute=0)), now=now,
    )  # fmt: skip
    assert outcomes(results) == ["accepted"] * 3
    by_name = {name: seats(session, on, name)[0] for name in ("first", "again", "across")}
    assert by_name["again"].starts_at - by_name["first"].starts_at == timedelta(hours=1)
    assert by_name["across"].ends_at - by_name["across"].starts_at == timedelta(hours=1)
    assert {slot.local_date for slot in by_name.values()} == {date(2026, 10, 25)}


def test_r28_x17_the_hour_that_is_missing_is_refused(session: Session) -> None:
    """R28, X17: nobody can come at 02:30 on the night when the clock jumps."""
    on = build.schedule(session)
    (result,) = take(session, on, row(datetime(2026, 3, 29, 2, 30, tzinfo=WARSAW)), now=build.LONG_AGO)
    assert (result.outcome, result.why) == ("refused", ("no_such_hour",))


# --- capacity, labels, withdrawal


def sell(session: Session, slot: Slot, now: datetime) -> Appointment:
    slot.state = "free"
    session.flush()
    who = build.patient(session)
    return appointments.book(session, who.id, slot.id, actor=DESK, now=now, referral_id=build.referral(session, who).id)


def test_r25_capacity_grows_and_shrinks_around_who_is_booked(session: Session, now: datetime) -> None:
    """R25: unsold seats go first; nobody booked loses his."""
    on = build.schedule(session)
    take(session, on, row(now + WEEK, 1, capacity=3), now=now)
    visit = sell(session, seats(session, on)[2], now)
    take(session, on, row(now + WEEK, 2, capacity=1), now=now)
    assert ([slot.id for slot in seats(session, on)], visit.status) == ([visit.slot_id], "booked")
    take(session, on, row(now + WEEK, 3, capacity=4), now=now)
    assert [slot.state for slot in seats(session, on)].count("pending") == 3


def test_r25_capacity_below_the_booked_is_refused(session: Session, now: datetime) -> None:
    """R25: the clinic must say whose visit ends; until then the old version holds, and may be corrected by the same one."""
    on = build.schedule(session)
    take(session, on, row(now + WEEK, 1, capacity=2), now=now)
    visits = [sell(session, slot, now) for slot in seats(session, on)]
    (result,) = take(session, on, row(now + WEEK, 2, capacity=1), now=now)
    assert (result.outcome, result.why) == ("refused", ("capacity_below_booked",))
    assert {visit.status for visit in visits} == {"booked"}
    assert {slot.version for slot in seats(session, on)} == {1}


def test_r24_another_label_asks_the_waiting_room_again_and_leaves_visits(session: Session, now: datetime) -> None:
    """R24, R52."""
    on = build.schedule(session)
    take(session, on, row(now + WEEK, 1, capacity=2), now=now)
    sold, free = seats(session, on)
    visit, free.state = sell(session, sold, now), "free"
    session.flush()
    take(session, on, row(now + WEEK, 2, capacity=2, pool="FIRST_URGENT"), now=now)
    assert [(slot.pool, slot.state) for slot in seats(session, on)] == [("FIRST_URGENT", "taken"), ("FIRST_URGENT", "pending")]
    assert visit.status == "booked"


def test_r11_x11_a_withdrawn_slot_may_be_announced_again(session: Session, now: datetime) -> None:
    """R11, X11: its booked patient is told and waits again; the next version is a new slot under the old name."""
    on = build.schedule(session)
    take(session, on, row(now + WEEK, 1), now=now)
    visit = sell(session, seats(session, on)[0], now)
    take(session, on, row(now + WEEK, 2, withdrawn=True), now=now)
    session.refresh(visit)
    assert (visit.status, visit.cancel_reason, seats(session, on)) == ("cancelled", "clinic", [])
    take(session, on, row(now + WEEK, 3), now=now)
    (slot,) = seats(session, on)
    assert (slot.state, slot.id != visit.slot_id) == ("pending", True)


# --- what the clinic booked itself


def test_r16_a_booked_slot_comes_with_patient_category_and_contact(session: Session, now: datetime) -> None:
    """R16, R39, R100: the patient is known from now on, holds the seat, is told, and would wait as urgent."""
    on = build.schedule(session)
    (result,) = take(session, on, row(now + WEEK, booked=(person(category="urgent"),)), now=now)
    visit = session.get_one(Appointment, result.visits[0])
    entry = session.get_one(Entry, visit.entry_id)
    who = session.get_one(Patient, visit.patient_id)
    assert (visit.status, visit.visit_type, entry.category, entry.state, who.family_name) == ("booked", "first", "urgent", "booked", "Lis")
    assert [message.address for message in build.messages(session, kind="booked")] == ["+48602000001"]
    assert [slot.state for slot in seats(session, on)] == ["taken"]


def test_r117_an_initial_import_writes_to_nobody(session: Session, now: datetime) -> None:
    """R117."""
    take(session, build.schedule(session), row(now + WEEK, booked=(person(),)), now=now, tell=False)
    assert build.kinds(session) == []


def test_r16_r18_who_is_not_named_keeps_his_visit(session: Session, now: datetime) -> None:
    """R16, R18: the clinic may not have heard of it yet; who is named twice has one visit."""
    on = build.schedule(session)
    take(session, on, row(now + WEEK, 1, capacity=2), now=now)
    ours = sell(session, seats(session, on)[0], now)
    for version in (2, 3):
        take(session, on, row(now + WEEK, version, capacity=2, booked=(person(),)), now=now)
    assert ours.status == "booked"
    assert len(session.scalars(select(Appointment).where(Appointment.status == "booked")).all()) == 2


def test_r18_a_seat_sold_here_first_is_a_task(session: Session, now: datetime) -> None:
    """R18, X1: the same seat is promised to two people; the one who has it keeps it and a person decides."""
    on = build.schedule(session)
    take(session, on, row(now + WEEK, 1), now=now)
    ours = sell(session, seats(session, on)[0], now)
    (result,) = take(session, on, row(now + WEEK, 2, booked=(person(),)), now=now)
    assert (result.outcome, result.why, ours.status) == ("accepted", ("slot_sold_elsewhere",), "booked")
    assert causes(session) == ["clinic_booking_slot_sold_elsewhere"]


@pytest.mark.parametrize("why", ["no_contact", "invalid_contact", "patient_died", "already_has_a_visit"])
def test_r16_x26_what_cannot_be_a_visit_is_not_sold_to_others(session: Session, now: datetime, why: str) -> None:
    """R16, X26, X3, X6: the seat is kept back and a person decides; a later look at overlaps does not let it go."""
    on = build.schedule(session)
    who = person(contact={"no_contact": None, "invalid_contact": "0700"}.get(why, "+48602000001"))
    if why in ("patient_died", "already_has_a_visit"):
        known = people.register_patient(
            session, identifier=who.identifier, given_name="Ewa", family_name="Lis", birth_date=who.birth_date, now=now
        )  # fmt: skip
        people.add_contact(session, known.id, "+48602000001", now=now)
        known.died_at = now if why == "patient_died" else None
        session.flush()
        if why == "already_has_a_visit":
            build.visit(session, now + 2 * WEEK, now=now, of=known)
    (result,) = take(session, on, row(now + WEEK, booked=(who,)), now=now)
    take(session, on, row(now + WEEK + HALF, name="A2"), row(now + WEEK - HALF, name="A0"), now=now)
    assert (result.outcome, result.why) == ("accepted", ("no_contact" if why == "invalid_contact" else why,))
    assert [(slot.state, slot.quarantined_for) for slot in seats(session, on)] == [("quarantined", "booking")]
    assert causes(session) == [f"clinic_booking_{result.why[0]}"]


def test_r16_x2_a_booking_at_the_clinic_ends_the_wait(session: Session, now: datetime) -> None:
    """R16, X2: with the place that the patient had."""
    waiting = build.waiting(session, now=now - WEEK)
    known = session.get_one(Patient, waiting.patient_id)
    (result,) = take(session, build.schedule(session), row(now + WEEK, booked=(person(identifier=known.identifier),)), now=now)
    assert session.get_one(Appointment, result.visits[0]).entry_id == waiting.id
    assert (waiting.state, waiting.queue_at) == ("booked", now - WEEK)


def test_r75_a_booked_control_slot_is_a_control_visit(session: Session, now: datetime) -> None:
    """R75, R16: without a place in the queue."""
    (result,) = take(session, build.schedule(session), row(now + WEEK, pool="CONTROL", booked=(person(),)), now=now)
    visit = session.get_one(Appointment, result.visits[0])
    assert (visit.visit_type, visit.entry_id) == ("control", None)


def test_r96_the_number_of_a_neighbour_is_a_contact_persons(session: Session, now: datetime) -> None:
    """R96."""
    take(session, build.schedule(session), row(now + WEEK, booked=(person(contact_person=("Zofia", "sąsiadka")),)), now=now)
    assert session.scalars(select(ContactPerson.relationship)).all() == ["sąsiadka"]


def test_r16_a_booked_vaccination_is_one_and_simp_hears_nothing_of_it(session: Session, now: datetime) -> None:
    """R16, R81, R91: with the dose that comes next by the child's record; a screening exam stays a screening exam."""
    on = build.schedule(session, service="HPV_VACCINATION")
    said = row(now + WEEK, pool="VACCINATION", booked=(person(birth_date=date(2015, 1, 1)),))
    (result,) = take(session, on, said, now=now)
    visit = session.get_one(Appointment, result.visits[0])
    assert (visit.visit_type, visit.dose) == ("vaccination", 1)
    visit.status = "fulfilled"
    session.flush()
    again = row(now + 30 * WEEK, name="B", pool="VACCINATION", booked=(person(birth_date=date(2015, 1, 1)),))
    (later,) = take(session, on, again, now=now)
    assert session.get_one(Appointment, later.visits[0]).dose == 2
    exam = take(session, build.schedule(session, service="MAMMO"), row(now + WEEK, pool="SCREENING", booked=(person(2),)), now=now)
    assert session.get_one(Appointment, exam[0].visits[0]).visit_type == "screening"


# --- freeze


def test_r119_on_a_freeze_day_nothing_changes_until_it_is_over(engine: Engine, now: datetime) -> None:
    """R119: kept in order, patients included; taken in on the next day, once."""
    with transaction(engine) as session:
        on = build.schedule(session)
        other = build.schedule(session)
        provider_id = session.get_one(build.Place, on.place_id).provider_id
        for _ in range(2):
            freeze.freeze(session, provider_id, date(2026, 11, 18), actor=DESK, now=now)
        kept = take(session, on, row(now + WEEK, 1), row(now + WEEK + HALF, 2, booked=(person(),)), now=now)
        assert outcomes([*kept, *take(session, other, row(now + WEEK), now=now)]) == ["kept", "kept", "accepted"]
    assert intake.take_in_kept(engine, now=now) == []
    tomorrow = warsaw(date(2026, 11, 19), 0)
    assert outcomes(intake.take_in_kept(engine, now=tomorrow - timedelta(seconds=1))) == []
    assert outcomes(intake.take_in_kept(engine, now=tomorrow)) == ["accepted", "accepted"]
    assert intake.take_in_kept(engine, now=tomorrow) == []
    with transaction(engine) as session:
        assert [(slot.starts_at, slot.state, slot.version) for slot in seats(session, on)] == [(now + WEEK + HALF, "taken", 2)]
        assert session.scalars(select(freeze.Kept)).all() == []


def test_r119_an_urgent_change_goes_through_and_is_on_record(session: Session, now: datetime) -> None:
    """R119."""
    on = build.schedule(session)
    provider_id = session.get_one(build.Place, on.place_id).provider_id
    freeze.freeze(session, provider_id, date(2026, 11, 18), actor=DESK, now=now)
    assert outcomes(take(session, on, row(now + WEEK), now=now, in_spite_of_freeze=True)) == ["accepted"]
    assert "schedule.changed_in_spite_of_freeze" in session.scalars(select(Event.kind)).all()


def test_x34_what_was_heard_holds_no_names(session: Session, now: datetime) -> None:
    """X34: a digest is enough to know a repetition."""
    on = build.schedule(session)
    said = row(now + WEEK, booked=(person(),))
    take(session, on, said, now=now)
    held = session.scalars(select(Heard)).one()
    assert (len(held.digest), held.version) == (64, 1)
    assert outcomes(take(session, on, replace(said, starts_at=said.starts_at.astimezone(WARSAW)), now=now)) == ["unchanged"]


def test_r15_a_slot_known_before_anything_was_heard_of_it_is_changed_not_doubled(session: Session, now: datetime) -> None:
    """R15, R117."""
    on = build.schedule(session)
    take(session, on, row(now + WEEK, 1), now=now)
    session.execute(delete(Heard))
    assert outcomes(take(session, on, row(now + WEEK, 1), now=now)) == ["accepted"]
    assert len(seats(session, on)) == 1


def test_d6_a_withdrawn_slot_cannot_be_taken_back_by_cofnij(session: Session, now: datetime) -> None:
    """D6, R71: the slot is gone while its patient could still take the cancellation back."""
    on = build.schedule(session)
    take(session, on, row(now + WEEK, 1), now=now)
    visit = sell(session, seats(session, on)[0], now)
    cancellations.cancel(session, visit.id, reason="sms", actor=PATIENT, now=now, hold_for=timedelta(minutes=5))
    take(session, on, row(now + WEEK, 2, withdrawn=True), now=now)
    with pytest.raises(appointments.TooLate):
        cancellations.undo(session, visit.id, actor=PATIENT, now=now)
    assert (visit.status, session.get_one(Entry, visit.entry_id).returns) == ("cancelled", 1)
