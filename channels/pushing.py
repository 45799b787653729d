"""Push notices put together from the settings: the gateway, where there is one, the sender, and the gateway's routes (R104)."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine
from starlette.routing import Route

from channels.policy import policy
from channels.push.gateway import Gateway
from channels.push.routes import Routes
from channels.push.sender import Sender
from channels.settings import Settings
from dialogs import notices
from registry.outbox import Claimed


def gateway(settings: Settings) -> Gateway | None:
    """The gateway of this installation; none where its address or its token is not set."""
    if settings.push_url is None or settings.push_token is None:
        return None
    return Gateway(settings.push_url, settings.push_token.get_secret_value())


def routes(settings: Settings, engine: Engine, clock: Callable[[], datetime]) -> list[Route]:
    """The routes that the gateway posts to; none without its token."""
    return [] if settings.push_token is None else Routes(engine, settings.push_token.get_secret_value(), clock).routes()


async def send(settings: Settings, engine: Engine, name: str, clock: Callable[[], datetime], stop: asyncio.Event) -> None:
    """Send what is due until told to stop."""
    there = gateway(settings)
    try:
        await Sender(engine, there, words, name=name, policy=policy(settings), clock=clock).run(stop)
    finally:
        if there is not None:
            await there.close()


def words(message: Claimed) -> str:
    """The text that opens in the application, which is the patient's own, whoever shares his telephone."""
    return notices.words(message.kind, {**message.facts, "shared": False}, language=message.language, channel="email")
