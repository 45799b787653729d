"""The estimated date over a real database: read, played, written, renewed (R64-R66, R49), and told on joining (R103)."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, text, update
from sqlalchemy.orm import Session

from channels.registry_cli.forecast import MEANING
from registry import cancellations, forecast, notices, outbox, outlook, prospects, schedules, waiting_room
from registry.catalogue import POLICY, Pool
from registry.database import transaction
from registry.decisions import Run
from registry.estimates import Estimate, Forecast, ForecastTrace
from registry.forecast import ForecastRunning
from registry.prospects import costs_of_criteria, current
from registry.schedules import NewSlot, Place, Schedule, Slot
from registry.waiting_room import Criteria, Entry
from tests.registry import build

NOW = datetime(2026, 11, 18, 0, 30, tzinfo=UTC)
TODAY = date(2026, 11, 18)
GDANSK = (54.3520, 18.6466)
WORKING = frozenset({1, 2, 3, 4, 5})


def plan(
    session: Session, where: Place, *, past: int = 70, ahead: int = 60, each: int = 2, hour: int = 9, pool: Pool = "FIRST_STABLE",
    weekdays: frozenset[int] = WORKING, service: str = "CARDIO_FIRST",
) -> Schedule:  # fmt: skip
    """A doctor's slots from `past` days ago to `ahead` days from today; those up to day 40 are taken, the others locked."""
    made = build.schedule(session, where, service=service)
    days = (TODAY + timedelta(days=offset) for offset in range(-past, ahead + 1))
    starts = [build.warsaw(day, hour, 10 * number) for day in days if day.isoweekday() in weekdays for number in range(each)]
    slots = [NewSlot(f"{hour}.{number}", at, at + timedelta(minutes=10), pool) for number, at in enumerate(starts)]
    schedules.publish(session, made, slots, now=build.LONG_AGO)
    seen = (Slot.schedule_id == made.id, Slot.local_date <= TODAY + timedelta(days=40))
    session.execute(update(Slot).where(*seen).values(state="taken"))
    return made


def queue(session: Session, number: int, **wishes: Any) -> list[Entry]:
    """So many who joined one after another, an hour apart, the first ten days ago."""
    began = NOW - timedelta(days=10)
    return [build.waiting(session, now=began + timedelta(hours=one), **wishes) for one in range(number)]


def estimate(session: Session, entry: Entry) -> Estimate:
    return session.get_one(Estimate, entry.id, populate_existing=True)


def working_days(first: int, number: int) -> list[date]:
    days = (TODAY + timedelta(days=first + ahead) for ahead in range(60))
    return [day for day in days if day.isoweekday() < 6][:number]


# --- the night's estimates


def test_the_first_of_the_queue_gets_the_first_day_that_unlocks_r64(engine: Engine) -> None:
    """R64, R31: two a day unlock from day 41 on, so of five who wait two have day 41, two the next working day, one that after it."""
    with transaction(engine) as session:
        plan(session, build.clinic(session))
        waiting = queue(session, 5)
    (done,) = forecast.refresh(engine, now=NOW)
    assert (done.waiting, done.estimated, done.futures) == (5, 5, forecast.FUTURES)
    with transaction(engine) as session:
        told = [estimate(session, one) for one in waiting]
        days = working_days(41, 3)
        assert [one.p50 for one in told] == [days[0], days[0], days[1], days[1], days[2]]
        assert all(one.basis == "published" and one.p90 is not None and one.p50 is not None and one.p90 >= one.p50 for one in told)


def test_beyond_what_is_published_the_past_goes_on_r64(engine: Engine) -> None:
    """R64: eleven weeks of two a day on working days tell when the fortieth of the queue has a visit; the basis says so."""
    with transaction(engine) as session:
        plan(session, build.clinic(session), past=77, ahead=45)
        waiting = queue(session, 40)
    forecast.refresh(engine, now=NOW)
    with transaction(engine) as session:
        last = estimate(session, waiting[-1])
        assert last.basis == "extrapolated"
        assert last.p50 is not None
        assert abs((last.p50 - working_days(41, 23)[-1]).days) <= 7  # two days of Christmas and the new year lie between


def test_urgent_before_stable_and_control_slots_never_r53_d17(engine: Engine) -> None:
    """R53, R75, D17: who joined last and is urgent has the first day; a doctor of control visits alone is no supply."""
    with transaction(engine) as session:
        here = build.clinic(session)
        plan(session, here, each=1)
        plan(session, here, each=5, pool="CONTROL", hour=12)
        stable = queue(session, 1)[0]
        urgent = build.waiting(session, now=NOW - timedelta(hours=1), urgent=True)
    forecast.refresh(engine, now=NOW)
    with transaction(engine) as session:
        days = working_days(41, 2)
        assert [estimate(session, one).p50 for one in (urgent, stable)] == days


