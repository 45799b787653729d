"""Calls put together from the settings: the carrier that rings, the addresses that it calls, the places of this process."""

import os
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine

from channels.policy import policy
from channels.settings import Settings
from channels.voice.carrier import Addresses, Carrier
from channels.voice.places import Places
from channels.voice.webhooks import Webhooks
from dialogs import notices
from dialogs.conversation import Understands
from registry.outbox import Claimed

CALLS_PER_CORE = 16  # conversations that one core bears with room to spare


def carrier(settings: Settings) -> Carrier:
    """The carrier's client for calls; made inside a running event loop."""
    if settings.twilio_account_sid is None or settings.twilio_auth_token is None or settings.twilio_number is None:
        raise ValueError("calling needs CER_TWILIO_ACCOUNT_SID, CER_TWILIO_AUTH_TOKEN and CER_TWILIO_NUMBER")
    here = f"{settings.public_url}/voice"
    return Carrier(
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token.get_secret_value(),
        number=settings.twilio_number,
        addresses=Addresses(f"{here}/answer", f"{here}/status", f"{here}/screening"),
        base_url=settings.twilio_base_url,
    )


def words(message: Claimed) -> str:
    """The words of a notice as it is spoken."""
    return notices.words(message.kind, message.facts, language=message.language, channel="voice")


def places(settings: Settings) -> Places:
    """The places of this process for conversations."""
    cores = len(os.sched_getaffinity(0))
    return Places(settings.voice_calls if settings.voice_calls is not None else CALLS_PER_CORE * cores)


def webhooks(
    settings: Settings, engine: Engine, interpreter: Understands, taken: Places, clock: Callable[[], datetime]
) -> Webhooks:  # fmt: skip
    """The addresses that the carrier calls about calls."""
    if settings.twilio_auth_token is None or settings.public_url is None:
        raise ValueError("calls need CER_TWILIO_AUTH_TOKEN and CER_PUBLIC_URL")
    return Webhooks(
        engine=engine, interpreter=interpreter, auth_token=settings.twilio_auth_token.get_secret_value(),
        public_url=settings.public_url, policy=policy(settings), clock=clock, places=taken, transfer_to=settings.voice_transfer_to,
    )  # fmt: skip
