"""A landline rings in the browser, is answered into a microphone, and the visit is cancelled by voice (R98): nothing else is stubbed.

Pictures of the stations are left in the run's temporary directory.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from channels.demo.people import LANDLINE
from tests.browser.microphone import Caller
from tests.channels.demo_process import Demo
from tests.chromium import launched

SOON = 150_000  # milliseconds; a call takes as long as it takes


@pytest.fixture
def with_sound() -> Iterator[Browser]:
    with launched("--autoplay-policy=no-user-gesture-required") as browser:
        yield browser


def test_a_ringing_landline_is_answered_and_the_visit_cancelled_by_voice_r98(demo: Demo, with_sound: Browser, tmp_path: Path) -> None:
    page = with_sound.new_page(base_url=f"http://127.0.0.1:{demo.port}", locale="pl-PL")
    caller = Caller(page)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("/telephone")
    landline = page.locator(f'.phone[data-number="{LANDLINE.number}"]')
    landline.get_by_role("button", name="Odbierz").click(timeout=SOON)
    said = landline.locator(".transcript")
    expect(said).to_contain_text("Mówi automat", timeout=SOON)
    expect(said).to_contain_text(f"Czy przy telefonie jest {LANDLINE.given_name} {LANDLINE.family_name}?", timeout=SOON)
    landline.screenshot(path=tmp_path / "1-who.png")
    caller.answers("tak, przy telefonie", said, until="Przypominamy o wizycie")
    caller.answers("odwołuję", said, until="Czy na pewno odwołać wizytę?")
    landline.screenshot(path=tmp_path / "2-read-back.png")
    caller.answers("tak, odwołuję", said, until="Wizyta została odwołana")
    landline.screenshot(path=tmp_path / "3-cancelled.png")
    landline.get_by_role("button", name="Odłóż").click()
    expect(landline.locator(".line")).to_have_text("Linia wolna.")
    assert complaints == []
