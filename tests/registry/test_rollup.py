"""The nightly counting: once a night, whoever does it, and past days stand once they are settled (R74, X24, D15)."""

import threading
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from registry import appointments, attendance, cancellations, figures, forecast, moves, offers, promises, rollup, screening, waiting_room
from registry.appointments import Appointment
from registry.catalogue import CancelReason
from registry.database import transaction
from registry.events import Actor
from registry.figures import CountedDay, Figure
from registry.promises import Promise
from registry.rules import local_date
from registry.waiting_room import Criteria
from tests.registry import build
from tests.registry.build import DESK, PATIENT, warsaw

DAY = date(2026, 11, 18)
NOON, NIGHT = warsaw(DAY, 12), warsaw(DAY + timedelta(days=1), 0, 1)
CHAT, OPERATOR = Actor("patient", "chat"), Actor("operator", "console")


def told(engine: Engine, measure: str, day: date = DAY, provider_id: int | None = None) -> dict[tuple[str, str], int]:
    """The kept figures of a measure and a day, by channel and kind."""
    with transaction(engine) as session:
        kept = figures.read(session, day, day, provider_id=provider_id)
    return {(one.channel, one.kind): one.number for one in kept if one.measure == measure}


def count(engine: Engine, now: datetime = NIGHT) -> int:
    """The worker looks until there is nothing to do; how many days it counted."""
    done = 0
    while some := rollup.count_due(engine, now=now):
        done += some
    return done


def message(session: Session, at: datetime, **more: Any) -> int:
    """One that went out; its number."""
    row = {"at": at, "state": "delivered", "channel": "sms", "address": "+48601777001", **more}
    return int(session.execute(
        text("""INSERT INTO messages (at, direction, channel, address, kind, state, language, facts, attempt, tries)
                VALUES (:at, 'out', :channel, :address, 'booked', :state, 'pl', '{}', 1, 0) RETURNING id"""), row,
    ).scalar_one())  # fmt: skip


def cancelled(session: Session, actor: Actor, *, reason: CancelReason = "other", hold: timedelta = timedelta(0), at: datetime = NOON,
              of: Appointment | None = None) -> Appointment:  # fmt: skip
    visit = of or build.visit(session, NOON + timedelta(days=7), now=NOON - timedelta(days=7))
    return cancellations.cancel(session, visit.id, reason=reason, actor=actor, now=at, hold_for=hold)


# --- what the chart counts


def test_the_chart_counts_what_patients_cancelled_themselves_by_channel(engine: Engine) -> None:
    """R74: SMS beside other ways; a person at the desk or console, the clinic and a death are told apart."""
    with transaction(engine) as session:
        for actor in (PATIENT, PATIENT, CHAT, Actor("contact_person", "email"), Actor("patient", "api"), OPERATOR, DESK):
            cancelled(session, actor, reason="sms" if actor is PATIENT else "other")
        cancelled(session, DESK, reason="clinic")
        cancelled(session, Actor("registrar", "api"), reason="death")
    count(engine)
    assert told(engine, "cancelled") == {
        ("sms", "self"): 2, ("chat", "self"): 1, ("email", "self"): 1, ("api", "self"): 1, ("console", "staff"): 1, ("desk", "staff"): 1,
        ("desk", "clinic"): 1, ("api", "ended"): 1,
    }  # fmt: skip


def test_the_chart_does_not_count_what_was_taken_back_or_moved_nor_what_was_said_twice(engine: Engine) -> None:
    """R74, D6, R69, R85: COFNIJ undoes it, a change of date is none, a repeated cancellation is one."""
    with transaction(engine) as session:
        undone = cancelled(session, PATIENT, hold=timedelta(minutes=5))
        cancellations.undo(session, undone.id, actor=PATIENT, now=NOON + timedelta(minutes=1))
        again = cancelled(session, PATIENT, hold=timedelta(minutes=5))
        cancellations.undo(session, again.id, actor=PATIENT, now=NOON + timedelta(minutes=1))
        cancelled(session, PATIENT, at=NOON + timedelta(minutes=2), of=again)
        cancelled(session, CHAT, at=NOON + timedelta(minutes=3), of=again)
        moved = build.visit(session, NOON + timedelta(days=9), now=NOON - timedelta(days=9))
        moves.change(session, moved.id, build.slot(session, NOON + timedelta(days=10)).id, actor=PATIENT, now=NOON)
    count(engine)
    assert told(engine, "cancelled") == {("sms", "self"): 1}


