"""Every invariant is broken once, by hand, and says so: a sentence that cannot be broken proves nothing.

Where the database itself forbids the broken state (X1, X2, X29), its index or check is dropped first, in the transaction of the test.
"""

from __future__ import annotations

# ruff: noqa: E501, I001, ISC002, ISC004, S608  statements of SQL, each as it is sent, of our own words

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from registry import allocation, cancellations, attendance, notices, invariants, lifecycle, offers, outbox, reminders
from registry.database import transaction
from registry.invariants import INVARIANTS, rehearsal
from tests.registry import build, worlds
from tests.registry.build import DESK, PATIENT

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
DAY, WEEK, HOUR = timedelta(days=1), timedelta(days=7), timedelta(hours=1)


def whole(session: Session) -> None:
    """A small world in which every kind of thing has happened in order: visits, an offer, returns, a no-show, a death, messages."""
    for _ in range(4):
        build.waiting(session, now=NOW - DAY)
    build.waiting(session, now=NOW - 2 * DAY, urgent=True)
    for hours in (80, 82, 60, 200):
        slot = build.slot(session, NOW + timedelta(hours=hours), state="pending")
        allocation.place(session, slot.id, now=NOW)
    second = session.execute(text("SELECT id FROM appointments WHERE status = 'booked' ORDER BY id DESC LIMIT 1")).scalar_one()
    cancellations.cancel(session, second, reason="sms", actor=PATIENT, now=NOW + HOUR)
    offer = session.execute(text("SELECT id FROM appointments WHERE status = 'proposed'")).scalar_one()
    offers.accept(session, offer, actor=PATIENT, now=NOW + HOUR)
    build.control_visit(session, NOW + WEEK, now=NOW)
    missed = session.execute(text("SELECT id FROM appointments WHERE status = 'booked' AND entry_id IS NOT NULL LIMIT 1")).scalar_one()
    reminders.write_due(session, now=NOW + HOUR)
    for one in outbox.claim(session, "sms", worker="w", now=NOW + 2 * HOUR):
        outbox.settle(session, [outbox.Settled(one.id, "accepted", f"W{one.id}")], worker="w", now=NOW + 2 * HOUR)
    attendance.miss(session, missed, actor=DESK, now=NOW + 12 * DAY)
    dead = build.patient(session)
    build.waiting(session, dead, now=NOW)
    notices.notify_patient(session, "left_waiting_room", dead.id, actor=DESK, now=NOW)
    lifecycle.died(session, dead.id, at=NOW, actor=DESK, now=NOW + HOUR)
    session.execute(text("UPDATE slots SET state = 'taken' WHERE id IN (SELECT slot_id FROM appointments WHERE status = 'noshow')"))
    session.flush()


ONE = "(SELECT min(id) FROM appointments WHERE status = 'booked' AND visit_type = 'first')"
GIVEN = "(SELECT min(id) FROM events WHERE kind = 'visit.assigned')"
LATE = "(SELECT starts_at FROM slots s WHERE s.id = slot_id)"
FREE_OF_INDEXES = "DROP INDEX uq_appointments_slot, uq_appointments_referral, uq_appointments_entry, uq_appointments_first_visit, uq_appointments_one_offer"
AGAIN = """INSERT INTO appointments (patient_id, slot_id, entry_id, referral_id, contact_point_id, place_id, provider_id, service, visit_type,
    origin, status, version, moves, criteria_version, starts_at, ends_at, local_date, booked_at, expires_at)
    SELECT {patient}, {slot}, {entry}, {referral}, contact_point_id, place_id, provider_id, service, visit_type, origin, {status}, 1, 0,
           criteria_version, starts_at, ends_at, local_date, booked_at, {expires} FROM appointments WHERE id = """ + ONE


def again(**other: str) -> str:
    """A second appointment like the first one, but for what is named."""
    same = {"patient": "patient_id", "slot": "slot_id", "entry": "entry_id", "referral": "referral_id", "status": "status", "expires": "expires_at"}
    return AGAIN.format(**(same | other))


EVENT = "INSERT INTO events (at, kind, actor, channel, slot_id, appointment_id, entry_id, facts) SELECT {at}, '{kind}', 'system', 'worker', " \
        "slot_id, id, entry_id, '{{}}' FROM appointments WHERE id = " + ONE

