"""The web application around the channels: health, figures, failures that tell nothing, and an absent database."""

import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, SecretStr
from sqlalchemy import Engine, text
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient
from twilio.request_validator import RequestValidator

from channels import health
from channels.app import create_app
from channels.secrets import completed
from channels.settings import Settings
from registry.database import create_engine
from tests.channels.logged import logged
from voice_models.usable import Unheard

NewDatabase = Callable[[str], Engine]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, with_models: Callable[[Path], Path]) -> Path:
    return with_models(tmp_path_factory.mktemp("app") / "data")


@pytest.fixture(scope="module")
def settings(data: Path) -> Settings:
    return _demo(data)


def _demo(data_dir: Path) -> Settings:
    """The demo's settings, whole: what the command `cer web` gives the application."""
    return completed(Settings(data_dir=data_dir))


@pytest.fixture
def apart(tmp_path: Path, with_models: Callable[[Path], Path]) -> Settings:
    """Settings for an application of the test's own: two cannot share a data directory."""
    return _demo(with_models(tmp_path / "data"))


@pytest.fixture(scope="module")
def running_app(settings: Settings, worker_engine: Engine) -> Iterator[tuple[FastAPI, TestClient]]:
    """One application, started once: it takes two seconds. Tests add routes of their own to it."""
    app = create_app(settings, worker_engine)
    with TestClient(app, client=("127.0.0.1", 50000), raise_server_exceptions=False) as client:
        yield app, client


@pytest.fixture
def app(running_app: tuple[FastAPI, TestClient], engine: Engine, settings: Settings) -> FastAPI:
    """The application over a clean database, beside a worker that has not begun."""
    (settings.data_dir / health.HEARTBEAT_FILE).unlink(missing_ok=True)
    return running_app[0]


@pytest.fixture
def client(running_app: tuple[FastAPI, TestClient], app: FastAPI) -> TestClient:
    return running_app[1]


def test_a_living_process_says_so(client: TestClient) -> None:
    assert client.get("/health/live").status_code == 200


def test_ready_needs_the_demos_worker(client: TestClient, settings: Settings) -> None:
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["checks"]) == (503, {"database": "ok", "worker": "not started"})
    health.beat(settings.data_dir)
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


def test_a_silent_worker_is_noticed(client: TestClient, settings: Settings) -> None:
    health.beat(settings.data_dir)
    long_ago = time.time() - health.HEARTBEAT_STALE_SECONDS - 1
    os.utime(settings.data_dir / health.HEARTBEAT_FILE, (long_ago, long_ago))
    assert client.get("/health/ready").json()["checks"]["worker"] == "silent"


def test_elsewhere_the_worker_answers_for_itself(apart: Settings, engine: Engine) -> None:
    elsewhere = apart.model_copy(update={"mode": "production", "twilio_base_url": None})
    assert TestClient(create_app(elsewhere, engine)).get("/health/ready").json()["checks"] == {"database": "ok"}


def test_ready_needs_the_tables_of_this_version(apart: Settings, new_database: NewDatabase) -> None:
    health.beat(apart.data_dir)
    answer = TestClient(create_app(apart, new_database("template0"))).get("/health/ready")
    assert (answer.status_code, answer.json()["checks"]["database"]) == (503, "not migrated")


def test_without_a_database_the_answer_is_503_so_that_the_carrier_comes_again(apart: Settings, tmp_path: Path) -> None:
    away = create_engine(f"postgresql+psycopg://postgres@/cer?host={tmp_path}")
    app = create_app(apart, away)

    @app.post("/webhook")
    def webhook() -> None:
        with away.connect():
            pass

    client = TestClient(app, raise_server_exceptions=False)
    answer = client.post("/webhook")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert client.get("/health/live").status_code == 200
    assert client.get("/health/ready").json()["checks"]["database"] == "unreachable"


def test_a_connection_lost_within_a_turn_is_503_and_the_next_one_works(app: FastAPI, client: TestClient, engine: Engine) -> None:
    @app.post("/lost")
    def lost() -> None:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    @app.get("/found")
    def found() -> int:
        with engine.connect() as connection:
            return int(connection.scalar(text("SELECT 1")) or 0)

    assert client.post("/lost").status_code == 503
    assert client.get("/found").json() == 1


def test_our_own_defect_is_500_without_a_word_of_it(app: FastAPI, client: TestClient, engine: Engine) -> None:
    @app.get("/broken/{number}")
    def broken(number: str) -> None:
        raise LookupError(f"nobody has {number}")

    @app.get("/wrong-statement")
    def wrong() -> None:
        with engine.connect() as connection:
            connection.execute(text("SELECT nonsense"))

    answer = client.get("/broken/600100200")
    assert (answer.status_code, answer.json()) == (500, {"detail": "internal error"})
    assert client.get("/wrong-statement").status_code == 500


