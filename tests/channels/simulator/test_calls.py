"""Calls of the simulated exchange, by the real twilio client and a handset: ringing, keys, streams, faults, Twilio's description."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.channels.simulator import contract
from tests.channels.simulator.harness import PATIENCE, SERVICE, STANISLAW, Inbox, Running, config_for, run_simulator
from tests.channels.simulator.test_contract import Recorder

LIST = "/2010-04-01/Accounts/{AccountSid}/Calls.json"
ONE = "/2010-04-01/Accounts/{AccountSid}/Calls/{Sid}.json"
GATHER = (
    '<Response><Gather action="/voice/keys" numDigits="1" timeout="5" actionOnEmptyResult="true">'
    "<Say>Proszę nacisnąć jeden.</Say></Gather></Response>"
)


@pytest.fixture
def exchange(inbox: Inbox) -> Iterator[Running]:
    with run_simulator(config_for(inbox, letters_per_second=10_000.0, screening_after=0.0)) as running:
        yield running


class Handset:
    """A telephone held by the test."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    def until(self, **wanted: str) -> dict[str, Any]:
        while True:
            event = self.socket.recv(timeout=PATIENCE)
            if isinstance(event, str) and wanted.items() <= (told := json.loads(event)).items():
                return dict(told)

    def do(self, event: str, **more: str) -> None:
        self.socket.send(json.dumps({"event": event, **more}))


@contextmanager
def handset(running: Running, number: str = STANISLAW.number) -> Iterator[Handset]:
    with connect(f"{running.base.replace('http', 'ws')}/telephone/{number}/line", proxy=None) as socket:
        held = Handset(socket)
        held.until(event="state")
        yield held


def ring(running: Running, inbox: Inbox, **more: Any) -> Any:
    return running.client().calls.create(
        to=STANISLAW.number, from_=SERVICE, url=f"{inbox.base}/voice/answer?c=1", status_callback=f"{inbox.base}/voice/status?c=1",
        status_callback_event=["answered", "completed"], **more,
    )  # fmt: skip


def test_a_call_from_ringing_to_the_end_is_told_in_signed_requests(exchange: Running, inbox: Inbox) -> None:
    inbox.by_path |= {"/voice/answer": (200, GATHER), "/voice/keys": (200, "<Response><Hangup/></Response>")}
    with handset(exchange) as phone:
        call = ring(exchange, inbox)
        phone.until(state="ringing", sender=SERVICE)
        phone.do("answer")
        phone.until(event="caption", text="Proszę nacisnąć jeden.")
        phone.do("key", digit="1")
        phone.until(state="idle")
    posts = [inbox.next() for _ in range(4)]
    assert all(post.is_signed() for post in posts)
    told = {post.path.split("?")[0] + ":" + post.form["CallStatus"] for post in posts}
    assert told == {"/voice/answer:in-progress", "/voice/status:in-progress", "/voice/keys:in-progress", "/voice/status:completed"}
    assert next(post.form["Digits"] for post in posts if post.path == "/voice/keys") == "1"
    assert exchange.client().calls(call.sid).fetch().status == "completed"


@pytest.mark.parametrize(("fault", "status"), [("call_busy", "busy"), ("call_no_answer", "no-answer")])
def test_a_line_that_is_busy_or_not_answered(exchange: Running, inbox: Inbox, fault: str, status: str) -> None:
    exchange.fault(fault, seconds=0.05)
    call = ring(exchange, inbox)
    assert inbox.next().form["CallStatus"] == status
    assert exchange.client().calls(call.sid).fetch().status == status


def test_a_second_call_to_one_line_finds_it_busy(exchange: Running, inbox: Inbox) -> None:
    with handset(exchange) as phone:
        ring(exchange, inbox)
        phone.until(state="ringing")
        ring(exchange, inbox)
        assert inbox.next().form["CallStatus"] == "busy"
        phone.do("hangup")


def test_a_call_that_is_pushed_away_is_busy(exchange: Running, inbox: Inbox) -> None:
    with handset(exchange) as phone:
        ring(exchange, inbox)
        phone.until(state="ringing")
        phone.do("hangup")
        assert inbox.next().form["CallStatus"] == "busy"