# What breaks each sentence.
BREAKS: dict[str, tuple[str, ...]] = {
    "a_slot_has_one_holder": (FREE_OF_INDEXES, again()),
    "a_held_slot_is_taken": (f"UPDATE slots SET state = 'free' WHERE id = (SELECT slot_id FROM appointments WHERE id = {ONE})",),
    "a_taken_slot_is_held": (f"UPDATE appointments SET status = 'cancelled' WHERE id = {ONE}",),
    "a_referral_has_one_claim": (FREE_OF_INDEXES, again()),
    "a_place_agrees_with_its_visit": (f"UPDATE entries SET state = 'waiting' WHERE id = (SELECT entry_id FROM appointments WHERE id = {ONE})",),
    "one_first_visit_of_a_service": (FREE_OF_INDEXES, again()),
    "one_place_of_a_service": (
        "DROP INDEX uq_entries_patient_service", "UPDATE entries SET patient_id = (SELECT min(patient_id) FROM entries WHERE state <> 'closed') "
        "WHERE state <> 'closed'",
    ),
    "nobody_is_at_two_places_at_once": (FREE_OF_INDEXES, again()),
    "a_patient_has_one_open_offer": (
        FREE_OF_INDEXES, *(again(status="'proposed'", expires="booked_at + interval '1 hour'"),) * 2,
    ),
    "a_referral_is_the_patients_own": ("UPDATE referrals SET service = 'MAMMO'",),
    "a_visit_rests_on_its_place": (f"UPDATE appointments SET service = 'MAMMO' WHERE id = {ONE}",),
    "a_visit_has_its_patients_address": (f"UPDATE appointments SET contact_point_id = (SELECT max(id) FROM contact_points) WHERE id = {ONE}",),
    "a_realised_visit_has_used_its_referral": (f"UPDATE appointments SET status = 'fulfilled' WHERE id = {ONE}",),
    "only_services_with_a_waiting_room_have_a_queue": ("UPDATE entries SET service = 'MAMMO'",),
    "the_dead_hold_nothing": ("UPDATE entries SET state = 'waiting' WHERE closed_because = 'death'",),
    "nothing_is_assigned_at_72_hours_or_less": (f"UPDATE events SET at = {LATE} - interval '72 hours' WHERE id = {GIVEN}",),
    "nothing_is_proposed_outside_72_to_48_hours": (
        f"UPDATE events SET at = {LATE} - interval '72 hours 1 second' WHERE kind = 'offer.made'",),
    "nothing_is_given_inside_48_hours": (f"UPDATE events SET at = {LATE} - interval '47:59:59' WHERE kind = 'offer.accepted'",),
    "no_offer_reaches_into_the_last_48_hours": (f"UPDATE appointments SET expires_at = starts_at - interval '47 hours' WHERE id = {ONE}",),
    "nothing_is_booked_beyond_its_horizon": (f"UPDATE events SET at = {LATE} - interval '42 days' WHERE id = {GIVEN}",),
    "nothing_is_published_before_its_day": (
        EVENT.format(at="starts_at - interval '42 days'", kind="slot.published"),),
    "no_service_is_given_before_its_stage": (f"UPDATE appointments SET local_date = '2025-12-31' WHERE id = {ONE}",),
    "nothing_happens_to_a_visit_after_it_began": (EVENT.format(at="starts_at", kind="visit.confirmed"),),
    "a_visit_is_where_and_when_its_slot_is": (f"UPDATE appointments SET starts_at = starts_at + interval '1 minute' WHERE id = {ONE}",),
    "a_slots_day_is_warsaws": ("UPDATE slots SET local_date = local_date + 1",),
    "a_no_show_is_noted_after_the_beginning": (f"UPDATE events SET at = {LATE} - interval '1 second' WHERE kind = 'visit.noshow'",),
    "a_freed_slot_passes_nobody_over": (
        "UPDATE decisions SET queue_at = now() + interval '1 year', at = now() + interval '1 year' WHERE entry_id IS NOT NULL",),
    "the_night_passes_nobody_over": (
        "INSERT INTO runs (local_date, state, started_at, starts, waiting, slots, assigned, offered, published, lost) "
        "VALUES ('2026-11-18', 'running', now(), 1, 0, 0, 0, 0, 0, 0)",
        "UPDATE decisions SET queue_at = now() + interval '1 year', at = now() + interval '1 year', run_id = (SELECT max(id) FROM runs) "
        "WHERE entry_id IS NOT NULL",
    ),
    "the_waiting_room_gives_within_the_matrix": ("UPDATE slots SET pool = 'FIRST_PRIVILEGED'",),
    "nobody_books_outside_the_matrix": ("UPDATE entries SET category = 'stable'", "UPDATE slots SET pool = 'FIRST_URGENT'"),
    "privileged_slots_are_the_clinics_to_sell": (
        EVENT.format(at="booked_at", kind="visit.booked"), "UPDATE slots SET pool = 'FIRST_PRIVILEGED' WHERE pool = 'FIRST_STABLE'",
    ),
    "control_slots_never_go_through_the_waiting_room": ("UPDATE appointments SET origin = 'patient' WHERE visit_type = 'control'",),
    "a_class_is_what_the_category_says": ("UPDATE entries SET rank = 0",),
    "the_place_is_kept_until_the_third_return": ("UPDATE entries SET queue_at = queue_at + interval '1 second'",),
    "who_missed_a_visit_queues_last": (
        "INSERT INTO entries (patient_id, referral_id, contact_point_id, service, category, privileged, rank, joined_at, queue_at, returns, "
        "state, criteria_version, date_from, weekdays) SELECT patient_id, referral_id, contact_point_id, service, category, privileged, rank, "
        "joined_at, queue_at, 0, 'waiting', 1, date_from, weekdays FROM entries WHERE closed_because = 'noshow'",
    ),
    "a_missed_visit_ends_its_claim": ("UPDATE entries SET state = 'waiting' WHERE closed_because = 'noshow'",),
    "nobody_gets_back_what_he_gave_up": (
        "INSERT INTO events (at, kind, actor, channel, slot_id, appointment_id, entry_id, facts) SELECT at, kind, actor, channel, slot_id, "
        f"appointment_id, entry_id, facts FROM events WHERE id = {GIVEN}",
    ),
    "the_waiting_room_is_asked_before_the_public": ("UPDATE slots SET state = 'free' WHERE state = 'pending'",),
    "every_gift_has_its_decision": ("UPDATE decisions SET at = at + interval '1 second'",),
    "every_decision_was_carried_out": (
        "UPDATE decisions SET entry_id = (SELECT min(id) FROM entries WHERE closed_because = 'death') WHERE entry_id IS NOT NULL",),
    "a_night_is_done_once_and_adds_up": (
        "INSERT INTO runs (local_date, state, started_at, starts, waiting, slots, assigned, offered, published, lost, input_hash, output_hash) "
        "VALUES ('2026-11-18', 'finished', now(), 1, 0, 1, 1, 0, 0, 0, 'i', 'o')",
    ),
    "one_night_decides_a_slot_once": (
        "INSERT INTO runs (local_date, state, started_at, starts, waiting, slots, assigned, offered, published, lost) "
        "VALUES ('2026-11-18', 'running', now(), 1, 0, 0, 0, 0, 0, 0)",
        *("INSERT INTO decisions (run_id, at, slot_id, place_id, starts_at, outcome) SELECT (SELECT max(id) FROM runs), now(), id, place_id, "
          "starts_at, 'published' FROM slots",) * 2,
    ),
    "no_notice_is_written_twice": (
        "DROP INDEX uq_messages_notice", "INSERT INTO messages (at, direction, channel, address, kind, state, language, facts, appointment_id, "
        "visit_version, attempt, tries) SELECT at, direction, channel, address, kind, state, language, facts, appointment_id, visit_version, "
        "attempt, tries FROM messages",
    ),
    "no_message_comes_twice": ("DROP INDEX uq_messages_wire_id", "UPDATE messages SET wire_id = 'W1'"),
    "every_change_is_told": ("UPDATE messages SET at = at + interval '1 second' WHERE kind = 'cancelled'",),
    "nobody_writes_to_the_dead": ("UPDATE messages SET state = 'delivered', at = at + interval '1 day' WHERE kind = 'left_waiting_room'",),
    "a_cancelled_visit_is_not_reminded_of": (
        "UPDATE messages SET kind = 'reminder_d7', state = 'delivered', claimed_at = now() + interval '1 year' WHERE appointment_id IN "
        "(SELECT id FROM appointments WHERE status = 'cancelled')",
    ),
    "no_reminder_comes_after_its_visit": (
        "UPDATE messages SET kind = 'reminder_d1', state = 'delivered', claimed_at = visit_starts_at WHERE visit_starts_at IS NOT NULL",),
    "nobody_is_written_to_at_night": ("UPDATE messages SET claimed_at = '2026-11-18 19:00:00+00', state = 'delivered' WHERE channel = 'sms'",),
}  # fmt: skip


