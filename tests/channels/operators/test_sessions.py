"""Sessions under attack: what ends them ends them everywhere and at once, and nothing but a person keeps them alive (X33)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from playwright.sync_api import expect
from sqlalchemy import Engine, text

from channels.operators import accounts, sessions, staff_list, unmasking
from registry.database import transaction
from tests.channels.operators.conftest import LOGIN, PASSWORD, Clock, SignIn, csrf, csrf_of, log_in
from tests.channels.operators.test_browser import opened
from tests.channels.operators.test_live import events_address, listening
from tests.channels.operators.test_rights import enrolled
from tests.channels.operators.world import MAREK, World
from tests.chromium import launched


def number_of(engine: Engine, name: str) -> int:
    with transaction(engine) as session:
        return int(session.execute(text("SELECT id FROM operators WHERE name = :n"), {"n": name}).scalar_one())


def test_a_password_that_is_taken_away_while_it_is_checked_opens_nothing(
    browser: Callable[[], TestClient], engine: Engine, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hashing takes time enough for an administrator's reset: of the two the reset wins, or ends what has begun."""
    matches = accounts._matches

    def slowly(stored: str, password: str) -> bool:
        right = matches(stored, password)
        monkeypatch.setattr(accounts, "_matches", matches)
        with transaction(engine) as other:
            staff_list.reset(other, login=LOGIN, now=clock.now)
        return right

    monkeypatch.setattr(accounts, "_matches", slowly)
    client = browser()
    assert log_in(client).status_code == 401
    assert client.get("/console").headers["location"].startswith("/console/login")


