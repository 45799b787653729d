"""The chat in a real browser: talked with by keyboard, resumed after a reload, on a foreign page under a strict policy, without axe's
complaints, light and dark, from 320 px up. Pictures are left in the run's temporary directory (`--basetemp`)."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, expect
from sqlalchemy import Engine

from channels.chat.limits import FROM_HERE, Limits
from channels.chat.live import Watch
from channels.chat.talk import Desk
from channels.chat.web import Chat
from channels.rasa import Embedded
from dialogs.understanding import Interpreter
from tests import reading
from tests.chromium import axe_complaints
from tests.running import running

POLICY = "default-src 'none'; script-src {host}; connect-src {host} {socket}"  # no inline script, no inline style


@pytest.fixture(scope="module")
def interpreter() -> Interpreter:
    return reading.interpreter()


@pytest.fixture
def limits() -> Limits:
    return Limits()


@pytest.fixture
def served(engine: Engine, interpreter: Interpreter, limits: Limits) -> Iterator[str]:
    """The chat on a real socket; its address."""
    from channels import clock  # noqa: PLC0415  a browser lives in real time

    app = FastAPI()
    desk = Desk(engine, Embedded(engine, interpreter, timedelta(minutes=5)), clock.now)
    app.router.routes.extend(Chat(desk, limits, Watch(desk, every=0.1), "http://127.0.0.1").routes())
    with running(app, ws="websockets-sansio") as address:
        yield address


@pytest.fixture
def foreign(served: str) -> Iterator[str]:
    """A clinic's own page, of another origin, that holds the window."""
    policy = POLICY.format(host=served, socket=served.replace("http", "ws"))
    script = f'<script src="{served}/chat/cer-chat.js" type="module"></script>'
    page = f'<!doctype html><html lang="en"><title>Clinic</title><main><h1>Clinic</h1><cer-chat></cer-chat></main>{script}</html>'

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1280, 320])
def test_one_talks_by_keyboard_and_goes_on_after_a_reload(chromium: Browser, served: str, width: int, dark: bool, tmp_path: Path) -> None:
    context = chromium.new_context(base_url=served, viewport={"width": width, "height": 700}, color_scheme="dark" if dark else "light")
    page, complaints = context.new_page(), []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("/chat")
    log = page.get_by_role("log")
    expect(log).to_contain_text("automat", ignore_case=True)
    page.get_by_role("textbox").focus()
    page.keyboard.type("<img src=x onerror=alert(1)> czy potrzebne jest skierowanie?")
    page.keyboard.press("Enter")
    expect(log.locator(".said.system")).to_have_count(2)
    expect(log.locator(".said.patient")).to_contain_text("<img src=x onerror=alert(1)>")
    page.keyboard.type("chcę odwołać wizytę")
    page.keyboard.press("Enter")
    expect(log.locator(".said.system")).to_have_count(3)
    expect(log.locator(".waiting")).to_have_count(0)
    page.screenshot(path=tmp_path / f"chat-{width}-{'dark' if dark else 'light'}.png")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert axe_complaints(page) == []
    page.reload()
    expect(page.get_by_role("log").locator(".said.patient")).to_have_count(2)
    assert complaints == []
    context.close()


def test_a_foreign_page_under_a_strict_policy_holds_the_window(chromium: Browser, foreign: str) -> None:
    """No cookie, no inline style, no third party: only our host stands in the page's policy."""
    page, complaints = chromium.new_page(), []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto(foreign)
    page.get_by_role("button", name="Czat").click()
    expect(page.get_by_role("log")).to_contain_text("automated", ignore_case=True)
    for key in ("Shift+Tab", "Shift+Tab", "Enter"):
        page.keyboard.press(key)
    expect(page.locator(".said.patient")).to_contain_text("When will I get a date?")
    expect(page.get_by_role("textbox")).to_be_focused()  # the choices are gone, who pressed one by keyboard goes on writing
    page.get_by_role("textbox").fill("hello")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".said.system")).to_have_count(3)
    assert page.context.cookies() == []
    assert [one for one in complaints if "favicon" not in one] == []
    page.close()


def test_where_no_websocket_gets_through_the_chat_goes_on_over_http(chromium: Browser, served: str) -> None:
    page = chromium.new_page(base_url=served)
    page.add_init_script("window.WebSocket = class extends EventTarget { constructor() { super(); this.readyState = 3;"
                         " setTimeout(() => this.dispatchEvent(new Event('close')), 5); } send() {} close() {} };"
                         " window.WebSocket.OPEN = 1;")  # fmt: skip
    page.goto("/chat?lang=uk")
    expect(page.get_by_role("log")).to_contain_text("автомат", ignore_case=True)
    page.get_by_role("textbox").fill("добрий день")
    page.get_by_role("button", name="Надіслати").click()
    expect(page.locator(".said.system")).to_have_count(2, timeout=15_000)
    page.close()


def test_what_was_refused_stands_in_the_box_again(chromium: Browser, served: str, limits: Limits) -> None:
    """Who is told to wait a moment sends the same words again; he does not write them again."""
    page = chromium.new_page(base_url=served)
    page.goto("/chat")
    expect(page.get_by_role("log")).to_contain_text("automat", ignore_case=True)
    for number in range(FROM_HERE.amount):
        limits.may_say(f"window {number}", "127.0.0.1")
    page.get_by_role("textbox").fill("czy potrzebne jest skierowanie?")
    page.get_by_role("button", name="Wyślij").click()
    expect(page.get_by_role("status")).to_contain_text("Za dużo wiadomości naraz")
    expect(page.get_by_role("textbox")).to_have_value("czy potrzebne jest skierowanie?")
    expect(page.locator(".said.patient")).to_have_count(0)
    page.close()
