"""What the carrier posts: patients' messages and receipts, signed, repeated, out of order, or not from the carrier at all."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count, permutations, product

import httpx
import pytest
from sqlalchemy import Engine, func, select
from starlette.applications import Starlette
from starlette.testclient import TestClient
from twilio.request_validator import RequestValidator

from channels.rasa import Embedded
from channels.sms.webhooks import EMPTY_TWIML, Webhooks
from registry import outbox
from registry.communications import Message, Turn
from registry.database import create_engine, transaction
from registry.people import ContactPoint
from registry.tasks import Task
from tests.channels.simulator.harness import JANINA, SERVICE, TOKEN
from tests.channels.sms.world import WEEK, Clock
from tests.dialogs.exchange import interpreter
from tests.registry import build

PUBLIC = "https://rejestracja.example/cer"  # as the carrier knows us; our own process hears another name
NOBODY = create_engine("postgresql://postgres@127.0.0.1:9/nowhere")
_numbers = count(1)


def sid() -> str:
    return f"SM{next(_numbers):032x}"


@dataclass
class Service:
    """Our two addresses, and the carrier that posts to them."""

    http: TestClient
    engine: Engine
    clock: Clock

    def post(self, path: str, form: dict[str, str], *, token: str = TOKEN, signed: str | None = None) -> httpx.Response:
        """A form as the carrier posts it; `signed` is the address that its signature is over, our public one by default."""
        signature = RequestValidator(token).compute_signature(signed or PUBLIC + path, form)
        return self.http.post(path, data=form, headers={"X-Twilio-Signature": signature})

    def write(self, body: str, wire_id: str | None = None, **more: str) -> httpx.Response:
        form = {"From": JANINA.number, "To": SERVICE, "MessageSid": wire_id or sid(), "Body": body, "NumMedia": "0", "FromCity": ""}
        return self.post("/sms/inbound", form | more)

    def receipt(self, wire_id: str, status: str, *, message_id: int | None = None, code: int | None = None) -> httpx.Response:
        form = {"MessageSid": wire_id, "MessageStatus": status} | ({"ErrorCode": str(code)} if code else {})
        return self.post("/sms/status" + (f"?m={message_id}" if message_id else ""), form)

    def visit(self) -> int:
        with transaction(self.engine) as session:
            return build.visit(session, self.clock() + WEEK, now=self.clock(), of=build.patient(session, JANINA.number)).id

    def on_the_wire(self, wire_id: str | None) -> int:
        """A notice that a worker has claimed and, with a wire id, handed to the carrier; its id."""
        self.visit()
        with transaction(self.engine) as session:
            (claimed,) = outbox.claim(session, "sms", worker="w", now=self.clock())
            if wire_id:
                outbox.settle(session, [outbox.Settled(claimed.id, "accepted", wire_id)], worker="w", now=self.clock())
            return claimed.id

    def out(self) -> list[Message]:
        with transaction(self.engine) as session:
            return list(build.messages(session, direction="out"))

    def answers(self) -> list[str]:
        return [message.kind for message in self.out() if message.in_reply_to]

    def turns(self) -> int:
        with transaction(self.engine) as session:
            return session.scalar(select(func.count()).select_from(Turn)) or 0

    def tasks(self) -> list[str]:
        with transaction(self.engine) as session:
            return list(session.scalars(select(Task.kind).order_by(Task.id)))

    def address(self) -> str:
        with transaction(self.engine) as session:
            return session.scalars(select(ContactPoint.state).where(ContactPoint.value == JANINA.number)).one()


def application(engine: Engine, clock: Clock) -> Starlette:
    webhooks = Webhooks(
        engine=engine, turns=Embedded(engine, interpreter(), timedelta(minutes=5)), auth_token=TOKEN, public_url=PUBLIC, clock=clock
    )
    return Starlette(routes=webhooks.routes())


@pytest.fixture
def service(engine: Engine, clock: Clock) -> Iterator[Service]:
    with TestClient(application(engine, clock)) as http:
        yield Service(http, engine, clock)


@pytest.fixture
def without_database(engine: Engine, clock: Clock) -> Iterator[Service]:
    with TestClient(application(NOBODY, clock)) as http:
        yield Service(http, engine, clock)


# --- who may


def test_a_message_with_the_right_signature_is_a_turn_and_is_answered_by_a_row(service: Service) -> None:
    service.visit()
    answer = service.write("nie dam rady, proszę odwołać")
    assert (answer.status_code, answer.text, answer.headers["content-type"]) == (200, EMPTY_TWIML, "application/xml")
    assert service.answers() == ["cancelled"]


@pytest.mark.parametrize("path", ["/sms/inbound", "/sms/status"])
def test_a_wrong_signature_changes_nothing(service: Service, path: str) -> None:
    form = {"From": JANINA.number, "MessageSid": sid(), "Body": "odwołuję", "MessageStatus": "delivered"}
    service.visit()
    assert service.post(path, form, token="another account's").status_code == 403
    assert service.post(path, form, signed="http://testserver" + path).status_code == 403  # our own name is not the public one
    assert service.http.post(path, data=form).status_code == 403
    assert service.http.post(path, data=form, headers={"X-Twilio-Signature": "zażółć".encode()}).status_code == 403
    assert (service.turns(), service.answers()) == (0, [])


def test_a_changed_field_breaks_the_signature(service: Service) -> None:
    form = {"From": JANINA.number, "MessageSid": sid(), "Body": "TAK"}
    signature = RequestValidator(TOKEN).compute_signature(f"{PUBLIC}/sms/inbound", form)
    changed = service.http.post("/sms/inbound", data=form | {"Body": "ODWOLAJ"}, headers={"X-Twilio-Signature": signature})
    assert changed.status_code == 403


def test_the_query_is_signed_too(service: Service) -> None:
    message_id = service.on_the_wire(None)
    form = {"MessageSid": sid(), "MessageStatus": "delivered"}
    assert service.post(f"/sms/status?m={message_id}", form, signed=f"{PUBLIC}/sms/status?m={message_id + 1}").status_code == 403
    assert service.post(f"/sms/status?m={message_id}", form).status_code == 204


def test_only_posts(service: Service) -> None:
    assert service.http.get("/sms/inbound").status_code == 405


# --- malformed


@pytest.mark.parametrize("missing", ["From", "MessageSid"])
def test_a_signed_message_without_what_every_message_has_is_refused(service: Service, missing: str) -> None:
    form = {"From": JANINA.number, "MessageSid": sid(), "Body": "x"}
    assert service.post("/sms/inbound", {name: value for name, value in form.items() if name != missing}).status_code == 400
    assert service.turns() == 0


@pytest.mark.parametrize("form", [{"MessageSid": "SM1"}, {"MessageStatus": "sent"}, {"MessageSid": "SM1", "MessageStatus": "vanished"}])
def test_a_malformed_receipt_is_refused(service: Service, form: dict[str, str]) -> None:
    assert service.post("/sms/status", form).status_code == 400


def test_a_file_is_refused_before_anything_is_done_with_it(service: Service) -> None:
    answer = service.http.post("/sms/inbound", files={"From": b"x"}, headers={"X-Twilio-Signature": "x"})
    assert answer.status_code == 400


def test_a_message_without_words_or_with_a_nul_is_a_turn_all_the_same(service: Service) -> None:
    service.visit()
    assert service.write("", NumMedia="1").status_code == 200
    assert service.write("od\x00wołuję").status_code == 200
    assert service.turns() == 2
    assert service.answers()[-1] == "cancelled"


def test_an_endless_message_is_cut_to_what_a_carrier_can_carry(service: Service) -> None:
    assert service.write("a" * 100_000).status_code == 200
    with transaction(service.engine) as session:
        assert len(build.messages(session, direction="in")[0].body or "") == 1600


# --- repeated, unknown, away


def test_a_repeated_webhook_changes_nothing_and_is_answered_the_same_r102(service: Service) -> None:
    service.visit()
    wire_id = sid()
    answers = [service.write("odwołuję", wire_id) for _ in range(3)]
    assert {(answer.status_code, answer.text) for answer in answers} == {(200, EMPTY_TWIML)}
    assert (service.turns(), service.answers()) == (1, ["cancelled"])


def test_a_strangers_message_is_answered_politely_and_logged(service: Service) -> None:
    assert service.write("dzień dobry").status_code == 200
    assert (service.turns(), service.answers()) == (1, ["unknown_number"])


@pytest.mark.parametrize("what", ["message", "receipt"])
def test_without_the_database_the_carrier_is_asked_to_come_again(without_database: Service, what: str) -> None:
    answer = without_database.write("odwołuję") if what == "message" else without_database.receipt("SM1", "sent")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


def test_a_message_that_came_while_the_database_was_away_is_taken_when_it_is_back(service: Service, without_database: Service) -> None:
    service.visit()
    wire_id = sid()
    assert [one.write("odwołuję", wire_id).status_code for one in (without_database, service)] == [503, 200]
    assert service.answers() == ["cancelled"]


# --- receipts


@pytest.mark.parametrize(
    ("statuses", "final"),
    [
        (("queued", "sent", "delivered"), "delivered"),
        (("sending", "sent", "undelivered"), "undelivered"),
        (("sent", "undelivered", "delivered"), "delivered"),
        (("sent", "delivered", "read"), "delivered"),
        (("accepted", "queued", "failed"), "failed"),
    ],
)
@pytest.mark.parametrize("ours", [True, False], ids=["with our id", "without it"])
def test_receipts_in_any_order_and_repetition_end_in_the_same_state_x29(
    service: Service, statuses: tuple[str, ...], final: str, ours: bool
) -> None:
    message_id = service.on_the_wire("SMwire")
    with transaction(service.engine) as session:
        before = build.messages(session, id=message_id)[0]
        columns = {"state": before.state, "done_at": None, "error_code": None}
    for order, repeated in product(permutations(statuses), (1, 2)):
        for status in order:
            for _ in range(repeated):
                assert service.receipt("SMwire", status, message_id=message_id if ours else None).status_code == 204
        with transaction(service.engine) as session:
            (message,) = build.messages(session, id=message_id)
            assert (order, message.state, message.wire_id) == (order, final, "SMwire")
            for name, value in columns.items():
                setattr(message, name, value)


def test_a_receipt_that_overtakes_the_settlement_is_kept_x29(service: Service) -> None:
    message_id = service.on_the_wire(None)
    service.receipt("SMwire", "delivered", message_id=message_id)
    with transaction(service.engine) as session:
        outbox.settle(session, [outbox.Settled(message_id, "accepted", "SMwire")], worker="w", now=service.clock())
    (message,) = service.out()
    assert (message.state, message.wire_id, message.leased_by) == ("delivered", "SMwire", None)


def test_a_receipt_tells_of_a_message_whose_sender_died(service: Service) -> None:
    """It is then known to be out before anybody asks."""
    message_id = service.on_the_wire(None)
    service.receipt("SMwire", "sent", message_id=message_id)
    service.clock.passes(minutes=1)
    with transaction(service.engine) as session:
        assert outbox.claim_stranded(session, "sms", worker="x", now=service.clock()) == []
    (message,) = service.out()
    assert (message.state, message.sent_at) == ("sent", service.clock() - timedelta(minutes=1))


def test_a_receipt_for_nobodys_message_is_taken_and_forgotten(service: Service) -> None:
    service.on_the_wire("SMwire")
    assert service.receipt("SMother", "delivered", message_id=None).status_code == 204
    assert service.out()[0].state == "accepted"


def test_a_receipt_with_our_id_but_another_message_of_the_carriers_is_not_believed(service: Service) -> None:
    message_id = service.on_the_wire("SMwire")
    service.receipt("SMother", "delivered", message_id=message_id)
    assert (service.out()[0].state, service.out()[0].wire_id) == ("accepted", "SMwire")


def test_a_number_that_is_out_of_service_is_written_off_and_becomes_a_task_once_r54(service: Service) -> None:
    message_id = service.on_the_wire("SMwire")
    for _ in range(3):
        service.receipt("SMwire", "undelivered", message_id=message_id, code=30005)
    assert (service.address(), service.tasks(), len(service.out())) == ("invalid", ["undelivered"], 1)


def test_a_telephone_that_is_off_is_tried_again_later_however_often_the_receipt_comes(service: Service) -> None:
    message_id = service.on_the_wire("SMwire")
    for _ in range(3):
        service.receipt("SMwire", "undelivered", message_id=message_id, code=30003)
    lost, again = service.out()
    assert (lost.state, again.state, again.attempt, service.tasks()) == ("undelivered", "queued", 2, [])
    assert again.due_at == service.clock() + timedelta(minutes=1)


def test_a_lost_answer_is_tried_again_once_however_often_the_receipt_comes(service: Service) -> None:
    """Answers are not unique by a visit's version as notices are."""
    service.write("dzień dobry")
    with transaction(service.engine) as session:
        (claimed,) = outbox.claim(session, "sms", worker="w", now=service.clock())
        outbox.settle(session, [outbox.Settled(claimed.id, "accepted", "SMwire")], worker="w", now=service.clock())
    for _ in range(3):
        service.receipt("SMwire", "undelivered", message_id=claimed.id, code=30003)
    assert ([message.attempt for message in service.out()], service.tasks()) == ([1, 2], [])
    service.receipt("SMwire", "delivered")
    assert [message.state for message in service.out()] == ["delivered", "suppressed"]


