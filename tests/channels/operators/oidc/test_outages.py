"""A provider that declines, is ill, is away or describes another one: told in Polish, with a way back."""

import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse

from tests.channels.operators.conftest import log_in
from tests.channels.operators.identity import Claims, Provider, dripping, huge
from tests.channels.operators.oidc.coming import BACK, START, Agree, come_in, refused, sent_back


def test_what_the_provider_declines_is_told_and_not_repeated(browser: Callable[[], TestClient]) -> None:
    for error, status, words in (
        ("access_denied", 403, "Nie zalogowano"), ("server_error", 502, "nie działa"), ("<script>alert(1)</script>", 403, "Nie zalogowano"),
    ):  # fmt: skip
        client = browser()
        state = parse_qs(urlsplit(sent_back(client, "/console/tasks")).query)["state"][0]
        page = client.get(BACK, params={"error": error, "error_description": "<b>opis</b>", "state": state})
        assert page.status_code == status
        assert words in page.text
        assert "alert" not in page.text
        assert "opis" not in page.text
        assert f'href="{START}?next=%2Fconsole%2Ftasks"' in page.text


def _moved() -> Any:
    return RedirectResponse("http://127.0.0.1:9/elsewhere")


ILL: dict[str, Callable[[], Any]] = {
    "an error": lambda: PlainTextResponse("ojej", 503), "no JSON": lambda: PlainTextResponse("<html>"), "a list": lambda: JSONResponse([1]),
    "nothing": lambda: PlainTextResponse(""), "an empty object": lambda: JSONResponse({}), "deep": lambda: PlainTextResponse("[" * 100_000),
    "elsewhere": _moved, "huge": huge, "a drip": dripping,
}  # fmt: skip


DESCRIPTION = "/.well-known/openid-configuration"
WHERE_ILL = [
    *((DESCRIPTION, kind) for kind in ILL), *((path, kind) for path in ("/token", "/keys") for kind in ("an error", "no JSON", "a drip")),
]  # fmt: skip


@pytest.mark.parametrize(("path", "kind"), WHERE_ILL)
def test_a_provider_that_is_ill_is_told_of_with_a_way_back(
    path: str, kind: str, browser: Callable[[], TestClient], provider: Provider, agree: Agree
) -> None:
    """Within the patience of one question, whatever comes; and once it is well again, one gets in."""
    agree(patience=0.5)
    client = browser()
    provider.answers = {path: ILL[kind]}
    refused(client, client.get(START) if path == DESCRIPTION else come_in(client), 502, "Logowanie służbowe nie działa")
    provider.answers = {}
    assert come_in(client).headers["location"] == "/console"


def test_a_provider_that_is_away_is_told_of(browser: Callable[[], TestClient], agree: Agree) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused
        agree(issuer=f"http://127.0.0.1:{taken.getsockname()[1]}")
        client = browser()
        refused(client, client.get(START), 502, "Logowanie służbowe nie działa")
        assert log_in(client).status_code == 303  # passwords go on


BAD_DESCRIPTIONS: list[Claims] = [
    {"issuer": "https://inny.example"}, {"token_endpoint": None}, {"jwks_uri": 7}, {"authorization_endpoint": "javascript:alert(1)"},
]  # fmt: skip


@pytest.mark.parametrize("described", BAD_DESCRIPTIONS)
def test_a_description_that_is_not_of_this_provider_is_not_followed(
    described: Claims, browser: Callable[[], TestClient], provider: Provider
) -> None:
    provider.describes = described
    client = browser()
    refused(client, client.get(START), 502, "Logowanie służbowe nie działa")
    provider.describes = {}
    assert come_in(client).headers["location"] == "/console"
