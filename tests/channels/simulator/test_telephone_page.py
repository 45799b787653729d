"""The telephones in the browser, in Debian's Chromium where it is installed; and without JavaScript."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from channels.simulator import add_to, create_simulator, words
from channels.simulator.segments import measure
from tests.channels.simulator.harness import JANINA, MAREK, SHELF, STANISLAW, Inbox, Running, config_for, run_simulator, serving
from tests.chromium import launched

NASTY = "<img src=x onerror=alert(1)> & <b>\"TAK\"</b>"
Open = Callable[..., Page]
expect.set_options(timeout=15_000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture
def open_page(browser: Browser, carrier: Running) -> Iterator[Open]:
    """Opens /telephone; at the end no page may have complained about anything (errors, CSP) or asked another host."""
    with _opener(browser, carrier.base) as opener:
        yield opener


@contextmanager
def _opener(browser: Browser, base: str) -> Iterator[Open]:
    complaints: list[str] = []
    contexts = []

    def open_it(**options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}} | options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if _is_complaint(said) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: None if asked.url.startswith(base) else complaints.append(asked.url))
        page.goto(f"{base}/telephone")
        if options.get("java_script_enabled", True):
            expect(page.get_by_text("na żywo")).to_be_visible()
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert complaints == []


def _is_complaint(said: ConsoleMessage) -> bool:
    """The browser notes every 4xx as an error: of a story that nobody tells, and of an answer that is refused, it is meant."""
    meant = said.text.startswith("Failed to load resource") and said.location["url"].endswith(("/demo/story", "/messages"))
    return said.type == "error" and not meant


def _phone(page: Page, number: str = JANINA.number) -> Any:
    return page.locator(f'.phone[data-number="{number}"]')


# --- what the server renders


def test_the_page_carries_its_policy(carrier: Running) -> None:
    answer = carrier.http.get("/telephone")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "style=" not in answer.text
    assert "http://" not in answer.text
    assert "https://" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_what_a_patient_writes_stays_text(carrier: Running) -> None:
    carrier.write(NASTY)
    text = carrier.http.get("/telephone").text
    assert "<img" not in text
    assert "&lt;img src=x onerror=alert(1)&gt;" in text


def test_the_notice_and_the_console_are_the_composer_s(inbox: Inbox) -> None:
    config = config_for(inbox, notice="Przypomnienia wychodzą od razu.", console_url="/console")
    with run_simulator(config) as carrier:
        text = carrier.http.get("/telephone").text
    assert "Przypomnienia wychodzą od razu." in text
    assert 'href="/console"' in text


def test_an_empty_shelf_says_so(carrier: Running) -> None:
    carrier.simulator.register_telephones([])
    assert "nie ma jeszcze żadnego telefonu" in carrier.http.get("/telephone").text


@pytest.mark.parametrize(
    ("form", "number", "status", "words"),
    [
        ({"body": "  "}, JANINA.number, 422, "pusta"),
        ({}, JANINA.number, 422, "pusta"),
        ({"body": "x"}, "+48601999999", 404, "+48601999999"),
        ({"body": "x"}, STANISLAW.number, 422, "stacjonarnego"),
    ],
)
def test_a_form_that_cannot_be_sent_says_why(
    carrier: Running, form: dict[str, str], number: str, status: int, words: str
) -> None:
    answer = carrier.http.post(f"/telephone/{number}/messages", data=form)
    assert answer.status_code == status
    assert words in answer.text
    assert 'role="alert"' in answer.text


@pytest.mark.parametrize(
    ("segments", "said"), [(1, "1 SMS"), (2, "2 SMS-y"), (4, "4 SMS-y"), (5, "5 SMS-ów"), (12, "12 SMS-ów"), (22, "22 SMS-y")]
)
def test_polish_counts(segments: int, said: str) -> None:
    assert words.parts(segments) == said


def test_times_are_warsaw_s() -> None:
    """Today by the Warsaw calendar is a clock time, another day has its name; both sides of a clock change."""
    now = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert words.moment(datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp(), now) == "02:30"
    assert words.moment(datetime(2026, 10, 25, 1, 30, tzinfo=UTC).timestamp(), now) == "02:30"
    assert words.moment(datetime(2026, 10, 24, 22, 0, tzinfo=UTC).timestamp(), now) == "00:00"
    assert words.moment(datetime(2026, 10, 24, 21, 59, tzinfo=UTC).timestamp(), now) == "sob. 24 paź, 23:59"


# --- in the browser


def test_without_javascript_one_reads_and_answers(carrier: Running, inbox: Inbox, open_page: Open) -> None:
    carrier.send("Wizyta jutro. TAK / ODWOLAJ")
    page = open_page(java_script_enabled=False)
    phone = _phone(page)
    expect(phone.get_by_text("Wizyta jutro. TAK / ODWOLAJ")).to_be_visible()
    phone.get_by_role("button", name="ODWOLAJ", exact=True).click()
    assert inbox.next().form["Body"] == "ODWOLAJ"
    assert page.url.endswith("/telephone#tel-48601234501")
    _phone(page).get_by_label("Odpowiedz jako Janina Kowalska").fill("jednak będę, dziękuję")
    _phone(page).get_by_role("button", name="Wyślij").click()
    assert inbox.next().form["Body"] == "jednak będę, dziękuję"
    expect(_phone(page).locator(".bubble.mine")).to_have_count(2)


def test_a_message_arrives_and_is_answered(carrier: Running, inbox: Inbox, open_page: Open) -> None:
    """The first paragraph of the story: the telephone buzzes, the patient answers, the service's word comes back."""
    inbox.answers.append((200, "<Response><Message>Wizyta odwolana. COFNIJ przywraca.</Message></Response>"))
    page = open_page()
    phone = _phone(page)
    carrier.send("Przypomnienie o wizycie")
    expect(phone.get_by_text("Przypomnienie o wizycie")).to_be_visible()
    expect(phone.locator(".badge")).to_have_text("1")
    expect(page.locator(f'.index a[data-for="{JANINA.number}"] .badge')).to_have_text("1")
    expect(page).to_have_title("(1) Telefony pacjentów – pokaz e-rejestracji")
    expect(page.get_by_role("status")).to_have_text("Nowy SMS: Janina Kowalska")
    expect(phone.get_by_text("dostarczono")).to_be_visible()
    phone.get_by_role("button", name="nie dam rady, proszę odwołać").click()
    assert inbox.next().form["Body"] == "nie dam rady, proszę odwołać"
    expect(phone.locator(".bubble.mine .text")).to_have_text("nie dam rady, proszę odwołać")
    expect(phone.get_by_text("COFNIJ przywraca.")).to_be_visible()
    expect(phone.locator(".badge")).to_be_hidden()
    expect(_phone(page, MAREK.number).locator(".bubble")).to_have_count(0)


