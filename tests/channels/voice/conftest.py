"""An exchange on a real port and the inbox that its requests go to; our addresses, and a call about a visit in a week."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy import Engine, select

from registry.communications import Message
from registry.database import transaction
from tests.channels.simulator.harness import Inbox, Running, config_for, open_inbox, run_simulator
from tests.channels.voice.script import Script, script
from tests.channels.voice.world import LANDLINE, Begun, Telephony, telephony


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with open_inbox() as inbox:
        yield inbox


@pytest.fixture
def sim(inbox: Inbox) -> Iterator[Running]:
    with run_simulator(config_for(inbox)) as running:
        yield running


@pytest.fixture
def phone(engine: Engine, now: datetime) -> Iterator[Telephony]:
    with telephony(engine, now) as ours:
        yield ours


@pytest.fixture
def begun(phone: Telephony, now: datetime) -> Begun:
    """A call about a visit in a week, told as a reminder that asks whether the patient will come."""

    def begin(kind: str = "reminder_d7") -> Script:
        phone.visit(LANDLINE)
        with transaction(phone.engine) as session:
            row = session.scalars(select(Message).where(Message.address == LANDLINE)).one()
            if kind != "booked":
                row.kind, row.asks, row.visit_version = kind, "reminder", 0
        call_id = phone.ring()
        return script(phone.engine, call_id, phone.clock, now)

    return begin
