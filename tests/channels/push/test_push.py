"""Push notices over a real gateway on loopback (R104): what goes there, what comes of it, and that the next channel takes over (D13)."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import update
from structlog.testing import capture_logs

from channels import pushing
from channels.push.routes import Routes
from channels.settings import Settings
from registry import cancellations, devices, invariants, outbox, people, privacy, reminders
from registry.catalogue import POLICY
from registry.database import transaction
from registry.events import SYSTEM
from registry.people import ContactPoint
from tests.channels.operators.world import DESK, JANINA
from tests.channels.push.conftest import APPLICATION, SOON, TOKEN, Push

DAY = timedelta(days=1)
QUEUED, PUSHED, BY_SMS = ("push", "queued", 1), ("push", "accepted", 1), ("sms", "queued", 2)


# --- what goes there


def test_r104_news_goes_to_the_application_and_nowhere_else(push: Push) -> None:
    """R104, X29: one notice for one change; settled like every other channel's, and its words kept in the log."""
    push.visit()
    assert push.send() == 1
    body, key, authorization = push.wire.posts[0]
    assert (body["to"], body["data"]["kind"], authorization) == ("token-of-janina", "booked", f"Bearer {TOKEN}")
    assert "Przychodnia Solanki" in body["data"]["text"]
    number = body["data"]["message"]
    assert key == f"message-{number}"
    assert push.rows("SELECT channel, address, state, wire_id, body IS NOT NULL, sent_at IS NOT NULL FROM messages") == [
        ("push", f"device {push.device}", "accepted", f"push {number}", True, True)
    ]
    assert push.send() == 0
    with transaction(push.engine) as session:
        assert invariants.broken(session) == []


def test_r104_a_locked_screen_shows_neither_the_service_nor_the_patient(push: Push) -> None:
    """R104, X34: screens are read over shoulders."""
    push.visit()
    push.send()
    shown = f"{push.wire.posts[0][0]['title']} {push.wire.posts[0][0]['body']}"
    assert "Wizyta umówiona" in shown
    assert "kardio" not in shown.lower()
    assert JANINA.family_name not in shown


def test_r104_r102_what_must_be_answered_goes_where_a_word_answers_it(push: Push) -> None:
    """R104, R102, R61: reminders and offers stay with D13's channel; a push notice takes no reply."""
    push.visit()
    with transaction(push.engine) as session:
        assert reminders.write_due(session, now=push.now + 6 * DAY, policy=replace(POLICY, spread_reminders=False)) == 1
    assert push.rows("SELECT channel, kind FROM messages ORDER BY id") == [("push", "booked"), ("sms", "reminder_d1")]


@pytest.mark.parametrize(("ahead", "channel"), [(DAY, "sms"), (DAY + timedelta(seconds=1), "push")])
def test_r104_r105_what_is_near_goes_where_it_is_surely_seen(push: Push, ahead: timedelta, channel: str) -> None:
    """R104, R105, D10: within the last 24 hours nothing rests on an application."""
    push.visit(ahead=ahead)
    assert [row[0] for row in push.messages()] == [channel]


def test_r104_an_answer_goes_where_the_patient_waits_for_it(push: Push) -> None:
    """R104: who cancels by SMS reads it there; a contact person's number gets no application of the patient's."""
    visit = push.visit()
    with transaction(push.engine) as session:
        patient = replace(APPLICATION, channel="sms", address=JANINA.number)
        cancellations.cancel(session, visit, reason="sms", actor=patient, now=push.now)
    assert [row[0] for row in push.messages()] == ["push", "sms"]


def test_r96_r104_a_contact_persons_news_is_not_for_the_patients_application(push: Push) -> None:
    """R96, R104: where somebody near is told, that person is told."""
    with transaction(push.engine) as session:
        person = push.ids[JANINA]
        near = people.add_contact_person(session, person, name="Anna", relationship="córka")
        session.execute(update(ContactPoint).where(ContactPoint.patient_id == person).values(contact_person_id=near.id))
    push.visit()
    assert [row[0] for row in push.messages()] == ["sms"]


