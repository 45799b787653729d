"""What the carrier's answers, refusals and silences come to, on the real wire with Twilio's own client."""

import socket
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest

from channels.simulator.errors import REFUSALS
from channels.sms.carrier import MEANINGS, Carrier, Handed, meaning_of
from channels.transport import form_of
from tests.channels.simulator.harness import JANINA, MAREK, SERVICE, STANISLAW, Inbox, Running
from tests.channels.sms.world import with_carrier

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def send(sim: Running, body: str = "Przypomnienie", to: str = JANINA.number) -> Handed:
    return with_carrier(sim, lambda carrier: carrier.send(7, to, body))


def test_an_accepted_message_has_the_carriers_id(sim: Running) -> None:
    handed = send(sim)
    (arrived,) = sim.thread()
    assert (handed.fate, handed.wire_id, handed.code) == ("accepted", arrived["sid"], None)
    assert arrived["body"] == "Przypomnienie"


def test_receipts_come_back_with_our_own_id_x29(sim: Running, inbox: Inbox) -> None:
    with_carrier(sim, lambda carrier: carrier.send(42, JANINA.number, "x"), callback=inbox.status_url)
    assert inbox.next().path.endswith("?m=42")


@pytest.mark.parametrize(
    ("code", "meaning"),
    [(21610, "opted_out"), (21614, "landline"), (21211, "other_contact"), (21617, "unsendable"), (20003, "stop"), (21606, "stop")],
)
def test_a_refusal_is_final_and_has_a_meaning(sim: Running, code: int, meaning: str) -> None:
    sim.fault("refuse", code=code, times=1)
    assert send(sim) == Handed("failed", code=code)
    assert meaning_of(code) == meaning
    assert sim.thread() == []


def test_a_country_that_our_account_may_not_send_to_says_nothing_of_the_number_r54() -> None:
    assert meaning_of(21408) == "not_by_us"


@pytest.mark.parametrize("code", [code for code in REFUSALS if code not in {20001, 20004, 20429, 20500, 20503, 21603, 21604, 21609}])
def test_every_refusal_that_a_patients_number_or_message_can_cause_has_a_meaning(code: int) -> None:
    assert code in MEANINGS


def test_a_landline_is_refused_as_one(sim: Running) -> None:
    handed = send(sim, to=STANISLAW.number)
    assert (handed.fate, meaning_of(handed.code)) == ("failed", "landline")


def test_too_many_requests_means_busy(sim: Running) -> None:
    sim.fault("refuse", code=20429, times=1)
    assert send(sim) == Handed("busy", code=20429)


@pytest.mark.parametrize("kind", ["server_error", "drop", "timeout"])
@pytest.mark.parametrize("accepted", [False, True])
def test_an_answer_that_does_not_tell_leaves_the_outcome_unknown(sim: Running, kind: str, accepted: bool) -> None:
    """Never "failed" and never "accepted": the message may be out."""
    sim.fault(kind, accepted=accepted, seconds=0.1, times=1)
    assert send(sim).fate == "unknown"
    assert len(sim.thread()) == accepted


def test_a_carrier_that_answers_nothing_in_time_leaves_the_outcome_unknown(sim: Running) -> None:
    sim.fault("latency", seconds=2.0, times=1)
    assert with_carrier(sim, lambda carrier: carrier.send(7, JANINA.number, "x"), timeout=0.2) == Handed("unknown")


def test_a_carrier_that_is_not_there_has_not_got_the_message(sim: Running) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        nobody = f"http://127.0.0.1:{server.getsockname()[1]}"

    async def use(_: Carrier) -> Handed:
        carrier = Carrier(account_sid="AC" + "0" * 32, auth_token="t", number=SERVICE, callback="http://x/s", base_url=nobody)
        try:
            return await carrier.send(1, JANINA.number, "x")
        finally:
            await carrier.close()

    assert with_carrier(sim, use) == Handed("not_sent")


def test_find_knows_messages_by_address_words_and_age(sim: Running) -> None:
    first, second = send(sim, "raz"), send(sim, "raz")
    send(sim, "dwa")
    send(sim, "raz", to=MAREK.number)

    def found(since: datetime) -> list[str]:
        return with_carrier(sim, lambda carrier: carrier.find(JANINA.number, "raz", since=since))

    assert found(LONG_AGO) == [first.wire_id, second.wire_id]
    assert found(datetime.now(UTC) + timedelta(minutes=6)) == []  # what the simulator's own clock calls long ago


def test_find_sees_polish_letters_and_signs_as_they_were_sent(sim: Running) -> None:
    words = "Zażółć gęślą jaźń: 10:30 & 50% +48 „tak”"
    handed = send(sim, words)
    assert with_carrier(sim, lambda carrier: carrier.find(JANINA.number, words, since=LONG_AGO)) == [handed.wire_id]


@pytest.mark.parametrize(("status", "body"), [(201, "<html>"), (200, ""), (502, "<html>Bad Gateway</html>"), (201, "{}"), (201, "null")])
def test_an_answer_that_is_not_the_carriers_leaves_the_outcome_unknown(sim: Running, inbox: Inbox, status: int, body: str) -> None:
    """A proxy between us may say anything: the message may have gone through it."""
    inbox.answers.append((status, body))

    async def use(carrier: Carrier) -> Handed:
        carrier._client.api.base_url = inbox.base
        return await carrier.send(1, JANINA.number, "x")

    assert with_carrier(sim, use).fate == "unknown"


def test_forms_arrive_as_they_were_meant() -> None:
    words = {"Body": "50% & więcej=+? „tak” #/~!$'()*,[]<>\"\\^`{|};\n\tżółć 😀", "To": "+48600000001", "Empty": ""}
    assert dict(parse_qsl(form_of(words).decode(), keep_blank_values=True, strict_parsing=True)) == words
