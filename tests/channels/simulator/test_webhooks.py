"""Webhooks: signed, complete, posted until they are taken, and answered with TwiML."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from twilio.base.exceptions import TwilioRestException

from channels.simulator.wire import TwimlInvalid, opt_out_type, twiml_messages
from tests.channels.simulator.harness import (
    ACCOUNT,
    JANINA,
    MAREK,
    PATIENCE,
    SERVICE,
    TOKEN,
    Inbox,
    Running,
    config_for,
    run_simulator,
)

ROOT = Path(__file__).parents[3]


def test_receipts_are_signed_and_complete(carrier: Running, inbox: Inbox) -> None:
    sid = carrier.send(status_callback=f"{inbox.status_url}?visit=17&note=a%20b").sid
    sent, delivered = inbox.next(), inbox.next()
    assert sent.is_signed()
    assert delivered.is_signed()
    assert sent.path == "/sms/status?visit=17&note=a%20b"
    expected = {
        "AccountSid": ACCOUNT, "ApiVersion": "2010-04-01", "From": SERVICE, "To": JANINA.number,
        "MessageSid": sid, "SmsSid": sid, "MessageStatus": "sent", "SmsStatus": "sent",
    }  # fmt: skip
    assert sent.form == expected
    assert delivered.form.pop("RawDlrDoneDate").isdigit()
    assert delivered.form == expected | {"MessageStatus": "delivered", "SmsStatus": "delivered"}
    message = carrier.client().messages(sid).fetch()
    assert (message.status, message.date_sent is None) == ("delivered", False)


def test_the_signature_is_worth_something(carrier: Running, inbox: Inbox) -> None:
    carrier.write("TAK")
    taken = inbox.next()
    assert taken.is_signed()
    assert not taken.is_signed(token="another")
    taken.form["Body"] = "ODWOLAJ"
    assert not taken.is_signed()


def test_an_inbound_message_has_every_field(carrier: Running, inbox: Inbox) -> None:
    answer = carrier.write("  nie dam rady, proszę odwołać 😀 ")
    taken = inbox.next()
    assert answer.status_code == 202
    assert taken.is_signed()
    assert taken.url == inbox.sms_url
    assert taken.headers["Content-Type"] == "application/x-www-form-urlencoded"
    sid = answer.json()["sid"]
    assert taken.form == {
        "AccountSid": ACCOUNT, "ApiVersion": "2010-04-01", "Body": "nie dam rady, proszę odwołać 😀",
        "From": JANINA.number, "FromCity": "", "FromCountry": "PL", "FromState": "", "FromZip": "",
        "To": SERVICE, "ToCity": "", "ToCountry": "PL", "ToState": "", "ToZip": "",
        "MessageSid": sid, "SmsSid": sid, "SmsMessageSid": sid, "SmsStatus": "received",
        "NumMedia": "0", "NumSegments": "1",
    }  # fmt: skip


def test_twiml_is_honoured(carrier: Running, inbox: Inbox) -> None:
    """The reply goes out as a message of its own, to the telephone that wrote."""
    inbox.answers.append((200, "<Response><Message>Wizyta odwołana.</Message></Response>"))
    inbox.answers.append((200, "<?xml version='1.0' encoding='UTF-8'?><Response/>"))
    carrier.write("ODWOLAJ")
    inbox.next()
    carrier.write("drugi")
    inbox.next()
    replies = _wait_for(carrier, "outbound-reply")
    assert [(reply["body"], reply["direction"]) for reply in replies] == [("Wizyta odwołana.", "outbound-reply")]


@pytest.mark.parametrize(
    ("document", "messages"),
    [
        ("", []),
        ("<Response></Response>", []),
        ("<Response><Message>tak</Message><Message to='+48601234502'>nie</Message></Response>",
         [(None, "tak"), ("+48601234502", "nie")]),
        ("<Response><Message><Body> Ażeby </Body></Message></Response>", [(None, "Ażeby")]),
    ],
)  # fmt: skip
def test_twiml_as_read(document: str, messages: list[tuple[str | None, str]]) -> None:
    assert twiml_messages(document) == messages


@pytest.mark.parametrize("document", ["OK", "<Respons/>", "<Response><Say>x</Say></Response>", "<Response><Message/></Response>"])
def test_what_is_no_twiml_is_said_to_be_none(document: str) -> None:
    with pytest.raises(TwimlInvalid):
        twiml_messages(document)


@pytest.mark.parametrize("trouble", [(500, ""), (503, "baza w konserwacji"), (429, ""), (0, "")])
def test_a_webhook_comes_again_until_it_is_taken(carrier: Running, inbox: Inbox, trouble: tuple[int, str]) -> None:
    """5xx, 429 and a hang-up: the same form, the same signature, the same idempotency token, again."""
    inbox.answers.extend([trouble, trouble, (200, "<Response/>")])
    carrier.write("ODWOLAJ")
    tries = [inbox.next() for _ in range(3)]
    assert tries[0].form == tries[1].form == tries[2].form
    assert len({taken.headers["I-Twilio-Idempotency-Token"] for taken in tries}) == 1
    assert all(taken.is_signed() for taken in tries)
    _wait_until_posted(carrier)
    assert inbox.taken.empty()


def test_a_service_that_does_not_answer_is_asked_again(inbox: Inbox) -> None:
    inbox.held = 1
    with run_simulator(config_for(inbox, webhook_timeout=0.1)) as carrier:
        carrier.write("ODWOLAJ")
        assert inbox.next().form == inbox.next().form
        inbox.release.set()
        _wait_until_posted(carrier)


def test_a_refused_webhook_is_not_repeated_but_remembered(carrier: Running, inbox: Inbox) -> None:
    inbox.answers.append((403, "zły podpis"))
    sid = carrier.write("ODWOLAJ").json()["sid"]
    inbox.next()
    state = _wait_until_posted(carrier)
    assert state["given_up"] == [{"kind": "inbound", "sid": sid, "url": inbox.sms_url, "reason": "HTTP 403"}]
    assert inbox.taken.empty()


def test_nothing_is_posted_for_ever(inbox: Inbox) -> None:
    inbox.answers.extend([(500, "")] * 50)
    with run_simulator(config_for(inbox, redelivery_for=0.2)) as carrier:
        carrier.write("ODWOLAJ")
        state = _wait_until_posted(carrier)
        assert [gone["reason"] for gone in state["given_up"]] == ["HTTP 500"]
        assert 2 < inbox.taken.qsize() < 20


def test_stop_and_start(carrier: Running, inbox: Inbox) -> None:
    """Twilio's default handling: the service is told, the patient gets a word, 21610 until he wants messages again."""
    assert carrier.write(" stop ").status_code == 202
    assert inbox.next().form["OptOutType"] == "STOP"
    with pytest.raises(TwilioRestException) as refused:
        carrier.send()
    assert (refused.value.status, refused.value.code) == (400, 21610)
    assert carrier.send(to=MAREK.number).status == "queued"
    carrier.write("START")
    assert inbox.next().form["OptOutType"] == "START"
    assert carrier.send().status == "queued"
    words = [message["body"] for message in carrier.thread() if message["direction"] == "outbound-reply"]
    assert ["Wypisano" in word for word in words] == [True, False]