def test_r95_r104_an_application_alone_is_no_contact(push: Push) -> None:
    """R95, R39: booking needs a telephone or an e-mail address all the same."""
    with transaction(push.engine) as session:
        session.connection().exec_driver_sql("UPDATE contact_points SET state = 'invalid'")
        with pytest.raises(people.NoContact):
            people.own_contact(session, push.ids[JANINA], None)


# --- what comes of it


@pytest.mark.parametrize("status", [404, 410])
def test_r104_a_removed_application_gets_nothing_more_and_the_next_channel_takes_over(push: Push, status: int) -> None:
    """R104, R54: this notice goes by SMS at once, in the words of an SMS, and so does all that follows; the number keeps its name."""
    visit = push.visit()
    push.wire.status = status
    assert push.send() == 1
    assert push.messages() == [("push", "failed", 1), BY_SMS]
    assert push.rows("SELECT state, ended_at IS NOT NULL FROM devices") == [("removed", True)]
    assert push.rows("SELECT kind, channel FROM events WHERE kind LIKE 'device.%' ORDER BY id") == [
        ("device.registered", "push"), ("device.removed", "worker"),
    ]  # fmt: skip
    assert push.rows("SELECT state FROM contact_points") == [("active",)]
    with transaction(push.engine) as session:
        (claimed,) = outbox.claim(session, "sms", worker="w", now=push.now + 2 * SOON)
        assert (claimed.kind, claimed.body) == ("booked", None)  # to be worded for SMS
        cancellations.cancel(session, visit, reason="other", actor=DESK, now=push.now + 2 * SOON)
    assert push.messages()[-1][0] == "sms"


@pytest.mark.parametrize("status", [400, 401, 403, 413, 301])
def test_r104_what_the_gateway_will_not_take_goes_by_the_next_channel(push: Push, status: int) -> None:
    """R104, R54: the application is still there; the log has the code."""
    push.visit()
    push.wire.status = status
    with capture_logs() as logs:
        push.send()
    assert push.messages() == [("push", "failed", 1), BY_SMS]
    assert push.rows("SELECT state FROM devices") == [("active",)]
    assert [one["code"] for one in logs] == [status]


@pytest.mark.parametrize("status", [500, 502, 503, 429, 408])
def test_r104_a_gateway_in_trouble_is_tried_again_and_then_no_more(push: Push, status: int) -> None:
    """R104: 30 seconds, a minute, two; then SMS takes over, and nothing is tried after that."""
    push.visit()
    push.wire.status = status
    times = [SOON, SOON + timedelta(seconds=30), SOON + timedelta(seconds=90), SOON + timedelta(seconds=210)]
    for after in times[:-1]:
        assert push.send(after=after) == 1
        assert push.send(after=after + timedelta(seconds=29)) == 0
        assert push.messages() == [QUEUED]
    assert push.send(after=times[-1]) == 1
    assert push.messages() == [("push", "failed", 1), BY_SMS]
    assert push.send(after=DAY) == 0


def test_r104_a_gateway_that_recovers_gets_the_notice_once(push: Push) -> None:
    """R104, X29: it says how long to wait, and is not asked before that."""
    push.visit()
    push.wire.status, push.wire.headers = 503, {"Retry-After": "120"}
    push.send()
    push.wire.status = 200
    assert push.send(after=SOON + timedelta(seconds=119)) == 0
    assert push.send(after=SOON + timedelta(seconds=120)) == 1
    assert push.messages() == [PUSHED]
    assert push.wire.shown == ["booked"]


