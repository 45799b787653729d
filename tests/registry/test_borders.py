"""X16: every border of time as one table, through the real use cases, on plain days and over both clock changes."""

from datetime import date, time, timedelta
from itertools import product

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry import allocation, appointments, cancellations
from registry.appointments import Appointment, NotBookable
from registry.waiting_room import Entry
from tests.registry import build
from tests.registry.build import DESK, PATIENT, warsaw

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
SEASONS = {"no change": date(2026, 6, 10), "spring": date(2026, 3, 29), "autumn": date(2026, 10, 25)}

# R60-R62, D4: elapsed time to the visit, and what becomes of a free slot for which somebody waits.
# At exactly 48 h the rule is to propose, but such an offer would end in the moment that it is made: it is published (D5, X19).
LEADS = [
    (72 * HOUR + SECOND, "assigned"), (72 * HOUR, "offered"), (72 * HOUR - SECOND, "offered"),
    (48 * HOUR + SECOND, "offered"), (48 * HOUR, "published"), (48 * HOUR - SECOND, "published"),
]  # fmt: skip


@pytest.mark.parametrize("season", SEASONS)
@pytest.mark.parametrize(("lead", "outcome"), LEADS)
def test_x16_a_freed_slot_at_each_border_of_72_and_48_hours(session: Session, season: str, lead: timedelta, outcome: str) -> None:
    """X16, X15, R60-R62: the clock changes between now and the visit; hours stay hours."""
    now = warsaw(SEASONS[season] - DAY, 12)
    entry = build.waiting(session, now=now - DAY)
    freed = build.slot(session, now + lead, state="pending")
    placed = allocation.place(session, freed.id, now=now)
    assert placed.outcome == outcome
    expected = {"assigned": "booked", "offered": "offered", "published": "waiting"}[outcome]
    assert session.get_one(Entry, entry.id, populate_existing=True).state == expected
    if outcome == "offered":
        offer = session.get_one(Appointment, placed.appointment_id)
        assert offer.expires_at is not None
        assert now < offer.expires_at <= freed.starts_at - 48 * HOUR


@pytest.mark.parametrize("season", SEASONS)
@pytest.mark.parametrize(("cancelled_at", "placed_at", "outcome"), [(73, 72, "offered"), (71, 47, "published"), (49, 48, "published")])
def test_x15_the_lead_is_judged_when_the_slot_is_placed(
    session: Session, season: str, cancelled_at: int, placed_at: int, outcome: str
) -> None:
    """X15, X16, R62: not when the visit was cancelled."""
    starts_at = warsaw(SEASONS[season] + DAY, 12)
    visit = build.visit(session, starts_at, now=starts_at - 30 * DAY)
    build.waiting(session, now=starts_at - 20 * DAY)
    cancellations.cancel(session, visit.id, reason="illness", actor=PATIENT, now=starts_at - cancelled_at * HOUR)
    assert allocation.place(session, visit.slot_id, now=starts_at - placed_at * HOUR).outcome == outcome


# R31, R82: today's Warsaw day + 40 (first visits) or + 90 (screening) is the last one; it turns at local midnight.
MIDNIGHTS = list(product(SEASONS, [("CARDIO_FIRST", 40), ("MAMMO", 90)], [-1, 0, 1]))


@pytest.mark.parametrize(("season", "kind", "seconds"), MIDNIGHTS)
def test_x16_the_last_bookable_day_opens_at_warsaw_midnight(
    session: Session, season: str, kind: tuple[str, int], seconds: int
) -> None:
    """X16, R31, R82, D4: a second before midnight the day is 41 (91) days away, at midnight 40 (90); at both ends of that day."""
    service, days = kind
    today = SEASONS[season] - timedelta(days=days // 2)  # the change lies between booking and visit
    now = warsaw(today, 0) + seconds * SECOND
    last_day = today + timedelta(days=days)
    for clock in (time(0, 0), time(23, 29)):
        starts_at = warsaw(last_day, clock.hour, clock.minute)
        if seconds >= 0:
            assert build.visit(session, starts_at, now=now, service=service).status == "booked"
        else:
            with pytest.raises(NotBookable):
                build.visit(session, starts_at, now=now, service=service)
    with pytest.raises(NotBookable):
        build.visit(session, warsaw(last_day + DAY, 0), now=now, service=service)


@pytest.mark.parametrize("season", SEASONS)
@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_x16_the_waiting_room_gets_day_40_at_warsaw_midnight(session: Session, season: str, seconds: int) -> None:
    """X16, R32, R50: locked for allocation too until its midnight; the newly open day is looked for at once."""
    today = SEASONS[season] - timedelta(days=20)
    now = warsaw(today, 0) + seconds * SECOND
    build.waiting(session, now=now - DAY)
    locked = build.slot(session, warsaw(today + timedelta(days=40), 9), state="pending")
    due = allocation.due_slots(session, now=now)
    outcome = allocation.place(session, locked.id, now=now).outcome
    assert (due, outcome) == (([], "not_due") if seconds < 0 else ([locked.id], "assigned"))


@pytest.mark.parametrize("season", SEASONS)
def test_x16_a_cancellation_at_the_very_start_is_too_late(session: Session, season: str) -> None:
    """X16, R67: until the last second before the visit it is in time; the slot is then lost to everybody (R62)."""
    starts_at = warsaw(SEASONS[season], 12)
    visits = [build.visit(session, starts_at, now=starts_at - 5 * DAY) for _ in range(2)]
    with pytest.raises(appointments.TooLate):
        cancellations.cancel(session, visits[0].id, reason="illness", actor=DESK, now=starts_at)
    cancellations.cancel(session, visits[1].id, reason="illness", actor=DESK, now=starts_at - SECOND)
    assert allocation.place(session, visits[1].slot_id, now=starts_at).outcome == "lost"
    statuses = session.scalars(select(Appointment.status).order_by(Appointment.id)).all()
    assert statuses == ["booked", "cancelled"]
