"""Coming in by a provider: a session, an account, the errand's cookie, and what is right though unusual (X33)."""

import dataclasses
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from joserfc import jwt
from sqlalchemy import Engine

from tests.channels.operators.identity import CLIENT_ID, Claims, Provider, half_hash
from tests.channels.operators.oidc.coming import OUTSIDE_BROWSER, START, account, come_in, noted, rows


def test_one_comes_in_with_a_new_session_and_an_account(browser: Callable[[], TestClient], provider: Provider, engine: Engine) -> None:
    """X33: code flow with PKCE, a cookie made new, an account known by issuer and subject, the page that was wanted."""
    client, planted = browser(), "A" * 43
    client.cookies.set("cer-console", planted, domain="testserver.local")
    left = client.get(START, params={"next": "/console/tasks"})
    asked = {name: values[0] for name, values in parse_qs(urlsplit(left.headers["location"]).query).items()}
    assert {"response_type": "code", "code_challenge_method": "S256", "scope": "openid profile"}.items() <= asked.items()
    assert "acr_values" not in asked
    assert "form-action 'self'" in left.headers["content-security-policy"]
    answer = client.get(OUTSIDE_BROWSER.get(left.headers["location"]).headers["location"])
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/tasks")
    token = client.cookies.get("cer-console", domain="testserver.local")
    assert token
    assert token != planted
    assert client.get("/console/tasks").status_code == 200
    assert "cer-errand" not in client.cookies
    made = account(engine)
    assert (made.issuer, made.name, made.role, made.provider_id, made.active) == (
        provider.issuer, "Janina Służbowa", "operator", None, True,
    )  # fmt: skip
    assert noted(engine) == [
        ("account_added", {"account": made.id, "role": "operator"}), ("login", {"federated": True, "factor": False}),
    ]  # fmt: skip
    second = come_in(client)
    assert second.headers["location"] == "/console"
    assert [row.id for row in rows(engine, "SELECT id FROM operators WHERE subject IS NOT NULL")] == [made.id]
    assert len(rows(engine, "SELECT 1 FROM operator_sessions")) == 1  # the former ended
    old = browser()
    old.cookies.set("cer-console", token)
    assert old.get("/console").status_code == 303


def test_the_errand_cookie_is_guarded(browser: Callable[[], TestClient], app: FastAPI) -> None:
    cookie = browser().get(START).headers["set-cookie"]
    assert cookie.startswith("cer-errand=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    app.state.console = dataclasses.replace(app.state.console, secure=True)
    cookie = browser().get(START).headers["set-cookie"]
    assert cookie.startswith("__Host-cer-errand=")
    assert "Secure" in cookie


def test_a_key_on_a_curve_is_as_good(browser: Callable[[], TestClient], provider: Provider) -> None:
    provider.published, provider.signs_with = ["first", "curve"], "curve"
    assert come_in(browser()).headers["location"] == "/console"


def test_a_client_may_also_show_its_secret_in_the_form(browser: Callable[[], TestClient], provider: Provider) -> None:
    provider.describes = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert come_in(browser()).headers["location"] == "/console"


HONEST: dict[str, Callable[[Provider, Claims], str]] = {
    "expired within the skew": lambda own, said: own.token({**said, "exp": said["iat"] - 59}),
    "issued within the skew": lambda own, said: own.token({**said, "iat": said["iat"] + 59}),
    "two audiences, for us": lambda own, said: own.token({**said, "aud": [CLIENT_ID, "inny"], "azp": CLIENT_ID}),
    "bound to the access token": lambda own, said: own.token({**said, "at_hash": half_hash("dostęp-123")}),
    "a header without a key's name": lambda own, said: jwt.encode({"alg": "RS256"}, said, own.keys["first"]),
}


@pytest.mark.parametrize("kind", HONEST)
def test_what_is_right_though_unusual_is_taken(kind: str, browser: Callable[[], TestClient], provider: Provider) -> None:
    provider.bend = HONEST[kind]
    assert come_in(browser()).headers["location"] == "/console"