def test_an_exam_that_is_moved_is_no_cancellation(engine: Engine) -> None:
    """R74, R85: a new visit and an old one that ends, in one step."""
    with transaction(engine) as session:
        person = build.patient(session)
        old = build.visit(session, NOON + timedelta(days=5), now=NOON - timedelta(days=1), of=person, service="MAMMO")
        new = build.slot(session, NOON + timedelta(days=6), service="MAMMO")
        build.eligible(session, person, "MAMMO", now=NOON)
        screening.change(session, old.id, new.id, actor=PATIENT, now=NOON)
    count(engine)
    assert told(engine, "cancelled") == {}


def test_a_cancellation_belongs_to_the_warsaw_day_on_which_it_was_made(engine: Engine) -> None:
    """X17: around midnight, and around the hour that comes twice."""
    twice = date(2026, 10, 25)
    with transaction(engine) as session:
        for at in (warsaw(DAY, 0), warsaw(DAY, 23, 59, 59), warsaw(DAY + timedelta(days=1), 0), warsaw(twice, 0), warsaw(twice, 23, 59)):
            visit = build.visit(session, at + timedelta(days=20), now=at - timedelta(days=1))
            cancellations.cancel(session, visit.id, reason="other", actor=PATIENT, now=at)
    count(engine, NIGHT + timedelta(days=1))
    found = [sum(told(engine, "cancelled", day).values()) for day in (DAY, DAY + timedelta(days=1), twice, twice + timedelta(days=1))]
    assert found == [2, 1, 2, 0]


# --- slots, no-shows, dates


def test_a_slot_whose_offer_ran_out_is_freed_once_and_refilled_by_whoever_gets_it_in_the_end(engine: Engine) -> None:
    """R131: from the first patient's cancellation to the last one's booking, not from the offer between."""
    with transaction(engine) as session:
        visit = cancelled(session, PATIENT)
        slot = session.get_one(type(build.slot(session, NOON + timedelta(days=30))), visit.slot_id)
        offer = offers.propose(session, slot, build.waiting(session, now=NOON - timedelta(days=1)),
                               expires_at=NOON + timedelta(hours=4), now=NOON + timedelta(hours=1))  # fmt: skip
        offers.decline(session, offer.id, actor=PATIENT, now=NOON + timedelta(hours=2))
        slot.state = "free"
        session.flush()
        person = build.patient(session)
        appointments.book(session, person.id, slot.id, actor=DESK, now=NOON + timedelta(hours=6),
                          referral_id=build.referral(session, person).id)  # fmt: skip
    count(engine)
    assert told(engine, "freed") == {("", "refilled"): 1}
    classes = {int(kind): number for (_, kind), number in told(engine, "refill").items()}
    assert figures.quantile(classes, 0.5) == pytest.approx(6 * 3600, rel=0.03)


def test_a_slot_that_finds_its_next_patient_later_is_counted_again_for_92_nights(engine: Engine) -> None:
    """R131: the day on which it was freed learns of it the night after; a day that is older stands."""
    with transaction(engine) as session:
        first = cancelled(session, PATIENT)
    count(engine)
    assert told(engine, "freed") == {("", "open"): 1}
    _book_again(engine, first.slot_id, NOON + timedelta(days=2))
    count(engine, NIGHT + timedelta(days=2))
    assert told(engine, "freed") == {("", "refilled"): 1}
    with transaction(engine) as session:
        session.execute(text("DELETE FROM events WHERE kind = 'visit.booked' AND at > :at"), {"at": NOON})
    count(engine, NIGHT + timedelta(days=91))
    assert told(engine, "freed") == {("", "open"): 1}
    _book_again(engine, first.slot_id, NOON + timedelta(days=2))
    count(engine, NIGHT + timedelta(days=93))
    assert told(engine, "freed") == {("", "open"): 1}


def _book_again(engine: Engine, slot_id: int, at: datetime) -> None:
    with transaction(engine) as session:
        session.execute(text("""INSERT INTO events (at, kind, actor, channel, slot_id, facts)
                                VALUES (:at, 'visit.booked', 'patient', 'chat', :slot, '{}')"""), {"at": at, "slot": slot_id})  # fmt: skip


def test_a_no_show_that_is_taken_back_is_none_any_more(engine: Engine) -> None:
    """X24: by the day of the visit, whenever it is noted and whenever it is taken back."""
    with transaction(engine) as session:
        came, missed, blameless = (
            build.visit(session, NOON + timedelta(hours=hour), now=NOON - timedelta(days=7)).id for hour in (0, 1, 2)
        )
        attendance.complete(session, came, actor=DESK, now=NOON + timedelta(hours=3))
        for one in (missed, blameless):
            attendance.miss(session, one, actor=DESK, now=NOON + timedelta(hours=3))
    count(engine)
    assert told(engine, "attendance") == {("", "fulfilled"): 1, ("", "noshow"): 2}
    with transaction(engine) as session:
        attendance.reverse(session, blameless, came=False, actor=DESK, now=NOON + timedelta(days=10))
    count(engine, NIGHT + timedelta(days=10))
    assert told(engine, "attendance") == {("", "fulfilled"): 1, ("", "noshow"): 1}


