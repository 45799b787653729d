"""The REST interface: what it takes, what it refuses and with which of Twilio's numbers, what it finds again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from twilio.base.exceptions import TwilioRestException

from channels.simulator import ServiceNumber, SimulatorConfig
from tests.channels.simulator.harness import (
    ACCOUNT,
    JANINA,
    MAREK,
    SERVICE,
    STANISLAW,
    TOKEN,
    Inbox,
    Running,
    config_for,
    run_simulator,
)

MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
GOOD = {"To": JANINA.number, "From": SERVICE, "Body": "Wizyta 27.11 o 10:20"}


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"To": None}, 400, 21604),
        ({"To": "601234501"}, 400, 21211),
        ({"To": "+48123"}, 400, 21211),
        ({"To": "+4860123450x"}, 400, 21211),
        ({"To": STANISLAW.number}, 400, 21614),
        ({"To": "+48221234567"}, 400, 21614),
        ({"From": None}, 400, 21603),
        ({"From": "+48500100100"}, 400, 21606),
        ({"Body": None}, 400, 21602),
        ({"Body": ""}, 400, 21602),
        ({"Body": "x" * 1601}, 400, 21617),
        ({"StatusCallback": "sms/status"}, 400, 21609),
        ({"StatusCalback": "http://127.0.0.1/"}, 400, 20001),
        ({"MessagingServiceSid": "MG" + "a" * 32}, 400, 20001),
        ({"ValidityPeriod": "0"}, 400, 20001),
        ({"ValidityPeriod": "godzina"}, 400, 20001),
    ],
)
def test_refusals(carrier: Running, changes: dict[str, str | None], status: int, code: int) -> None:
    form = {name: value for name, value in (GOOD | changes).items() if value is not None}
    answer = carrier.http.post(MESSAGES, data=form, auth=(ACCOUNT, TOKEN))
    error = answer.json()
    assert (answer.status_code, error["status"], error["code"]) == (status, status, code)
    assert error["more_info"] == f"https://www.twilio.com/docs/errors/{code}"
    assert error["message"]
    assert carrier.client().messages.list() == []


def test_a_field_given_twice_is_refused(carrier: Running) -> None:
    answer = carrier.http.post(MESSAGES, content="To=%2B1&To=%2B2", auth=(ACCOUNT, TOKEN))
    assert answer.json()["code"] == 20001


@pytest.mark.parametrize("login", [None, (ACCOUNT, "wrong"), ("AC" + "0" * 32, TOKEN)])
def test_nobody_without_the_token(carrier: Running, login: tuple[str, str] | None) -> None:
    answer = carrier.http.post(MESSAGES, data=GOOD, auth=login or httpx.USE_CLIENT_DEFAULT)
    assert (answer.status_code, answer.json()["code"]) == (401, 20003)
    assert "www-authenticate" in answer.headers


@pytest.mark.parametrize(
    "path", [MESSAGES.replace("ab", "cd"), MESSAGES.replace(".json", "/SM1.json"), MESSAGES.replace("Messages", "Recordings")]
)
def test_what_is_not_there_is_20404(carrier: Running, path: str) -> None:
    answer = carrier.http.get(path, auth=(ACCOUNT, TOKEN))
    assert (answer.status_code, answer.json()["code"]) == (404, 20404)


def test_a_body_of_1600_characters_goes_out_in_parts(carrier: Running) -> None:
    assert carrier.send("x" * 1600).num_segments == "11"
    assert carrier.send("ż" * 1600).num_segments == "24"


def test_an_unknown_mobile_number_is_served(carrier: Running) -> None:
    """Only what the numbering plan says is no mobile is refused (D13); a telephone need not lie on the shelf."""
    assert carrier.send(to="+48501000000").status == "queued"


def test_messages_taken_on_together_are_each_on_file(carrier: Running) -> None:
    """Messages that arrive together share a commit; each gets its own sid and its own place."""

    def send(number: int) -> Any:
        return carrier.http.post(MESSAGES, data=GOOD | {"Body": f"nr {number}"}, auth=(ACCOUNT, TOKEN)).json()["sid"]

    with ThreadPoolExecutor(16) as pool:
        sids = list(pool.map(send, range(200)))
    found = carrier.client().messages.list(page_size=1000)
    assert {message.sid for message in found} == set(sids)
    assert len({message.body for message in found}) == len(set(sids)) == 200


def test_lists_by_recipient_and_sender(carrier: Running) -> None:
    carrier.send("do Janiny")
    carrier.send("do Marka", to=MAREK.number)
    carrier.write("od Marka", MAREK.number)
    listed = carrier.client().messages.list
    assert [message.body for message in listed(to=JANINA.number)] == ["do Janiny"]
    assert [message.body for message in listed(to=MAREK.number, from_=SERVICE)] == ["do Marka"]
    assert [message.body for message in listed(from_=MAREK.number)] == ["od Marka"]
    assert [message.body for message in listed(limit=2)] == ["od Marka", "do Marka"]


def test_lists_by_date_sent(inbox: Inbox) -> None:
    """A date is a GMT day; a date and time is that second. Both borders count as inside."""
    sent = datetime(2026, 11, 18, 23, 59, 59, 400_000, tzinfo=UTC)
    clock = [sent]
    config = config_for(inbox, clock=lambda: clock[0], delivered_after=(0.0, 0.0))
    with run_simulator(config) as carrier:
        carrier.send("przed północą", status_callback=inbox.status_url)
        assert inbox.statuses(2)
        clock[0] = sent + timedelta(seconds=1)
        carrier.send("po północy", status_callback=inbox.status_url)
        assert inbox.statuses(2)
        listed = carrier.client().messages.list

        def bodies(**filters: datetime) -> list[str]:
            return [message.body for message in listed(**filters)]

        midnight = datetime(2026, 11, 19, tzinfo=UTC)
        both = ["po północy", "przed północą"]
        assert bodies(date_sent_after=sent) == both
        assert bodies(date_sent_after=midnight) == ["po północy"]
        assert bodies(date_sent_before=midnight) == both
        assert bodies(date_sent_before=sent) == ["przed północą"]
        assert bodies(date_sent=midnight) == ["po północy"]
        assert bodies(date_sent_after=midnight + timedelta(seconds=1)) == []
        days = carrier.http.get(MESSAGES, params={"DateSent": "2026-11-18"}, auth=(ACCOUNT, TOKEN)).json()
        assert [message["body"] for message in days["messages"]] == ["przed północą"]


def test_a_message_that_is_not_sent_yet_has_no_date_sent(inbox: Inbox) -> None:
    """Who looks for a message whose answer was lost must not look by DateSent: it may still be queued."""
    with run_simulator(config_for(inbox, sent_after=(60, 60))) as carrier:
        message = carrier.send("w kolejce")
        listed = carrier.client().messages.list
        assert message.date_sent is None
        assert listed(to=JANINA.number, date_sent_after=datetime(2020, 1, 1, tzinfo=UTC)) == []
        assert [found.sid for found in listed(to=JANINA.number)] == [message.sid]


NONSENSE = ["DateSent=wczoraj", "PageSize=0", "PageSize=1001", "PageToken=x", "PageToken=PASM" + "9" * 30, "Sort=asc"]


@pytest.mark.parametrize("query", NONSENSE)
def test_a_list_that_makes_no_sense_is_refused(carrier: Running, query: str) -> None:
    answer = carrier.http.get(f"{MESSAGES}?{query}", auth=(ACCOUNT, TOKEN))
    assert (answer.status_code, answer.json()["code"]) == (400, 20001)


def test_pages_go_forth_and_back_and_hold_while_messages_arrive(carrier: Running) -> None:
    for number in range(5):
        carrier.send(f"nr {number}")
    first = carrier.client().messages.page(page_size=2)
    carrier.send("nr 5, dopiero co")
    second = first.next_page()
    back = second.previous_page()
    last = second.next_page()
    assert [message.body for message in second] == ["nr 2", "nr 1"]
    assert [message.body for message in back] == ["nr 4", "nr 3"]
    assert [message.body for message in last] == ["nr 0"]
    assert last.next_page() is None
    assert first.previous_page() is None


def test_the_answer_takes_the_latency_it_was_given(inbox: Inbox) -> None:
    with run_simulator(config_for(inbox, latency=0.15)) as carrier:
        answer = carrier.http.post(MESSAGES, data=GOOD, auth=(ACCOUNT, TOKEN))
    assert answer.status_code == 201
    assert answer.elapsed >= timedelta(seconds=0.15)


def test_a_seed_repeats_the_sids_but_never_within_a_file(inbox: Inbox, tmp_path: Any) -> None:
    sids = []
    for name in ("a.sqlite", "b.sqlite", "a.sqlite"):
        with run_simulator(config_for(inbox, seed=7, database=str(tmp_path / name))) as carrier:
            sids.append(carrier.send().sid)
    assert sids[0] == sids[1] != sids[2]


@pytest.mark.parametrize(
    "wrong",
    [
        {"account_sid": "AC1"},
        {"auth_token": ""},
        {"services": ()},
        {"services": (ServiceNumber("732000000", "http://127.0.0.1/"),)},
        {"services": (ServiceNumber(SERVICE, "/sms/inbound"),)},
        {"sent_after": (2.0, 1.0)},
        {"redelivery": ()},
    ],
)
def test_a_config_that_could_only_fail_later_is_refused(inbox: Inbox, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        config_for(inbox, **wrong)


def test_the_config_does_not_print_its_token(inbox: Inbox) -> None:
    config: SimulatorConfig = config_for(inbox)
    assert TOKEN not in repr(config)


def test_the_client_raises_what_twilio_raises(carrier: Running) -> None:
    with pytest.raises(TwilioRestException) as refused:
        carrier.send(to=STANISLAW.number)
    assert (refused.value.status, refused.value.code) == (400, 21614)