def test_a_half_open_session_that_was_put_out_is_not_opened_by_its_code(
    browser: Callable[[], TestClient], signed_in: TestClient, engine: Engine, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The password is changed elsewhere between the look at the half open session and the code that comes with it."""
    totp = enrolled(signed_in, clock)
    clock.advance(timedelta(minutes=2))
    client = browser()
    log_in(client)
    form = {"csrf": csrf_of(client.get("/console/login/code")), "code": totp.at(clock.now)}
    throttle = client.app.state.console.throttle  # type: ignore[attr-defined]
    admits = throttle.admits

    def meanwhile(login: str, address: str | None) -> bool:
        with transaction(engine) as other:
            sessions.end_all(other, number_of(engine, LOGIN))
        return bool(admits(login, address))

    monkeypatch.setattr(throttle, "admits", meanwhile)
    answer = client.post("/console/login/code", data=form)
    assert answer.headers["location"].startswith("/console/login")
    assert client.get("/console").headers["location"] == "/console/login"


@pytest.mark.parametrize("what", ["stream", "redrawing"])
def test_an_open_page_does_not_keep_a_session_alive(what: str, app: FastAPI, signed_in: TestClient, clock: Clock) -> None:
    """A stream that connects again, a conversation that draws itself anew: nobody has touched anything."""
    headers = {"Accept": "text/event-stream"} if what == "stream" else {"X-Live-Page": "1"}
    address = "/console/events?conversation=999999" if what == "stream" else "/console"
    for _ in range(2):
        clock.advance(timedelta(minutes=16))
        answer = signed_in.get(address, headers=headers)
    assert answer.status_code == (401 if what == "stream" else 303)
    assert signed_in.get("/console").status_code == 303


ENDED_BY = {
    "the account is closed": ("/active", {"active": "0"}),
    "another role": ("", {"name": "Osoba supervisor", "role": "operator", "clinic": ""}),
    "a new password": ("/reset", {}),
}


@pytest.mark.parametrize("why", ENDED_BY)
def test_a_stream_ends_when_its_account_changes(
    why: str, served: str, sign_in: SignIn, full_world: World, engine: Engine
) -> None:  # fmt: skip
    """Of the list and of a conversation alike, without a reload; what is asked for afterwards is refused."""
    admin, victim = sign_in("administrator"), sign_in("supervisor")
    path, form = ENDED_BY[why]
    account = number_of(engine, "Osoba supervisor")
    talk = victim.get(f"/console/conversations/{full_world.conversation(MAREK.number)}").text
    with (
        listening(served, victim, events_address(victim.get("/console").text)) as of_list,
        listening(served, victim, events_address(talk)) as of_talk,
    ):
        next(of_list)
        assert admin.post(f"/console/staff/{account}{path}", data={"csrf": csrf(admin), **form}).status_code in (200, 303)
        for events in (of_list, of_talk):
            assert [name for _, name, _ in events][-1] == "ended"
    again = victim.get("/console/events", headers={"Accept": "text/event-stream"})
    assert again.status_code == 401


def test_who_may_no_longer_unmask_sees_nothing_at_once(sign_in: SignIn, full_world: World, engine: Engine, clock: Clock) -> None:
    """X34: the ten minutes that were given count no more, in the same session and in the next one; nor is there any sound."""
    client, talk = sign_in("supervisor"), f"/console/conversations/{full_world.conversation(MAREK.number)}"
    client.post(f"{talk}/unmask", data={"csrf": csrf(client), "reason": "pacjent prosi o telefon zwrotny"})
    assert MAREK.pesel in client.get(talk).text
    with transaction(engine) as session:  # past the console, where the session would be ended too
        session.execute(text("UPDATE operators SET role = 'operator' WHERE name = 'Osoba supervisor'"))
    shown = client.get(talk)
    assert (shown.status_code, MAREK.pesel in shown.text) == (200, False)
    assert client.get(f"{talk}/calls/1/sound").status_code == 403
    assert client.post(f"{talk}/unmask", data={"csrf": csrf(client), "reason": "pacjent prosi o telefon zwrotny"}).status_code == 403


def test_a_new_second_factor_and_a_new_password_end_all_other_sessions(
    browser: Callable[[], TestClient], signed_in: TestClient, clock: Clock
) -> None:
    other = browser()
    log_in(other)
    enrolled(signed_in, clock)
    assert other.get("/console").headers["location"] == "/console/login"
    assert signed_in.get("/console").status_code == 200
    fresh = {"password": PASSWORD, "fresh": "całkiem nowe hasło", "again": "całkiem nowe hasło"}
    clock.advance(timedelta(minutes=1))
    half = browser()
    log_in(half)
    assert signed_in.post("/console/account/password", data={"csrf": csrf(signed_in), **fresh}).status_code == 303
    assert half.get("/console/login/code").headers["location"].startswith("/console/login?")
    assert signed_in.get("/console").status_code == 200


def test_the_screen_is_covered_when_the_mask_returns_and_cleared_when_the_session_ends(
    served: str, full_world: World, clock: Clock
) -> None:  # fmt: skip
    """X34: of a desk that somebody has left; what is typed stays until the session ends."""
    with launched() as chromium, opened(chromium, served) as page:
        page.clock.install()
        page.goto(f"/console/conversations/{full_world.conversation(MAREK.number)}")
        page.get_by_text("Odkryj dane pacjenta").click()
        page.get_by_label("Powód").fill("pacjent prosi o telefon zwrotny")
        page.get_by_role("button", name="Odkryj na 10 minut").click()
        expect(page.get_by_text(MAREK.pesel).first).to_be_visible()
        expect(page.locator("#live-text")).to_have_text("na żywo")
        clock.advance(unmasking.LASTS + timedelta(seconds=1))
        page.clock.run_for(int(unmasking.LASTS.total_seconds() + 2) * 1000)
        expect(page.get_by_text("Odkryj dane pacjenta")).to_be_visible()
        expect(page.get_by_text(MAREK.pesel)).to_have_count(0)
        clock.advance(sessions.IDLE)
        expect(page.get_by_text("Sesja się skończyła.")).to_be_visible()
        expect(page.locator("#conversation > *")).to_have_count(0)
