"""From the console to the provider and back: keys that change, answers that come twice, late, forged or to another browser (X33)."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from tests.channels.operators.conftest import Clock
from tests.channels.operators.identity import Provider
from tests.channels.operators.oidc.coming import BACK, come_in, noted, refused, sent_back


def test_description_and_keys_are_kept_for_an_hour(browser: Callable[[], TestClient], provider: Provider, clock: Clock) -> None:
    for _ in range(2):
        come_in(browser())
    assert [provider.asked.count(path) for path in ("/.well-known/openid-configuration", "/keys", "/token")] == [1, 1, 2]
    clock.advance(timedelta(hours=1))
    come_in(browser())
    assert [provider.asked.count(path) for path in ("/.well-known/openid-configuration", "/keys", "/token")] == [2, 2, 3]


def test_a_new_key_is_fetched_and_an_unknown_one_asked_for_once(browser: Callable[[], TestClient], provider: Provider) -> None:
    come_in(browser())
    provider.published, provider.signs_with = ["second", "first"], "second"
    assert come_in(browser()).headers["location"] == "/console"
    assert provider.asked.count("/keys") == 2
    provider.signs_with = "foreign"
    client = browser()
    refused(client, come_in(client), 502, "Nie można potwierdzić logowania")
    assert provider.asked.count("/keys") == 3
    provider.published, provider.signs_with = ["second"], "first"  # withdrawn: what is kept has gone with the last look
    come_in(browser())
    assert provider.asked.count("/keys") == 3


def test_an_answer_counts_once(browser: Callable[[], TestClient], engine: Engine) -> None:
    """The address again, even with the cookie put back, and a used code in a fresh login: neither lets in."""
    client = browser()
    back = sent_back(client)
    errand = client.cookies["cer-errand"]
    assert client.get(back).headers["location"] == "/console"
    thief = browser()
    thief.cookies.set("cer-errand", errand)
    refused(thief, thief.get(back), 400, "To logowanie wygasło")
    again = browser()
    fresh = parse_qs(urlsplit(sent_back(again)).query)["state"][0]
    code = parse_qs(urlsplit(back).query)["code"][0]
    refused(again, again.get(BACK, params={"code": code, "state": fresh}), 403, "Nie zalogowano")
    assert [act for act, _ in noted(engine)] == ["account_added", "login"]


@pytest.mark.parametrize("state", ["", "x", "x" * 43, "ą", None])
def test_a_forged_or_missing_state_is_refused(state: str | None, browser: Callable[[], TestClient], provider: Provider) -> None:
    client = browser()
    code = parse_qs(urlsplit(sent_back(client)).query)["code"][0]
    answer = client.get(BACK, params={"code": code} | ({} if state is None else {"state": state}))
    refused(client, answer, 400, "To logowanie wygasło")
    assert "/token" not in provider.asked
    assert "cer-errand" in client.cookies  # a forged answer does not end the login that goes on


def test_an_answer_to_another_browser_is_refused(browser: Callable[[], TestClient], provider: Provider) -> None:
    """Nobody is logged in with somebody else's code: without a login of one's own under way, and with one."""
    back = sent_back(browser())
    bare, busy = browser(), browser()
    sent_back(busy)
    for victim in (bare, busy):
        refused(victim, victim.get(back), 400, "To logowanie wygasło")
    assert "/token" not in provider.asked


def test_an_errand_that_is_old_or_not_ours_is_refused(browser: Callable[[], TestClient], clock: Clock, provider: Provider) -> None:
    client = browser()
    back = sent_back(client)
    clock.advance(timedelta(minutes=10, seconds=1))
    refused(client, client.get(back), 400, "To logowanie wygasło")
    back = sent_back(client)
    genuine = client.cookies["cer-errand"]
    for forged in (genuine[:-1] + ("A" if genuine[-1] != "A" else "B"), genuine.partition(".")[0], "x", ""):
        client.cookies.clear()
        client.cookies.set("cer-errand", forged)
        refused(client, client.get(back), 400, "To logowanie wygasło")
    assert "/token" not in provider.asked


OUTSIDE = [
    "https://zle.example", "//zle.example", "/\\zle.example", "/console/../\\zle.example", "javascript:alert(1)", "/console\r\nX: y",
    "/console@zle.example", "http://testserver/console", "/inne",
]  # fmt: skip


@pytest.mark.parametrize("wanted", OUTSIDE)
def test_nobody_is_led_elsewhere(wanted: str, browser: Callable[[], TestClient], provider: Provider) -> None:
    """No open redirect: neither after the login nor from a page of refusal."""
    assert come_in(browser(), wanted).headers["location"] == "/console"
    client = browser()
    provider.person["groups"] = []
    page = come_in(client, wanted)
    refused(client, page, 403, "To konto nie ma tu dostępu")
    assert "zle.example" not in page.text
    assert "javascript" not in page.text
