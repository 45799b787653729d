"""A landline rings in the browser, is answered into a microphone, and the visit is cancelled by voice (R98): nothing is stubbed.

The microphone is a recording that Chromium plays once: its answers lie where the questions are, and may fall into our words, which then
fall silent. Pictures of the stations are left in the run's temporary directory.
"""

import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from channels.demo.people import LANDLINE
from tests.browser.conftest import CHROMIUM
from tests.channels.demo_process import Demo
from voice_models.espeak import Espeak

RATE = 16_000
# Seconds after picking up. The last answer comes again: a machine that is busy asks late, and what was misheard is asked once more.
SAID = ((17.0, "tak, przy telefonie"), (42.0, "odwołuję"), (64.0, "tak, odwołuję"), (86.0, "tak, odwołuję"), (108.0, "tak, odwołuję"))
SOON = 150_000  # milliseconds; a call takes as long as it takes


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """What the patient says, with the silence in which she listens."""
    espeak = Espeak()
    sound = np.zeros(int(150 * RATE), np.int16)
    for at, words in SAID:
        samples = np.array(espeak.speak(words, "pl+f4"), np.float64)
        places = np.linspace(0, len(samples) - 1, int(len(samples) * RATE / espeak.rate))
        spoken = np.interp(places, np.arange(len(samples)), samples).astype(np.int16)
        sound[int(at * RATE) : int(at * RATE) + len(spoken)] = spoken
    path = tmp_path / "patient.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(sound.tobytes())
    return path


@pytest.fixture
def with_microphone(recording: Path) -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    arguments = [
        "--no-sandbox", "--disable-gpu", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={recording}%noloop", "--autoplay-policy=no-user-gesture-required",
    ]  # fmt: skip
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


def test_a_ringing_landline_is_answered_and_the_visit_cancelled_by_voice_r98(demo: Demo, with_microphone: Browser, tmp_path: Path) -> None:
    page = with_microphone.new_page(base_url=f"http://127.0.0.1:{demo.port}", locale="pl-PL")
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("/telephone")
    landline = page.locator(f'.phone[data-number="{LANDLINE.number}"]')
    landline.get_by_role("button", name="Odbierz").click(timeout=SOON)
    said = landline.locator(".transcript")
    expect(said).to_contain_text("Mówi automat", timeout=SOON)
    expect(said).to_contain_text(f"Czy przy telefonie jest {LANDLINE.given_name} {LANDLINE.family_name}?", timeout=SOON)
    landline.screenshot(path=tmp_path / "1-who.png")
    expect(said).to_contain_text("Przypominamy o wizycie", timeout=SOON)
    expect(said).to_contain_text("Czy na pewno odwołać wizytę?", timeout=SOON)
    landline.screenshot(path=tmp_path / "2-read-back.png")
    expect(said).to_contain_text("Wizyta została odwołana", timeout=SOON)
    landline.screenshot(path=tmp_path / "3-cancelled.png")
    landline.get_by_role("button", name="Odłóż").click()
    expect(landline.locator(".line")).to_have_text("Linia wolna.")
    assert complaints == []
