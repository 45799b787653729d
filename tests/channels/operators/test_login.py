"""Coming in: passwords, sessions that end, forms of other sites, guessing (X33)."""

import dataclasses
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import product

import pytest
from argon2 import PasswordHasher, Type, extract_parameters
from fastapi import FastAPI
from fastapi.testclient import TestClient
from limits import RateLimitItemPerMinute
from sqlalchemy import Engine, text

from channels import operators
from channels.operators import accounts, sessions
from channels.operators.routes import ROUTERS
from channels.operators.throttle import Throttle
from registry.database import transaction
from tests.channels.operators.conftest import KEY, LOGIN, PASSWORD, Clock, SignIn, csrf, csrf_of, log_in
from tests.channels.operators.world import World

OPEN = {"/console/login", *(f"/console/login/oidc{more}" for more in ("", "/back", "/out", "/left", "/logged-out"))}
ALL = [route for router in ROUTERS for route in router.routes]
ROUTES = sorted((method, route.path) for route in ALL for method in route.methods if route.path not in OPEN)  # type: ignore[attr-defined]  # all are APIRoutes


def test_there_are_routes_to_guard() -> None:
    assert {"/console", "/console/conversations/{conversation_id}", "/console/staff", "/console/audit"} <= {path for _, path in ROUTES}


def test_every_route_needs_a_login(browser: Callable[[], TestClient], full_world: World) -> None:
    """X33: without a session, and with an invented one, one gets to the login and sees nothing."""
    open_to = []
    for (method, path), cookies in product(ROUTES, ({}, {"cer-console": "x" * 43})):
        client = browser()
        client.cookies.update(cookies)
        answer = client.request(method, _address(path), data={"csrf": "x"} if method == "POST" else None)
        if (answer.status_code, answer.text) != (303, "") or not answer.headers["location"].startswith("/console/login"):
            open_to.append((method, path, cookies, answer.status_code))
    assert not open_to


def _address(path: str) -> str:
    return re.sub(r"{\w+}", "1", path)


def test_a_hash_costs_what_it_should(real_hasher: PasswordHasher) -> None:
    """In production, whatever the tests here use: argon2id with no less than RFC 9106's second recommendation."""
    cost = extract_parameters(real_hasher.hash("x"))
    assert cost.type is Type.ID
    assert (cost.version, cost.memory_cost >= 65536, cost.time_cost >= 3) == (19, True, True)


def test_a_stream_without_a_login_is_refused(browser: Callable[[], TestClient]) -> None:
    assert browser().get("/console/events", headers={"Accept": "text/event-stream"}).status_code == 401


