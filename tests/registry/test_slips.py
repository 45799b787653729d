"""An estimated date that slips is told, by how much it must slip and how often at most (R66)."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text, update
from sqlalchemy.orm import Session

from registry import forecast, invariants, outbox, slips, waiting_room
from registry.catalogue import POLICY
from registry.database import transaction
from registry.estimates import Estimate
from registry.schedules import Slot
from registry.waiting_room import Criteria, Entry
from tests.registry import build
from tests.registry.test_forecast import NOW, TODAY, plan, queue

DAY = timedelta(days=1)
TOLD = date(2027, 3, 1)
LONG = POLICY.slip_pause
CARDIO = "CARDIO_FIRST"


def estimated(session: Session, now: datetime, *, slipped: timedelta | None, told_at: datetime, **columns: Any) -> Entry:
    """Somebody who was told a date, and whose date was computed again at `now`."""
    entry = build.waiting(session, now=told_at)
    p50 = None if slipped is None else TOLD + slipped
    row: dict[str, Any] = {
        "p50": p50, "p90": p50 and p50 + 30 * DAY, "basis": p50 and "extrapolated", "reason": None if p50 else "too_far",
        "computed_at": now, "told": TOLD, "told_at": told_at, **columns,
    }  # fmt: skip
    session.execute(update(Estimate).where(Estimate.entry_id == entry.id).values(**row))
    return entry


def kinds(session: Session) -> list[str]:
    return [kind for kind in build.kinds(session) if kind != "joined_waiting_room"]


@pytest.mark.parametrize(
    ("slipped", "ago", "told"),
    [
        (POLICY.slip_tells, LONG, 0), (POLICY.slip_tells + DAY, LONG, 1), (POLICY.slip_tells + DAY, LONG - DAY, 0),
        (-60 * DAY, LONG, 0), (timedelta(0), LONG, 0),
    ],
)  # fmt: skip
def test_r66_a_slip_is_told_at_its_borders(session: Session, now: datetime, slipped: timedelta, ago: timedelta, told: int) -> None:
    """R66: more than so many days, and not sooner than so long after the patient was last told; a nearer date is no slip."""
    entry = estimated(session, now, slipped=slipped, told_at=now - ago)
    assert slips.tell(session, CARDIO, now=now) == told
    assert kinds(session) == ["estimate_slipped"] * told
    row = session.get_one(Estimate, entry.id, populate_existing=True)
    assert (row.told, row.slips) == ((TOLD + slipped, 1) if told else (TOLD, None))


def test_r66_the_notice_says_the_new_dates_and_goes_out_within_contact_hours(session: Session, now: datetime) -> None:
    """R66, D10, X30: both dates, the place in the queue, once; spread over the day, so that nothing urgent waits behind it."""
    night = build.warsaw(date(2026, 11, 18), 1)
    entry = estimated(session, night, slipped=20 * DAY, told_at=night - LONG)
    slips.tell(session, CARDIO, now=night)
    assert slips.tell(session, CARDIO, now=night) == 0
    (message,) = build.messages(session, kind="estimate_slipped")
    assert (message.entry_id, message.facts["estimate"]) == (entry.id, "2027-03-21")
    assert build.warsaw(date(2026, 11, 18), 8) <= message.due_at < build.warsaw(date(2026, 11, 18), 20)  # type: ignore[operator]  # it is due
    assert outbox.claim(session, "sms", worker="w", now=night) == []
    late = build.warsaw(date(2026, 11, 18), 19, 59)
    assert [one.kind for one in outbox.claim(session, "sms", worker="w", now=late)][-1] == "estimate_slipped"


def test_r66_a_second_slip_is_told_again_and_a_third_message_is_none(session: Session, now: datetime) -> None:
    """R66, X29: counted from what was told last; each slip has one message, and no invariant is hurt."""
    entry = estimated(session, now, slipped=20 * DAY, told_at=now - LONG)
    assert slips.tell(session, CARDIO, now=now) == 1
    then = now + LONG
    for days, told in ((30, 0), (35, 1)):
        row = {"p50": TOLD + days * DAY, "p90": TOLD + 99 * DAY, "computed_at": then}
        session.execute(update(Estimate).where(Estimate.entry_id == entry.id).values(**row))
        assert slips.tell(session, CARDIO, now=then) == told
    assert [one.visit_version for one in build.messages(session, kind="estimate_slipped")] == [1, 2]
    session.commit()
    assert invariants.broken(session) == []


def test_r66_a_date_that_cannot_be_estimated_any_more_is_told_once(session: Session, now: datetime) -> None:
    """R66, R64: said in its own words; who has lost the right to wait hears of that by another notice."""
    estimated(session, now, slipped=None, told_at=now - LONG)
    estimated(session, now, slipped=None, told_at=now - LONG, reason="not_entitled")
    assert slips.tell(session, CARDIO, now=now) == 1
    assert slips.tell(session, CARDIO, now=now) == 0
    assert kinds(session) == ["estimate_lost"]


def test_r66_who_holds_an_offer_or_has_died_is_told_nothing(session: Session, now: datetime) -> None:
    """R66, X6."""
    offered = estimated(session, now, slipped=90 * DAY, told_at=now - LONG)
    dead = estimated(session, now, slipped=90 * DAY, told_at=now - LONG)
    offered.state = "offered"
    session.flush()
    session.execute(text("UPDATE patients SET died_at = :now WHERE id = :id"), {"now": now, "id": dead.patient_id})
    assert slips.tell(session, CARDIO, now=now) == 0


def test_r66_the_night_itself_tells_when_a_clinic_takes_its_dates_away(engine: Engine) -> None:
    """R66: read, played, compared with what was told on joining, told; an edit of wishes is told at once and is no slip."""
    with transaction(engine) as session:
        place = build.clinic(session)
        plan(session, place, each=2)
        entries = queue(session, 5)
    forecast.refresh(engine, now=NOW)
    with transaction(engine) as session:
        assert kinds(session) == []
        before = {one.id: session.get_one(Estimate, one.id).told for one in entries}
        later = Criteria(TODAY + 50 * DAY)
        waiting_room.edit_criteria(session, entries[-1].id, later, actor=build.PATIENT, now=NOW + LONG - DAY)
        session.execute(update(Slot).where(Slot.state == "pending").values(state="withdrawn"))
        session.execute(update(Slot).where(Slot.starts_at > NOW - 56 * DAY).values(state="withdrawn"))
    forecast.refresh(engine, now=NOW + LONG)
    with transaction(engine) as session:
        told = {one.entry_id: one.kind for one in build.messages(session) if one.kind.startswith("estimate")}
        assert set(told) == {one.id for one in entries[:-1]}
        after = {one.id: session.get_one(Estimate, one.id).told for one in entries[:-1]}
        assert all(value is None or value > before[number] + POLICY.slip_tells for number, value in after.items())  # type: ignore[operator]  # told
    assert forecast.refresh(engine, now=NOW + LONG + DAY)
    with transaction(engine) as session:
        assert len([one for one in build.messages(session) if one.kind.startswith("estimate")]) == len(told)
