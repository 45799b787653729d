"""The dialler: what is due is rung once, at the hours of D10, one call a number; what is in doubt is asked of the carrier first."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from channels.voice.carrier import MEANINGS, STREAM_ERRORS, Addresses, Carrier
from channels.voice.dialler import Dialler
from dialogs import notices
from registry import calls, outbox
from registry.calls import Call
from registry.catalogue import POLICY
from registry.communications import Message
from registry.database import transaction
from registry.outbox import Claimed
from registry.tasks import Task
from tests.channels.simulator.harness import ACCOUNT, SERVICE, STANISLAW, TOKEN, Inbox, Running
from tests.channels.sms.world import PATIENT, WEEK, Clock
from tests.registry import build

LANDLINE = STANISLAW.number


def _words(message: Claimed) -> str:
    return notices.words(message.kind, message.facts, language=message.language, channel="voice")


class Office:
    """A database with calls to make, and an exchange to make them by."""

    def __init__(self, engine: Engine, sim: Running, inbox: Inbox, clock: Clock) -> None:
        self.engine, self.sim, self.inbox, self.clock, self.workers = engine, sim, inbox, clock, 0

    def with_dialler(self, use: Callable[[Dialler], Awaitable[Any]]) -> Any:
        self.workers += 1

        async def run() -> Any:
            addresses = Addresses(*(f"{self.inbox.base}/voice/{name}" for name in ("answer", "status", "screening")))
            carrier = Carrier(
                account_sid=ACCOUNT, auth_token=TOKEN, number=SERVICE, addresses=addresses, base_url=self.sim.base, timeout=PATIENT
            )
            try:
                return await use(
                    Dialler(self.engine, carrier, _words, name=f"w{self.workers}", policy=POLICY, clock=self.clock)
                )
            finally:
                await carrier.close()

        return asyncio.run(run())

    def ring_due(self) -> int:
        return int(self.with_dialler(lambda dialler: dialler.ring_due()))

    def reconcile(self) -> None:
        self.with_dialler(lambda dialler: dialler.reconcile())

    def visit(self, *numbers: str) -> int:
        with transaction(self.engine) as session:
            patient = build.patient(session, *(numbers or (LANDLINE,)))
            return build.visit(session, self.clock() + WEEK, now=self.clock(), of=patient).id

    def states(self) -> list[str]:
        with transaction(self.engine) as session:
            return list(session.scalars(select(Message.state).where(Message.direction == "out").order_by(Message.id)))

    def calls(self) -> list[Call]:
        with transaction(self.engine) as session:
            return list(session.scalars(select(Call).order_by(Call.id)))

    def rung(self) -> int:
        return len(self.sim.client().calls.list(to=LANDLINE))


@pytest.fixture
def office(engine: Engine, sim: Running, inbox: Inbox, now: datetime) -> Office:
    return Office(engine, sim, inbox, Clock(now))


def test_a_due_message_rings_its_landline_once_r98(office: Office) -> None:
    office.visit()
    assert [office.ring_due(), office.ring_due()] == [1, 0]
    (call,) = office.calls()
    assert (office.states(), office.rung(), call.outcome) == (["accepted"], 1, None)
    assert call.wire_id is not None


@pytest.mark.parametrize(
    "moment", [datetime.fromisoformat("2026-11-22T12:00+01:00"), datetime.fromisoformat("2026-11-18T08:59+01:00"),
               datetime.fromisoformat("2026-11-18T19:00+01:00"), datetime.fromisoformat("2026-11-11T12:00+01:00")],
)  # fmt: skip
def test_nobody_is_rung_on_sundays_holidays_or_outside_9_to_19_d10(office: Office, moment: datetime) -> None:
    office.clock.now = moment
    office.visit()
    assert office.ring_due() == 0


def test_two_messages_to_one_number_are_two_calls_one_after_the_other(office: Office) -> None:
    office.visit()
    office.visit()
    assert (office.ring_due(), office.rung()) == (1, 1)
    assert sorted(office.states()) == ["accepted", "queued"]


@pytest.mark.parametrize("code", [21211, 21214, 21217])
def test_a_number_that_cannot_be_rung_is_written_off_for_the_next_contact_r54(office: Office, code: int) -> None:
    office.visit(LANDLINE, "+48601234501")
    if code == 21211:
        office.sim.fault("refuse", code=21211)
        assert office.ring_due() == 1
        assert office.states() == ["undelivered", "queued"]
    assert MEANINGS[code] == "invalid_number"


@pytest.mark.parametrize("code", [20003, 21210, 21205, 21215])
def test_a_fault_of_our_own_stops_calls_and_loses_none(office: Office, code: int) -> None:
    office.visit()
    office.sim.fault("refuse", code=code)
    office.ring_due()
    assert office.states() == ["queued"]
    assert office.calls()[0].outcome is None
    office.sim.http.delete("/simulator/faults")
    office.clock.passes(minutes=2)
    office.ring_due()
    assert office.states() == ["accepted"]


def _claimed_by_a_dead_worker(office: Office) -> Claimed:
    with transaction(office.engine) as session:
        (message,) = outbox.claim(session, "voice", worker="dead", now=office.clock())
        outbox.keep_words(session, [(message.id, _words(message))])
        calls.place(session, message.id, message.address, now=office.clock())
    return message


def test_a_call_whose_placer_died_before_it_rang_is_rung_once(office: Office) -> None:
    office.visit()
    _claimed_by_a_dead_worker(office)
    office.clock.passes(minutes=1)
    office.reconcile()
    assert (office.states(), office.rung()) == (["queued"], 0)
    office.ring_due()
    assert (office.states(), office.rung()) == (["accepted"], 1)


def test_a_call_whose_placer_died_after_it_rang_is_not_rung_again(office: Office) -> None:
    office.visit()
    message = _claimed_by_a_dead_worker(office)
    placed = office.sim.client().calls.create(to=message.address, from_=SERVICE, url=office.inbox.base)
    office.clock.now = placed.date_created + timedelta(minutes=1)
    office.reconcile()
    (call,) = office.calls()
    assert (call.wire_id, office.states()) == (placed.sid, ["accepted"])
    assert office.ring_due() == 0


@pytest.mark.parametrize(("fault", "outcome"), [("call_busy", "busy"), (None, "interrupted")])
def test_a_call_whose_end_never_came_is_asked_for_and_tried_again_d11(office: Office, fault: str | None, outcome: str) -> None:
    office.visit()
    if fault:
        office.sim.fault(fault)
    office.ring_due()
    if fault is None:  # the carrier was started again and knows of no call
        office.sim.simulator.exchange.calls.clear()
    else:
        assert office.inbox.next().form["CallStatus"] == "busy"
    office.reconcile()
    assert office.calls()[0].outcome is None  # it may still be going on
    office.clock.passes(minutes=21)
    office.reconcile()
    assert office.calls()[0].outcome == outcome
    assert office.states() == ["undelivered", "queued"]


def test_a_message_without_words_is_a_task(engine: Engine, sim: Running, inbox: Inbox, now: datetime) -> None:
    office = Office(engine, sim, inbox, Clock(now))
    office.visit()
    with transaction(engine) as session:
        session.scalars(select(Message)).one().kind = "nonsense"
    office.ring_due()
    with transaction(engine) as session:
        assert session.scalars(select(Task.kind)).all() == ["unwritable"]


@pytest.mark.parametrize("code", [31920, 31921, 31922, 31923, 31924, 31930, 31931])
def test_errors_of_streams_have_a_meaning_for_who_reads_the_log(code: int) -> None:
    assert STREAM_ERRORS[code]


@pytest.mark.parametrize("code", [21262, 20404])
def test_a_fault_of_our_own_set_up_stops_the_ringing_and_refuses_nobody(code: int) -> None:
    assert MEANINGS[code] == "stop"