def promised(session: Session, p50: date, p90: date, *, at: datetime = NOON) -> int:
    entry = build.waiting(session, now=at)
    promises.note(session, entry.id, entry.criteria_version, p50, p90, now=at)
    return entry.id


def test_the_dates_that_fall_due_are_kept_missed_or_nobodys_business(engine: Engine) -> None:
    """R64: given a visit by the day, given a later one, still waiting, gone before."""
    week, month = DAY + timedelta(days=7), DAY + timedelta(days=30)
    with transaction(engine) as session:
        for days in (5, 20):  # a visit two days early, and one between the two dates
            entry = session.get_one(waiting_room.Entry, promised(session, week, month))
            slot = build.slot(session, NOON + timedelta(days=days), state="pending")
            offer = offers.propose(session, slot, entry, expires_at=NOON + timedelta(hours=4), now=NOON)
            offers.accept(session, offer.id, actor=PATIENT, now=NOON + timedelta(hours=1))
        promised(session, week, month)
        waiting_room.leave(session, promised(session, week, month), actor=PATIENT, now=NOON + timedelta(days=1))
    for ahead in range(32):
        count(engine, NIGHT + timedelta(days=ahead))
    assert told(engine, "promise", week) == {("p50", "kept"): 1, ("p50", "missed"): 2}
    assert told(engine, "promise", month) == {("p90", "kept"): 2, ("p90", "missed"): 1}


def test_the_first_date_told_for_the_present_wishes_is_what_counts(engine: Engine) -> None:
    """R64, R49: a later estimate changes nothing; other wishes begin anew, without a date if none is told."""
    with transaction(engine) as session:
        entry = promised(session, DAY, DAY)
        promises.note(session, entry, 1, DAY + timedelta(days=9), DAY + timedelta(days=9), now=NOON)
        assert session.get_one(Promise, entry, populate_existing=True).p50 == DAY
        promises.note(session, entry, 2, DAY + timedelta(days=9), DAY + timedelta(days=9), now=NOON)
        assert session.get_one(Promise, entry, populate_existing=True).p50 == DAY + timedelta(days=9)
        waiting_room.edit_criteria(session, entry, Criteria(DAY), actor=PATIENT, now=NOON)  # nothing has been played: no date
        promises.note(session, entry, 3, None, None, now=NOON)
        assert session.scalars(select(Promise)).all() == []


def test_a_night_of_estimates_remembers_what_it_told(engine: Engine) -> None:
    """R66: everybody who gets a date for the first time, by the forecast itself."""
    with transaction(engine) as session:
        on = build.schedule(session)
        for days in range(1, 30):
            build.slot(session, NOON + timedelta(days=days), state="pending", on=on)
        entry = build.waiting(session, now=NOON - timedelta(days=3)).id
    forecast.refresh(engine, now=NOON)
    with transaction(engine) as session:
        dates = session.execute(text("SELECT p50, p90 FROM estimates WHERE entry_id = :e AND p50 IS NOT NULL"), {"e": entry}).one()
        kept = session.scalars(select(Promise)).one()
        assert (kept.entry_id, kept.p50, kept.p90, kept.told_at) == (entry, *dates, NOON)


# --- once a night, for good


def test_each_day_is_counted_once_a_night_and_today_never(engine: Engine) -> None:
    with transaction(engine) as session:
        message(session, NOON - timedelta(days=3))
        message(session, NIGHT)
    assert count(engine) == 4  # the three days between too: nothing is something that was counted
    assert count(engine) == 0
    assert count(engine, NIGHT + timedelta(hours=22)) == 0
    assert told(engine, "sent", local_date(NIGHT)) == {}
    assert count(engine, NIGHT + timedelta(days=1)) == 5
    assert told(engine, "sent", local_date(NIGHT)) == {("sms", "delivered"): 1}


def test_a_receipt_that_comes_late_is_seen_for_a_week(engine: Engine) -> None:
    with transaction(engine) as session:
        number = message(session, NOON, state="sent")
    count(engine)
    _settle(engine, number, "delivered")
    count(engine, NIGHT + timedelta(days=6))
    assert told(engine, "sent") == {("sms", "delivered"): 1}
    _settle(engine, number, "failed")
    count(engine, NIGHT + timedelta(days=7))
    assert told(engine, "sent") == {("sms", "delivered"): 1}


