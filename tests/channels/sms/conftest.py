"""A simulated carrier on a real port, and a post office over a clean database, for every test that asks."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy import Engine

from tests.channels.simulator.harness import Inbox, Running, config_for, open_inbox, run_simulator
from tests.channels.sms.world import Clock, Post


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with open_inbox() as inbox:
        yield inbox


@pytest.fixture
def sim(inbox: Inbox) -> Iterator[Running]:
    with run_simulator(config_for(inbox)) as running:
        yield running


@pytest.fixture
def clock(now: datetime) -> Clock:
    return Clock(now)


@pytest.fixture
def post(engine: Engine, sim: Running, clock: Clock) -> Post:
    return Post(engine, sim, clock)