def test_a_telephone_out_of_sight_is_heard_of(carrier: Running, open_page: Open) -> None:
    """On a small screen the next patient's telephone buzzes far below: the page says so and leads there."""
    page = open_page(viewport={"width": 360, "height": 640}, reduced_motion="reduce")
    expect(_phone(page, MAREK.number)).not_to_be_in_viewport()
    carrier.send("Masz termin", to=MAREK.number)
    page.get_by_role("link", name="Nowy SMS: Marek Wiśniewski").click()
    expect(_phone(page, MAREK.number).get_by_text("Masz termin")).to_be_in_viewport()
    expect(_phone(page, MAREK.number).locator(".badge")).to_be_hidden()
    expect(page.get_by_role("link", name="Nowy SMS")).not_to_be_in_viewport()


def test_only_the_keyboard(carrier: Running, inbox: Inbox, open_page: Open) -> None:
    page = open_page()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Przejdź do telefonów")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(_phone(page).get_by_role("region", name="Wiadomości: Janina Kowalska")).to_be_focused()
    for _ in range(5):  # four ready answers, then the box
        page.keyboard.press("Tab")
    expect(_phone(page).get_by_label("Odpowiedz jako Janina Kowalska")).to_be_focused()
    page.keyboard.type("pierwszy wiersz")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("drugi")
    page.keyboard.press("Enter")
    assert inbox.next().form["Body"] == "pierwszy wiersz\ndrugi"
    expect(_phone(page).get_by_label("Odpowiedz jako Janina Kowalska")).to_have_value("")