@pytest.mark.parametrize("trouble", ["slow", "cut"])
def test_r104_a_lost_answer_is_asked_for_again_under_the_same_key(push: Push, trouble: str) -> None:
    """R104, X29: a timeout, or a connection that broke: handed over again, it shows once."""
    push.visit()
    setattr(push.wire, trouble, True)
    push.send()
    assert push.messages() == [QUEUED]
    setattr(push.wire, trouble, False)
    push.send(after=2 * SOON)
    assert push.messages() == [PUSHED]
    assert len({key for _, key, _ in push.wire.posts}) == 1
    assert push.wire.shown == ["booked"]


def test_r104_a_gateway_that_is_not_there_is_like_one_in_trouble(push: Push) -> None:
    """R104: nobody listens; later somebody does."""

    async def nobody() -> int:
        async with push.wire.listening() as port:
            pass
        there = pushing.Gateway(f"http://127.0.0.1:{port}", TOKEN)
        try:
            return await push.sender(there, SOON).send_due()
        finally:
            await there.close()

    push.visit()
    assert asyncio.run(nobody()) == 1
    assert push.messages() == [QUEUED]
    push.send(after=2 * SOON)
    assert push.messages() == [PUSHED]


def test_r104_a_worker_that_dies_between_sending_and_settling_loses_and_doubles_nothing(push: Push) -> None:
    """R104, X29: its notice is left alone while the lease runs, then handed over again under the same key."""
    push.visit()
    assert push.send(die=True) == 1
    assert push.messages() == [("push", "sending", 1)]
    assert push.send(after=SOON + timedelta(seconds=29)) == 0
    assert push.send(after=SOON + timedelta(seconds=31)) == 1
    assert push.messages() == [PUSHED]
    assert [len(push.wire.posts), push.wire.shown] == [2, ["booked"]]


def test_r100_r104_notices_of_one_application_keep_their_order(push: Push) -> None:
    """R100: what stands behind a notice that was put off waits with it; what is no longer true is not sent (R101)."""
    first = push.visit()
    with transaction(push.engine) as session:
        session.connection().exec_driver_sql("UPDATE appointments SET version = 1")
        cancellations.cancel(session, first, reason="other", actor=DESK, now=push.now, leave=True)
        session.connection().exec_driver_sql("UPDATE appointments SET version = 1 WHERE status = 'cancelled'")
        session.connection().exec_driver_sql("UPDATE messages SET visit_version = 1 WHERE kind <> 'booked'")
    push.wire.status = 500
    push.send()
    assert len(push.wire.posts) == 1
    push.wire.status = 202
    push.send(after=2 * SOON)
    assert [body["data"]["kind"] for body, _, _ in push.wire.posts] == ["booked", "booked", "cancelled_left"]


def test_d13_r104_without_a_gateway_the_next_channel_is_used_and_the_log_says_so(push: Push) -> None:
    """D13, R104: no setting, no push; the notice goes by SMS within the same look."""
    push.visit()
    assert push.send(gateway=False) == 1
    assert push.messages() == [("push", "failed", 1), BY_SMS]
    assert push.rows("SELECT state FROM devices") == [("active",)]

    async def start() -> None:
        stop = asyncio.Event()
        stop.set()
        await pushing.send(Settings(), push.engine, "w", lambda: push.now, stop)

    with capture_logs() as logs:
        asyncio.run(start())
    assert ["CER_PUSH_URL" in one["event"] for one in logs] == [True]
    assert pushing.routes(Settings(), push.engine, lambda: push.now) == []


# --- what the gateway posts


@pytest.fixture
def posted(push: Push) -> Callable[..., int]:
    app = FastAPI()
    app.router.routes.extend(Routes(push.engine, TOKEN, lambda: push.now + SOON).routes())
    client = TestClient(app)

    def post(path: str, bearer: str = TOKEN, **body: object) -> int:
        return client.post(path, json=body, headers={"Authorization": f"Bearer {bearer}"}).status_code

    return post


