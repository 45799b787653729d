"""Who takes the turns of the channels, by the settings: the embedded engine, or a Rasa server with the engine behind it."""

from datetime import timedelta

import httpx
from sqlalchemy import Engine

from channels import clock, upkeep
from channels.rasa import Embedded, ThroughRasa
from channels.settings import Settings
from dialogs.conversation import Understands
from dialogs.conversing import Ask
from registry import eligibility
from registry.events import Actor


def takes_turns(settings: Settings, engine: Engine, interpreter: Understands) -> Embedded | ThroughRasa:
    """What a channel hands its messages to."""
    embedded = Embedded(engine, interpreter, timedelta(seconds=settings.undo_seconds), asks_simp(settings, engine))
    if settings.dialogs == "embedded":
        return embedded
    return ThroughRasa(embedded, settings.rasa_url, settings.rasa_seconds, httpx.Client())


def asks_simp(settings: Settings, engine: Engine) -> Ask | None:
    """Asks SIMP about a patient while a turn waits (R80); None where there is no register to ask."""
    port = upkeep.simp(settings)
    if port is None:
        return None

    def ask(patient_id: int, service: str, channel: str) -> None:
        eligibility.ask(engine, port, patient_id, service, actor=Actor("patient", channel), now=clock.now())

    return ask