def test_what_goes_wrong_is_said(carrier: Running, open_page: Open) -> None:
    page = open_page()
    box = _phone(page).get_by_role("textbox")
    box.fill("   ")
    box.press("Enter")
    expect(_phone(page).get_by_text("Nie wysłano. Wiadomość jest pusta")).to_be_visible()
    box.fill("TAK")
    expect(_phone(page).get_by_text("Nie wysłano.")).to_have_count(0)


def test_a_failed_message_says_so(carrier: Running, open_page: Open) -> None:
    carrier.fault("miscarry", code=30003)
    page = open_page()
    carrier.send("Przypomnienie")
    expect(_phone(page).get_by_text("nie dostarczono: telefon poza zasięgiem (30003)")).to_be_visible()


def test_what_arrives_live_stays_text(carrier: Running, open_page: Open) -> None:
    page = open_page()
    carrier.send(NASTY)
    expect(_phone(page).locator(".bubble .text")).to_have_text(NASTY)
    assert page.locator(".bubble img").count() == 0


def test_after_a_restart_of_the_carrier_nothing_is_missing(browser: Browser, inbox: Inbox, tmp_path: Path) -> None:
    """The page says that the line is down, finds it again by itself, and gets what it has not seen, once."""
    config = config_for(inbox, database=str(tmp_path / "carrier.sqlite"))
    page = browser.new_page()
    with run_simulator(config) as carrier:
        page.goto(f"{carrier.base}/telephone")
        expect(page.get_by_text("na żywo")).to_be_visible()
        carrier.send("przed przerwą")
        expect(_phone(page).get_by_text("przed przerwą")).to_be_visible()
        port = int(carrier.base.rpartition(":")[2])
    expect(page.get_by_text("brak połączenia")).to_be_visible()
    with run_simulator(config, port) as carrier:
        carrier.send("po przerwie")
        expect(_phone(page).get_by_text("po przerwie")).to_be_visible()
        expect(_phone(page).get_by_text("przed przerwą")).to_have_count(1)
        expect(page.get_by_text("na żywo")).to_be_visible()
    page.close()


def test_a_new_shelf_appears_by_itself(carrier: Running, open_page: Open) -> None:
    page = open_page()
    carrier.simulator.register_telephones([MAREK])
    expect(_phone(page)).to_have_count(0)
    expect(_phone(page, MAREK.number)).to_be_visible()


SAMPLES = ["TAK", "€" * 80, "€" * 81, "a" * 152 + "€" * 5, "a" * 161, "ż" * 70, "ż" * 71, "😀" * 35, "😀" * 67, "a\nb"]


def test_d9_the_counter_counts_as_the_carrier_does(open_page: Open) -> None:
    page = open_page()
    box, note = _phone(page).get_by_role("textbox"), _phone(page).locator(".count")
    for text in SAMPLES:
        box.fill(text)
        measured = measure(text)
        single, joined = (160, 153) if measured.encoding == "GSM-7" else (70, 67)
        room = single if measured.segments == 1 else measured.segments * joined
        hint = "" if measured.encoding == "GSM-7" else " (polskie litery: krótszy SMS)"
        expect(note).to_have_text(f"{measured.units}/{room} · SMS: {measured.segments}{hint}")
    box.fill("")
    expect(note).to_have_text("")


# --- for every eye

