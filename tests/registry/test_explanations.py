"""Why not me (X22), and who waits too long or for what can never come (X23)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from registry import allocation, appointments, cancellations, explanations
from registry.waiting_room import Entry
from tests.registry import build

NOW = datetime(2026, 9, 15, 8, 0, tzinfo=UTC)
GDANSK = (54.3520, 18.6466)


def give(session: Session, hours: int = 240, now: datetime = NOW) -> None:
    """A slot that suits anybody is given away."""
    slot = build.slot(session, NOW + timedelta(hours=hours), state="pending")
    assert allocation.place(session, slot.id, now=now).outcome == "assigned"


def why(session: Session, entry: Entry) -> dict[explanations.Why, int]:
    return explanations.explain(session, entry.id).reasons


def test_the_class_and_the_time_of_joining_decide(session: Session) -> None:
    """X22, D3: an urgent patient came first by class, an older one by time, one of the same instant by number."""
    me_at = NOW - timedelta(days=2)
    build.waiting(session, now=me_at - timedelta(days=1))
    build.waiting(session, now=me_at)
    me = build.waiting(session, now=me_at)
    build.waiting(session, now=NOW - timedelta(hours=1), urgent=True)
    for hours in (240, 250, 260):
        give(session, hours)
    told = explanations.explain(session, me.id)
    assert told.reasons == {"class": 1, "earlier": 1, "lower_number": 1}
    assert told.ahead == 0
    assert [given.why for given in told.newest] == ["lower_number", "earlier", "class"]


def test_what_the_patient_gave_up_or_could_not_take_is_said(session: Session) -> None:
    """X22, X4, X18: a later one got it because the first had given it up, or had another visit then."""
    me = build.waiting(session, now=NOW - timedelta(days=3))
    slot = build.slot(session, NOW + timedelta(hours=240), state="pending")
    placed = allocation.place(session, slot.id, now=NOW)
    assert placed.appointment_id is not None
    cancellations.cancel(session, placed.appointment_id, reason="sms", actor=build.PATIENT, now=NOW)
    build.waiting(session, now=NOW - timedelta(days=1))
    allocation.place(session, slot.id, now=NOW)
    assert why(session, me) == {"gave_up": 1}
    other = build.slot(session, NOW + timedelta(hours=300), pool="CONTROL")
    appointments.book(session, me.patient_id, other.id, actor=build.DESK, now=NOW, visit_type="control")
    build.waiting(session, now=NOW - timedelta(hours=5))
    give(session, 300)
    assert why(session, me) == {"gave_up": 1, "busy": 1}


def test_only_what_would_have_suited_counts_and_only_since_joining(session: Session) -> None:
    """X22, R29: another place, another pool, another weekday, and what was given before, are not this patient's matter."""
    build.waiting(session, now=NOW - timedelta(days=9))
    give(session, now=NOW - timedelta(days=2))
    far = build.waiting(session, now=NOW - timedelta(days=1), latitude=GDANSK[0], longitude=GDANSK[1], radius_km=20.0)
    weekday = (NOW + timedelta(hours=240)).isoweekday()
    never = build.waiting(session, now=NOW - timedelta(days=1), weekdays=frozenset(range(1, 8)) - {weekday})
    build.waiting(session, now=NOW - timedelta(hours=30), urgent=True)
    give(session)
    assert why(session, far) == why(session, never) == {}


def test_an_unknown_entry_has_no_explanation(session: Session) -> None:
    """X22."""
    with pytest.raises(LookupError):
        explanations.explain(session, 999_999_999)


def test_the_longest_waits_and_hopeless_wishes_are_reported(session: Session) -> None:
    """X23: one of many who has waited far longest; days that are past; a circle and a named place without any schedule."""
    build.schedule(session)
    stray = build.clinic(session, at=GDANSK)
    for _ in range(20):
        build.waiting(session, now=NOW - timedelta(days=1))
    old = build.waiting(session, now=NOW - timedelta(days=90))
    past = build.waiting(session, now=NOW - timedelta(days=20), date_to=date(2026, 9, 1))
    far = build.waiting(session, now=NOW - timedelta(days=1), latitude=GDANSK[0], longitude=GDANSK[1], radius_km=20.0)
    named = build.waiting(session, now=NOW - timedelta(days=1), place_ids=frozenset({stray.id}))
    told = explanations.watch(session, "CARDIO_FIRST", now=NOW)
    assert told.oldest == [old.id]
    assert told.hopeless == {"days_are_past": [past.id], "no_place_in_reach": [far.id, named.id]}