def test_people_get_a_polish_page_and_programs_json(client: TestClient) -> None:
    page = client.get("/nowhere", headers={"accept": "text/html,*/*"})
    assert page.status_code == 404
    assert "Nie ma takiej strony" in page.text
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    linked = re.findall(r'href="([^"]+)"', page.text)
    assert linked == ["/visit/static/page.css", "/chat"]  # its look, and a way on that production has too
    assert [client.get(address).status_code for address in linked] == [200, 200]
    assert 'href="/console"' in client.get("/console/nowhere", headers={"accept": "text/html"}).text  # where an operator came from
    assert client.get("/nowhere").json() == {"detail": "Not Found"}


def test_headers_of_a_refusal_reach_the_caller(app: FastAPI, client: TestClient) -> None:
    @app.get("/slow-down")
    def slow_down() -> None:
        raise HTTPException(429, "too many", {"Retry-After": "30"})

    answer = client.get("/slow-down")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "30")


def test_an_invalid_request_is_told_by_field_and_not_repeated(app: FastAPI, client: TestClient) -> None:
    class Reply(BaseModel):
        count: int

    @app.post("/replies")
    def replies(reply: Reply) -> None:
        pass

    answer = client.post("/replies", json={"count": "Kowalska 600100200"})
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["field"] == "body.count"
    assert "Kowalska" not in answer.text


def test_every_answer_keeps_browsers_careful(client: TestClient) -> None:
    for path in ("/health/live", "/nowhere"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'self'" in headers["content-security-policy"]


def test_requests_are_counted_by_route_never_by_path(app: FastAPI, client: TestClient) -> None:
    @app.get("/telephones/{number}")
    def telephone(number: str) -> str:
        return number

    async def plain(request: Request) -> Response:
        return Response()

    app.router.routes.append(Route("/patients/{number}/messages", plain))
    client.get("/patients/600100202/messages")
    client.get("/telephones/600100200")
    client.get("/nowhere/600100201")
    figures = client.get("/metrics").text
    assert 'cer_http_requests_total{method="GET",route="/telephones/{number}",status="200"}' in figures
    assert 'cer_http_requests_total{method="GET",route="/patients/{number}/messages",status="200"}' in figures
    assert 'route="other",status="404"' in figures
    assert "60010020" not in figures
    assert re.search(r"^cer_tasks [1-9]", figures, re.MULTILINE)


def test_a_model_that_is_no_use_leaves_calls_to_the_keys_and_the_console_says_so(apart: Settings, engine: Engine, tmp_path: Path) -> None:
    model = tmp_path / "models" / "pl-ours" / "am" / "final.mdl"
    model.parent.mkdir(parents=True)
    model.write_bytes(b"\0B")
    app = create_app(apart.model_copy(update={"voice_models": tmp_path / "models"}), engine)
    assert not app.state.places.free()
    assert app.state.console.unheard == (Unheard("pl", "broken", "pl-ours"),)


def test_figures_are_for_this_machine(app: FastAPI) -> None:
    assert TestClient(app, client=("192.0.2.7", 1)).get("/metrics").status_code == 403
    assert TestClient(app).get("/metrics").status_code == 403
    assert TestClient(app, client=("::1", 1)).get("/metrics").status_code == 200


def test_figures_are_for_the_bearer_of_the_token(apart: Settings, engine: Engine) -> None:
    opened = TestClient(create_app(apart.model_copy(update={"metrics_token": SecretStr("token")}), engine))
    assert opened.get("/metrics").status_code == 401
    assert opened.get("/metrics", headers={"authorization": "Bearer other"}).status_code == 401
    assert opened.get("/metrics", headers={"authorization": "Bearer token"}).status_code == 200


def test_no_path_query_or_failure_brings_personal_data_to_the_log_x34(app: FastAPI, client: TestClient) -> None:
    @app.get("/patients/{pesel}")
    def patient(pesel: str, said: str) -> None:
        raise LookupError(f"{pesel} said {said}")

    with logged("debug") as said:
        client.get("/patients/44051401359?said=Kowalska", headers={"x-number": "+48600100200"})
    assert '"route": "/patients/{pesel}"' in said.getvalue()
    for personal in ("44051401359", "Kowalska", "600100200"):
        assert personal not in said.getvalue()


def test_a_whole_turn_brings_no_personal_data_to_the_log_x34(client: TestClient, settings: Settings) -> None:
    assert settings.twilio_auth_token
    form = {
        "MessageSid": "SM" + "5" * 32, "AccountSid": settings.twilio_account_sid, "From": "+48600100200", "NumMedia": "0",
        "To": settings.twilio_number, "Body": "Nazywam się Kowalska, PESEL 44051401359, nie dam rady przyjść", "NumSegments": "1",
    }  # fmt: skip
    signer = RequestValidator(settings.twilio_auth_token.get_secret_value())
    signature = signer.compute_signature(f"{settings.public_url}/sms/inbound", form)
    with logged("debug") as said:
        answer = client.post("/sms/inbound", data=form, headers={"X-Twilio-Signature": signature})
    assert answer.status_code == 200
    assert '"route": "/sms/inbound"' in said.getvalue()
    for personal in ("44051401359", "Kowalska", "600100200", "nie dam rady", "Nazywam"):
        assert personal not in said.getvalue()
