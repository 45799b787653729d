"""The cells in which a freed slot looks for those who wait: nobody whom the place suits is ever outside them (R29, R51)."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry import allocation, cancellations, moves, waiting_room
from registry.appointments import Appointment
from registry.cells import reaching
from registry.waiting_room import Entry
from tests.registry import build, oracle

degrees = st.tuples(st.floats(-89, 89), st.floats(-180, 180))
radii = st.one_of(st.sampled_from((0.0, 10.0, 30.0, 50.0, 100.0, 100.5)), st.floats(0, 300))


def cell(latitude: float, longitude: float, radius: float) -> int:
    """The class of a circle, told a second time."""
    if radius > 100:
        return -2
    size = next(number for number, limit in enumerate((10, 30, 50, 100)) if radius <= limit)
    return size * 1_000_000 + (int(latitude * 4 // 1) + 400) * 1000 + int(longitude * 2.5 // 1) + 500


@settings(max_examples=500, deadline=None)
@given(middle=degrees, radius=radii, place=degrees)
def test_a_circle_that_holds_the_place_is_in_reach_anywhere(middle: tuple[float, float], radius: float, place: tuple[float, float]) -> None:
    if oracle.kilometres(middle, place) <= radius:
        assert cell(*middle, radius) in reaching(*place)


@settings(max_examples=500, deadline=None)
@given(place=st.tuples(st.floats(49, 55), st.floats(14, 24)), radius=radii, off=st.tuples(st.floats(-1.5, 1.5), st.floats(-2.5, 2.5)))
def test_a_circle_that_holds_the_place_is_in_reach_in_poland(
    place: tuple[float, float], radius: float, off: tuple[float, float]
) -> None:  # fmt: skip
    middle = (place[0] + off[0], place[1] + off[1])
    if oracle.kilometres(middle, place) <= radius:
        assert cell(*middle, radius) in reaching(*place)


def test_the_database_classes_an_entry_the_same_way(session: Session) -> None:
    """R29, R58: anywhere, wide, each size of circle; who only names places has no class."""
    now, named = build.LONG_AGO + timedelta(days=300), build.clinic(session).id
    points, sizes = ((52.2297, 21.0122), (-0.1, -0.1)), (0.0, 10.0, 10.5, 50.0, 99.0, 100.1)
    wishes = [{"latitude": point[0], "longitude": point[1], "radius_km": size} for point in points for size in sizes]
    made = [build.waiting(session, now=now, **one) for one in wishes]
    anywhere, place = build.waiting(session, now=now), build.waiting(session, now=now, place_ids=frozenset({named}))
    classes = dict(session.execute(select(Entry.id, Entry.cell)).all())
    assert [classes[one.id] for one in made] == [cell(**{key.removesuffix("_km"): value for key, value in one.items()}) for one in wishes]
    assert (classes[anywhere.id], classes[place.id]) == (-1, None)


def test_x18_who_moved_away_from_a_slot_does_not_get_it_back(session: Session) -> None:
    """X18: given slot A, moved to B, cancelled B: A goes to the next, and after other wishes it may come again."""
    now = build.LONG_AGO + timedelta(days=300)
    entry = build.waiting(session, now=now)
    first = build.slot(session, now + timedelta(days=7), state="pending")
    other = build.slot(session, now + timedelta(days=8))
    visit = allocation.place(session, first.id, now=now).appointment_id or 0
    moves.change(session, visit, other.id, actor=build.PATIENT, now=now)
    cancellations.cancel(session, visit, reason="sms", actor=build.PATIENT, now=now)
    assert entry.state == "waiting"
    assert allocation.place(session, first.id, now=now).outcome == "published"
    waiting_room.edit_criteria(session, entry.id, waiting_room.Criteria(date(2026, 1, 1)), actor=build.PATIENT, now=now)
    other.state = "pending"
    session.flush()
    placed = allocation.place(session, other.id, now=now)
    assert session.get_one(Appointment, placed.appointment_id).entry_id == entry.id
