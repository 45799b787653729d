"""The login page with a provider: the second factor, passwords beside it, tries, logs, and a real browser (X33, X34)."""

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import structlog
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from channels import operators, pages
from channels.operators.identity_provider import IdentityProvider
from channels.operators.oidc import Terms
from tests.channels.operators.conftest import KEY, LOGIN, PASSWORD, Clock, csrf_of, log_in
from tests.channels.operators.identity import CLIENT_SECRET, Provider
from tests.channels.operators.looking import look_once
from tests.channels.operators.oidc.coming import BACK, START, Agree, come_in, noted, sent_back, with_claims
from tests.channels.operators.test_rights import enrolled
from tests.chromium import launched
from tests.running import running


def test_our_own_factor_is_asked_unless_the_providers_counts(
    browser: Callable[[], TestClient], provider: Provider, engine: Engine, agree: Agree, clock: Clock
) -> None:
    client = browser()
    come_in(client)
    totp = enrolled(client, clock)
    provider.person |= {"amr": ["pwd", "mfa"], "acr": "gold"}
    assert come_in(client, "/console/tasks").headers["location"] == "/console/login/code?next=%2Fconsole%2Ftasks"  # nothing agreed
    assert client.get("/console/tasks").headers["location"] == "/console/login/code"
    clock.advance(timedelta(seconds=30))
    form = {"csrf": csrf_of(client.get("/console/login/code")), "code": totp.at(clock.now), "next": "/console/tasks"}
    assert client.post("/console/login/code", data=form).headers["location"] == "/console/tasks"
    assert client.get("/console/tasks").status_code == 200
    for agreed, whole in (
        ({("amr", "mfa")}, True), ({("acr", "gold")}, True), ({("amr", "gold"), ("acr", "mfa")}, False), ({("amr", "hwk")}, False),
    ):  # fmt: skip
        agree(factors=frozenset(agreed))
        fresh = browser()
        assert come_in(fresh).headers["location"] == ("/console" if whole else "/console/login/code")
        assert fresh.get("/console").status_code == (200 if whole else 303)
    assert ("login", {"federated": True, "factor": True}) in noted(engine)


def test_where_a_factor_is_needed_the_providers_is_enough_or_ours_is_set_up(
    browser: Callable[[], TestClient], provider: Provider, app: FastAPI, agree: Agree
) -> None:
    agree(factors=frozenset({("amr", "mfa"), ("acr", "gold")}))
    app.state.console = dataclasses.replace(app.state.console, factor_needed=True)
    client = browser()
    come_in(client)
    assert client.get("/console").headers["location"] == "/console/account/factor"
    provider.person["amr"] = ["mfa"]
    come_in(client)
    assert client.get("/console").status_code == 200
    left = client.get(START).headers["location"]
    assert parse_qs(urlsplit(left).query)["acr_values"] == ["gold"]
    with_password = browser()
    log_in(with_password)
    assert with_password.get("/console").headers["location"] == "/console/account/factor"


def test_without_a_provider_nothing_is_there(browser: Callable[[], TestClient], app: FastAPI) -> None:
    app.state.console = dataclasses.replace(app.state.console, identity=None)
    client = browser()
    assert "oidc" not in client.get("/console/login").text
    assert "służbow" not in client.get("/console/login").text
    assert [client.get(path).status_code for path in (START, BACK)] == [404, 404]
    assert log_in(client).status_code == 303


def test_passwords_stay_or_go_as_agreed(browser: Callable[[], TestClient], agree: Agree) -> None:
    both = browser().get("/console/login?next=/console/tasks").text
    assert f'href="{START}?next=%2Fconsole%2Ftasks"' in both
    assert 'name="password"' in both
    client = browser()
    form = {"login": LOGIN, "password": PASSWORD, "csrf": csrf_of(client.get("/console/login"))}
    agree(passwords=False)
    assert 'name="password"' not in client.get("/console/login").text
    answer = client.post("/console/login", data=form)
    assert answer.status_code == 403
    assert "Hasłem nie można się tu zalogować" in answer.text
    assert "cer-console" not in client.cookies
    assert come_in(client).headers["location"] == "/console"


def test_tries_from_one_address_are_limited(browser: Callable[[], TestClient]) -> None:
    answers = [browser().get(START).status_code for _ in range(41)]
    assert answers == [303] * 40 + [429]
    assert "Odczekaj kwadrans" in browser().get(START).text


def test_no_token_code_or_name_gets_into_logs_or_the_audit(
    browser: Callable[[], TestClient], provider: Provider, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    """X34: of a login, a refusal, a bent token and an answer that came too late."""
    for library in ("", "httpx", "httpcore"):  # whatever made them quiet before
        caplog.set_level("DEBUG", logger=library)
    with structlog.testing.capture_logs() as logged:
        client = browser()
        back = sent_back(client)
        client.get(back)
        client.get(back)
        provider.person["groups"] = []
        come_in(browser())
        provider.bend = with_claims(nonce="x" * 43)
        come_in(browser())
    console = [str(entry) for entry in logged]
    assert len(console) == 3
    kept = " ".join([*console, *(str(one) for one in noted(engine))])
    said = [record.getMessage() for record in caplog.records]
    library = " ".join(line for line in said if "/authorize" not in line and BACK not in line)  # those are of this test's own browser
    assert any(f"{provider.issuer}/token" in line for line in said)  # it is listened to
    assert len(provider.given) > 10
    for secret in (*provider.given, CLIENT_SECRET, "Janina", "janina-1"):
        assert secret not in kept
        assert secret not in library


def test_a_real_browser_goes_there_and_back(engine: Engine, clock: Clock, terms: Terms, provider: Provider, tmp_path: Path) -> None:
    """The strict policy lets the link through; every page fits and axe finds nothing."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    pages.install(app)
    operators.mount(app, engine, clock=clock, public_url="http://127.0.0.1", secret_key=KEY, factor_needed=False, look_every=0.02)
    with running(app) as address, launched() as chromium:
        identity = IdentityProvider(dataclasses.replace(terms, back=address + BACK))
        app.state.console = dataclasses.replace(app.state.console, identity=identity)
        for width, dark in ((1280, False), (320, True)):
            context = chromium.new_context(
                base_url=address, viewport={"width": width, "height": 740}, color_scheme="dark" if dark else "light", locale="pl-PL"
            )
            page, complaints = context.new_page(), []
            page.on("console", lambda message, told=complaints: told.append(message.text) if message.type == "error" else None)
            page.goto("/console/tasks")
            look_once(page, tmp_path / f"login-{width}.png")
            provider.person["groups"] = []
            page.get_by_role("link", name="Zaloguj się kontem służbowym").click()
            page.get_by_role("heading", name="To konto nie ma tu dostępu").wait_for()
            look_once(page, tmp_path / f"refused-{width}.png")
            provider.person["groups"] = ["konsola"]
            assert complaints == ["Failed to load resource: the server responded with a status of 403 (Forbidden)"]
            page.get_by_role("link", name="Spróbuj jeszcze raz").click()
            page.get_by_role("heading", name="Zadania").wait_for()
            page.goto("/console/account")
            look_once(page, tmp_path / f"account-{width}.png")
            assert len(complaints) == 1
            context.close()
