"""How a browser goes to the provider and back, and what is left of it."""

from collections.abc import Callable
from typing import Any

import httpx
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import Engine, text

from registry.database import transaction
from tests.channels.operators.identity import Claims, Provider

OUTSIDE_BROWSER = httpx.Client(trust_env=False)  # at the provider's own pages; it follows no redirect
START, BACK = "/console/login/oidc", "/console/login/oidc/back"
Agree = Callable[..., None]


def sent_back(client: TestClient, wanted: str = "") -> str:
    """From the console to the provider; the address that the provider sends the browser to."""
    answer = client.get(START, params={"next": wanted} if wanted else None)
    assert answer.status_code == 303, answer.text
    return OUTSIDE_BROWSER.get(answer.headers["location"]).headers["location"]


def come_in(client: TestClient, wanted: str = "") -> Response:
    return client.get(sent_back(client, wanted))


def rows(engine: Engine, query: str, **facts: Any) -> list[Any]:
    with transaction(engine) as session:
        return list(session.execute(text(query), facts))


def noted(engine: Engine) -> list[tuple[str, Any]]:
    return [(act, facts) for act, facts in rows(engine, "SELECT act, facts FROM audit ORDER BY id")]


def account(engine: Engine, subject: str = "janina-1") -> Any:
    return rows(engine, "SELECT * FROM operators WHERE subject = :s", s=subject)[0]


def refused(client: TestClient, answer: Response, status: int, words: str) -> None:
    """A Polish page with a way back, and nobody is in."""
    assert answer.status_code == status, answer.text
    assert words in answer.text
    assert 'href="/console/login"' in answer.text
    assert START in answer.text
    assert "cer-console" not in client.cookies
    assert client.get("/console").status_code == 303


def with_claims(**changes: Any) -> Callable[[Provider, Claims], str]:
    """A provider that says this in its token."""
    return lambda own, said: own.token({**said, **changes})