def test_why_there_is_no_date_is_said_r64(engine: Engine) -> None:
    """R64: zero supply, no place, hours that never are, days that are over, nobody to be reached: "cannot estimate", and why."""
    with transaction(engine) as session:
        here, there = build.clinic(session), build.clinic(session, at=GDANSK)
        plan(session, here)
        build.schedule(session, there)  # a doctor who has never had a slot
        plan(session, build.clinic(session, at=GDANSK), pool="FIRST_PRIVILEGED")
        joined = NOW - timedelta(days=40)
        around = {"latitude": 50.06, "longitude": 19.94, "radius_km": 10.0}
        wishes: dict[str, dict[str, Any]] = {
            "no_place": around, "never_match": {"hour_from": time(16)}, "no_supply": {"place_ids": frozenset({there.id})},
            "days_past": {"date_from": date(2026, 10, 1), "date_to": date(2026, 11, 1)},
        }  # fmt: skip
        entries = {reason: build.waiting(session, now=joined, **one) for reason, one in wishes.items()}
        entries["not_entitled"] = build.waiting(session, now=joined)
        unreachable = {"id": entries["not_entitled"].patient_id}
        session.execute(text("UPDATE contact_points SET state = 'invalid' WHERE patient_id = :id"), unreachable)
    forecast.refresh(engine, now=NOW)
    with transaction(engine) as session:
        told = {reason: estimate(session, one) for reason, one in entries.items()}
        assert {reason: one.reason for reason, one in told.items()} == {reason: reason for reason in entries}
        assert all(one.p50 is None and one.p90 is None for one in told.values())


def test_a_short_past_is_not_extrapolated_r64(engine: Engine) -> None:
    """R64: with five weeks of history only what is published counts; who comes after it has no date, and is told why."""
    with transaction(engine) as session:
        plan(session, build.clinic(session), past=35, ahead=44)
        waiting = queue(session, 12)
    forecast.refresh(engine, now=NOW)
    with transaction(engine) as session:
        reasons = [estimate(session, one).reason for one in waiting]
    assert reasons[0] is None
    assert reasons[-1] == "too_little_history"


def test_freed_slots_and_observed_rates_are_read_from_the_visits(engine: Engine) -> None:
    """R64: one of two visits was given up ten days before, and that patient left: half, ten days, all leave."""
    with transaction(engine) as session:
        here = build.schedule(session, build.clinic(session))
        visits = [build.visit(session, NOW + timedelta(days=20, hours=one), now=NOW - timedelta(days=2), on=here) for one in (9, 10)]
        cancellations.cancel(session, visits[0].id, reason="sms", actor=build.DESK, now=NOW + timedelta(days=10), leave=True)
    with transaction(engine) as session:
        rates = outlook.read(session, "CARDIO_FIRST", now=NOW + timedelta(days=11)).outlook.rates
    assert (rates.given_up, tuple(rates.leads), rates.leaves) == (0.5, (10,), 1.0)


def test_the_same_night_twice_says_the_same_x20(engine: Engine) -> None:
    with transaction(engine) as session:
        plan(session, build.clinic(session), ahead=44)
        queue(session, 15)
    told = []
    for _ in range(2):
        forecast.refresh(engine, now=NOW)
        with engine.connect() as connection:
            told.append(connection.execute(text("SELECT entry_id, p50, p90, basis, reason FROM estimates ORDER BY 1")).all())
    assert told[0] == told[1]