def test_an_opt_out_outlives_the_process(inbox: Inbox, tmp_path: Path) -> None:
    config = config_for(inbox, database=str(tmp_path / "carrier.sqlite"))
    with run_simulator(config) as carrier:
        carrier.write("UNSUBSCRIBE")
    with run_simulator(config) as carrier, pytest.raises(TwilioRestException) as refused:
        carrier.send()
    assert refused.value.code == 21610


@pytest.mark.parametrize("word", ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "Quit\n"])
def test_d8_these_words_stop(word: str) -> None:
    """D8: a reminder never asks for them."""
    assert opt_out_type(word) == "STOP"


@pytest.mark.parametrize("word", ["TAK", "ODWOLAJ", "COFNIJ", "POCZEKALNIA", "stop, proszę", "nie"])
def test_d8_the_words_of_a_reminder_do_not(word: str) -> None:
    assert opt_out_type(word) is None


def test_a_twiml_answer_to_a_stop_is_not_sent(carrier: Running, inbox: Inbox) -> None:
    inbox.answers.append((200, "<Response><Message>Szkoda!</Message></Response>"))
    carrier.write("STOP")
    inbox.next()
    _wait_until_posted(carrier)
    assert "Szkoda!" not in [message["body"] for message in carrier.thread()]


class Killable:
    """The simulator as a process of its own, on a file."""

    def __init__(self, database: Path, port: int, webhook: str, **delays: str) -> None:
        command = [
            sys.executable, "-m", "channels.simulator", "--port", str(port), "--database", str(database),
            "--account", ACCOUNT, "--token", TOKEN, "--number", SERVICE, "--webhook", webhook,
        ]  # fmt: skip
        for name, seconds in delays.items():
            command += [f"--{name.replace('_', '-')}", seconds]
        self.process = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}", transport=httpx.HTTPTransport(retries=8), timeout=10)
        self.http.get("/simulator/webhooks").raise_for_status()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.http.close()


