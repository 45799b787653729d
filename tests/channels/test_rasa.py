"""Turns through a Rasa server: whoever is first takes the turn; one that does not answer in time costs no patient anything (R102)."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
import structlog
from sqlalchemy import Engine, func, select

from channels.rasa import Embedded, ThroughRasa
from dialogs.conversation import Outcome
from registry.communications import Received, Turn
from registry.database import transaction
from tests.dialogs.exchange import UNDO, interpreter
from tests.stories import worlds

SOON, PATIENT = 0.3, 30.0  # seconds
Answers = Callable[[dict[str, Any]], int]  # what is done with what was posted, and the status that is answered


@contextmanager
def server(answers: Answers) -> Iterator[str]:
    """An HTTP server on this machine that takes whatever is posted to it."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(answers(httpx.Response(200, content=body).json()))
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"[]")

        def log_message(self, *_: object) -> None:
            """Quiet."""

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads = True
    thread = threading.Thread(target=running.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{running.server_port}"
    finally:
        running.shutdown()
        thread.join()
        running.server_close()


@pytest.fixture
def embedded(engine: Engine) -> Embedded:
    worlds.make(engine, "booked")
    return Embedded(engine, interpreter(), UNDO)


def says(words: str = "Odwołuję wizytę", **more: Any) -> Received:
    return Received("sms", worlds.NUMBER, "SM1", words, {"To": "+48573900100"}, **more)


def through(embedded: Embedded, url: str, *, seconds: float = PATIENT) -> tuple[Outcome, list[str]]:
    """The turn of a cancellation through a server, and what the log said."""
    with structlog.testing.capture_logs() as logs, httpx.Client() as client:
        done = ThroughRasa(embedded, url, seconds, client).take(says(), worlds.NOW)
    return done, [line["event"] for line in logs]


def turns(engine: Engine) -> int:
    with transaction(engine) as session:
        return session.scalar(select(func.count()).select_from(Turn)) or 0


def test_a_server_that_is_not_there_leaves_the_turn_to_the_engine(embedded: Embedded) -> None:
    with server(lambda _: 200) as url:
        pass
    done, logged = through(embedded, url)
    assert (done.action, done.outcome) == ("cancel_visit", "cancelled")
    assert logged == ["the Rasa server did not take the turn, the embedded engine does"]


def test_a_server_that_is_too_slow_leaves_the_turn_to_the_engine_and_comes_too_late(embedded: Embedded) -> None:
    """What the server does afterwards changes nothing: the message's id is known (R102)."""
    let_go, over = threading.Event(), threading.Event()
    repeated: list[bool] = []

    def slowly(_: dict[str, Any]) -> int:
        let_go.wait(PATIENT)
        repeated.append(embedded.take(says(), worlds.NOW).repeated)
        over.set()
        return 200

    with server(slowly) as url:
        done, logged = through(embedded, url, seconds=SOON)
        assert (done.outcome, done.repeated) == ("cancelled", False)
        assert logged == ["the Rasa server did not take the turn, the embedded engine does"]
        let_go.set()
        assert over.wait(PATIENT)
    assert repeated == [True]
    assert turns(embedded.engine) == 1


@pytest.mark.parametrize("status", [404, 500, 503])
def test_a_server_that_fails_leaves_the_turn_to_the_engine(embedded: Embedded, status: int) -> None:
    with server(lambda _: status) as url:
        done, logged = through(embedded, url)
    assert done.outcome == "cancelled"
    assert logged == ["the Rasa server did not take the turn, the embedded engine does"]


def test_a_server_that_answers_without_a_turn_leaves_it_to_the_engine(embedded: Embedded) -> None:
    """Its action server may be away: then it answers 200 and nothing has happened."""
    with server(lambda _: 200) as url:
        done, logged = through(embedded, url)
    assert done.outcome == "cancelled"
    assert logged == ["the Rasa server answered without a turn, the embedded engine takes it"]


def test_a_turn_that_the_server_took_is_not_taken_again(embedded: Embedded) -> None:
    posted: list[dict[str, Any]] = []

    def takes(message: dict[str, Any]) -> int:
        posted.append(message)
        embedded.take(Received(**message["metadata"]["received"]), worlds.NOW)
        return 200

    with server(takes) as url:
        done, logged = through(embedded, url)
    assert (done.action, done.outcome, done.intent) == ("cancel_visit", "cancelled", "cancel_visit")
    assert logged == []
    assert turns(embedded.engine) == 1
    assert posted[0]["sender"] == f"sms:{worlds.NUMBER}"
    assert posted[0]["message"] == "/cancel_visit"


def test_an_end_that_the_carrier_has_set_needs_no_server_d8(embedded: Embedded) -> None:
    with server(lambda _: pytest.fail("the server was asked")) as url, httpx.Client() as client:
        done = ThroughRasa(embedded, url, PATIENT, client).take(says("STOP", opted="out"), worlds.NOW)
    assert done.outcome == "opted_out"


def test_the_same_message_three_times_is_one_turn_whoever_takes_it_r102(embedded: Embedded, now: datetime) -> None:
    with server(lambda _: 503) as url, httpx.Client() as client:
        taken = [ThroughRasa(embedded, url, PATIENT, client).take(says(), now) for _ in range(3)]
    assert [one.repeated for one in taken] == [False, True, True]
    assert turns(embedded.engine) == 1
