"""The telephones for programs, as the README tells them; errors in Polish."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from channels.simulator import ServiceNumber, create_simulator
from tests.channels.simulator.harness import JANINA, MAREK, SERVICE, STANISLAW, Inbox, Running, config_for, run_simulator

SECOND_SERVICE = "+48732000001"


def test_the_shelf(carrier: Running) -> None:
    assert carrier.http.get("/simulator/telephones").json() == [
        {"number": JANINA.number, "kind": "mobile", "whose": "Janina Kowalska", "note": "82 lata"},
        {"number": MAREK.number, "kind": "mobile", "whose": "Marek Wiśniewski", "note": ""},
        {"number": STANISLAW.number, "kind": "landline", "whose": "Stanisław Nowak", "note": ""},
    ]


def test_another_shelf(carrier: Running) -> None:
    new = [{"number": "+48601000001", "kind": "mobile", "whose": "Ewa Lis", "note": ""}]
    assert carrier.http.put("/simulator/telephones", json=new).status_code == 204
    assert carrier.http.get("/simulator/telephones").json() == new
    assert carrier.write("halo").status_code == 404


def test_the_shelf_outlives_the_process(inbox: Inbox, tmp_path: Any) -> None:
    config = config_for(inbox, database=str(tmp_path / "carrier.sqlite"))
    with run_simulator(config) as carrier:
        carrier.http.put("/simulator/telephones", json=[{"number": "+48601000001", "kind": "mobile", "whose": "Ewa"}])
        shelf = carrier.http.get("/simulator/telephones").json()
    simulator = create_simulator(config, allow=True).state.simulator
    assert [telephone.whose for telephone in simulator.carrier.subscribers.all()] == [shelf[0]["whose"]] == ["Ewa"]
    simulator.close()


@pytest.mark.parametrize(
    "shelf",
    [
        {"number": "+48601000001"},
        [{"number": "601", "kind": "mobile", "whose": "x"}],
        [{"number": "+48601000001", "kind": "fax", "whose": "x"}],
        [{"number": "+48601000001"}],
        ["+48601000001"],
        [{"number": "+48601000001", "kind": "mobile", "whose": 7}],
        [{"number": "+48601000001", "kind": "mobile", "whose": "\ud800"}],
    ],
)
def test_a_shelf_that_is_none_is_refused(carrier: Running, shelf: Any) -> None:
    answer = carrier.http.put("/simulator/telephones", content=json.dumps(shelf))
    assert answer.status_code == 422
    assert answer.json()["detail"]
    assert len(carrier.http.get("/simulator/telephones").json()) == 3


def test_a_thread(carrier: Running, inbox: Inbox) -> None:
    """Oldest first: what came to the telephone and what was written on it, with times and states."""
    sent = carrier.send("Wizyta jutro. Odpisz TAK albo ODWOLAJ.", status_callback=inbox.status_url)
    inbox.statuses(2)
    answer = carrier.write("ODWOLAJ")
    carrier.send("nie dla niej", to=MAREK.number)
    first, second = carrier.thread()
    assert second == answer.json()
    at = datetime.fromisoformat(first.pop("at"))
    assert at.utcoffset() == timedelta(0)
    assert first == {
        "sid": sent.sid, "direction": "outbound-api", "body": "Wizyta jutro. Odpisz TAK albo ODWOLAJ.",
        "status": "delivered", "error_code": None, "segments": 1,
    }  # fmt: skip
    assert (second["direction"], second["status"], second["body"]) == ("inbound", "received", "ODWOLAJ")


@pytest.mark.parametrize("number", ["+48601234501", "%2B48601234501", "48601234501"])
def test_a_number_in_an_address_is_understood(carrier: Running, number: str) -> None:
    assert carrier.write("TAK", number).status_code == 202
    assert len(carrier.thread(number)) == 1


@pytest.mark.parametrize(
    ("number", "content", "status", "words"),
    [
        ("+48601999999", {"body": "TAK"}, 404, "+48601999999"),
        (JANINA.number, {"body": ""}, 422, "pusta"),
        (JANINA.number, {"body": "  \n"}, 422, "pusta"),
        (JANINA.number, {}, 422, "pusta"),
        (JANINA.number, {"body": 7}, 422, "pusta"),
        (JANINA.number, ["TAK"], 422, "body"),
        (JANINA.number, {"body": "TAK", "to": [SERVICE]}, 422, "numerem"),
        (JANINA.number, {"body": "\ud800"}, 422, "znaki"),
        (JANINA.number, {"body": "x" * 1601}, 422, "1601"),
        (JANINA.number, {"body": "TAK", "to": "+48111111111"}, 422, "+48111111111"),
        (STANISLAW.number, {"body": "TAK"}, 422, "stacjonarnego"),
    ],
)
def test_answers_that_cannot_be_sent(carrier: Running, number: str, content: Any, status: int, words: str) -> None:
    answer = carrier.http.post(f"/simulator/telephones/{number}/messages", content=json.dumps(content))
    assert answer.status_code == status
    assert words in answer.json()["detail"]


def test_what_is_no_json_is_said_to_be_none(carrier: Running, inbox: Inbox) -> None:
    answer = carrier.http.post(f"/simulator/telephones/{JANINA.number}/messages", content=b"body=TAK")
    assert answer.status_code == 422
    assert "JSON" in answer.json()["detail"]
    assert inbox.taken.empty()


def test_an_answer_goes_to_the_number_that_wrote(inbox: Inbox) -> None:
    """Two service numbers: a telephone answers the last that wrote to it, or the one it is told."""
    services = (ServiceNumber(SERVICE, inbox.sms_url), ServiceNumber(SECOND_SERVICE, f"{inbox.base}/second"))
    with run_simulator(config_for(inbox, services=services)) as carrier:
        carrier.write("jeszcze nikt nie pisał")
        assert inbox.next().form["To"] == SERVICE
        carrier.client().messages.create(to=JANINA.number, from_=SECOND_SERVICE, body="x")
        carrier.write("odpowiedź")
        taken = inbox.next()
        assert (taken.form["To"], taken.path) == (SECOND_SERVICE, "/second")
        carrier.http.post(f"/simulator/telephones/{JANINA.number}/messages", json={"body": "x", "to": SERVICE})
        assert inbox.next().form["To"] == SERVICE


def _events(lines: Iterator[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(event and id, data) of a stream of server-sent events."""
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if name in {"event", "id", "data"}:
            fields[name] = value
        if not line and "data" in fields:
            yield fields["event"] + " " + fields.get("id", ""), json.loads(fields["data"])
            fields = {}


