"""The story that everything is built for: a reminder, a cancellation in plain words, the next patient's telephone, the console.

Pictures of every station are left in the run's temporary directory (`--basetemp`), wide and as on a small telephone.
"""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from channels.demo.people import FIRST_WAITING, WEEK_AHEAD
from tests.channels.demo_process import Demo

PATIENT, NEXT = WEEK_AHEAD.number, FIRST_WAITING.number
SOON = 60_000  # milliseconds; the hold of 5 s and a busy machine


@pytest.mark.parametrize(("name", "width", "height"), [("wide", 1280, 900), ("small", 360, 740)])
def test_a_reply_in_plain_words_cancels_and_the_next_patients_telephone_buzzes(
    demo: Demo, chromium: Browser, tmp_path: Path, name: str, width: int, height: int
) -> None:
    page = chromium.new_page(base_url=f"http://127.0.0.1:{demo.port}", viewport={"width": width, "height": height}, locale="pl-PL")
    complaints: list[str] = []
    page.on("console", lambda said: _note(said, complaints))
    page.on("pageerror", lambda error: complaints.append(str(error)))

    def picture(station: str) -> None:
        page.screenshot(path=tmp_path / f"{name}-{station}.png", full_page=True)

    page.goto("/telephone")
    janina, stanislaw = _telephone(page, PATIENT), _telephone(page, NEXT)
    expect(_said_to(janina).last).to_contain_text("ODWOLAJ", timeout=SOON)
    picture("1-reminder")

    janina.get_by_role("textbox").fill("nie dam rady, proszę odwołać")
    janina.get_by_role("button", name="Wyślij").click()
    expect(_said_to(janina).last).to_contain_text("COFNIJ", timeout=SOON)
    picture("2-cancelled")

    expect(_said_to(stanislaw).last).to_contain_text("termin z poczekalni", timeout=SOON)
    expect(page.locator("#story")).to_contain_text("S. N.", timeout=SOON)
    picture("3-next-patient")
    for telephone in (janina, stanislaw):
        telephone.scroll_into_view_if_needed()
        page.screenshot(path=tmp_path / f"{name}-4-{telephone.get_attribute('data-whose')}.png")

    _log_in(page, demo)
    picture("5-console")
    page.locator("#list tbody tr", has_text="J. K.").get_by_role("link").first.click()
    expect(page.locator(".message.incoming").last).to_contain_text("nie dam rady, proszę odwołać")
    expect(page.locator("main")).to_contain_text("S. N.")
    picture("6-conversation")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.close()
    assert complaints == []


def _telephone(page: Page, number: str) -> Locator:
    return page.locator(f'.phone[data-number="{number}"]')


def _said_to(telephone: Locator) -> Locator:
    return telephone.locator(".bubble.theirs .text")


def _note(said: ConsoleMessage, complaints: list[str]) -> None:
    if said.type == "error":
        complaints.append(said.text)


def _log_in(page: Page, demo: Demo) -> None:
    page.goto("/console")
    page.get_by_label("Login").fill("operator")
    page.get_by_label("Hasło").fill(json.loads((demo.directory / "secrets.json").read_text())["console_password"])
    page.get_by_role("button", name="Zaloguj").click()
    expect(page.get_by_role("heading", name="Rozmowy", exact=True)).to_be_visible()