def test_many_processes_say_what_one_says(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes that read the same instant share the futures out; the dates are those of one."""
    with transaction(engine) as session:
        plan(session, build.clinic(session), ahead=44)
        queue(session, 12)
    forecast.refresh(engine, now=NOW, futures=4)
    query = text("SELECT entry_id, p50, p90, reason FROM estimates ORDER BY 1")
    with engine.connect() as connection:
        alone = connection.execute(query).all()
        connection.execute(text("DELETE FROM estimates"))
        connection.commit()
    monkeypatch.setattr(forecast, "FEW", 0)
    forecast.refresh(engine, now=NOW, futures=4, processes=2)
    with engine.connect() as connection:
        assert connection.execute(query).all() == alone


def test_one_forecast_at_a_time(engine: Engine) -> None:
    with engine.connect() as other:
        other.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": forecast.LOCK})
        with pytest.raises(ForecastRunning):
            forecast.refresh(engine, now=NOW)
        assert forecast.refresh_due(engine, now=NOW) is False
        other.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": forecast.LOCK})


def test_after_the_night_once_a_day_r66(engine: Engine) -> None:
    """R66: nightly, after the night's run of that date and not before; a second look finds it done."""
    with transaction(engine) as session:
        plan(session, build.clinic(session))
        queue(session, 2)
    assert forecast.refresh_due(engine, now=NOW) is False
    with transaction(engine) as session:
        session.add(Run(local_date=TODAY, state="finished", started_at=NOW, finished_at=NOW, starts=1))
    assert forecast.refresh_due(engine, now=NOW) is True
    assert forecast.refresh_due(engine, now=NOW + timedelta(hours=3)) is False
    with transaction(engine) as session:
        assert session.scalar(select(func.count()).select_from(Estimate)) == 2


def test_an_edit_during_the_computing_is_not_overwritten_r49(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """R49: what a patient was told on the change stands against a night that had read the old wishes."""
    with transaction(engine) as session:
        plan(session, build.clinic(session))
        entry = queue(session, 1)[0]
    forecast.refresh(engine, now=NOW)
    played = forecast.play

    def play_and_be_edited(there: Any, number: int) -> Any:
        if number == 0:
            with transaction(engine) as session:
                waiting_room.edit_criteria(
                    session, entry.id, Criteria(TODAY + timedelta(days=50)), actor=build.PATIENT, now=NOW + timedelta(minutes=1)
                )
        return played(there, number)

    monkeypatch.setattr(forecast, "play", play_and_be_edited)
    forecast.refresh(engine, now=NOW + timedelta(seconds=30))
    with transaction(engine) as session:
        told = estimate(session, entry)
        assert told.criteria_version == 2
        assert told.p50 is not None
        assert told.p50 >= TODAY + timedelta(days=50)


# --- joining, editing, asking


def test_on_joining_the_date_is_there_at_once_r66(engine: Engine) -> None:
    """R66: the newcomer stands behind three; the next night says the same day."""
    with transaction(engine) as session:
        plan(session, build.clinic(session))
        queue(session, 3)
    forecast.refresh(engine, now=NOW)
    with transaction(engine) as session:
        newcomer = build.waiting(session, now=NOW + timedelta(hours=9))
        at_once = estimate(session, newcomer).p50, estimate(session, newcomer).p90
    assert at_once[0] == working_days(41, 2)[1]
    forecast.refresh(engine, now=NOW + timedelta(hours=10))
    with transaction(engine) as session:
        assert (estimate(session, newcomer).p50, estimate(session, newcomer).p90) == at_once


def test_before_the_first_forecast_none_is_invented_r64(session: Session) -> None:
    entry = build.waiting(session, now=NOW)
    assert estimate(session, entry).reason == "no_forecast"


def test_an_edit_keeps_the_place_and_changes_the_date_at_once_r49(engine: Engine) -> None:
    """R49: Mondays alone cost the first of the queue days; giving the wish up again gives the old date back."""
    with transaction(engine) as session:
        plan(session, build.clinic(session), each=1)
        entries = queue(session, 3)
    forecast.refresh(engine, now=NOW)
    with transaction(engine) as session:
        first, before = entries[0], estimate(session, entries[0]).p50
        kept = session.get_one(Entry, first.id).queue_at
        waiting_room.edit_criteria(session, first.id, Criteria(TODAY, weekdays=frozenset({1})), actor=build.PATIENT, now=NOW)
        narrow = estimate(session, first).p50
        waiting_room.edit_criteria(session, first.id, Criteria(TODAY), actor=build.PATIENT, now=NOW)
        assert session.get_one(Entry, first.id).queue_at == kept
        assert before is not None
        assert narrow is not None
        assert narrow > before
        assert narrow.isoweekday() == 1
        assert estimate(session, first).p50 == before


def test_which_wish_costs_how_many_days_r49(engine: Engine) -> None:
    """R49: one doctor on Mondays at nine here, one every day at twelve; a wish for mornings costs, one for weekdays does not then."""
    with transaction(engine) as session:
        here = build.clinic(session)
        plan(session, here, each=1, weekdays=frozenset({1}))
        plan(session, here, each=2, hour=12)
        plan(session, build.clinic(session, at=GDANSK), each=2)
        entry = build.waiting(
            session, now=NOW - timedelta(days=1), hour_to=time(10), weekdays=frozenset({1, 2, 3, 4, 5}),
            latitude=build.HERE[0], longitude=build.HERE[1], radius_km=200.0,
        )  # fmt: skip
    forecast.refresh(engine, now=NOW)
    with transaction(engine) as session:
        kept = session.get_one(Entry, entry.id)
        told = current(session, kept, now=NOW)
        costs = {one.criterion: one for one in costs_of_criteria(session, kept, now=NOW)}
    first, monday = working_days(41, 1)[0], next(day for day in working_days(41, 6) if day.isoweekday() == 1)
    assert told.p50 == monday
    assert set(costs) == {"hours", "distance"}
    assert costs["hours"].days == costs["distance"].days == (monday - first).days
    assert costs["hours"].p50 == first


def test_a_wish_that_nothing_meets_is_named_as_the_one_that_hinders_r49_x23(engine: Engine) -> None:
    with transaction(engine) as session:
        plan(session, build.clinic(session))
        entry = build.waiting(session, now=NOW - timedelta(days=1), hour_from=time(18), date_to=TODAY + timedelta(days=80))
    forecast.refresh(engine, now=NOW)
    with transaction(engine) as session:
        (cost,) = costs_of_criteria(session, session.get_one(Entry, entry.id), now=NOW)
    assert (cost.criterion, cost.days, cost.p50) == ("hours", None, working_days(41, 1)[0])


def test_a_forecast_of_last_week_is_none_r66(engine: Engine) -> None:
    """R66: after seven days without a night nothing is told from it any more."""
    with transaction(engine) as session:
        plan(session, build.clinic(session))
        entry = queue(session, 1)[0]
    forecast.refresh(engine, now=NOW)
    with transaction(engine) as session:
        kept = session.get_one(Entry, entry.id)
        assert current(session, kept, now=NOW + timedelta(days=7)).p50 is not None
        assert current(session, kept, now=NOW + timedelta(days=8)).reason == "no_forecast"


def test_traces_are_replaced_not_heaped_up(engine: Engine) -> None:
    with transaction(engine) as session:
        plan(session, build.clinic(session))
    for _ in range(2):
        forecast.refresh(engine, now=NOW, futures=3)
    with transaction(engine) as session:
        assert session.scalar(select(func.count()).select_from(ForecastTrace)) == 6  # the place, and all places together
        assert session.get_one(Forecast, "CARDIO_FIRST").futures == 3


# --- the notice of joining


def test_who_joins_is_told_so_with_the_date_once_r103_x29(engine: Engine) -> None:
    """R103, D18, X29: one notice for an entry, with its estimate; told again it changes nothing."""
    with transaction(engine) as session:
        plan(session, build.clinic(session))
    forecast.refresh(engine, now=NOW)
    with transaction(engine) as session:
        entry = build.waiting(session, now=NOW + timedelta(hours=9))
        assert notices.notify_entry(session, "joined_waiting_room", entry.id, actor=build.DESK, now=NOW) is None
        (message,) = build.messages(session, kind="joined_waiting_room")
        assert message.entry_id == entry.id
        assert message.facts["estimate"] == working_days(41, 1)[0].isoformat()


def test_the_notice_is_a_switch_d18(session: Session) -> None:
    person = build.patient(session)
    right = build.referral(session, person)
    without = type(POLICY)(joined_notice=False)
    waiting_room.join(
        session, person.id, right.service, right.id, Criteria(TODAY), contact_point_id=build.contact(session, person).id,
        actor=build.DESK, now=NOW, policy=without,
    )  # fmt: skip
    assert build.kinds(session) == []


def test_the_notice_is_not_sent_to_who_has_left_again_r101(session: Session, now: datetime) -> None:
    """News of a place in the queue that is no longer held is suppressed when it would go out."""
    entry = build.waiting(session, now=now)
    waiting_room.leave(session, entry.id, actor=build.PATIENT, now=now)
    assert outbox.claim(session, "sms", worker="w", now=now) == []
    assert [one.state for one in build.messages(session, kind="joined_waiting_room")] == ["suppressed"]


def test_nobody_is_told_whom_nobody_can_reach_x6(session: Session, now: datetime) -> None:
    entry = build.waiting(session, now=now)
    session.execute(text("UPDATE contact_points SET state = 'invalid'"))
    session.execute(text("DELETE FROM messages"))
    assert notices.notify_entry(session, "joined_waiting_room", entry.id, actor=build.DESK, now=now) is None


def test_one_prospect_is_told_for_each_reason() -> None:
    """Every reason that the table allows is one that somebody can read."""
    assert set(MEANING) == set(prospects.Reason.__args__)  # type: ignore[attr-defined]  # a Literal's values
