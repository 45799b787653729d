"""Debian's chromium, for tests that look at pages as people do; and what axe complains of on one."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
LONGEST = 160  # characters of a complaint


@contextmanager
def launched(*arguments: str) -> Iterator[Browser]:
    """A browser, closed at the end. Without one on this machine the test is skipped."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: apt-get install chromium, or name one in CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", *arguments])
        yield browser
        browser.close()


def axe_complaints(page: Page) -> list[tuple[str, list[str]]]:
    """Axe's rules that the page breaks, each with where."""
    found = Axe().run(page).response["violations"]
    return [(one["id"], [node["html"][:LONGEST] for node in one["nodes"]]) for one in found]