def test_an_answering_machine_is_told_beside_the_call(exchange: Running, inbox: Inbox) -> None:
    exchange.fault("call_voicemail")
    inbox.answers.extend([(200, '<Response><Pause length="1"/></Response>')] * 4)
    ring(
        exchange, inbox, machine_detection="Enable", async_amd="true", async_amd_status_callback=f"{inbox.base}/voice/screening?c=1"
    )  # fmt: skip
    posts = [inbox.next() for _ in range(4)]
    (screening,) = [post for post in posts if post.path.startswith("/voice/screening")]
    assert (screening.form["AnsweredBy"], screening.is_signed()) == ("machine_start", True)


@pytest.mark.parametrize("answer", [(500, ""), (404, ""), (200, "no markup"), (200, "<Response><Sing/></Response>"), (0, "")])
def test_a_service_that_gives_no_instructions_gets_the_call_cut(exchange: Running, inbox: Inbox, answer: tuple[int, str]) -> None:
    with handset(exchange) as phone:
        ring(exchange, inbox)
        phone.until(state="ringing")
        inbox.answers.extend([answer, answer])
        phone.do("answer")
        phone.until(state="idle")


def test_a_stream_that_is_refused_is_told_as_31920_and_the_call_goes_on(exchange: Running, inbox: Inbox) -> None:
    nowhere = inbox.base.replace("http", "ws") + "/no/stream"
    status = f"{inbox.base}/voice/stream-status"
    stream = f'<Response><Connect action="/voice/after"><Stream url="{nowhere}" statusCallback="{status}"/></Connect></Response>'
    inbox.answers.extend([(200, stream), (200, stream)])
    with handset(exchange) as phone:
        ring(exchange, inbox)
        phone.until(state="ringing")
        phone.do("answer")
        paths = {inbox.next().path.split("?")[0] for _ in range(4)}
    assert "/voice/after" in paths


def test_the_service_ends_a_call_and_cannot_end_it_twice(exchange: Running, inbox: Inbox) -> None:
    inbox.answers.extend([(200, '<Response><Pause length="30"/></Response>')] * 2)
    with handset(exchange) as phone:
        call = ring(exchange, inbox)
        phone.until(state="ringing")
        phone.do("answer")
        phone.until(state="talking")
        exchange.client().calls(call.sid).update(status="completed")
        phone.until(state="idle")
    with pytest.raises(TwilioRestException) as refusal:
        exchange.client().calls(call.sid).update(status="completed")
    assert refusal.value.code == 21220


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"to": "+481"}, 21211), ({"from_": "+48500500500"}, 21210), ({"url": "nowhere"}, 21205),
        ({"status_callback_event": ["sung"]}, 21626),
    ],
)  # fmt: skip
def test_what_twilio_refuses(exchange: Running, inbox: Inbox, changes: dict[str, Any], code: int) -> None:
    wanted = {"to": STANISLAW.number, "from_": SERVICE, "url": inbox.base} | changes
    with pytest.raises(TwilioRestException) as refusal:
        exchange.client().calls.create(**wanted)
    assert refusal.value.code == code


def test_an_unknown_call_is_20404(exchange: Running) -> None:
    with pytest.raises(TwilioRestException) as refusal:
        exchange.client().calls("CA" + "0" * 32).fetch()
    assert refusal.value.code == 20404


def test_calls_are_listed_newest_first_page_by_page(exchange: Running, inbox: Inbox) -> None:
    exchange.fault("call_busy")
    sids = [ring(exchange, inbox).sid for _ in range(3)]
    assert [call.sid for call in exchange.client().calls.list(to=STANISLAW.number, page_size=2)] == sids[::-1]


def test_create_and_fetch_are_as_twilio_describes_them(exchange: Running, inbox: Inbox, description: dict[str, Any]) -> None:
    exchange.fault("call_busy")
    recorder = Recorder()
    client = exchange.client(http_client=recorder)
    call = client.calls.create(to=STANISLAW.number, from_=SERVICE, url=inbox.base)
    client.calls(call.sid).fetch()
    (_, _, created, answer), (_, _, fetched, again) = recorder.exchanges
    assert (created, fetched) == (201, 200)
    assert contract.faults(contract.answer_schema(contract.operation(description, LIST, "post"), 201), answer) == []
    assert contract.faults(contract.answer_schema(contract.operation(description, ONE, "get"), 200), again) == []


def test_a_handset_of_another_site_is_refused(exchange: Running) -> None:
    address = f"{exchange.base.replace('http', 'ws')}/telephone/{STANISLAW.number}/line"
    with pytest.raises(InvalidStatus), connect(address, origin="https://elsewhere.example", proxy=None):  # type: ignore[arg-type]  # a str will do
        pass
