"""Trouble on demand: each kind does what it says, as often as it was told, and to whom."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from twilio.base.exceptions import TwilioRestException

from channels.simulator.errors import MISCARRIAGES
from tests.channels.simulator.harness import ACCOUNT, JANINA, MAREK, SERVICE, TOKEN, Inbox, Running, config_for, run_simulator


def _bodies(carrier: Running) -> list[str]:
    return [message.body for message in carrier.client().messages.list()]


@pytest.mark.parametrize(("code", "status"), [(20429, 429), (21610, 400), (20500, 500), (20503, 503)])
def test_refuse(carrier: Running, code: int, status: int) -> None:
    carrier.fault("refuse", code=code, times=1)
    with pytest.raises(TwilioRestException) as refused:
        carrier.send()
    assert (refused.value.status, refused.value.code) == (status, code)
    assert _bodies(carrier) == []
    assert carrier.send().status == "queued"


def test_too_many_requests_says_when_to_come_again(carrier: Running) -> None:
    carrier.fault("refuse", code=20429, seconds=7)
    form = {"To": JANINA.number, "From": SERVICE, "Body": "x"}
    answer = carrier.http.post(f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json", data=form, auth=(ACCOUNT, TOKEN))
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")


@pytest.mark.parametrize(("accepted", "sent"), [(False, []), (True, ["raz"])])
def test_a_server_error_before_or_after_the_message_was_taken(carrier: Running, accepted: bool, sent: list[str]) -> None:
    carrier.fault("server_error", accepted=accepted)
    with pytest.raises(TwilioRestException) as refused:
        carrier.send("raz")
    assert refused.value.status == 500
    assert _bodies(carrier) == sent


@pytest.mark.parametrize("kind", ["drop", "timeout"])
@pytest.mark.parametrize(("accepted", "sent"), [(False, []), (True, ["raz"])])
def test_an_answer_that_never_comes(carrier: Running, kind: str, accepted: bool, sent: list[str]) -> None:
    """The one the dispatcher must survive: the message may be out, and nobody said so."""
    carrier.fault(kind, accepted=accepted, seconds=0.05, times=1)
    with pytest.raises(requests.RequestException):
        carrier.send("raz")
    assert _bodies(carrier) == sent


def test_latency(carrier: Running) -> None:
    carrier.fault("latency", seconds=0.15, times=1)
    form = {"To": JANINA.number, "From": SERVICE, "Body": "x"}
    path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    slow = carrier.http.post(path, data=form, auth=(ACCOUNT, TOKEN))
    assert (slow.status_code, slow.elapsed.total_seconds() >= 0.15) == (201, True)
    assert carrier.http.get("/simulator/faults").json() == []


@pytest.mark.parametrize("code", [code for code in MISCARRIAGES if code != 30036])
def test_miscarry(carrier: Running, inbox: Inbox, code: int) -> None:
    carrier.fault("miscarry", code=code, times=1)
    sid = carrier.send(status_callback=inbox.status_url).sid
    final = MISCARRIAGES[code][0]
    receipts = [inbox.next().form for _ in range(1 if final == "failed" else 2)]
    assert (receipts[-1]["MessageStatus"], receipts[-1]["ErrorCode"]) == (final, str(code))
    assert all(receipt["MessageStatus"] == "sent" and "ErrorCode" not in receipt for receipt in receipts[:-1])
    message = carrier.client().messages(sid).fetch()
    assert (message.status, message.error_code, message.error_message) == (final, code, MISCARRIAGES[code][1])


def test_a_message_that_waited_longer_than_it_may_is_not_sent(inbox: Inbox) -> None:
    with run_simulator(config_for(inbox, sent_after=(60, 60))) as carrier:
        sid = carrier.send(validity_period=1, status_callback=inbox.status_url).sid
        assert inbox.next().form["ErrorCode"] == "30036"
        assert carrier.client().messages(sid).fetch().status == "failed"


def test_lost_receipts(carrier: Running, inbox: Inbox) -> None:
    carrier.fault("lose_receipts", number=JANINA.number)
    lost = carrier.send(status_callback=inbox.status_url).sid
    carrier.send(to=MAREK.number, status_callback=inbox.status_url)
    forms = [inbox.next().form for _ in range(2)]
    assert {form["To"] for form in forms} == {MAREK.number}
    assert carrier.client().messages(lost).fetch().status == "delivered"
    assert inbox.taken.empty()


def test_duplicate_receipts(carrier: Running, inbox: Inbox) -> None:
    carrier.fault("duplicate_receipts", copies=3, times=1)
    carrier.send(status_callback=inbox.status_url)
    assert sorted(inbox.statuses(6)) == ["delivered"] * 3 + ["sent"] * 3


def test_disordered_receipts(carrier: Running, inbox: Inbox) -> None:
    """The receipts come the wrong way round; the message itself went the right way."""
    carrier.fault("disorder_receipts", times=1)
    sid = carrier.send(status_callback=inbox.status_url).sid
    assert inbox.statuses(2) == ["delivered", "sent"]
    assert carrier.client().messages(sid).fetch().status == "delivered"


def test_delayed_receipts(carrier: Running, inbox: Inbox) -> None:
    carrier.fault("delay_receipts", seconds=0.3, times=1)
    late = carrier.send("spóźniona", status_callback=inbox.status_url).sid
    prompt = carrier.send("zwykła", status_callback=inbox.status_url).sid
    order = [inbox.next().form["MessageSid"] for _ in range(4)]
    assert order == [prompt, prompt, late, late]


def test_duplicate_inbound(carrier: Running, inbox: Inbox) -> None:
    """One message, one sid, three times: as a carrier whose connection broke after our answer."""
    carrier.fault("duplicate_inbound", copies=3, times=1)
    sid = carrier.write("ODWOLAJ").json()["sid"]
    forms = [inbox.next().form for _ in range(3)]
    assert forms[0] == forms[1] == forms[2]
    assert forms[0]["MessageSid"] == sid
    assert len(carrier.thread()) == 1


def test_delayed_inbound(carrier: Running, inbox: Inbox) -> None:
    carrier.fault("delay_inbound", seconds=0.3, number=JANINA.number)
    carrier.write("pierwsza")
    carrier.write("druga", MAREK.number)
    assert [inbox.next().form["Body"] for _ in range(2)] == ["druga", "pierwsza"]


def test_faults_are_for_whom_and_as_often_as_told(carrier: Running) -> None:
    carrier.fault("refuse", code=20429, number=JANINA.number, times=2)
    assert carrier.send(to=MAREK.number).status == "queued"
    for left in (1, 0):
        with pytest.raises(TwilioRestException):
            carrier.send()
        assert [fault["times"] for fault in carrier.http.get("/simulator/faults").json()] == ([left] if left else [])
    assert carrier.send().status == "queued"


def test_faults_are_cleared(carrier: Running) -> None:
    carrier.fault("refuse", code=20500)
    carrier.fault("latency", seconds=5)
    assert carrier.http.delete("/simulator/faults").status_code == 204
    assert carrier.http.get("/simulator/faults").json() == []
    assert carrier.send().status == "queued"


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"kind": "thunderstorm"},
        {"kind": "refuse"},
        {"kind": "refuse", "code": 1},
        {"kind": "miscarry", "code": 21610},
        {"kind": "timeout"},
        {"kind": "latency", "seconds": -1},
        {"kind": "duplicate_inbound", "copies": 1},
        {"kind": "drop", "times": 0},
        {"kind": "drop", "nubmer": "+48601234501"},
        ["drop"],
        {"kind": "disorder_receipts", "seconds": "5"},
        {"kind": ["drop"]},
    ],
)
def test_a_fault_that_would_do_nothing_is_refused(carrier: Running, fault: Any) -> None:
    answer = carrier.http.post("/simulator/faults", json=fault)
    assert answer.status_code == 422
    assert answer.json()["detail"]
    assert carrier.http.get("/simulator/faults").json() == []