def test_a_message_that_arrived_after_all_is_not_sent_again(service: Service) -> None:
    message_id = service.on_the_wire("SMwire")
    service.receipt("SMwire", "undelivered", message_id=message_id, code=30003)
    service.receipt("SMwire", "delivered", message_id=message_id)
    assert [message.state for message in service.out()] == ["delivered", "suppressed"]


def test_after_four_lost_attempts_a_person_is_asked_r54(service: Service) -> None:
    message_id = service.on_the_wire("SMwire1")
    for attempt in range(1, 5):
        service.receipt(f"SMwire{attempt}", "undelivered", message_id=message_id, code=30003)
        service.clock.passes(hours=2)
        with transaction(service.engine) as session:
            for claimed in outbox.claim(session, "sms", worker="w", now=service.clock()):
                message_id = claimed.id
                outbox.settle(
                    session, [outbox.Settled(claimed.id, "accepted", f"SMwire{attempt + 1}")], worker="w", now=service.clock()
                )
    assert ([message.state for message in service.out()], service.tasks()) == (["undelivered"] * 4, ["undelivered"])


# --- opt-outs that the carrier itself has acted on


def test_a_stop_that_the_carrier_obeyed_is_noted_and_not_answered_d8(service: Service) -> None:
    visit = service.visit()
    assert service.write("STOP", OptOutType="STOP").status_code == 200
    assert (service.address(), service.answers(), service.turns(), service.tasks()) == ("opted_out", [], 1, [])
    with transaction(service.engine) as session:
        assert session.get_one(build.Appointment, visit).status == "booked"


