"""A running demonstration and a browser to look at it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.channels.demo_process import Demo
from tests.chromium import launched


@pytest.fixture
def demo(server_directory: Path, with_models: Callable[[Path], Path]) -> Iterator[Demo]:
    """`cer demo` with data of its own, ready."""
    with Demo(with_models(server_directory / "data")) as running:
        yield running.wait_until_ready()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with launched() as browser:
        yield browser
