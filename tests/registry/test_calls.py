"""Calls: one token opens one stream, one end settles one message, and what was not told is tried again by the plan (R98, D11)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from registry import calls, outbox, spoken
from registry.calls import Call, Ended
from registry.catalogue import POLICY
from registry.communications import Message
from registry.database import transaction
from registry.people import ContactPoint
from registry.tasks import Task
from tests.registry import build

LANDLINE = "+48523570150"
WEEK = timedelta(days=7)


def _placed(engine: Engine, now: datetime, number: str = LANDLINE) -> tuple[int, int]:
    """A call about a visit, accepted by the carrier: (call, message)."""
    with transaction(engine) as session:
        build.visit(session, now + WEEK, now=now, of=build.patient(session, number))
        (message,) = outbox.claim(session, "voice", worker="w", now=now)
        call_id = calls.place(session, message.id, message.address, now=now)
        calls.name(session, call_id, f"CA{call_id}")
        outbox.settle(session, [outbox.Settled(message.id, "accepted", f"CA{call_id}")], worker="w", now=now)
    return call_id, message.id


def _rows(session: Session, number: str = LANDLINE) -> list[Message]:
    return list(session.scalars(select(Message).where(Message.address == number).order_by(Message.id)))


@pytest.mark.parametrize("outcome", ["busy", "no_answer", "voicemail", "hung_up", "silent", "not_home", "interrupted"])
def test_an_untold_message_is_tried_after_30_minutes_then_3_hours_then_by_a_person_d11(engine: Engine, now: datetime, outcome: str) -> None:
    call_id, _ = _placed(engine, now)
    at = now
    for wait in (timedelta(minutes=30), timedelta(hours=3)):
        with transaction(engine) as session:
            assert calls.end(session, call_id, Ended(outcome), now=at)
            due = _rows(session)[-1]
            assert (due.state, due.due_at) == ("queued", at + wait)
            assert outbox.claim(session, "voice", worker="w", now=at + wait - timedelta(seconds=1)) == []
        at += wait
        with transaction(engine) as session:
            (again,) = outbox.claim(session, "voice", worker="w", now=at)
            call_id = calls.place(session, again.id, again.address, now=at)
    with transaction(engine) as session:
        calls.end(session, call_id, Ended(outcome), now=at)
        assert [row.state for row in _rows(session)] == ["undelivered"] * 3
        assert session.scalars(select(Task.kind)).all() == ["undelivered"]


def test_a_told_message_is_delivered_and_nobody_calls_again_r98(engine: Engine, now: datetime) -> None:
    call_id, message_id = _placed(engine, now)
    with transaction(engine) as session:
        calls.end(session, call_id, Ended("confirmed", told=True, timings=[{"heard_ms": 300}]), now=now)
        assert session.get_one(Message, message_id).state == "delivered"
        assert session.get_one(Call, call_id).timings == [{"heard_ms": 300}]
        assert len(_rows(session)) == 1


def test_whoever_asks_to_be_called_later_is_called_then_d11(engine: Engine, now: datetime) -> None:
    call_id, _ = _placed(engine, now)
    wished = now + timedelta(hours=2)
    with transaction(engine) as session:
        calls.end(session, call_id, Ended("call_later", again_at=wished), now=now)
        assert _rows(session)[-1].due_at == wished


def test_a_strangers_number_is_not_called_again_but_the_next_contact_r54(engine: Engine, now: datetime) -> None:
    with transaction(engine) as session:
        patient = build.patient(session, LANDLINE, "+48523570151")
        build.visit(session, now + WEEK, now=now, of=patient)
        (message,) = outbox.claim(session, "voice", worker="w", now=now)
        call_id = calls.place(session, message.id, message.address, now=now)
        calls.end(session, call_id, Ended("wrong_person"), now=now)
        assert [row.address for row in session.scalars(select(Message).order_by(Message.id))] == [LANDLINE, "+48523570151"]
        assert session.scalars(select(ContactPoint.state).where(ContactPoint.value == LANDLINE)).one() != "active"


@pytest.mark.parametrize("order", list(permutations([Ended("confirmed", told=True), Ended("no_answer"), Ended("hung_up")])))
def test_the_first_end_counts_whatever_comes_later_x29(engine: Engine, now: datetime, order: tuple[Ended, ...]) -> None:
    call_id, message_id = _placed(engine, now)
    with transaction(engine) as session:
        assert [calls.end(session, call_id, one, now=now) for one in order] == [True, False, False]
        assert session.get_one(Call, call_id).outcome == order[0].outcome
        expected = "delivered" if order[0].told else "undelivered"
        assert session.get_one(Message, message_id).state == expected
        assert len(_rows(session)) == (1 if order[0].told else 2)


def test_of_many_streams_with_one_token_one_is_let_in(engine: Engine, now: datetime) -> None:
    call_id, _ = _placed(engine, now)
    with transaction(engine) as session:
        assert calls.answer(session, call_id, token="secret", now=now)

    def open_stream(_: int) -> int | None:
        with transaction(engine) as session:
            return calls.redeem(session, "secret", f"CA{call_id}", now=now)

    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(open_stream, range(8)))
    assert sorted(one for one in opened if one is not None) == [call_id]


def test_a_token_opens_its_own_call_only_while_it_lasts(engine: Engine, now: datetime) -> None:
    call_id, _ = _placed(engine, now)
    with transaction(engine) as session:
        calls.answer(session, call_id, token="first", now=now)
        calls.answer(session, call_id, token="second", now=now)  # the carrier fetched the instructions twice: the newest counts
        assert calls.redeem(session, "first", f"CA{call_id}", now=now) is None
        assert calls.redeem(session, "second", "CAother", now=now) is None
        calls.end(session, call_id, Ended("hung_up"), now=now)
        assert calls.redeem(session, "second", f"CA{call_id}", now=now) is None
        assert not calls.answer(session, call_id, token="third", now=now)


def test_a_call_placed_twice_is_one_call_and_keeps_its_first_name(engine: Engine, now: datetime) -> None:
    call_id, message_id = _placed(engine, now)
    with transaction(engine) as session:
        assert calls.place(session, message_id, LANDLINE, now=now) == call_id
        assert calls.name(session, call_id, f"CA{call_id}")
        assert not calls.name(session, call_id, "CAother")


def test_the_briefing_says_whom_to_ask_for_r96(engine: Engine, now: datetime) -> None:
    call_id, _ = _placed(engine, now)
    with transaction(engine) as session:
        brief = spoken.briefing(session, call_id, now=now)
    assert (brief.name, brief.by_contact_person, brief.several, brief.holds) == ("Jan Kowalski", False, False, True)


def test_two_patients_at_one_number_are_told_apart_x8(engine: Engine, now: datetime) -> None:
    call_id, _ = _placed(engine, now)
    with transaction(engine) as session:
        build.patient(session, LANDLINE, given_name="Anna")
        assert spoken.briefing(session, call_id, now=now).several


def test_news_that_is_no_longer_true_is_not_told_r101(engine: Engine, now: datetime) -> None:
    call_id, message_id = _placed(engine, now)
    with transaction(engine) as session:
        row = session.get_one(Message, message_id)
        row.visit_version = 99
        session.flush()
        assert not spoken.briefing(session, call_id, now=now).holds
        calls.end(session, call_id, Ended("outdated"), now=now)
        session.expire_all()
        assert session.get_one(Message, message_id).state == "suppressed"
        assert len(_rows(session)) == 1


def test_who_calls_back_after_we_rang_in_vain_hears_what_we_wanted_d11(engine: Engine, now: datetime) -> None:
    call_id, _ = _placed(engine, now)
    with transaction(engine) as session:
        calls.end(session, call_id, Ended("no_answer"), now=now)
        again = _rows(session)[-1]
        theirs = calls.receive(session, "CAtheirs", LANDLINE, now=now)
        assert spoken.call_back(session, theirs, LANDLINE, now=now) == again.id
        assert outbox.claim(session, "voice", worker="w", now=now + timedelta(hours=1)) == []  # not rung for again
        calls.end(session, theirs, Ended("told", told=True), now=now)
        session.expire_all()
        assert [row.state for row in _rows(session)] == ["undelivered", "delivered"]


def test_the_plan_is_data_d11() -> None:
    assert POLICY.call_again == (timedelta(minutes=30), timedelta(hours=3))
