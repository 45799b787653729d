"""One demonstration for all stories, and windows of whoever plays in them."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.workplace.acting import SOON, Look, log_in, looker, password, window
from tests.channels.demo_process import Demo


@pytest.fixture(scope="session")
def demo(with_models: Callable[[Path], Path]) -> Iterator[Demo]:
    """One demonstration for all stories; its start is what costs."""
    with tempfile.TemporaryDirectory(prefix="cer-server-") as directory, Demo(with_models(Path(directory) / "data")) as running:
        yield running.wait_until_ready()


@pytest.fixture(scope="package", autouse=True)
def patience() -> Iterator[None]:
    """Whole processes answer here, on a machine that may be busy."""
    expect.set_options(timeout=SOON)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture
def people(chromium: Browser, demo: Demo) -> Iterator[Callable[[], Page]]:
    """Opens a window of somebody's own."""
    with ExitStack() as opened:
        yield lambda: opened.enter_context(window(chromium, demo))


@pytest.fixture
def operator(people: Callable[[], Page], demo: Demo) -> Page:
    """Somebody signed in at the console, with the rights of an administrator."""
    page = people()
    log_in(page, "operator", password(demo))
    expect(page.get_by_role("heading", name="Rozmowy", exact=True)).to_be_visible()
    return page


@pytest.fixture
def look(tmp_path: Path) -> Look:
    return looker(tmp_path)
