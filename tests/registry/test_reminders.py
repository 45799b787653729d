"""Reminders seven days and one day before the visit: when, for whom, how often, and when not."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from registry import cancellations, moves, outbox, reminders
from registry.appointments import Appointment
from registry.catalogue import POLICY
from tests.registry import build
from tests.registry.build import PATIENT, WARSAW, warsaw

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
VISIT_DAY = date(2026, 6, 17)  # a Wednesday; no holiday within two weeks but Corpus Christi on 4 June


def booked(session: Session, day: date = VISIT_DAY, hour: int = 10, *, before: int = 30, **more: Any) -> Appointment:
    """A visit at `hour` in Warsaw, booked `before` days earlier."""
    return build.visit(session, warsaw(day, hour), now=warsaw(day - before * DAY, 12), **more)


def landline(session: Session) -> build.Patient:
    return build.patient(session, "+48 22 441 00 01")


def written(session: Session, visit: Appointment, first: date, last: date, hour: int = 12) -> list[tuple[str, date]]:
    """The reminders of a visit when the job runs once a day at `hour`: kind and Warsaw day on which each is due."""
    day = first
    while day <= last:
        reminders.write_due(session, now=warsaw(day, hour))
        day += DAY
    rows = build.messages(session, appointment_id=visit.id, asks="reminder")
    return [(row.kind, row.due_at.astimezone(WARSAW).date()) for row in rows if row.due_at]


@pytest.mark.parametrize(
    "day", [VISIT_DAY, date(2026, 3, 30), date(2026, 4, 2), date(2026, 10, 26), date(2026, 10, 29), date(2026, 12, 27)]
)
def test_r101_one_reminder_seven_days_and_one_day_before(session: Session, day: date) -> None:
    """R101, X29: Warsaw days, each once, over clock changes, Sundays and holidays."""
    visit = booked(session, day)
    assert written(session, visit, day - 20 * DAY, day + 2 * DAY) == [("reminder_d7", day - 7 * DAY), ("reminder_d1", day - DAY)]


@pytest.mark.parametrize("hour", [0, 23])
def test_r101_days_are_warsaw_days_at_either_end(session: Session, hour: int) -> None:
    """R101, X17: shortly after midnight and shortly before it, where the UTC day is another one."""
    visit = build.visit(session, warsaw(VISIT_DAY, hour, 30), now=warsaw(VISIT_DAY - 30 * DAY, 12))
    assert written(session, visit, VISIT_DAY - 9 * DAY, VISIT_DAY)[-1] == ("reminder_d1", VISIT_DAY - DAY)


def test_x29_running_again_writes_nothing_new(session: Session) -> None:
    """X29, R101."""
    booked(session)
    now = warsaw(VISIT_DAY - DAY, 9)
    assert [reminders.write_due(session, now=now + minutes * timedelta(minutes=1)) for minutes in range(3)] == [1, 0, 0]


def test_d10_nothing_is_written_outside_contact_hours(session: Session) -> None:
    """D10: before 8:00 it is not due; after 20:00 it could only go out on the day of the visit."""
    booked(session)
    day = VISIT_DAY - DAY
    assert reminders.write_due(session, now=warsaw(day, 8) - SECOND) == 0
    assert reminders.write_due(session, now=warsaw(day, 20)) == 0
    assert reminders.write_due(session, now=warsaw(day, 20) - SECOND) == 1


@pytest.mark.parametrize(("days", "kind"), [(7, "reminder_d7"), (1, "reminder_d1")])
@pytest.mark.parametrize(("off", "reminded"), [(-SECOND, True), (timedelta(0), False), (timedelta(hours=3), False)])
def test_r101_who_books_at_the_mark_or_later_needs_no_reminder(
    session: Session, days: int, kind: str, off: timedelta, *, reminded: bool
) -> None:
    """R101: the confirmation that was just sent says it all."""
    mark = warsaw(VISIT_DAY - days * DAY, 8)
    visit = build.visit(session, warsaw(VISIT_DAY, 10), now=mark + off)
    sent = [one for one, _ in written(session, visit, VISIT_DAY - days * DAY, VISIT_DAY - days * DAY)]
    assert sent == ([kind] if reminded else [])


@pytest.mark.parametrize(("off", "reminded"), [(-SECOND, True), (timedelta(hours=6), False)])
def test_r101_the_mark_of_a_call_is_the_day_it_is_made(session: Session, off: timedelta, *, reminded: bool) -> None:
    """R101, D10: for a Monday visit the call is made on Saturday; booked on Saturday afternoon, nobody calls the same hour."""
    monday, saturday = date(2026, 6, 15), date(2026, 6, 13)
    visit = build.visit(session, warsaw(monday, 10), now=warsaw(saturday, 9) + off, of=landline(session))
    sent = written(session, visit, saturday, monday, hour=16)
    assert [kind for kind, _ in sent] == (["reminder_d1"] if reminded else [])


@pytest.mark.parametrize(
    ("visit_day", "d7", "d1"),
    [
        (date(2026, 6, 17), date(2026, 6, 10), date(2026, 6, 16)),
        (date(2026, 6, 15), date(2026, 6, 8), date(2026, 6, 13)),  # Monday: nobody is called on Sunday
        (date(2026, 6, 5), date(2026, 5, 29), date(2026, 6, 3)),  # after Corpus Christi
        (date(2026, 3, 30), date(2026, 3, 23), date(2026, 3, 28)),  # Monday after the clock change
        (date(2026, 12, 28), date(2026, 12, 21), date(2026, 12, 23)),  # after Christmas Eve, both days of Christmas, a Sunday
    ],
)
def test_x30_d10_calls_are_made_on_the_working_day_before(session: Session, visit_day: date, d7: date, d1: date) -> None:
    """X30, D10, R98: Sundays and holidays for calls; a text message would go out on them."""
    visit = booked(session, visit_day, of=landline(session))
    assert written(session, visit, visit_day - 12 * DAY, visit_day + DAY) == [("reminder_d7", d7), ("reminder_d1", d1)]
    assert {row.channel for row in build.messages(session, asks="reminder")} == {"voice"}


def test_r101_a_moved_visit_gets_a_new_d7(session: Session) -> None:
    """R101: once per move; a moved visit whose mark has passed gets none."""
    visit = booked(session)
    first = written(session, visit, VISIT_DAY - 7 * DAY, VISIT_DAY - 7 * DAY)
    later = build.slot(session, warsaw(VISIT_DAY + 10 * DAY, 10))
    moves.change(session, visit.id, later.id, actor=PATIENT, now=warsaw(VISIT_DAY - 7 * DAY, 13))
    second = written(session, visit, VISIT_DAY - 6 * DAY, VISIT_DAY + 11 * DAY)
    assert first == [("reminder_d7", VISIT_DAY - 7 * DAY)]
    assert second[1:] == [("reminder_d7", VISIT_DAY + 3 * DAY), ("reminder_d1", VISIT_DAY + 9 * DAY)]
    soon = build.slot(session, warsaw(VISIT_DAY + 10 * DAY, 12))
    moves.change(session, visit.id, soon.id, actor=PATIENT, now=warsaw(VISIT_DAY + 9 * DAY, 13))
    assert written(session, visit, VISIT_DAY + 9 * DAY, VISIT_DAY + 11 * DAY, hour=14)[3:] == []


def test_r101_cancelled_between_writing_and_sending_is_suppressed(session: Session) -> None:
    """R101, X29: the reminder is checked when it is claimed."""
    visit = booked(session)
    now = warsaw(VISIT_DAY - DAY, 12)
    reminders.write_due(session, now=now)
    cancellations.cancel(session, visit.id, reason="sms", actor=PATIENT, now=now, hold_for=POLICY.undo_hold)
    claimed = outbox.claim(session, "sms", worker="one", now=warsaw(VISIT_DAY - DAY, 20) - SECOND)
    assert [one.kind for one in claimed] == ["cancelled"]  # the confirmation of the booking is no longer true either
    assert [one.state for one in build.messages(session, kind="reminder_d1")] == ["suppressed"]


def test_r101_moved_between_writing_and_sending_is_suppressed(session: Session) -> None:
    """R101: the old hour is not told any more."""
    visit = booked(session)
    now = warsaw(VISIT_DAY - DAY, 9)
    reminders.write_due(session, now=now)
    moves.change(session, visit.id, build.slot(session, warsaw(VISIT_DAY + 5 * DAY)).id, actor=PATIENT, now=now)
    claimed = outbox.claim(session, "sms", worker="one", now=warsaw(VISIT_DAY - DAY, 20) - SECOND)
    assert [one.kind for one in claimed] == ["changed"]


def test_d6_undo_does_not_remind_twice(session: Session) -> None:
    """D6, R101, X29: a cancellation taken back is the same visit, of which the patient was reminded."""
    visit = booked(session)
    now = warsaw(VISIT_DAY - 7 * DAY, 12)
    reminders.write_due(session, now=now)
    cancellations.cancel(session, visit.id, reason="sms", actor=PATIENT, now=now, hold_for=POLICY.undo_hold)
    cancellations.undo(session, visit.id, actor=PATIENT, now=now + SECOND)
    assert written(session, visit, VISIT_DAY - 7 * DAY, VISIT_DAY) == [
        ("reminder_d7", VISIT_DAY - 7 * DAY), ("reminder_d1", VISIT_DAY - DAY),
    ]  # fmt: skip


@pytest.mark.parametrize(("days_late", "caught_up"), [(0, True), (1, True), (2, True), (3, False)])
def test_r101_a_d7_reminder_missed_by_an_outage_helps_for_two_days(session: Session, *, days_late: int, caught_up: bool) -> None:
    """R101: state, not timers."""
    visit = booked(session)
    day = VISIT_DAY - (7 - days_late) * DAY
    assert [kind for kind, _ in written(session, visit, day, day)] == (["reminder_d7"] if caught_up else [])


def test_r101_a_d1_reminder_does_not_come_on_the_day_itself(session: Session) -> None:
    """R101."""
    visit = booked(session, hour=15)
    assert written(session, visit, VISIT_DAY, VISIT_DAY, hour=9) == []


@pytest.mark.parametrize("day", [VISIT_DAY, date(2026, 3, 30), date(2026, 10, 26)])
def test_d10_reminders_are_spread_over_the_contact_hours(session: Session, day: date) -> None:
    """D10: no instant gets them all, none lies outside, the same visit keeps its minute; also where a night is 23 or 25 hours."""
    schedule = build.schedule(session)
    for minutes in range(0, 600, 10):
        build.visit(session, warsaw(day, 8) + timedelta(minutes=minutes), now=warsaw(day - 30 * DAY), on=schedule, minutes=10)
    opens, closes = warsaw(day - DAY, 8), warsaw(day - DAY, 20)
    assert reminders.write_due(session, now=opens) == 60
    due = [message.due_at for message in build.messages(session, kind="reminder_d1") if message.due_at]
    assert all(opens <= one < closes for one in due)
    by_hour = [sum(opens + hour * timedelta(hours=1) <= one < opens + (hour + 1) * timedelta(hours=1) for one in due) for hour in range(12)]
    assert len(set(due)) > 55
    assert max(by_hour) <= 12


def test_d10_late_writing_does_not_set_a_moment_in_the_past(session: Session) -> None:
    """D10: what should have gone out in the morning goes out now."""
    booked(session)
    now = warsaw(VISIT_DAY - DAY, 20) - SECOND
    reminders.write_due(session, now=now)
    assert [message.due_at for message in build.messages(session, kind="reminder_d1")] == [now]


def test_d10_a_policy_may_send_them_at_once(session: Session) -> None:
    """D10: the demonstration does not spread them."""
    booked(session)
    now = warsaw(VISIT_DAY - DAY, 9)
    reminders.write_due(session, now=now, policy=replace(POLICY, spread_reminders=False))
    assert [message.due_at for message in build.messages(session, kind="reminder_d1")] == [now]


@pytest.mark.parametrize("status", ["cancelling", "cancelled", "fulfilled", "noshow", "proposed"])
def test_r101_only_booked_visits_are_reminded_of(session: Session, status: str) -> None:
    """R101."""
    visit = booked(session)
    visit.status, visit.held_until, visit.expires_at = status, warsaw(VISIT_DAY), warsaw(VISIT_DAY)
    session.flush()
    assert written(session, visit, VISIT_DAY - 8 * DAY, VISIT_DAY) == []


def test_x6_nobody_is_reminded_of_a_dead_patients_visit(session: Session) -> None:
    """X6."""
    visit = booked(session)
    session.get_one(build.Patient, visit.patient_id).died_at = warsaw(VISIT_DAY - 10 * DAY)
    session.flush()
    assert written(session, visit, VISIT_DAY - 8 * DAY, VISIT_DAY) == []


def test_r54_d13_the_reminder_goes_to_the_next_usable_address(session: Session) -> None:
    """R54, D13: the visit's own address first, another one where that cannot be used, in that one's hours."""
    person = build.patient(session, build.mobile(), "+48 22 441 00 01")
    visit = booked(session, of=person)
    build.mark_address(session, build.contact(session, person).value, "opted_out")
    written(session, visit, VISIT_DAY - DAY, VISIT_DAY - DAY)
    assert [(one.channel, one.kind) for one in build.messages(session, asks="reminder")] == [("voice", "reminder_d1")]


def test_r96_the_contact_person_is_marked_as_sharing_the_number(session: Session) -> None:
    """R96, X8: a neighbour's telephone, or one number of two patients, gets the initials and no more."""
    alone, neighbour, shared = build.patient(session), build.without_contact(session), build.mobile()
    person = build.people.add_contact_person(session, neighbour.id, name="Anna Lis", relationship="sąsiadka")
    build.people.add_contact(session, neighbour.id, build.mobile(), now=build.LONG_AGO, person=person)
    couple = [build.patient(session, shared, given_name=name) for name in ("Maria", "Adam")]
    for of in (alone, neighbour, *couple):
        booked(session, of=of)
    reminders.write_due(session, now=warsaw(VISIT_DAY - DAY, 12))
    flags = {one.patient_id: one.facts["shared"] for one in build.messages(session, kind="reminder_d1")}
    assert flags == {alone.id: False, neighbour.id: True, couple[0].id: True, couple[1].id: True}


def test_the_facts_of_a_reminder_are_those_of_the_visit(session: Session) -> None:
    """R101, X34: what the words are made of; initials, never the name or the number."""
    visit = booked(session)
    reminders.write_due(session, now=datetime.combine(VISIT_DAY - DAY, datetime.min.time(), WARSAW) + timedelta(hours=12))
    (message,) = build.messages(session, kind="reminder_d1")
    assert datetime.fromisoformat(message.facts["starts_at"]) == visit.starts_at == message.visit_starts_at
    assert (message.facts["initials"], message.facts["clinic"], message.language) == ("J. K.", "Poradnia Kardiologiczna", "pl")
    assert "Kowalski" not in str(message.facts)
