"""Real ends for the simulator's wire: a simulator on a real port, and a service that takes and answers its webhooks."""

from __future__ import annotations

import asyncio
import queue
import socket
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import uvicorn
from starlette.applications import Starlette
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from channels.simulator import ServiceNumber, Simulator, SimulatorConfig, Telephone, create_simulator

ACCOUNT = "AC" + "ab" * 16
TOKEN = "the-account-s-secret"
SERVICE = "+48732000000"
JANINA = Telephone("+48601234501", "mobile", "Janina Kowalska", "82 lata")
MAREK = Telephone("+48601234502", "mobile", "Marek Wiśniewski")
STANISLAW = Telephone("+48426001122", "landline", "Stanisław Nowak")
SHELF = [JANINA, MAREK, STANISLAW]
PATIENCE = 10.0  # seconds after which something that should have come is missing


@dataclass
class Taken:
    """One webhook as the service got it."""

    path: str
    headers: dict[str, str]
    form: dict[str, str]
    url: str

    def is_signed(self, token: str = TOKEN) -> bool:
        signature = self.headers["X-Twilio-Signature"]
        return bool(RequestValidator(token).validate(self.url, self.form, signature))


@dataclass
class Inbox:
    """The service's side: every webhook lands in `taken`; `answers` holds what to answer next, 200 and no words else.

    Of webhooks that come in no certain order, as a call's question and its status do, `by_path` says what each is answered. An answer is
    (status, body); the status 0 hangs up without one.
    """

    base: str = ""
    taken: queue.Queue[Taken] = field(default_factory=queue.Queue)
    answers: deque[tuple[int, str]] = field(default_factory=deque)
    by_path: dict[str, tuple[int, str]] = field(default_factory=dict)
    release: threading.Event = field(default_factory=threading.Event)
    held: int = 0  # how many of the next webhooks are kept waiting until `release`

    @property
    def sms_url(self) -> str:
        return f"{self.base}/sms/inbound?from=carrier&x=1"

    @property
    def status_url(self) -> str:
        return f"{self.base}/sms/status"

    def answer(self, path: str) -> tuple[int, str]:
        if (own := self.by_path.get(urlsplit(path).path)) is not None:
            return own
        return self.answers.popleft() if self.answers else (200, "")

    def next(self) -> Taken:
        return self.taken.get(timeout=PATIENCE)

    def statuses(self, number: int) -> list[str]:
        return [self.next().form["MessageStatus"] for _ in range(number)]


@contextmanager
def open_inbox() -> Iterator[Inbox]:
    inbox = Inbox()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = dict(parse_qsl(body, keep_blank_values=True, strict_parsing=True))
            status, words = inbox.answer(self.path)
            inbox.taken.put(Taken(self.path, dict(self.headers), form, inbox.base + self.path))
            if inbox.held > 0:
                inbox.held -= 1
                inbox.release.wait(PATIENCE)
            if status == 0:
                self.close_connection = True
                return
            content = words.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """A carrier that was killed resets its connections: no failure of the service's."""
            if not isinstance(sys.exc_info()[1], ConnectionError):
                super().handle_error(request, client_address)

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    inbox.base = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield inbox
    finally:
        inbox.release.set()
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Running:
    """A simulator that answers on `base`."""

    base: str
    simulator: Simulator
    http: httpx.Client

    def client(self, **extra: Any) -> Client:
        """The real twilio client; only its base address differs."""
        client = Client(ACCOUNT, TOKEN, **extra)
        client.api.base_url = self.base
        return client

    def send(self, body: str = "Przypomnienie", to: str = JANINA.number, **extra: Any) -> Any:
        return self.client().messages.create(to=to, from_=SERVICE, body=body, **extra)

    def write(self, body: str, number: str = JANINA.number) -> httpx.Response:
        return self.http.post(f"/simulator/telephones/{number}/messages", json={"body": body})

    def thread(self, number: str = JANINA.number) -> list[dict[str, Any]]:
        return list(self.http.get(f"/simulator/telephones/{number}/messages").json())

    def fault(self, kind: str, **facts: Any) -> None:
        answer = self.http.post("/simulator/faults", json={"kind": kind} | facts)
        assert answer.status_code == 201, answer.text


def config_for(inbox: Inbox, **changes: Any) -> SimulatorConfig:
    """A quick carrier whose webhooks go to `inbox`."""
    quick = SimulatorConfig(
        account_sid=ACCOUNT,
        auth_token=TOKEN,
        services=(ServiceNumber(SERVICE, inbox.sms_url),),
        sent_after=(0.0, 0.0),
        delivered_after=(0.05, 0.05),
        redelivery=(0.02, 0.05),
    )
    return replace(quick, **changes)


class _Server(uvicorn.Server):
    """Says when it is up, and stops at once instead of at its next tick."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = threading.Event()

    async def main_loop(self) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        await self.on_tick(0)
        self.up.set()
        await self._ended.wait()

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)


@contextmanager
def serving(app: Starlette, port: int = 0) -> Iterator[str]:
    """`app` on a real port of this machine; gives its address."""
    listener = socket.create_server(("127.0.0.1", port))
    server = _Server(
        uvicorn.Config(app, loop="uvloop", http="httptools", log_level="error", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        assert server.up.wait(PATIENCE), "the server did not start"
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.end()
        thread.join()


@contextmanager
def run_simulator(config: SimulatorConfig, port: int = 0) -> Iterator[Running]:
    """A simulator on a real port, with the telephones of `SHELF`."""
    app = create_simulator(config, allow=True)
    simulator: Simulator = app.state.simulator
    simulator.register_telephones(SHELF)
    with serving(app, port) as base, httpx.Client(base_url=base, timeout=PATIENCE) as http:
        yield Running(base, simulator, http)
