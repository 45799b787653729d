"""Every route of the whole application but the console's (its own tests try those): what a stranger gets there, written down apart from the
code, so that a route that is added opens nothing unseen; and the headers of every answer."""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from httpx import Response
from sqlalchemy import Engine
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from channels.app import create_app
from channels.secrets import completed
from channels.settings import Settings

Answers = dict[tuple[str, str], Response]

# Open to everybody, and why; whatever is not here refuses a stranger.
OPEN = {
    ("GET", "/health/live"): 200,  # says nothing
    ("GET", "/health/ready"): 503,  # says which part is away
    ("GET", "/chat"): 200,  # the patients' window
    ("GET", "/chat/cer-chat.js"): 200,
    ("POST", "/chat/hello"): 200,  # gives a conversation of one's own
    ("POST", "/chat/say"): 400,  # without the token of a conversation
    ("POST", "/chat/since"): 400,
    ("GET", "/"): 307,  # to the telephones, which refuse
}
REFUSED = {403, 404}
CAREFUL = {"x-content-type-options": "nosniff", "x-frame-options": "DENY"}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory, worker_engine: Engine, with_models: Callable[[Path], Path]) -> Answers:
    """Of the demonstration's application, which has every route; to somebody from elsewhere, without token, signature or seal."""
    app = create_app(completed(Settings(data_dir=with_models(tmp_path_factory.mktemp("routes") / "data"))), worker_engine)
    with TestClient(app, client=("203.0.113.9", 50000), raise_server_exceptions=False, follow_redirects=False) as client:
        return {(method, path): client.request(method, re.sub(r"{\w+(:\w+)?}", "x", path)) for method, path in _routes(app.routes)}


def _routes(routes: Sequence[object]) -> Iterator[tuple[str, str]]:
    for route in routes:
        if isinstance(route, Route):
            yield from ((method, route.path) for method in sorted(set(route.methods or ()) & {"GET", "POST", "PUT", "DELETE"}))
        elif isinstance(route, Mount):
            yield "GET", f"{route.path}/..%2f..%2f__init__.py"


def test_a_stranger_gets_at_what_is_open_and_at_nothing_else(answers: Answers) -> None:
    assert len(answers) > 40
    opened = {route: answer.status_code for route, answer in answers.items() if answer.status_code not in REFUSED}
    assert opened == OPEN


def test_every_answer_keeps_browsers_careful_whatever_it_says(answers: Answers) -> None:
    for route, answer in answers.items():
        assert {name: answer.headers.get(name) for name in CAREFUL} == CAREFUL, route
        policy = answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy, route
        assert "base-uri 'none'" in policy, route
        assert "unsafe" not in policy, route
        assert answer.headers["referrer-policy"] in ("same-origin", "no-referrer", "strict-origin-when-cross-origin"), route
        assert "server" not in answer.headers, route
        assert not answer.headers.get_list("set-cookie"), route
