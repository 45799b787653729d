"""The night at once and slot by slot: the same end, over random worlds, broken off anywhere, with others at work beside it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from registry import allocation, appointments, candidates, night, waiting_room
from registry.database import transaction
from registry.decisions import Decided, Run
from registry.schedules import Slot
from registry.settling import Settler
from registry.waiting_room import Criteria, Entry
from tests.registry import build, worlds

NOW = datetime(2026, 9, 14, 22, 5, tzinfo=UTC)  # five past midnight in Warsaw
TODAY = date(2026, 9, 15)


def at_night() -> datetime:
    return NOW


def world(engine: Engine, seed: int, now: datetime = NOW, **size: int) -> None:
    """A committed world in an empty database."""
    with transaction(engine) as session:
        worlds.make(session, seed, now=now, **size)


def slot_by_slot(engine: Engine, now: datetime = NOW) -> dict[str, list[tuple[Any, ...]]]:
    """How the world would end if every due slot were placed by itself, in order; undone again."""
    with Session(engine, autoflush=False, expire_on_commit=False) as session:
        for slot_id in allocation.due_slots(session, now=now, limit=10_000):
            allocation.place(session, slot_id, now=now)
        return worlds.end_of(session)


def end(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    with Session(engine) as session:
        return worlds.end_of(session)


@pytest.mark.parametrize("seed", range(12))
def test_the_night_ends_like_slot_by_slot(engine: Engine, seed: int) -> None:
    """X21, R50, R53, R60-R62, X4, X18, X19, D2-D5: visits, offers, states, messages, events and reasons are equal."""
    world(engine, seed)
    expected = slot_by_slot(engine)
    done = night.run(engine, clock=at_night, chunk=1 + seed % 7)
    assert end(engine) == expected
    assert done.state == "finished"
    assert done.slots == done.assigned + done.offered + done.published + done.lost > 0


@pytest.mark.parametrize("now", [datetime(2026, 3, 28, 23, 1, tzinfo=UTC), datetime(2026, 10, 24, 22, 1, tzinfo=UTC)])
def test_nights_with_a_clock_change(engine: Engine, now: datetime) -> None:
    """R50, X17: a night of 23 and one of 25 hours belong to one date each and end like slot by slot."""
    world(engine, 7, now)
    expected = slot_by_slot(engine, now)
    first = night.run(engine, clock=lambda: now)
    assert end(engine) == expected
    again = night.run(engine, clock=lambda: now + timedelta(hours=22))
    assert (again.id, again.starts) == (first.id, 1)


def test_a_second_run_of_a_date_changes_nothing(engine: Engine) -> None:
    """X20, R50: exactly once for a date, also when slots became due after it."""
    world(engine, 3)
    night.run(engine, clock=at_night)
    with transaction(engine) as session:
        build.slot(session, NOW + timedelta(days=9), state="pending")
    before = end(engine)
    again = night.run(engine, clock=lambda: NOW + timedelta(hours=5))
    assert end(engine) == before
    assert again.finished_at == NOW
    assert night.run(engine, clock=lambda: NOW + timedelta(days=1)).local_date == TODAY + timedelta(days=1)


def test_the_worker_runs_a_night_once_and_makes_up_for_a_missed_one(engine: Engine) -> None:
    """R50: due from midnight on until it is done; days without a worker are taken in by the next run."""
    world(engine, 4)
    seen: list[bool] = []
    late = NOW + timedelta(days=3, hours=9)
    assert night.run_due(engine, clock=lambda: late, now=late)
    assert not night.run_due(engine, clock=lambda: late, now=late)
    with Session(engine) as session:
        assert session.scalars(select(Run.local_date)).all() == [TODAY + timedelta(days=3)]
        assert allocation.due_slots(session, now=late) == []
    next_day = late + timedelta(days=1)
    night.run(engine, clock=lambda: next_day, progress=lambda *_: seen.append(night.at_work(engine)))
    assert seen == [True] * len(seen) != []
    assert not night.at_work(engine)


def test_only_the_present_date_can_be_run(engine: Engine) -> None:
    """R50: a night that was missed is made up by the next one, so no other date can be asked for."""
    with pytest.raises(night.WrongDate):
        night.run(engine, clock=at_night, day=TODAY - timedelta(days=1))


def test_a_second_scheduler_finds_the_first_at_work(engine: Engine) -> None:
    """R50: of two that start at once one works; the other is told so and changes nothing."""
    world(engine, 5)
    refused: list[bool] = []

    def second(step: str, _done: int, _of: int) -> None:
        if step == "read":
            with pytest.raises(night.NightRunning):
                night.run(engine, clock=at_night)
            refused.append(True)

    night.run(engine, clock=at_night, progress=second)
    assert refused == [True]
    with Session(engine) as session:
        assert session.scalars(select(Run.starts)).all() == [1]


def test_hashes_say_that_the_same_went_in_and_came_out(engine: Engine) -> None:
    """X20: two reads of one state have one hash; another entry makes another; the decisions have theirs."""
    world(engine, 11)
    first, second = night.read(engine, NOW), night.read(engine, NOW)
    with transaction(engine) as session:
        build.waiting(session, now=NOW)
    third = night.read(engine, NOW)
    assert first.digest == second.digest != third.digest
    done = night.run(engine, clock=at_night)
    assert done.input_hash == third.digest
    assert done.output_hash is not None
    assert len(done.output_hash) == 64


# --- others at work between the reading and the writing


def _join(session: Session) -> None:
    build.waiting(session, now=NOW, urgent=True, privileged=True)


def _edit(session: Session) -> None:
    for entry_id in session.scalars(select(Entry.id).where(Entry.state == "waiting").order_by(Entry.id).limit(3)).all():
        waiting_room.edit_criteria(session, entry_id, Criteria(date(2026, 1, 1)), actor=build.DESK, now=NOW)


def _leave(session: Session) -> None:
    entry_id = session.scalars(select(Entry.id).where(Entry.state == "waiting").order_by(Entry.rank, Entry.queue_at)).first()
    assert entry_id is not None
    waiting_room.leave(session, entry_id, actor=build.DESK, now=NOW)


def _withdraw(session: Session) -> None:
    for slot in session.scalars(select(Slot).where(Slot.state == "pending").order_by(Slot.id).limit(3)).all():
        slot.state = "withdrawn"


def _lose_contact(session: Session) -> None:
    session.execute(text("UPDATE contact_points SET state = 'invalid' WHERE id % 3 = 0"))


def _take_another_visit(session: Session) -> None:
    reachable = select(Entry).where(Entry.state == "waiting", candidates.reachable()).order_by(Entry.rank, Entry.queue_at)
    for entry in session.scalars(reachable.limit(4)).all():
        starts = NOW + timedelta(days=20 + entry.id % 50)
        free = build.slot(session, starts, pool="CONTROL")
        appointments.book(session, entry.patient_id, free.id, actor=build.DESK, now=NOW, visit_type="control")


def _free_and_place(session: Session) -> None:
    """A slot is freed beside the night and given away at once (R51)."""
    freed = build.slot(session, NOW + timedelta(hours=200), state="pending")
    allocation.place(session, freed.id, now=NOW)


MEANWHILE = [_join, _edit, _leave, _withdraw, _lose_contact, _take_another_visit, _free_and_place]


@pytest.mark.parametrize("change", MEANWHILE, ids=lambda change: change.__name__.strip("_"))
@pytest.mark.parametrize("seed", [1, 2])
def test_what_changes_while_it_runs_is_respected(engine: Engine, change: Callable[[Session], None], seed: int) -> None:
    """X14, R50, R52: after the reading something changes; the end is that of placing slot by slot in the changed world."""
    world(engine, seed, slots=14, waiting=24)
    expected: list[dict[str, list[tuple[Any, ...]]]] = []

    def meanwhile(step: str, _done: int, _of: int) -> None:
        if step == "read":
            with transaction(engine) as session:
                change(session)
            expected.append(slot_by_slot(engine))

    night.run(engine, clock=at_night, chunk=4, progress=meanwhile)
    assert end(engine) == expected[0]


def test_too_many_changes_are_read_anew(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """R50: when more entries changed than can be weighed one by one, the night looks again."""
    monkeypatch.setattr("registry.settling.AT_MOST", 0)
    world(engine, 2, slots=14, waiting=24)
    steps: list[str] = []

    def meanwhile(step: str, _done: int, _of: int) -> None:
        steps.append(step)
        if steps == ["read"]:
            with transaction(engine) as session:
                _edit(session)

    with transaction(engine) as session:
        expected_before = worlds.end_of(session)
    night.run(engine, clock=at_night, progress=meanwhile)
    assert steps.count("read") == 2
    assert end(engine) != expected_before


def test_the_lead_is_judged_when_it_is_written(engine: Engine) -> None:
    """X15, D4: a slot that slips under 72 hours between reading and writing is offered, not assigned."""
    with transaction(engine) as session:
        build.slot(session, NOW + timedelta(hours=72, seconds=30), state="pending")
        build.waiting(session, now=NOW - timedelta(days=2))
    late = iter([NOW, NOW, NOW, NOW])
    done = night.run(engine, clock=lambda: next(late, NOW + timedelta(minutes=1)))
    assert (done.assigned, done.offered) == (0, 1)


# --- broken off


class Broken(Exception):
    """The process ends here."""


@pytest.mark.parametrize("seed", range(3))
def test_a_run_broken_off_goes_on_to_the_same_end(engine: Engine, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """X20, R50: broken off before each of its transactions in turn, it ends as if it had run through; so does its output hash."""
    world(engine, seed)
    expected = slot_by_slot(engine)
    settle, left = Settler.settle, [0]

    def fragile(self: Settler, *given: Any, **named: Any) -> int:
        left[0] -= 1
        if left[0] < 0:
            raise Broken
        return settle(self, *given, **named)

    monkeypatch.setattr(Settler, "settle", fragile)
    breaks = 0
    while True:
        left[0] = 1
        try:
            done = night.run(engine, clock=at_night, chunk=3)
            break
        except Broken:
            breaks += 1
    assert breaks > 1
    assert end(engine) == expected
    assert done.starts == breaks + 1
    with Session(engine) as session:
        rows = session.execute(select(Decided.slot_id, Decided.outcome, Decided.entry_id).where(Decided.run_id == done.id)).all()
    assert len(rows) == done.slots


def test_two_that_start_at_the_same_moment(engine: Engine) -> None:
    """R50, X14: real threads on connections of their own: every slot decided once."""
    world(engine, 9, slots=20, waiting=30)
    expected = slot_by_slot(engine)
    outcomes: list[str] = []

    def start() -> None:
        try:
            outcomes.append(night.run(engine, clock=at_night, chunk=2).state)
        except night.NightRunning:
            outcomes.append("running")

    threads = [Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "finished" in outcomes
    assert len(outcomes) == 4
    assert end(engine) == expected
