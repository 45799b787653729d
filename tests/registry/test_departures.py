"""One chosen clinic (R58): who waits for it is told of its dates by itself, and asked for another when it leaves."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from channels.registry_cli.place import app
from registry import allocation, cancellations, departures, intake, invariants, waiting_room
from registry.appointments import Appointment
from registry.departures import Departed
from registry.events import Event
from registry.schedules import Place, Schedule, Slot
from registry.tasks import Task
from registry.waiting_room import Criteria, Entry
from tests.registry import build
from tests.registry.build import DESK, PATIENT
from tests.registry.test_intake import row

FAR, OFFERED = timedelta(days=9), timedelta(hours=60)


def waits_for(session: Session, now: datetime, *places: Place) -> Entry:
    return build.waiting(session, now=now, place_ids=frozenset(place.id for place in places))


def state(session: Session, one: Slot | Entry | Appointment) -> str:
    session.refresh(one)
    return one.status if isinstance(one, Appointment) else one.state


def tasks(session: Session) -> list[str]:
    return list(session.scalars(select(Task.kind).order_by(Task.id)))


def test_r58_a_date_at_the_chosen_clinic_is_given_and_told_by_itself(session: Session, engine: Engine, now: datetime) -> None:
    """R58, R47, R54: nobody asks; the first date there is booked and told, one elsewhere is not."""
    here, there = build.clinic(session), build.clinic(session)
    entry = waits_for(session, now, here)
    build.slot(session, now + FAR, state="pending", where=there)
    own = build.slot(session, now + 2 * FAR, state="pending", where=here)
    session.commit()
    allocation.place_due(engine, now=now)
    session.expire_all()
    visit = session.scalars(select(Appointment)).one()
    assert (visit.slot_id, visit.entry_id, visit.status) == (own.id, entry.id, "booked")
    assert build.kinds(session) == ["joined_waiting_room", "booked_from_waiting_room"]


def test_r58_when_the_clinic_leaves_its_dates_go_and_its_visits_stay(session: Session, now: datetime) -> None:
    """R58, R20, X11: unsold dates and offers end, the offered patient is back in his place; a booked visit takes place, a person knows."""
    here = build.clinic(session)
    visit = build.visit(session, now + FAR, now=now, where=here)
    unsold = [build.slot(session, now + FAR, state=one, where=here) for one in ("free", "pending", "quarantined")]
    entry = build.waiting(session, now=now)
    offered = build.slot(session, now + OFFERED, state="pending", where=here)
    allocation.place(session, offered.id, now=now)
    assert departures.leave(session, here.id, actor=DESK, now=now) == Departed(slots=4, visits=1)
    assert departures.leave(session, here.id, actor=DESK, now=now) == Departed()
    assert [state(session, one) for one in (*unsold, offered)] == ["withdrawn"] * 4
    assert (state(session, visit), state(session, entry)) == ("booked", "waiting")
    assert tasks(session) == ["place_left_with_visits"]
    told = session.execute(select(Event.kind, Event.actor, Event.channel).where(Event.kind == "place.left")).all()
    assert told == [("place.left", "registrar", "desk")]
    session.commit()
    assert invariants.broken(session) == []


def test_r58_who_waits_for_it_alone_is_asked_and_keeps_his_place(session: Session, now: datetime) -> None:
    """R58, R49: a notice and a person who sees to it, once; another clinic is chosen in the old place of the queue."""
    here, there = build.clinic(session), build.clinic(session)
    entry = waits_for(session, now, here)
    assert departures.leave(session, here.id, actor=DESK, now=now).asked == 1
    assert departures.ask(session, now=now) == 0
    assert (build.kinds(session), tasks(session)) == (["joined_waiting_room", "clinic_left"], ["clinic_left"])
    waiting_room.edit_criteria(session, entry.id, Criteria(date(2026, 1, 1), place_ids=frozenset({there.id})), actor=PATIENT, now=now)
    session.refresh(entry)
    assert (entry.state, entry.joined_at, entry.queue_at) == ("waiting", now, now)
    date_there = build.slot(session, now + FAR, state="pending", where=there)
    placed = allocation.place(session, date_there.id, now=now)
    assert session.get_one(Appointment, placed.appointment_id).entry_id == entry.id


def test_r58_who_waits_for_others_too_waits_on_for_those(session: Session, now: datetime) -> None:
    """R58: the gone clinic is taken off the wishes, in the old place and without a word; when the last one goes, he is asked."""
    here, there = build.clinic(session), build.clinic(session)
    entry = waits_for(session, now, here, there)
    assert departures.leave(session, here.id, actor=DESK, now=now) == Departed(narrowed=1)
    session.refresh(entry)
    assert (entry.place_ids, entry.queue_at, entry.criteria_version) == ([there.id], now, 2)
    assert build.kinds(session) == ["joined_waiting_room"]
    assert departures.leave(session, there.id, actor=DESK, now=now) == Departed(asked=1)


def test_r58_wishes_whose_days_are_past_do_not_stop_a_departure(session: Session, now: datetime) -> None:
    """R58: what nothing can match any more is left as it is."""
    here, there = build.clinic(session), build.clinic(session)
    wishes = {"date_from": now.date(), "date_to": now.date(), "place_ids": frozenset({here.id, there.id})}
    entry = build.waiting(session, now=now, **wishes)
    assert departures.leave(session, here.id, actor=DESK, now=now + FAR) == Departed()
    session.refresh(entry)
    assert entry.place_ids == [here.id, there.id]


def test_r58_who_gives_up_a_visit_there_later_is_asked_and_the_date_is_sold_no_more(
    session: Session, engine: Engine, now: datetime
) -> None:  # fmt: skip
    """R58, R56, R71: the cancelled date goes to nobody, its patient waits again, and the worker's look asks him."""
    here = build.clinic(session)
    entry = waits_for(session, now, here)
    slot = build.slot(session, now + FAR, state="pending", where=here)
    visit = session.get_one(Appointment, allocation.place(session, slot.id, now=now).appointment_id)
    departures.leave(session, here.id, actor=DESK, now=now)
    cancellations.cancel(session, visit.id, reason="illness", actor=PATIENT, now=now)
    session.commit()
    assert (state(session, slot), state(session, entry)) == ("withdrawn", "waiting")
    assert departures.ask_due(engine, now=now) == 1
    assert departures.ask_due(engine, now=now) == 0
    assert allocation.place_due(engine, now=now) == 0
    session.expire_all()
    assert build.kinds(session)[-1] == "clinic_left"
    assert invariants.broken(session) == []