@pytest.mark.parametrize("words", ["CANCEL", "END", "QUIT"])
def test_an_opt_out_that_may_have_meant_the_visit_is_a_task_for_a_person_d7(service: Service, words: str) -> None:
    visit = service.visit()
    service.write(words, OptOutType="STOP")
    assert (service.address(), service.answers(), service.tasks()) == ("opted_out", [], ["opted_out_by_carrier"])
    with transaction(service.engine) as session:
        assert session.get_one(build.Appointment, visit).status == "booked"


def test_a_start_that_the_carrier_obeyed_opens_the_address_again(service: Service) -> None:
    service.visit()
    service.write("STOP", OptOutType="STOP")
    service.write("START", OptOutType="START")
    assert service.address() == "active"


def test_yes_is_a_start_for_the_carrier_and_an_answer_for_us(service: Service) -> None:
    service.visit()
    service.write("YES", OptOutType="START")
    assert service.address() == "active"
    assert service.answers() == ["confirmed"]


def test_a_repeated_start_does_not_undo_a_later_stop(service: Service) -> None:
    service.visit()
    wire_id = sid()
    service.write("START", wire_id, OptOutType="START")
    service.write("STOP", OptOutType="STOP")
    service.write("START", wire_id, OptOutType="START")
    assert service.address() == "opted_out"


def test_a_start_does_not_open_the_address_of_somebody_reported_dead_x6(service: Service) -> None:
    service.visit()
    with transaction(service.engine) as session:
        session.query(ContactPoint).update({"state": "reported_death"})
    service.write("START", OptOutType="START")
    assert service.address() == "reported_death"


def test_help_that_the_carrier_answered_is_answered_by_us_too(service: Service) -> None:
    service.visit()
    service.write("INFO", OptOutType="HELP")
    assert (service.address(), len(service.answers())) == ("active", 1)