WIDTHS = [320, 360, 768, 1280]
FAINT = """() => {
  const channel = (c) => { c /= 255; return c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4; };
  const light = ([r, g, b]) => .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b);
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const colour = numbers(getComputedStyle(node).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const node of document.querySelectorAll('body *')) {
    const text = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    if (!text || !node.checkVisibility()) continue;
    const [a, b] = [light(numbers(getComputedStyle(node).color)), light(ground(node))].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) faint.push(`${node.className || node.tagName}: ${ratio.toFixed(2)} "${node.textContent.trim().slice(0, 30)}"`);
  }
  return faint;
}"""


def _busy(carrier: Running, page: Page) -> None:
    """A page with one of everything on it."""
    carrier.send("Przypomnienie " + "bardzodlugiejednoslowo" * 8)
    carrier.fault("miscarry", code=30008, number=MAREK.number)
    carrier.send("nie dojdzie", to=MAREK.number)
    carrier.write("nie dam rady, proszę odwołać")
    _phone(page).get_by_role("textbox").fill("żółć")
    expect(_phone(page, MAREK.number).locator(".state.bad")).to_have_count(1)
    expect(_phone(page).get_by_text("dostarczono")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_wcag_aa_contrast(carrier: Running, open_page: Open, scheme: str) -> None:
    """Every visible text has at least 4.5 : 1 against its ground."""
    page = open_page(color_scheme=scheme, reduced_motion="reduce")
    _busy(carrier, page)
    assert page.evaluate(FAINT) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_sticks_out(carrier: Running, open_page: Open, width: int) -> None:
    page = open_page(viewport={"width": width, "height": 640})
    _busy(carrier, page)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    small = page.locator("button:visible").evaluate_all("all => all.filter(b => b.offsetHeight < 36).map(b => b.textContent)")
    assert small == []


# --- the journey of a slot

STEPS = [
    {"at": "2026-11-20T10:00:00+00:00", "text": "Termin odwołany przez: J. K.", "state": "cancelled"},
    {"at": "2026-11-20T10:00:05+00:00", "text": "Otrzymuje: M. W.", "state": "booked"},
]


@pytest.fixture
def told(browser: Browser, inbox: Inbox) -> Iterator[tuple[str, list[dict[str, Any]], Open]]:
    """A service that tells a story at /demo/story, with the simulator inside it: its address, the story, a page."""
    simulator = create_simulator(config_for(inbox), allow=True)
    slots: list[dict[str, Any]] = []

    async def story(_: Request) -> JSONResponse:
        return JSONResponse({"slots": slots})

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with inner.at_work():
            yield
        inner.close()

    web = Starlette(routes=[Route("/demo/story", story)], lifespan=lifespan)
    inner = add_to(web, simulator)
    inner.register_telephones(SHELF)
    with serving(web) as base, _opener(browser, base) as opener:
        yield base, slots, opener


def test_the_slot_s_journey_is_told(told: tuple[str, list[dict[str, Any]], Open]) -> None:
    base, slots, opener = told
    page = opener()
    story = page.get_by_role("region", name="Co się dzieje z terminem")
    expect(story).to_be_hidden()
    slots.append({"label": "czw. 27 lis, 10:20 · Kardiologia", "steps": STEPS[:1]})
    httpx.post(f"{base}/simulator/telephones/{JANINA.number}/messages", json={"body": "ODWOLAJ"}).raise_for_status()
    expect(story.get_by_text("Termin odwołany przez: J. K.")).to_be_visible()
    expect(story.get_by_role("listitem")).to_have_text(["odwołany 11:00:00Termin odwołany przez: J. K."])
    slots[0]["steps"] = STEPS
    expect(story.get_by_text("Otrzymuje: M. W.")).to_be_visible()
    assert page.evaluate(FAINT) == []


def test_no_story_no_strip(open_page: Open) -> None:
    page = open_page()
    expect(page.locator("#story")).to_be_hidden()