def test_r104_a_receipt_settles_the_notice_and_a_late_loss_brings_the_next_channel(push: Push, posted: Callable[..., int]) -> None:
    """R104, X29: delivered is final; told twice, or in the wrong order, it changes nothing."""
    push.visit()
    push.send()
    number = push.wire.posts[0][0]["data"]["message"]
    assert posted("/push/receipts", message=number, state="failed") == 204
    assert posted("/push/receipts", message=number, state="failed") == 204
    assert push.messages() == [("push", "undelivered", 1), BY_SMS]
    assert posted("/push/receipts", message=number, state="delivered") == 204
    assert push.messages() == [("push", "delivered", 1), ("sms", "suppressed", 2)]
    assert posted("/push/receipts", message=number, state="failed") == 204
    assert [row[1] for row in push.messages()] == ["delivered", "suppressed"]


def test_r104_a_receipt_may_overtake_the_settlement_and_names_no_other_channels_message(push: Push, posted: Callable[..., int]) -> None:
    """R104, X29: the gateway's word counts though the sender has died; a number of an SMS is none of the gateway's."""
    push.visit()
    push.send(die=True)
    number = push.wire.posts[0][0]["data"]["message"]
    assert posted("/push/receipts", message=number, state="gone") == 204
    assert push.messages()[-1] == BY_SMS
    assert push.rows("SELECT state FROM devices") == [("removed",)]
    assert posted("/push/receipts", message=number + 1, state="delivered") == 404
    assert push.messages()[-1] == BY_SMS


def test_r104_an_application_is_registered_once_for_whom_the_gateway_names(push: Push, posted: Callable[..., int]) -> None:
    """R104, X34: the same again is no news; a telephone that changed hands tells the old owner's news to nobody."""
    assert posted("/push/devices", identifier=JANINA.pesel, token="token-of-janina") == 204
    assert push.rows("SELECT count(*) FROM devices") == [(1,)]
    assert posted("/push/devices", identifier="00000000000", token="t") == 404
    with transaction(push.engine) as session:
        other = people.register_patient(
            session, identifier="1", identifier_system="OTHER", given_name="A", family_name="B", birth_date=push.now.date(), now=push.now
        )
        number = other.id
    assert posted("/push/devices", identifier="1", identifierSystem="OTHER", token="token-of-janina") == 204
    assert push.rows("SELECT patient_id, state FROM devices ORDER BY id") == [(push.ids[JANINA], "removed"), (number, "active")]
    assert posted("/push/devices/removed", token="token-of-janina") == 204
    assert posted("/push/devices/removed", token="token-of-janina") == 204
    assert push.rows("SELECT DISTINCT state FROM devices") == [("removed",)]


@pytest.mark.parametrize("path", ["/push/devices", "/push/devices/removed", "/push/receipts"])
def test_r104_nobody_but_the_gateway_is_heard(push: Push, posted: Callable[..., int], path: str) -> None:
    """R104: another token, a body of another form, one that is too long."""
    assert posted(path, bearer="guessed", identifier=JANINA.pesel) == 401
    assert posted(path) == 422
    assert posted(path, identifier="x" * 20_000) == 413
    assert push.rows("SELECT count(*) FROM devices") == [(1,)]


def test_x6_x34_a_dead_patient_has_no_application_and_an_erased_one_no_token(push: Push, posted: Callable[..., int]) -> None:
    """X6, X34: nothing is registered after a death; erasing takes the token away."""
    with transaction(push.engine) as session:
        privacy.erase(session, push.ids[JANINA], now=push.now)
    assert push.rows("SELECT token, state FROM devices") == [("", "removed")]
    with transaction(push.engine) as session:
        session.connection().exec_driver_sql("UPDATE patients SET died_at = now(), identifier_system = 'PESEL', identifier = '7'")
    assert posted("/push/devices", identifier="7", token="t") == 404
    with transaction(push.engine) as session:
        assert devices.remove(session, push.device, actor=SYSTEM, now=push.now) is False