def _settle(engine: Engine, number: int, state: str) -> None:
    with transaction(engine) as session:
        session.execute(text("UPDATE messages SET state = :state WHERE id = :id"), {"state": state, "id": number})


def test_two_workers_at_once_count_each_day_once(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """X14: both find the same days due; the real counting runs, and is told apart by its calls."""
    with transaction(engine) as session:
        for days in range(12):
            message(session, NOON - timedelta(days=days))
    done: list[date] = []
    real = rollup._count

    def noted(session: Session, day: date, now: datetime, *, spoken: bool) -> None:
        done.append(day)
        real(session, day, now, spoken=spoken)

    monkeypatch.setattr(rollup, "_count", noted)
    together = threading.Barrier(3)

    def work() -> None:
        together.wait()
        rollup.count_due(engine, now=NIGHT)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert sorted(done) == [DAY - timedelta(days=ahead) for ahead in reversed(range(12))]
    with transaction(engine) as session:
        assert session.execute(text("SELECT sum(number) FROM figures WHERE measure = 'sent' AND provider_id IS NULL")).scalar_one() == 12


def test_a_broken_counting_leaves_the_day_as_it_was(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with transaction(engine) as session:
        message(session, NOON)
    real = rollup._replace_spoken

    def dies(session: Session, day: date, found: Any) -> None:
        real(session, day, found)
        raise RuntimeError("the power went")

    monkeypatch.setattr(rollup, "_replace_spoken", dies)
    with pytest.raises(RuntimeError):
        count(engine)
    monkeypatch.undo()
    with transaction(engine) as session:
        assert session.scalars(select(Figure)).all() == []
        assert session.scalars(select(CountedDay)).all() == []
    assert count(engine) == 1
    assert told(engine, "sent") == {("sms", "delivered"): 1}


def test_figures_survive_what_they_were_counted_from(engine: Engine) -> None:
    """D15, X34: messages that were deleted are still in the figures, after the nights that follow and after a rebuilding."""
    with transaction(engine) as session:
        for _ in range(3):
            message(session, NOON)
    count(engine)
    with transaction(engine) as session:
        session.execute(text("DELETE FROM messages"))
        session.execute(text("INSERT INTO calls (at, direction, address, steps, misses, timings) VALUES (:at, 'in', '1', 0, 0, '[]')"),
                        {"at": NOON})  # fmt: skip
    count(engine, NIGHT + timedelta(days=1))
    rollup.rebuild(engine, DAY, DAY, now=NIGHT + timedelta(days=1))
    assert told(engine, "sent") == {("sms", "delivered"): 3}


def test_rebuilding_puts_a_day_right_tells_how_far_it_is_and_leaves_today_out(engine: Engine) -> None:
    with transaction(engine) as session:
        number = message(session, NOON, state="sent")
    count(engine)
    _settle(engine, number, "delivered")
    seen: list[tuple[str, int, int]] = []
    later = NIGHT + timedelta(days=40)
    done = rollup.rebuild(engine, DAY - timedelta(days=1), DAY + timedelta(days=1), now=later, progress=lambda *step: seen.append(step))
    assert (done, seen) == (3, [("counted", 1, 3), ("counted", 2, 3), ("counted", 3, 3)])
    assert told(engine, "sent") == {("sms", "delivered"): 1}
    assert rollup.rebuild(engine, DAY, date(2030, 1, 1), now=NOON) == 0
    assert rollup.rebuild(engine, DAY, date(2030, 1, 1), now=NIGHT) == 1


def test_nothing_of_anybody_is_kept(engine: Engine) -> None:
    """X34: the columns of the figures can hold a day, a clinic and words of the code, and the words are few."""
    with transaction(engine) as session:
        person = build.patient(session, "+48601777001")
        message(session, NOON)
        cancelled(session, PATIENT, of=build.visit(session, NOON + timedelta(days=7), now=NOON - timedelta(days=7), of=person))
    count(engine)
    with transaction(engine) as session:
        kept = session.execute(text("SELECT DISTINCT measure, channel, kind FROM figures")).all()
    assert {tuple(row) for row in kept} == {
        ("sent", "sms", "delivered"), ("sent", "sms", "queued"), ("cancelled", "sms", "self"), ("freed", "", "open"),
    }  # fmt: skip
    assert set(Figure.__table__.columns.keys()) == {"id", "local_date", "provider_id", "measure", "channel", "kind", "number", "total"}