def test_kill_9_loses_no_webhook(inbox: Inbox, tmp_path: Path) -> None:
    """What was accepted before the kill goes on after it: receipts still to come, and a reply nobody took yet."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    inbox.answers.append((500, ""))
    first = Killable(tmp_path / "carrier.sqlite", port, inbox.sms_url, sent_after="60", delivered_after="60")
    try:
        first.http.put("/simulator/telephones", json=[{"number": JANINA.number, "kind": "mobile", "whose": "J. K."}])
        form = {"To": JANINA.number, "From": SERVICE, "Body": "x", "StatusCallback": inbox.status_url}
        path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
        sid = first.http.post(path, data=form, auth=(ACCOUNT, TOKEN)).json()["sid"]
        first.http.post(f"/simulator/telephones/{JANINA.number}/messages", json={"body": "ODWOLAJ"})
        before = inbox.next().form
    finally:
        first.kill()
    _bring_forward(tmp_path / "carrier.sqlite")
    second = Killable(tmp_path / "carrier.sqlite", port, inbox.sms_url)
    try:
        after = [inbox.next().form for _ in range(3)]
        status = second.http.get(f"{path.removesuffix('.json')}/{sid}.json", auth=(ACCOUNT, TOKEN)).json()["status"]
    finally:
        second.kill()
    assert before in after
    receipts = [form for form in after if form != before]
    assert [form["MessageSid"] for form in receipts] == [sid, sid]
    assert {form["MessageStatus"] for form in receipts} == {"sent", "delivered"}
    assert status == "delivered"


def _bring_forward(database: Path) -> None:
    """Let an hour pass for the dead carrier: everything on its file was due long ago."""
    with closing(sqlite3.connect(database, isolation_level=None)) as file:
        course = file.execute("SELECT course FROM messages WHERE course != ''").fetchone()[0]
        steps = [[step[0] - 3600, *step[1:]] for step in json.loads(course)]
        file.execute("UPDATE messages SET course = ? WHERE course != ''", (json.dumps(steps),))
        file.execute("UPDATE webhooks SET due = due - 3600")


def _wait_until_posted(carrier: Running) -> dict[str, Any]:
    """Until nothing is left to post, by the carrier's own account."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        state = dict(carrier.http.get("/simulator/webhooks").json())
        if state["pending"] == 0:
            return state
    raise AssertionError("webhooks are still pending")


def _wait_for(carrier: Running, direction: str) -> list[dict[str, Any]]:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = [message for message in carrier.thread() if message["direction"] == direction]
        if found:
            return found
    raise AssertionError(f"no {direction} message came")
