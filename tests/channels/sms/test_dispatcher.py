"""From a message row to a telephone: once, in order, and what becomes of refusals (X29, R100, R101)."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from channels.sms.carrier import Carrier
from channels.sms.dispatcher import Dispatcher
from registry import cancellations, receipts
from registry.catalogue import POLICY
from registry.communications import Message
from registry.database import transaction
from registry.outbox import LEASE, Claimed
from registry.people import ContactPoint
from registry.tasks import Task
from tests.channels.simulator.harness import JANINA, MAREK, STANISLAW
from tests.channels.sms.world import Post, with_carrier, words_of
from tests.registry import build

STRANDED = LEASE + timedelta(seconds=1)


def contact_state(post: Post, number: str) -> tuple[str, str]:
    with transaction(post.engine) as session:
        point = session.query(ContactPoint).filter_by(value=number).one()
        return point.state, point.channel


# --- the plain way


def test_what_is_due_is_claimed_sent_and_settled(post: Post) -> None:
    post.visit()
    assert post.send_due() == 1
    (message,) = post.messages()
    assert (message.state, message.kind, message.wire_id) == ("accepted", "booked", post.sids()[0])
    assert [message.body] == post.arrived()
    assert message.leased_by is None
    assert message.sent_at == post.clock()


def test_nothing_is_sent_twice_by_a_second_look(post: Post) -> None:
    post.visit()
    assert [post.send_due(), post.send_due()] == [1, 0]
    assert len(post.arrived()) == 1


def test_two_workers_at_the_same_moment_send_everything_once_x29(post: Post) -> None:
    numbers = [build.mobile() for _ in range(60)]
    for number in numbers:
        post.answer("x", number)

    async def use(carrier: Carrier) -> list[int]:
        workers = [
            Dispatcher(post.engine, carrier, words_of, name=f"w{number}", policy=POLICY, clock=post.clock) for number in range(4)
        ]
        return await asyncio.gather(*(worker.send_due("lane") for worker in workers))

    assert sum(with_carrier(post.sim, use)) == 60
    assert sorted(message.recipient for message in post.sim.simulator.carrier.store.messages("1")) == sorted(numbers)


def test_a_dispatcher_that_runs_sends_what_comes_and_ends_when_told(post: Post) -> None:
    async def use(dispatcher: Dispatcher) -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(dispatcher.run(stop))
        await asyncio.to_thread(post.answer, "pierwsza")
        async with asyncio.timeout(10):
            while "accepted" not in await asyncio.to_thread(post.states):
                await asyncio.to_thread(post.sim.thread)
        stop.set()
        await running

    post.with_dispatcher(use)
    assert post.arrived() == ["pierwsza"]


# --- order


def test_messages_of_one_address_arrive_in_their_order_r100(post: Post) -> None:
    for number in range(5):
        post.answer(f"{number}")
    post.sim.fault("latency", seconds=0.1, times=1)  # the first takes longest
    assert post.send_due() == 5
    assert post.arrived() == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("trouble", [{"kind": "refuse", "code": 20429}, {"kind": "refuse", "code": 20003}])
def test_what_stands_behind_a_message_that_was_put_off_does_not_overtake_it_r100(post: Post, trouble: dict[str, object]) -> None:
    post.answer("pierwsza")
    post.answer("druga")
    post.sim.fault(times=1, **trouble)
    post.send_due()
    assert post.arrived() == []
    post.answer("trzecia")  # newer, and due at once
    post.send_due()
    assert post.arrived() == []
    post.clock.passes(minutes=1)
    post.send_due()
    assert post.arrived() == ["pierwsza", "druga", "trzecia"]


def test_what_stands_behind_a_message_of_unknown_fate_waits_for_the_carriers_word_r100(post: Post) -> None:
    post.answer("pierwsza")
    post.answer("druga")
    post.sim.fault("drop", accepted=False, times=1)
    post.send_due()
    post.clock.passes(seconds=STRANDED.total_seconds())
    assert post.send_due() == 0
    post.reconcile()
    post.send_due()
    assert post.arrived() == ["pierwsza", "druga"]


def test_a_message_that_always_breaks_the_carrier_becomes_a_task_r54(post: Post) -> None:
    """R54: no clear answer to any try and never a trace of it there; what comes after it for the same address does go out."""
    post.answer("pierwsza")
    post.sim.fault("drop", accepted=False, times=receipts.MOST_DOUBTS)
    for _ in range(receipts.MOST_DOUBTS):
        assert post.send_due() == 1
        post.clock.passes(seconds=STRANDED.total_seconds())
        assert post.reconcile() == 1
        post.clock.passes(hours=1)
    assert post.states() == ["failed"]
    with transaction(post.engine) as session:
        assert session.scalars(select(Task.kind)).all() == ["undelivered"]
    post.answer("druga")
    assert (post.send_due(), post.arrived()) == (1, ["druga"])


def test_one_address_in_trouble_does_not_hold_up_another(post: Post) -> None:
    post.answer("x")
    post.answer("y", MAREK.number)
    post.sim.fault("refuse", code=20429, number=JANINA.number, times=1)
    post.send_due()
    assert post.arrived(MAREK.number) == ["y"]


# --- what is no longer true, what cannot be said


def test_a_notice_of_a_visit_that_has_changed_since_is_not_sent_r101(post: Post) -> None:
    visit = post.visit()
    with transaction(post.engine) as session:
        cancellations.cancel(session, visit, reason="other", actor=build.DESK, now=post.clock())
    post.send_due()
    assert post.states() == ["suppressed", "accepted"]
    assert post.arrived() == [words_of_kind(post, "cancelled")]


def words_of_kind(post: Post, kind: str) -> str:
    (message,) = post.messages(kind=kind)
    assert message.body
    return message.body


def test_a_message_without_words_becomes_a_task_and_stops_nobody_else(post: Post) -> None:
    visit = post.visit()
    post.answer("inna", MAREK.number)

    def speechless(message: Claimed) -> str:
        raise KeyError(message.kind)

    post.words = speechless
    assert post.send_due() == 1
    assert post.tasks() == ["unwritable"]
    assert post.messages(appointment_id=visit)[0].state == "failed"
    assert post.arrived(MAREK.number) == ["inna"]


# --- refusals


def test_an_opted_out_number_gets_nothing_more_and_another_contact_is_written_to_r54(post: Post) -> None:
    post.visit(JANINA.number, MAREK.number)
    post.sim.fault("refuse", code=21610, times=1)
    post.send_due()
    assert contact_state(post, JANINA.number)[0] == "opted_out"
    post.send_due()
    assert (post.arrived(), len(post.arrived(MAREK.number))) == ([], 1)
    assert post.tasks() == []


def test_an_unknown_number_without_another_contact_becomes_a_task_r54(post: Post) -> None:
    post.visit()
    post.sim.fault("refuse", code=21211, times=1)
    post.send_due()
    assert contact_state(post, JANINA.number)[0] == "invalid"
    assert (post.states(), post.tasks()) == (["failed"], ["undelivered"])


def test_a_landline_is_called_instead_r98(post: Post) -> None:
    with transaction(post.engine) as session:
        patient = build.without_contact(session)
        session.add(
            ContactPoint(patient_id=patient.id, value=STANISLAW.number, channel="sms", rank=0, state="active", created_at=post.clock())
        )
        session.flush()
        build.visit(session, post.clock() + timedelta(days=7), now=post.clock(), of=patient)
    post.send_due()
    assert contact_state(post, STANISLAW.number) == ("active", "voice")
    assert [(one.channel, one.state, one.address) for one in post.messages()] == [
        ("sms", "failed", STANISLAW.number), ("voice", "queued", STANISLAW.number),
    ]  # fmt: skip
    assert post.tasks() == []


def test_a_message_that_nobody_would_take_becomes_a_task_and_touches_no_address(post: Post) -> None:
    post.visit()
    post.sim.fault("refuse", code=21617, times=1)
    post.send_due()
    assert (post.states(), post.tasks(), contact_state(post, JANINA.number)[0]) == (["failed"], ["undelivered"], "active")


@pytest.mark.parametrize("code", [20003, 21606])
def test_a_fault_of_our_own_stops_sending_and_loses_nothing(post: Post, code: int) -> None:
    post.visit()
    post.sim.fault("refuse", code=code, times=1)
    post.send_due()
    assert (post.states(), post.tasks(), post.send_due()) == (["queued"], [], 0)
    post.clock.passes(minutes=1)
    post.send_due()
    assert (post.states(), len(post.arrived())) == (["accepted"], 1)


def test_a_refusal_and_what_follows_from_it_are_one_step(post: Post) -> None:
    """No moment at which the message has failed and nothing has been done about it: a worker may die at any moment."""
    post.visit()
    post.sim.fault("refuse", code=21211, times=1)
    with transaction(post.engine) as session:  # whoever holds the address keeps the follow-up, and with it the failure, waiting
        session.execute(update(ContactPoint).where(ContactPoint.value == JANINA.number).values(rank=0))

        async def use(dispatcher: Dispatcher) -> None:
            sending = asyncio.create_task(dispatcher.send_due("lane"))
            while not await asyncio.to_thread(someone_waits, post):
                assert post.states() in (["queued"], ["sending"])
            assert post.states() == ["sending"]
            session.commit()
            await sending

        post.with_dispatcher(use)
    assert (post.states(), post.tasks()) == (["failed"], ["undelivered"])


def someone_waits(post: Post) -> bool:
    with post.engine.connect() as connection:
        return bool(
            connection.exec_driver_sql(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            ).scalar()
        )


# --- hours


def test_at_night_only_answers_go_out_x30(post: Post) -> None:
    post.clock.now = datetime(2026, 11, 18, 22, 30, tzinfo=UTC)
    post.visit()
    post.answer("odpowiedź")
    post.send_due()
    assert post.arrived() == ["odpowiedź"]
    post.clock.now = datetime(2026, 11, 19, 7, 0, tzinfo=UTC)
    post.send_due()
    assert len(post.arrived()) == 2


def test_a_message_row_of_another_channel_is_not_ours(post: Post) -> None:
    message_id = post.answer("x")
    with transaction(post.engine) as session:
        session.execute(update(Message).where(Message.id == message_id).values(channel="email"))
    assert post.send_due() == 0
