"""The first paragraph of the project, played in a real browser on a running demonstration (R51, R52, R60, R102)."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.channels.demo_process import Demo

CHROMIUM = shutil.which("chromium")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync")
PATIENCE = 30_000  # milliseconds

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium (apt-get install chromium)")


@pytest.fixture
def demo(server_directory: Path, with_models: Callable[[Path], Path]) -> Iterator[Demo]:
    with Demo(with_models(server_directory / "data")) as running:
        yield running.wait_until_ready()


def test_a_reminder_a_reply_the_next_patient_and_every_word_at_the_console(demo: Demo, tmp_path: Path) -> None:
    base = f"http://127.0.0.1:{demo.port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.set_default_timeout(PATIENCE)
        page.goto(f"{base}/telephone")
        janina = page.locator("article, section, li").filter(has=page.get_by_role("heading", name="Janina Kowalczyk")).last
        stanislaw = page.locator("article, section, li").filter(has=page.get_by_role("heading", name="Stanisław Nowak")).last
        expect(janina).to_contain_text("e-Rejestracja przypomina", timeout=PATIENCE)
        page.screenshot(path=tmp_path / "1-reminder.png")

        janina.get_by_role("textbox").fill("nie dam rady, proszę odwołać")
        janina.get_by_role("textbox").press("Enter")
        expect(janina).to_contain_text("odwolana", timeout=PATIENCE)
        expect(stanislaw).to_contain_text("jest termin z poczekalni", timeout=PATIENCE)
        expect(page.locator("body")).to_contain_text("Termin dostaje od razu: S. N.", timeout=PATIENCE)
        page.screenshot(path=tmp_path / "2-travelled.png", full_page=True)

        console = browser.new_page(viewport={"width": 1280, "height": 900})
        console.goto(f"{base}/console")
        console.locator("[name=login]").fill("operator")
        console.locator("[name=password]").fill(demo.printed_so_far().split("password ")[1].split()[0])
        console.locator("[name=password]").press("Enter")
        console.get_by_role("link", name="301").click()
        expect(console.locator("body")).to_contain_text("nie dam rady, proszę odwołać", timeout=PATIENCE)
        expect(console.locator("body")).to_contain_text("odwołuje wizytę")
        expect(console.locator("body")).to_contain_text("Termin przydzielony z poczekalni")
        assert "+48601200301" not in console.content()
        assert "Kowalczyk" not in console.content()
        console.screenshot(path=tmp_path / "3-console.png", full_page=True)
        browser.close()
