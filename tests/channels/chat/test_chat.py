"""A chat over HTTP and WebSocket: one turn a message, resumed after a reload, limited, and nobody else's (X8, X14, X29, X32)."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from starlette.websockets import WebSocketDisconnect

from channels.chat import talk
from channels.chat.cards import cards_of
from channels.chat.limits import SAYS, Limits
from channels.chat.live import Watch
from channels.chat.rest import Rest
from channels.chat.talk import LASTS, LASTS_WITH_PEOPLE, LONGEST, Desk, address_of
from channels.chat.web import Chat
from channels.chat.words import words
from channels.rasa import Embedded
from dialogs.understanding import Interpreter
from registry import counting
from registry.database import transaction
from registry.figures import quantile
from registry.rules import local_date
from tests import reading
from tests.channels.operators.world import JANINA, World

REST = "token of a program"
REAL_PESEL = "44051401359"  # the example of every textbook


@pytest.fixture(scope="session")
def interpreter() -> Interpreter:
    return reading.interpreter()


class Clock:
    """The time that the chat is told."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(now: datetime) -> Clock:
    return Clock(now)


@pytest.fixture
def desk(engine: Engine, interpreter: Interpreter, clock: Clock) -> Desk:
    return Desk(engine, Embedded(engine, interpreter, timedelta(minutes=5)), clock)


@pytest.fixture
def client(desk: Desk) -> TestClient:
    app = FastAPI()
    limits = Limits()
    app.router.routes.extend(Chat(desk, limits, Watch(desk, every=0.02), "https://rejestracja.example").routes())
    app.router.routes.extend(Rest(desk, limits, REST).routes())
    return TestClient(app)


@pytest.fixture
def token(client: TestClient) -> str:
    return str(client.post("/chat/hello", json={"lang": "pl"}).json()["token"])


Say = Callable[..., dict[str, Any]]


@pytest.fixture
def say(client: TestClient, token: str) -> Say:
    numbers = iter(range(10_000))

    def said(words: str, *, last: int = 0, name: str | None = None) -> dict[str, Any]:
        body = {"token": token, "name": name or f"message-{next(numbers):04}", "text": words, "last": last}
        found: dict[str, Any] = client.post("/chat/say", json=body).json()
        return found

    return said


def rows(engine: Engine, query: str) -> list[Any]:
    with transaction(engine) as session:
        return list(session.execute(text(query)).all())


def test_a_message_is_answered_in_the_same_breath(say: Say, engine: Engine) -> None:
    told = say("kiedy trzeba mieć skierowanie?")["messages"]
    assert [one["by"] for one in told] == ["patient", "system"]
    assert told[0]["text"] == "kiedy trzeba mieć skierowanie?"
    assert rows(engine, "SELECT channel, direction, state FROM messages ORDER BY id") == [
        ("chat", "in", "received"), ("chat", "out", "delivered"),
    ]  # fmt: skip
    assert rows(engine, "SELECT count(*) FROM turns") == [(1,)]


def test_how_soon_a_chat_was_answered_is_counted(desk: Desk, engine: Engine, now: datetime) -> None:
    """The answer is shown when the turn is over; brought twice, the message is timed once."""
    for seconds in (3, 60):
        slow = replace(desk, clock=lambda seconds=seconds: now + timedelta(seconds=seconds))  # type: ignore[misc]  # a default binds it
        talk.say(slow, "chat 1", "raz", "dzień dobry", now=now)
    assert rows(engine, "SELECT extract(epoch FROM sent_at - at)::int FROM messages WHERE direction = 'out'") == [(3,)]
    with transaction(engine) as session:
        told = [one for one in counting.spoken(session, local_date(now), "all") if one.measure == "latency"]
    assert [(one.channel, one.number) for one in told] == [("chat", 1)]
    assert 2.9 < (quantile([(int(told[0].kind), 1)], 0.5) or 0) < 3.1


def test_the_window_says_first_that_a_machine_speaks(client: TestClient) -> None:
    """X32, X31: in the page's language."""
    for language, word in (("pl", "automat"), ("uk", "автомат"), ("en", "automated"), ("xx", "automat")):
        assert word in client.post("/chat/hello", json={"lang": language}).json()["words"]["welcome"].lower()
    assert {frozenset(words(one)) for one in ("pl", "uk", "en")} == {frozenset(words("pl"))}