def _until_delivered(events: Iterator[tuple[str, dict[str, Any]]]) -> list[tuple[str, dict[str, Any]]]:
    seen = [next(events)]
    while seen[-1][1]["status"] != "delivered":
        seen.append(next(events))
    return seen


def test_events_come_live_and_resume(carrier: Running) -> None:
    """The reader sees how far each message got; after a break it names the last event it saw and misses nothing."""
    with carrier.http.stream("GET", "/simulator/events") as stream:
        lines = stream.iter_lines()
        assert next(lines) == "retry: 1000"
        carrier.send("pierwsza")
        seen = _until_delivered(_events(lines))
    assert stream.headers["content-type"].startswith("text/event-stream")
    statuses = [data["status"] for _, data in seen]
    assert statuses == [status for status in ("queued", "sent", "delivered") if status in statuses]
    assert {(data["number"], data["body"]) for _, data in seen} == {(JANINA.number, "pierwsza")}
    last = seen[-1][0].split()[1]
    answered = carrier.write("ODWOLAJ").json()["sid"]
    with carrier.http.stream("GET", "/simulator/events", headers={"Last-Event-ID": last}) as stream:
        name, data = next(_events(stream.iter_lines()))
    assert int(name.split()[1]) > int(last)
    assert (data["sid"], data["mine"]) == (answered, True)


def test_a_reader_that_saw_nothing_gets_everything_as_it_stands(carrier: Running, inbox: Inbox) -> None:
    for number in range(3):
        carrier.send(f"nr {number}", status_callback=inbox.status_url)
    inbox.statuses(6)
    with carrier.http.stream("GET", "/simulator/events", headers={"Last-Event-ID": "0"}) as stream:
        events = _events(stream.iter_lines())
        states = [next(events)[1] for _ in range(3)]
    assert {(data["body"], data["state"]) for data in states} == {(f"nr {n}", "dostarczono") for n in range(3)}


def test_a_new_shelf_is_an_event(carrier: Running) -> None:
    with carrier.http.stream("GET", "/simulator/events") as stream:
        lines = stream.iter_lines()
        assert next(lines) == "retry: 1000"
        carrier.simulator.register_telephones([JANINA])
        assert next(_events(lines))[0].strip() == "telephones"


@pytest.mark.parametrize("mark", ["wczoraj", "-1", b"\xb2", "9" * 30])
def test_a_last_event_that_is_no_number_is_refused(carrier: Running, mark: str | bytes) -> None:
    answer: httpx.Response = carrier.http.get("/simulator/events", headers={b"Last-Event-ID": mark})
    assert answer.status_code == 422
