"""A simulator and a service for every test that asks for them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.channels.simulator.harness import Inbox, Running, config_for, open_inbox, run_simulator

DESCRIPTION = Path(__file__).parents[3].parent / "shared" / "contracts" / "twilio_api_v2010.json"


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with open_inbox() as inbox:
        yield inbox


@pytest.fixture
def carrier(inbox: Inbox) -> Iterator[Running]:
    with run_simulator(config_for(inbox)) as running:
        yield running


@pytest.fixture(scope="session")
def description() -> dict[str, Any]:
    """Twilio's own OpenAPI description of its interface."""
    if not DESCRIPTION.exists():
        pytest.skip("Twilio's OpenAPI description is not beside the project (../shared/contracts/twilio_api_v2010.json)")
    return dict(json.loads(DESCRIPTION.read_text()))
