"""What cannot be answered inside the console is told in the console's own look, to whoever asks, and reveals nothing (X33)."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response
from playwright.sync_api import expect
from sqlalchemy.exc import TimeoutError as PoolExhausted

from tests.channels.operators.conftest import LOGIN, PASSWORD, SignIn
from tests.channels.operators.looking import looker
from tests.channels.operators.test_every_route import STRICT
from tests.chromium import launched
from voice_models.usable import Unheard

PAGE = {"Accept": "text/html"}
NOWHERE = ("/console/nowhere", "/console/patients/1/nowhere", "/console/static/nowhere.css")


@pytest.fixture
def app(app: FastAPI) -> FastAPI:
    """With a page that breaks and one whose database is away."""

    @app.get("/console/breaks")
    def breaks() -> None:
        raise RuntimeError("tajne słowo")

    @app.get("/console/waits")
    def waits() -> None:
        raise PoolExhausted

    return app


def dressed(answer: Response, status: int, words: str) -> str:
    """The answer's text, when it looks as the console does and is as strict."""
    assert (answer.status_code, words in answer.text) == (status, True), answer.text
    assert "/console/static/console.css?v=" in answer.text
    assert 'href="/console"' in answer.text
    assert {name: answer.headers.get(name) for name in STRICT} == STRICT
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    return answer.text


@pytest.mark.parametrize("path", NOWHERE)
def test_a_wrong_address_is_told_with_the_console_around_it_to_who_is_signed_in_alone(
    path: str, signed_in: TestClient, browser: Callable[[], TestClient], sign_in: SignIn
) -> None:
    assert "Wyloguj" in dressed(signed_in.get(path, headers=PAGE), 404, "Nie ma takiej strony")
    for stranger in (browser(), sign_in("operator", verified=False)):
        shown = dressed(stranger.get(path, headers=PAGE), 404, "Nie ma takiej strony")
        assert not any(word in shown for word in ("Wyloguj", "Pacjenci", "csrf", "Osoba", LOGIN))
    assert browser().get(path).json() == {"detail": "Not Found"}  # a program's answer stays a program's


def test_a_refusal_keeps_the_console_around_it(sign_in: SignIn) -> None:
    shown = dressed(sign_in("operator").get("/console/staff"), 403, "Brak uprawnień")
    assert "Wyloguj" in shown
    assert "Konta" not in shown
    assert "Wyloguj" in dressed(sign_in("administrator").get("/console/staff/nowhere"), 404, "Nie ma takiej strony")


def test_a_wrong_way_of_asking_and_a_failure_are_told_alike(app: FastAPI, signed_in: TestClient, browser: Callable[[], TestClient]) -> None:
    answer = browser().get("/console/logout", headers=PAGE)
    assert answer.headers["allow"] == "POST"
    dressed(answer, 405, "Tej strony nie można tak wywołać")
    broken = TestClient(app, raise_server_exceptions=False, cookies=dict(signed_in.cookies)).get("/console/breaks", headers=PAGE)
    assert "tajne" not in dressed(broken, 500, "Coś się nie udało")


def test_problem_pages_fit_and_are_readable(app: FastAPI, served: str, tmp_path: Path) -> None:
    """In every size and scheme, with a way back; axe finds nothing."""
    with launched() as chromium:
        page = chromium.new_page(base_url=served, locale="pl-PL")
        look = looker(page, tmp_path)
        page.goto("/console/nowhere")
        look("nowhere-stranger")
        page.goto("/console/breaks")
        look("broken")
        page.goto("/console/waits")
        expect(page.get_by_role("heading", name="System chwilowo nie działa")).to_be_visible()
        look("database-away")
        page.get_by_role("link", name="Do konsoli").click()
        page.get_by_label("Login").fill(LOGIN)
        page.get_by_label("Hasło").fill(PASSWORD)
        page.get_by_role("button", name="Zaloguj").click()
        page.goto("/console/nowhere")
        look("nowhere")
        page.goto("/console/logout")
        look("not-so")
        page.get_by_role("link", name="Lista rozmów").click()
        expect(page.get_by_role("heading", name="Rozmowy", exact=True)).to_be_visible()
        page.goto("/console/tasks")
        page.evaluate("document.querySelector('input[name=csrf]').value = 'x'")
        page.get_by_role("button", name="Wyloguj").click()
        expect(page.get_by_role("heading", name="Tego nie można zrobić")).to_be_visible()
        look("refused")
        app.state.console = replace(app.state.console, unheard=(Unheard("pl", "missing"), Unheard("uk", "broken", "uk-ours")))
        for name, address in (("deaf-list", "/console"), ("deaf-figures", "/console/figures")):
            page.goto(address)
            expect(page.get_by_text("nie rozumie teraz mowy")).to_have_count(2)
            look(name)
