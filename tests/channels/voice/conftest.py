"""An exchange on a real port and the inbox that its requests go to."""

from collections.abc import Iterator

import pytest

from tests.channels.simulator.harness import Inbox, Running, config_for, open_inbox, run_simulator


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with open_inbox() as inbox:
        yield inbox


@pytest.fixture
def sim(inbox: Inbox) -> Iterator[Running]:
    with run_simulator(config_for(inbox)) as running:
        yield running