def test_the_right_password_opens_and_the_cookie_is_guarded(browser: Callable[[], TestClient], engine: Engine) -> None:
    """Only a hash of the cookie is stored."""
    client = browser()
    answer = log_in(client)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console")
    cookie = next(one for one in answer.headers.get_list("set-cookie") if one.startswith("cer-console="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    token = client.cookies["cer-console"]
    assert len(token) >= 43
    with transaction(engine) as session:
        stored = session.execute(text("SELECT token_hash FROM operator_sessions")).scalar_one()
    assert token not in stored
    assert client.get("/console").status_code == 200


def test_over_https_the_cookies_are_bound_to_the_host(engine: Engine, clock: Clock) -> None:
    app = FastAPI()
    operators.mount(app, engine, clock=clock, public_url="https://rejestracja.example", secret_key=KEY, factor_needed=False)
    cookie = TestClient(app, base_url="https://testserver").get("/console/login").headers["set-cookie"]
    assert cookie.startswith("__Host-cer-login=")
    assert "Secure" in cookie


@pytest.mark.parametrize(("login", "password"), [(LOGIN, "złe"), ("nikt", PASSWORD), (LOGIN, ""), (LOGIN, PASSWORD + "x" * 300)])
def test_a_wrong_login_and_a_wrong_password_look_alike(login: str, password: str, browser: Callable[[], TestClient]) -> None:
    client = browser()
    answer = log_in(client, login, password)
    assert answer.status_code == 401
    assert "Nieprawidłowy login lub hasło." in answer.text
    assert "cer-console" not in client.cookies


def test_an_unknown_login_costs_a_hash_too(engine: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time must not tell which logins exist: a hash of the same algorithm and cost is compared for both."""
    compared: list[str] = []
    matches = accounts._matches

    def watched(stored: str, password: str) -> bool:
        compared.append(stored)
        return matches(stored, password)

    monkeypatch.setattr(accounts, "_matches", watched)
    with transaction(engine) as session:
        operators.ensure_operator(session, LOGIN, PASSWORD, now=now)
        assert accounts.authenticate(session, "nikt", "x") is None
        assert accounts.authenticate(session, LOGIN, "x") is None
        assert accounts.authenticate(session, LOGIN.upper() + " ", PASSWORD) is not None
    unknown, known, _ = compared
    assert unknown != known
    assert unknown.split("$")[1:4] == known.split("$")[1:4]


def test_somebody_who_left_cannot_come_in_and_is_put_out(signed_in: TestClient, browser: Callable[[], TestClient], engine: Engine) -> None:
    with transaction(engine) as session:
        session.execute(text("UPDATE operators SET active = false"))
    assert signed_in.get("/console").status_code == 303
    assert log_in(browser()).status_code == 401


def test_an_operator_who_is_there_keeps_his_password(
    app: FastAPI, engine: Engine, browser: Callable[[], TestClient], now: datetime
) -> None:
    with transaction(engine) as session:
        assert not operators.ensure_operator(session, LOGIN.upper(), "inne hasło", now=now)
    assert log_in(browser(), password="inne hasło").status_code == 401
    assert log_in(browser()).status_code == 303


def test_the_cookie_changes_with_every_login(browser: Callable[[], TestClient]) -> None:
    """Session fixation: a cookie planted before the login opens nothing afterwards, and a second login ends the first session."""
    client, planted = browser(), "A" * 43
    client.cookies.set("cer-console", planted)
    log_in(client)
    first = client.cookies.get("cer-console", domain="testserver.local")
    assert first
    assert first != planted
    client.cookies.clear()
    client.cookies.set("cer-console", first)
    assert client.get("/console").status_code == 200
    answer = log_in(client)
    second = re.search(r"cer-console=([^;]+)", ";".join(answer.headers.get_list("set-cookie")))
    assert second
    assert second[1] not in (first, planted)
    for old in (planted, first):
        other = browser()
        other.cookies.set("cer-console", old)
        assert other.get("/console").status_code == 303


def test_a_session_ends_after_half_an_hour_unused(signed_in: TestClient, clock: Clock) -> None:
    clock.advance(sessions.IDLE - timedelta(seconds=1))
    assert signed_in.get("/console").status_code == 200
    clock.advance(sessions.IDLE - timedelta(seconds=1))
    assert signed_in.get("/console").status_code == 200
    clock.advance(sessions.IDLE)
    assert signed_in.get("/console").status_code == 303


def test_a_session_ends_after_twelve_hours_however_busy(signed_in: TestClient, clock: Clock) -> None:
    began = clock.now
    while clock.now < began + sessions.LONGEST - timedelta(minutes=20):
        clock.advance(timedelta(minutes=20))
        assert signed_in.get("/console").status_code == (200 if clock.now < began + sessions.LONGEST else 303)
    clock.now = began + sessions.LONGEST
    assert signed_in.get("/console").status_code == 303


def test_live_pages_do_not_keep_a_session_alive(signed_in: TestClient, engine: Engine, clock: Clock) -> None:
    with transaction(engine) as session:
        number = session.execute(text("SELECT id FROM operator_sessions")).scalar_one()
        assert sessions.still_hold(session, [number, number + 1], now=clock.now + sessions.IDLE - timedelta(seconds=1)) == {number}
        assert sessions.still_hold(session, [number], now=clock.now + sessions.IDLE) == set()


def test_logging_out_ends_the_session_on_the_server(signed_in: TestClient, browser: Callable[[], TestClient]) -> None:
    token = signed_in.cookies["cer-console"]
    answer = signed_in.post("/console/logout", data={"csrf": csrf_of(signed_in.get("/console"))})
    assert answer.headers["location"] == "/console/login"
    thief = browser()
    thief.cookies.set("cer-console", token)
    assert thief.get("/console").status_code == 303


def test_a_form_of_another_site_or_session_is_refused(signed_in: TestClient, browser: Callable[[], TestClient]) -> None:
    """CSRF: none, an invented one, and the one of another operator's session."""
    other = browser()
    log_in(other)
    foreign = csrf_of(other.get("/console"))
    posts = [path for method, path in ROUTES if method == "POST"]
    for path, form in product(posts, ({}, {"csrf": "x"}, {"csrf": foreign})):
        assert signed_in.post(_address(path), data=form).status_code == 403, (path, form)
    assert signed_in.get("/console").status_code == 200  # nobody was logged out


def test_a_login_form_of_another_site_is_refused(browser: Callable[[], TestClient]) -> None:
    """The form and the cookie must have come to this browser together."""
    client = browser()
    assert client.post("/console/login", data={"login": LOGIN, "password": PASSWORD, "csrf": ""}).status_code == 403
    client.get("/console/login")
    assert client.post("/console/login", data={"login": LOGIN, "password": PASSWORD, "csrf": "x" * 43}).status_code == 403
    assert "cer-console" not in client.cookies


def test_guessing_is_stopped_for_the_login_and_the_right_password_too(browser: Callable[[], TestClient]) -> None:
    client = browser()
    answers = [log_in(client, password="zgadywanka").status_code for _ in range(11)]
    assert answers == [401] * 10 + [429]
    assert log_in(client).status_code == 429
    assert log_in(client, login="ktoś inny").status_code == 401


def test_guessing_many_logins_from_one_address_is_stopped() -> None:
    """Also from the many addresses that one subscriber of IPv6 has; a subscriber next door is not touched."""
    throttle = Throttle()
    tries = [throttle.admits(f"ktoś {number}", f"2001:db8:0:1::{number:x}") for number in range(41)]
    assert tries == [True] * 40 + [False]
    assert throttle.admits("ktoś 42", "2001:db8:0:2::1")


def test_tries_without_an_address_are_counted_by_login_alone() -> None:
    """Behind a unix socket nobody has one: strangers must not use up each other's tries."""
    throttle = Throttle()
    assert all(throttle.admits(f"ktoś {number}", None) for number in range(100))
    assert [throttle.admits("ktoś", None) for _ in range(11)] == [True] * 10 + [False]


@pytest.mark.parametrize("path", ["/console/account/password", "/console/account/factor", "/console/login/code"])
def test_tries_of_passwords_and_codes_inside_count_for_the_address_they_come_from(
    app: FastAPI, engine: Engine, sign_in: SignIn, path: str
) -> None:  # fmt: skip
    """One machine that guesses for many sessions is stopped, and a colleague at another is not."""

    def tried(address: str) -> int:
        client = sign_in("operator", verified=not path.endswith("code"))
        with transaction(engine) as session:  # one hash for all: making them is slow on purpose
            session.execute(text("UPDATE operators SET password_hash = (SELECT password_hash FROM operators WHERE login = 'operator')"))
        there = TestClient(app, follow_redirects=False, client=(address, 50000), cookies=dict(client.cookies))
        return there.post(path, data={"csrf": csrf(client), "code": "x", "password": "x", "fresh": "x", "again": "x"}).status_code

    throttle = Throttle(per_address=RateLimitItemPerMinute(3, 15))
    app.state.console = dataclasses.replace(app.state.console, throttle=throttle)
    statuses = [tried("192.0.2.1") for _ in range(5)]
    assert 429 not in statuses[:3]
    assert statuses[3:] == [429, 429]
    assert tried("192.0.2.2") == statuses[0]


def test_without_redis_a_process_counts_alone() -> None:
    """Design idea 8: losing Redis stops nobody and opens nothing."""
    throttle = Throttle("redis://127.0.0.1:1/0")
    assert [throttle.admits("ktoś", "127.0.0.1") for _ in range(11)] == [True] * 10 + [False]
    throttle.forget("ktoś")
    assert throttle.admits("ktoś", "127.0.0.1")


def test_a_success_starts_the_count_anew(browser: Callable[[], TestClient]) -> None:
    for _ in range(2):
        for _ in range(9):
            assert log_in(browser(), password="pomyłka").status_code == 401
        assert log_in(browser()).status_code == 303


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("/console/tasks", "/console/tasks"), ("/console?person=1", "/console?person=1"), ("https://zle.example", "/console"),
        ("//zle.example", "/console"), ("/console/../zle", "/console"), ("/console//zle.example\r\nx: y", "/console"),
        ("/consolezle.example", "/console"), ("javascript:alert(1)", "/console"),
    ],
)  # fmt: skip
def test_after_the_login_nobody_is_led_elsewhere(wanted: str, reached: str, browser: Callable[[], TestClient]) -> None:
    assert log_in(browser(), next=wanted).headers["location"] == reached


def test_the_login_leads_back_to_the_page_that_was_wanted(browser: Callable[[], TestClient]) -> None:
    client = browser()
    login = client.get("/console/conversations/7").headers["location"]
    assert login == "/console/login?next=%2Fconsole%2Fconversations%2F7"
    assert 'name="next" value="/console/conversations/7"' in client.get(login).text


def test_an_enormous_form_is_not_read(browser: Callable[[], TestClient]) -> None:
    assert browser().post("/console/login", data={"password": "x" * 20_000}).status_code == 413


def test_logins_are_noted(signed_in: TestClient, engine: Engine) -> None:
    """X33: the audit says who came and went."""
    signed_in.post("/console/logout", data={"csrf": csrf_of(signed_in.get("/console"))})
    with transaction(engine) as session:
        assert session.execute(text("SELECT act FROM audit ORDER BY id")).scalars().all() == ["login", "logout"]
