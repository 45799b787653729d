"""Out of the console and out of the provider: logout begun here (RP-Initiated) and there (Back-Channel), each checked (X33)."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response
from joserfc import jwt
from playwright.sync_api import expect
from sqlalchemy import Engine
from starlette.responses import PlainTextResponse

from channels import operators, pages
from channels.operators.identity_provider import IdentityProvider
from channels.operators.oidc import LOGGED_OUT, Terms
from tests.channels.operators.conftest import KEY, Clock, csrf, log_in
from tests.channels.operators.identity import Provider, unsigned
from tests.channels.operators.looking import looker
from tests.channels.operators.oidc.coming import BACK, OUTSIDE_BROWSER, Agree, come_in, noted, rows
from tests.chromium import launched
from tests.running import running

OUT, LEFT, THEIR_WORD = (f"/console/login/oidc/{name}" for name in ("out", "left", "logged-out"))


@pytest.fixture
def leaving(provider: Provider) -> Provider:
    """A provider that has a page to log out at."""
    provider.describes, provider.left = {"end_session_endpoint": f"{provider.issuer}/logout"}, f"http://testserver{LEFT}"
    return provider


def logged_out(client: TestClient) -> Response:
    """The form is sent, and what it leads to is opened."""
    answer = client.post("/console/logout", data={"csrf": csrf(client)})
    assert "cer-console" not in client.cookies
    return answer


def test_who_came_by_the_provider_is_logged_out_there_too(browser: Callable[[], TestClient], leaving: Provider, engine: Engine) -> None:
    """The session has ended before the browser leaves; it comes back with its own state and is told so, once."""
    client = browser()
    come_in(client)
    token = client.cookies["cer-console"]
    assert logged_out(client).headers["location"] == OUT
    thief = browser()
    thief.cookies.set("cer-console", token)
    assert thief.get("/console").status_code == 303
    page = client.get(OUT)
    onward = page.headers["refresh"].removeprefix("0;url=")
    assert onward.startswith(f"{leaving.issuer}/logout?client_id=")
    assert onward.replace("&", "&amp;") in page.text
    back = OUTSIDE_BROWSER.get(onward).headers["location"]
    assert back.startswith(leaving.left)
    assert browser().get(back).headers["location"] == "/console/login"  # another browser has logged nobody out
    assert "Wylogowano</h1>" in client.get(back).text
    assert client.get(back).headers["location"] == "/console/login"
    assert client.get(OUT).headers["location"] == "/console/login"
    assert [act for act, _ in noted(engine)].count("logout") == 1


def test_a_state_that_is_not_this_browsers_says_nothing(browser: Callable[[], TestClient], leaving: Provider) -> None:
    client = browser()
    come_in(client)
    logged_out(client)
    assert client.get(f"{LEFT}?state={'x' * 43}").headers["location"] == "/console/login"


@pytest.mark.parametrize("there", ["none", "another scheme", "away"])
def test_where_the_provider_has_no_logout_one_is_logged_out_here_and_told(
    there: str, browser: Callable[[], TestClient], provider: Provider, agree: Agree
) -> None:
    client = browser()
    come_in(client)
    provider.describes = {"end_session_endpoint": "javascript:alert(1)"} if there == "another scheme" else {}
    if there == "away":
        agree(patience=0.5)  # its description is asked for anew
        provider.answers = {"/.well-known/openid-configuration": lambda: PlainTextResponse("", 503)}
    assert logged_out(client).headers["location"] == OUT
    page = client.get(OUT)
    assert (page.status_code, "Wylogowano tylko z konsoli" in page.text, "refresh" in page.headers) == (200, True, False)
    assert "javascript:" not in page.text
    assert client.get(OUT).headers["location"] == "/console/login"


def test_who_came_by_a_password_is_not_sent_to_the_provider(browser: Callable[[], TestClient], leaving: Provider) -> None:
    client = browser()
    log_in(client)
    assert logged_out(client).headers["location"] == "/console/login"
    assert client.get(OUT).headers["location"] == "/console/login"
    assert leaving.asked == []


# --- the provider says so itself


def told(client: TestClient, token: str) -> int:
    return client.post(THEIR_WORD, data={"logout_token": token}).status_code


def test_whom_the_provider_shuts_out_is_out_everywhere_at_once(
    browser: Callable[[], TestClient], provider: Provider, engine: Engine
) -> None:
    """Of all browsers, and of nobody else; a token counts once and nobody need be signed in to bring it."""
    first, second = browser(), browser()
    come_in(first)
    come_in(second)
    provider.person = {"sub": "piotr-2", "name": "Piotr", "groups": ["konsola"]}
    other = browser()
    come_in(other)
    token = provider.token(provider.logout_claims(sub="janina-1"), typ="logout+jwt")
    assert told(browser(), token) == 200
    assert [one.get("/console").status_code for one in (first, second, other)] == [303, 303, 200]
    assert noted(engine)[-1] == ("logout", {"federated": True})
    come_in(other)  # a new login of somebody
    assert told(browser(), token) == 400
    assert told(browser(), provider.token(provider.logout_claims(sub="nikt-3"))) == 200  # nobody of ours
    assert other.get("/console").status_code == 200


def _hours_old(own: Provider) -> str:
    at = int(own.clock().timestamp())
    return own.token(own.logout_claims(iat=at - 3600, exp=at + 3600))


BENT: dict[str, tuple[Callable[[Provider], str], str]] = {
    "another key": (lambda own: jwt.encode({"alg": "RS256", "kid": "first"}, own.logout_claims(), own.keys["foreign"]), "bad_signature"),
    "not signed": (lambda own: unsigned({"alg": "none", "kid": "first"}, own.logout_claims()), "algorithm"),
    "another issuer": (lambda own: own.token(own.logout_claims(iss="https://inny.example")), "iss"),
    "for somebody else": (lambda own: own.token(own.logout_claims(aud="inny")), "aud"),
    "expired": (lambda own: own.token(own.logout_claims(exp=own.logout_claims()["iat"] - 61)), "exp"),
    "without an end": (lambda own: own.token(own.logout_claims(exp=None)), "exp"),
    "without a time": (lambda own: own.token(own.logout_claims(iat=None)), "iat"),
    "hours old": (_hours_old, "iat"),
    "without a number": (lambda own: own.token(own.logout_claims(jti=None)), "jti"),
    "about a session alone": (lambda own: own.token(own.logout_claims(sub=None, sid="s-1")), "sub"),
    "about no text": (lambda own: own.token(own.logout_claims(sub=7)), "sub"),
    "an ID token": (lambda own: own.token(own.claims("x" * 43)), "jti"),
    "an ID token in disguise": (lambda own: own.token(own.logout_claims(nonce="x" * 43)), "nonce"),
    "of no event": (lambda own: own.token(own.logout_claims(events=None)), "events"),
    "of another event": (lambda own: own.token(own.logout_claims(events={"https://inny.example": {}})), "events"),
    "of an event that is none": (lambda own: own.token(own.logout_claims(events={LOGGED_OUT: "x"})), "events"),
    "nothing": (lambda own: "", "form"),
    "garbage": (lambda own: "a.b.c", "form"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BENT)
def test_a_logout_token_that_fails_a_check_puts_nobody_out(kind: str, browser: Callable[[], TestClient], provider: Provider) -> None:
    bent, check = BENT[kind]
    client = browser()
    come_in(client)
    with structlog.testing.capture_logs() as logged:
        assert told(browser(), bent(provider)) == 400
    assert [entry.get("check") for entry in logged] == [check]
    assert client.get("/console").status_code == 200


def test_without_the_providers_keys_it_is_asked_to_come_again(
    browser: Callable[[], TestClient], provider: Provider, agree: Agree
) -> None:  # fmt: skip
    client = browser()
    come_in(client)
    agree(patience=0.5)
    provider.answers = {"/keys": lambda: PlainTextResponse("", 503)}
    assert told(browser(), provider.token(provider.logout_claims())) == 503
    assert client.get("/console").status_code == 200


def test_a_real_browser_is_logged_out_here_and_there(
    engine: Engine, clock: Clock, terms: Terms, leaving: Provider, tmp_path: Path
) -> None:  # fmt: skip
    """The strict policy of forms lets nothing but ourselves be reached from the button, and one comes there all the same."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    pages.install(app)
    operators.mount(app, engine, clock=clock, public_url="http://127.0.0.1", secret_key=KEY, factor_needed=False, look_every=0.02)
    with running(app) as address, launched() as chromium:
        identity = IdentityProvider(dataclasses.replace(terms, back=address + BACK))
        app.state.console, leaving.left = dataclasses.replace(app.state.console, identity=identity), address + LEFT
        page = chromium.new_page(base_url=address, locale="pl-PL")
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.goto("/console/tasks")
        page.get_by_role("link", name="Zaloguj się kontem służbowym").click()
        page.get_by_role("button", name="Wyloguj").click()
        expect(page.get_by_role("heading", name="Wylogowano", exact=True)).to_be_visible()
        assert "/logout" in leaving.asked
        assert rows(engine, "SELECT 1 FROM operator_sessions") == []
        looker(page, tmp_path)("left")
        page.get_by_role("link", name="Do logowania").click()
        expect(page.get_by_role("heading", name="Logowanie")).to_be_visible()
        assert complaints == []

