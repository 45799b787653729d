"""A running demonstration and a browser to look at it."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.channels.demo_process import Demo

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture
def demo(server_directory: Path, with_models: Callable[[Path], Path]) -> Iterator[Demo]:
    """`cer demo` with data of its own, ready."""
    with Demo(with_models(server_directory / "data")) as running:
        yield running.wait_until_ready()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()