@pytest.fixture
def world(session: Session) -> Session:
    whole(session)
    assert invariants.broken(session) == []
    return session


@pytest.mark.parametrize("name", [one.name for one in INVARIANTS])
def test_each_invariant_can_be_broken_and_says_so(world: Session, name: str) -> None:
    """X1 X2 X3 X4 X6 X11 X15 X17 X18 X19 X20 X21 X22 X24 X25 X29 X30 as each sentence cites them: whole before, broken after, named with the rows."""
    for statement in BREAKS[name]:
        world.execute(text(statement))
    assert name in invariants.broken(world)
    (found,) = [one for one in invariants.check(world) if one.invariant.name == name]
    assert found.count > 0
    assert len(found.examples) == min(found.count, invariants.EXAMPLES)


def test_a_whole_world_is_found_whole_by_every_sentence(world: Session) -> None:
    """Each is asked once and finds nothing; `seen` hears of all."""
    heard: list[str] = []
    found = invariants.check(world, seen=lambda one: heard.append(one.name))
    assert [one.count for one in found] == [0] * len(INVARIANTS)
    assert heard == [one.name for one in INVARIANTS]


def test_the_night_is_rehearsed_and_undone(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """X21: the same decisions slot by slot, nothing left behind; another rule for single slots is found out."""
    now = datetime(2026, 9, 14, 22, 5, tzinfo=UTC)
    with transaction(engine) as session:
        worlds.make(session, 5, now=now)
        before = worlds.end_of(session)
    done, differently = rehearsal.compare(engine, now=now)
    assert done > 0
    assert differently == []
    with transaction(engine) as session:
        assert worlds.end_of(session) == before
    first: Callable[..., None] = lambda *_: None  # noqa: E731  a rule that finds nobody
    monkeypatch.setattr(allocation, "_first_candidate", first)
    assert rehearsal.compare(engine, now=now)[1] != []