def test_a_message_sent_twice_is_one(say: Say, engine: Engine) -> None:
    """X29: a window that lost its connection sends again what it does not know to be taken."""
    say("dzień dobry", name="the-same-name")
    say("dzień dobry", name="the-same-name")
    assert rows(engine, "SELECT count(*) FROM turns") == [(1,)]


def test_after_a_reload_everything_is_there_and_after_a_day_it_is_another_chat(
    client: TestClient, token: str, say: Say, clock: Clock
) -> None:
    say("dzień dobry")
    again = client.post("/chat/hello", json={"token": token}).json()
    assert again["token"] == token
    assert [one["by"] for one in again["messages"]] == ["patient", "system"]
    clock.now += LASTS + timedelta(seconds=1)
    anew = client.post("/chat/hello", json={"token": token}).json()
    assert anew["token"] != token
    assert anew["messages"] == []


def test_a_chat_in_which_a_person_was_asked_for_waits_for_the_answer_over_days_off_x31(
    client: TestClient, token: str, say: Say, clock: Clock
) -> None:
    """The text says that a person answers in this window, which may be on Monday after a long weekend."""
    told = say("chcę rozmawiać z człowiekiem")["messages"]
    assert "w tym oknie" in told[-1]["text"]
    clock.now += LASTS_WITH_PEOPLE
    again = client.post("/chat/hello", json={"token": token}).json()
    assert (again["token"], len(again["messages"])) == (token, 2)
    clock.now += timedelta(seconds=1)
    assert client.post("/chat/hello", json={"token": token}).json()["token"] != token


def test_a_stranger_is_told_that_his_question_has_no_answer_and_who_will_give_one_r113(say: Say, engine: Engine) -> None:
    """Not, as it was, that his wish to speak to somebody has been passed on: he had none."""
    told = say("czy przy przychodni jest parking dla rowerów?")["messages"]
    assert told[-1]["text"].startswith("Na to pytanie nie umiemy odpowiedzieć, dlatego przekazaliśmy je pracownikowi.")
    assert rows(engine, "SELECT kind FROM tasks") == [("question",)]


def test_a_chat_is_opened_by_its_word_alone(client: TestClient, token: str, say: Say, engine: Engine) -> None:
    """Neither its address, which operators' tables hold, nor another's word opens it."""
    say("dzień dobry")
    ((address,),) = rows(engine, "SELECT address FROM conversations")
    assert token not in address
    for other in (address, address.removeprefix("chat "), "x" * 43, "", None, 7, {"a": 1}):
        found = client.post("/chat/since", json={"token": other, "last": 0})
        assert found.status_code == 400 or found.json()["messages"] == []


def test_length_and_rate_are_limited(say: Say, client: TestClient, token: str) -> None:
    body = {"token": token, "name": "message-long", "text": "x" * (LONGEST + 1), "last": 0}
    assert client.post("/chat/say", json=body).status_code == 413
    answers = [say("cześć") for _ in range(SAYS.amount + 1)]
    assert answers[-1] == {"refused": "too_many"}
    assert all("messages" in one for one in answers[:-1])


@pytest.mark.parametrize("body", [b"", b"x", b"[]", b"null", b"{}", b"\xff", b'{"token": 1}', b"x" * 10_000])
@pytest.mark.parametrize("what", ["say", "since", "calendar"])
def test_any_body_gets_an_answer(what: str, body: bytes, client: TestClient) -> None:
    assert client.post(f"/chat/{what}", content=body).status_code in (400, 404, 413)


def test_any_page_may_hold_the_window_but_no_cookie_opens_it(client: TestClient) -> None:
    answer = client.post("/chat/hello", json={})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    assert "set-cookie" not in answer.headers
    assert client.options("/chat/say").status_code == 204


