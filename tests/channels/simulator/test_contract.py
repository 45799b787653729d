"""What the twilio client sends and what the simulator answers, against Twilio's own OpenAPI description (strictly read)."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from tests.channels.simulator import contract
from tests.channels.simulator.harness import ACCOUNT, JANINA, SERVICE, TOKEN, Inbox, Running

LIST = "/2010-04-01/Accounts/{AccountSid}/Messages.json"
ONE = "/2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json"


class Recorder(TwilioHttpClient):  # type: ignore[misc]  # twilio ships no type information
    """The client's own transport, with a note of every exchange: (form, query, status, answer)."""

    def __init__(self) -> None:
        super().__init__()
        self.exchanges: list[tuple[dict[str, Any], dict[str, str], int, Any]] = []

    def request(self, method: str, url: str, **rest: Any) -> Response:
        response = super().request(method, url, **rest)
        query = dict(parse_qsl(urlsplit(url).query)) | {k: str(v) for k, v in (rest.get("params") or {}).items()}
        self.exchanges.append((rest.get("data") or {}, query, response.status_code, json.loads(response.text)))
        return response


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


def test_create(carrier: Running, inbox: Inbox, recorder: Recorder, description: dict[str, Any]) -> None:
    carrier.client(http_client=recorder).messages.create(
        to=JANINA.number, from_=SERVICE, body="Wizyta 27.11", status_callback=inbox.status_url, validity_period=3600
    )
    form, _, status, answer = recorder.exchanges[0]
    described = contract.operation(description, LIST, "post")
    assert status == 201
    assert contract.faults(contract.form_schema(described), form) == []
    assert contract.faults(contract.answer_schema(described, 201), answer) == []
    assert (answer["status"], answer["direction"], answer["date_sent"]) == ("queued", "outbound-api", None)


def test_fetch_of_a_delivered_and_of_a_failed_message(
    carrier: Running, inbox: Inbox, recorder: Recorder, description: dict[str, Any]
) -> None:
    schema = contract.answer_schema(contract.operation(description, ONE, "get"), 200)
    carrier.fault("miscarry", code=30003, number="+48601999999")
    client = carrier.client(http_client=recorder)
    for number in (JANINA.number, "+48601999999"):
        sid = carrier.send(to=number, status_callback=inbox.status_url).sid
        inbox.statuses(2)
        client.messages(sid).fetch()
    delivered, failed = (answer for _, _, _, answer in recorder.exchanges)
    assert contract.faults(schema, delivered) == []
    assert contract.faults(schema, failed) == []
    assert (delivered["status"], delivered["error_code"]) == ("delivered", None)
    assert (failed["status"], failed["error_code"]) == ("undelivered", 30003)


def test_list_and_its_pages(carrier: Running, recorder: Recorder, description: dict[str, Any]) -> None:
    for number in range(5):
        carrier.send(f"nr {number}")
    found = carrier.client(http_client=recorder).messages.list(to=JANINA.number, from_=SERVICE, page_size=2)
    described = contract.operation(description, LIST, "get")
    assert [message.body for message in found] == [f"nr {number}" for number in (4, 3, 2, 1, 0)]
    assert len(recorder.exchanges) == 3
    for _, query, _, answer in recorder.exchanges:
        assert contract.faults(contract.query_schema(described), query) == []
        assert contract.faults(contract.answer_schema(described, 200), answer) == []


def test_inbound_messages_are_messages_too(carrier: Running, recorder: Recorder, description: dict[str, Any]) -> None:
    carrier.write("nie dam rady, proszę odwołać")
    carrier.client(http_client=recorder).messages.list(from_=JANINA.number)
    answer = recorder.exchanges[0][3]
    schema = contract.answer_schema(contract.operation(description, LIST, "get"), 200)
    assert contract.faults(schema, answer) == []
    assert [(m["direction"], m["status"], m["to"]) for m in answer["messages"]] == [("inbound", "received", SERVICE)]


def test_the_strict_reading_finds_what_the_description_lets_pass(description: dict[str, Any]) -> None:
    """The validator itself can fail: a misspelt field, a missing one, a long body, a wrong date."""
    described = contract.operation(description, LIST, "post")
    form = {"To": JANINA.number, "From": SERVICE, "Body": "x"}
    schema = contract.form_schema(described)
    assert contract.faults(schema, form) == []
    for wrong in ({"StatusCalback": "http://a.b/"}, {"Body": "x" * 1601}, {"To": "601 234 501"}, {"StatusCallback": "nie"}):
        assert contract.faults(schema, form | wrong), wrong
    assert contract.faults(schema, {"To": JANINA.number, "Body": "x"})
    answer = contract.answer_schema(described, 201)
    example = description["paths"][LIST]["post"]["responses"]["201"]["content"]["application/json"]["examples"]
    good = example["createWoService"]["value"]
    assert contract.faults(answer, good) == []
    for wrong in ({"status": "sending out"}, {"date_created": "2026-11-20T10:00:00Z"}, {"extra": 1}, {"sid": "SM1"}):
        assert contract.faults(answer, good | wrong), wrong
    assert contract.faults(answer, {name: value for name, value in good.items() if name != "num_segments"})


# twilio 9 hands aiohttp the login in a way that aiohttp 4 will no longer take
@pytest.mark.filterwarnings("ignore:(BasicAuth|The 'auth' parameter) is deprecated:DeprecationWarning")
def test_the_async_client_over_one_pool(carrier: Running) -> None:
    """`create_async` over `AsyncTwilioHttpClient(pool_connections=True)`: only the base address differs."""

    async def send() -> list[str]:
        async with AsyncTwilioHttpClient(pool_connections=True, timeout=10) as transport:
            client = Client(ACCOUNT, TOKEN, http_client=transport)
            client.api.base_url = carrier.base
            messages = client.messages
            sent = await asyncio.gather(
                *(messages.create_async(to=JANINA.number, from_=SERVICE, body=f"nr {n}") for n in range(50))
            )
            with pytest.raises(TwilioRestException) as refused:
                await messages.create_async(to="+48123", from_=SERVICE, body="x")
            assert (refused.value.status, refused.value.code) == (400, 21211)
            fetched = await messages(sent[0].sid).fetch_async()
            assert fetched.body == "nr 0"
            return [message.sid for message in sent]

    assert len(set(asyncio.run(send()))) == 50