def test_r58_a_place_that_left_announces_nothing_until_it_takes_part_again(session: Session, now: datetime) -> None:
    """R58, R15: its rows are refused with a reason; afterwards they are taken."""
    here = build.clinic(session)
    on = build.schedule(session, here)
    departures.leave(session, here.id, actor=DESK, now=now)

    def said() -> tuple[str, tuple[str, ...]]:
        (result,) = intake.take_in(session, on.id, [row(now + FAR)], actor=DESK, now=now)
        return result.outcome, result.why

    assert said() == ("refused", ("place_left",))
    departures.come_back(session, here.id, actor=DESK, now=now)
    assert said() == ("accepted", ())


@pytest.fixture
def typed(database_url: str, tmp_path: Path) -> Callable[..., tuple[int, str]]:
    def type_(*arguments: str) -> tuple[int, str]:
        environment = {"CER_DATABASE_URL": database_url, "CER_DATA_DIR": str(tmp_path / "data")}
        result = CliRunner().invoke(app, list(arguments), env=environment)
        return result.exit_code, result.stdout

    return type_


def test_r58_cer_place_leave_and_back(engine: Engine, session: Session, typed: Callable[..., tuple[int, str]]) -> None:
    """R58: by its number, asked first; JSON for a script; who typed it is on record."""
    soon = datetime.now(UTC)
    here = build.clinic(session)
    waits_for(session, soon, here)
    build.slot(session, soon + FAR, where=here)
    session.commit()
    assert typed("leave", str(here.id))[0] == 1  # nobody said yes
    code, told = typed("leave", str(here.id), "--yes", "--json")
    assert (code, json.loads(told)) == (0, {"slots": 1, "visits": 0, "narrowed": 0, "asked": 1})
    assert typed("leave", "999999", "--yes")[0] == 1
    assert typed("back", str(here.id))[0] == 0
    names = "SELECT kind, actor, actor_name IS NOT NULL FROM events WHERE kind LIKE 'place.%' ORDER BY id"
    assert [tuple(one) for one in session.execute(text(names))] == [("place.left", "operator", True), ("place.returned", "operator", True)]
    assert session.scalar(select(Schedule.place_id)) == here.id