def test_no_html_is_ever_made_of_text(client: TestClient) -> None:
    """The component knows no way to put words in as HTML."""
    script = client.get("/chat/cer-chat.js").text
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", "eval(", "setHTML", ".style"):
        assert way not in script, way


# --- the socket


def test_the_socket_talks_and_goes_on_where_it_broke(client: TestClient, token: str, engine: Engine) -> None:
    with client.websocket_connect("/chat/ws") as socket:
        socket.send_json({"token": token, "last": 0})
        socket.send_json({"name": "message-one", "text": "dzień dobry"})
        told = [socket.receive_json() for _ in range(2)]
        assert {"said": "message-one"} in told
        messages = next(one["messages"] for one in told if "messages" in one)
    with client.websocket_connect("/chat/ws") as socket:
        socket.send_json({"token": token, "last": messages[0]["id"]})
        assert [one["id"] for one in socket.receive_json()["messages"]] == [messages[1]["id"]]


def test_what_an_operator_says_comes_by_itself(client: TestClient, token: str, engine: Engine, now: datetime) -> None:
    with client.websocket_connect("/chat/ws") as socket:
        socket.send_json({"token": token, "last": 0})
        with transaction(engine) as session:
            session.execute(
                text("""INSERT INTO messages (at, direction, channel, address, kind, state, body, language, facts, attempt, tries)
                        VALUES (:at, 'out', 'chat', :a, 'operator', 'delivered', 'Jestem', 'pl', '{}', 1, 0)"""),
                {"at": now, "a": address_of(token)},
            )  # fmt: skip
        assert [(one["by"], one["text"]) for one in socket.receive_json()["messages"]] == [("operator", "Jestem")]


def test_an_open_window_is_stirred_once_by_a_message(desk: Desk, now: datetime) -> None:
    """A look asks for the last messages again, for one that committed late; who was told of one is not told again every second."""
    one, other = address_of("one"), address_of("other")

    async def looking() -> None:
        watch = Watch(desk, every=0.0)
        stirred = {address: watch.join(address) for address in (one, other)}
        for address in (one, other):  # by the time that the second is seen, the first lies among the messages that are asked for again
            await asyncio.to_thread(talk.say, desk, address, "raz", "dzień dobry", now=now)
            await asyncio.wait_for(stirred[address].wait(), 30)
            stirred[address].clear()
        assert not stirred[one].is_set()
        for address, told in stirred.items():
            watch.leave(address, told)

    asyncio.run(looking())


@pytest.mark.parametrize("first", ["", "x", "[]", '{"token": "x"}', "x" * 10_000])
def test_a_socket_that_does_not_say_whose_it_is_is_closed(first: str, client: TestClient) -> None:
    with client.websocket_connect("/chat/ws") as socket:
        socket.send_text(first)
        with pytest.raises(WebSocketDisconnect):
            socket.receive_json()


# --- what can be chosen and taken along


def test_a_booked_visit_can_be_taken_along_by_its_own_chat(
    client: TestClient, token: str, engine: Engine, interpreter: Interpreter, now: datetime, say: Say
) -> None:
    world = World(engine, interpreter, now)
    visit = world.book(JANINA, now + timedelta(days=7))
    say("dzień dobry")
    with transaction(engine) as session:
        session.execute(text("UPDATE messages SET appointment_id = :v WHERE channel = 'chat' AND direction = 'out'"), {"v": visit})
    (told,) = [one for one in client.post("/chat/since", json={"token": token, "last": 0}).json()["messages"] if one["calendar"]]
    file = client.post("/chat/calendar", json={"token": token, "message": told["id"]})
    assert file.headers["content-type"].startswith("text/calendar")
    assert f"UID:visit-{visit}@rejestracja.example" in file.text
    other = client.post("/chat/hello", json={}).json()["token"]
    assert client.post("/chat/calendar", json={"token": other, "message": told["id"]}).status_code == 404
    with transaction(engine) as session:
        session.execute(text("UPDATE appointments SET status = 'cancelled' WHERE id = :v"), {"v": visit})
    assert client.post("/chat/calendar", json={"token": token, "message": told["id"]}).status_code == 404


def test_free_dates_are_cards_with_their_distance(engine: Engine, interpreter: Interpreter, now: datetime, desk: Desk) -> None:
    world = World(engine, interpreter, now)
    with transaction(engine) as session:
        ids = [
            row[0] for row in session.execute(
                text("""INSERT INTO slots (schedule_id, place_id, provider_id, clinic_slot_id, seat, service, pool, starts_at, ends_at,
                                           local_date, state, version, substitute)
                        SELECT s.id, p.id, p.provider_id, 'x' || n, 0, 'CARDIO_FIRST', 'FIRST_STABLE', :at,
                               CAST(:at AS timestamptz) + interval '20 minutes', :day, 'free', 1, false
                          FROM schedules s JOIN places p ON p.id = s.place_id, generate_series(1, 2) n RETURNING id"""),
                {"at": now + timedelta(days=5), "day": (now + timedelta(days=5)).date()},
            )
        ]  # fmt: skip
        session.execute(
            text("""INSERT INTO conversations (channel, address, last_at, needs_person, memory)
                    VALUES ('chat', 'chat x', :at, false, '{"criteria": {"where": "inowroclaw"}}')"""),
            {"at": now},
        )  # fmt: skip
        cards = cards_of(session, "chat x", "which_visit", {"purpose": "slot", "choices": list(reversed(ids))}, "pl")
        nowhere = cards_of(session, "chat y", "which_visit", {"purpose": "slot", "choices": ids}, "pl")
        assert cards_of(session, "chat x", "yes_no", {"choices": ids}, "pl") == ()
    assert [card.answer for card in cards] == ["1", "2"]
    assert cards[0].title.startswith("poniedziałek, 23 listopada")
    assert cards[0].place.startswith("Przychodnia Solanki")
    assert cards[0].distance == "< 1 km"
    assert {card.distance for card in nowhere} == {""}
    assert world.ids


def test_who_identified_himself_cancels_by_pressing(
    say: Say, engine: Engine, interpreter: Interpreter, now: datetime
) -> None:
    """D6, D12: in a chat a cancellation is read back; the quick reply is the answer, and it happens once."""
    world = World(engine, interpreter, now)
    visit = world.book(JANINA, now + timedelta(days=7))
    with transaction(engine) as session:
        session.execute(text("UPDATE patients SET identifier = :n WHERE id = :id"), {"n": REAL_PESEL, "id": world.ids[JANINA]})
    told = say("chcę odwołać wizytę")["messages"]
    for words_of in (REAL_PESEL, "1234"):
        told = say(words_of, last=told[-1]["id"])["messages"]
    if not told[-1]["quick"]:
        told = say("chcę odwołać wizytę", last=told[-1]["id"])["messages"]
    assert told[-1]["quick"] == ["Tak", "Nie"]
    assert rows(engine, "SELECT id, status FROM appointments") == [(visit, "booked")]
    say("Tak", last=told[-1]["id"])
    assert rows(engine, "SELECT status IN ('cancelling', 'cancelled') FROM appointments") == [(True,)]


# --- Rasa's REST channel


def call(client: TestClient, body: object, *, token: str = REST) -> Any:
    return client.post("/webhooks/rest/webhook", json=body, headers={"Authorization": f"Bearer {token}"})


def test_a_program_that_speaks_rasas_rest_channel_is_answered(client: TestClient) -> None:
    answer = call(client, {"sender": "pacjent-7", "message": "czy potrzebne jest skierowanie?", "metadata": {"a": 1}})
    assert answer.status_code == 200
    (told,) = answer.json()
    assert told["recipient_id"] == "pacjent-7"
    assert told["text"]


def test_a_program_must_be_known(client: TestClient, engine: Engine) -> None:
    """Senders name themselves: without the token anybody could go on with anybody's conversation."""
    for token in ("", "x", f"{REST} "):
        assert call(client, {"sender": "x", "message": "cześć"}, token=token).status_code == 401
    assert rows(engine, "SELECT count(*) FROM messages") == [(0,)]


@pytest.mark.parametrize(
    "body", [{}, [], {"sender": "x"}, {"message": ""}, {"message": 7}, {"sender": "", "message": "x"}, {"message": "x" * 1001}]
)
def test_a_call_that_is_none_is_refused(body: object, client: TestClient) -> None:
    assert call(client, body).status_code == 422


def test_a_chat_ends_by_nobody_but_time(desk: Desk, now: datetime) -> None:
    assert talk.alive(desk, talk.new_token(), now=now)


@pytest.mark.parametrize("language", ["pl", "uk", "en"])
def test_what_a_chat_suggests_at_its_beginning_is_understood(interpreter: Interpreter, language: str) -> None:
    """R12, R38: nobody has to guess what can be asked here, and no suggestion is asked back."""
    meant = ["book_visit", "ask_visit", "ask_estimate", "request_human"]
    today = date(2026, 11, 30)
    readings = [interpreter.read(say, asked="nothing", channel="chat", language=language, today=today) for say in words(language)["start"]]
    assert [reading.intent for reading in readings] == meant
    assert not any(reading.question for reading in readings)
