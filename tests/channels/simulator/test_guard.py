"""Who may have a simulator, who may talk to it, and how it lives inside another application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from channels.simulator import SimulatorForbidden, add_to, create_simulator
from tests.channels.simulator.harness import SHELF, TOKEN, Inbox, Running, config_for, serving


def test_it_is_made_only_where_it_is_asked_for(inbox: Inbox, tmp_path: Path) -> None:
    config = config_for(inbox, database=str(tmp_path / "carrier.sqlite"))
    with pytest.raises(SimulatorForbidden):
        create_simulator(config)
    assert not list(tmp_path.iterdir())


PATHS = [
    "/telephone",
    "/telephone/static/telephone.css",
    "/simulator/telephones",
    "/simulator/faults",
    "/simulator/webhooks",
    "/simulator/telephones/48601234501/messages",
    "/simulator/events",
    "/2010-04-01/Accounts/AC1/Messages.json",
    "/2010-04-01/Accounts/AC1/Messages/SM1.json",
    "/2010-04-01/Accounts/AC1/Calls.json",
    "/2010-04-01/Accounts/AC1/Calls/CA1.json",
    "/2010-04-01/Accounts",
]


def _asked(app: Any, path: str, client: tuple[str, int], headers: dict[str, str] | None = None) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app, client=client)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:4010") as http:
            return await http.get(path, headers=headers)

    return asyncio.run(ask())


@pytest.mark.parametrize("path", PATHS)
def test_only_this_machine_is_answered(inbox: Inbox, path: str) -> None:
    app = create_simulator(config_for(inbox), allow=True)
    for address in ("192.168.1.7", "10.0.0.1", "fe80::1", "127.0.0.1.example.org", ""):
        assert _asked(app, path, (address, 50_000)).status_code == 403, address
    app.state.simulator.close()


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.10", "::1"])
def test_loopback_has_many_addresses(inbox: Inbox, address: str) -> None:
    app = create_simulator(config_for(inbox), allow=True)
    assert _asked(app, "/simulator/telephones", (address, 50_000)).status_code == 200
    app.state.simulator.close()


def test_the_list_of_guarded_paths_is_whole(inbox: Inbox) -> None:
    """Every route of the simulator is in PATHS, but for the form and the socket: each has a test of its own."""
    app = create_simulator(config_for(inbox), allow=True)
    scopes = [{"type": "http", "path": path, "method": "GET"} for path in PATHS]
    routes = app.state.simulator.routes()
    unseen = [route.path for route in routes if not any(route.matches(scope)[0].value for scope in scopes)]
    assert unseen == ["/telephone/{number}/messages", "/telephone/{number}/line"]
    app.state.simulator.close()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "localhost:4010"}, 200),
        ({"Host": "[::1]:4010"}, 200),
        ({"Host": "pokaz.example.org"}, 403),
        ({"Host": "127.0.0.1.example.org"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_other_sites_pages_are_kept_out(carrier: Running, headers: dict[str, str], status: int) -> None:
    """A page from elsewhere reaches loopback through the browser: by another name, or by a form that it posts."""
    assert carrier.http.get("/simulator/telephones", headers=headers).status_code == status
    posted = carrier.http.post("/telephone/48601234501/messages", data={"body": "TAK"}, headers=headers)
    assert posted.status_code == (303 if status == 200 else 403)


def test_a_host_name_can_be_allowed(inbox: Inbox) -> None:
    app = create_simulator(config_for(inbox, hosts=frozenset({"pokaz.local"})), allow=True)
    answer = _asked(app, "/simulator/telephones", ("127.0.0.1", 50_000), {"Host": "pokaz.local:4010"})
    assert answer.status_code == 200
    app.state.simulator.close()


def test_it_lives_inside_a_fastapi_application(inbox: Inbox) -> None:
    """Mounted at its own addresses, beside the host's: guarded, at work, and without touching the host's pages."""
    simulator = create_simulator(config_for(inbox), allow=True)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with inner.at_work():
            yield
        inner.close()

    web = FastAPI(lifespan=lifespan)
    inner = add_to(web, simulator)
    inner.register_telephones(SHELF)

    @web.get("/health/live")
    def live() -> dict[str, str]:
        return {"status": "ok"}

    with serving(web) as base, httpx.Client(base_url=base) as http:
        assert http.get("/health/live").json() == {"status": "ok"}
        assert http.get("/nothing/here").status_code == 404
        assert http.get("/telephone").status_code == 200
        assert http.get("/telephone/static/telephone.js").status_code == 200
        http.post("/simulator/telephones/48601234501/messages", json={"body": "TAK"}).raise_for_status()
        taken = inbox.next()
        assert taken.is_signed(TOKEN)
        assert taken.form["Body"] == "TAK"


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://elsewhere.example"}, {"Host": "pokaz.example.org"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_other_sites_pages_open_no_handset(inbox: Inbox, headers: dict[str, str]) -> None:
    """Browsers let any page open a socket anywhere: its origin must be ours."""
    app = create_simulator(config_for(inbox), allow=True)
    line, ours = "/telephone/48426001122/line", {"Host": "127.0.0.1:4010", "Origin": "http://127.0.0.1:4010"}
    with TestClient(app, client=("127.0.0.1", 50_000)) as http:
        with http.websocket_connect(line, headers=ours) as handset:
            assert handset.receive_json() == {"event": "state", "state": "idle"}
        with pytest.raises(WebSocketDisconnect), http.websocket_connect(line, headers=ours | headers):
            pass
