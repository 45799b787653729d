"""Calls put together from the settings: the carrier that rings, the addresses that it calls, the places of this process."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from sqlalchemy import Engine
from starlette.routing import BaseRoute

from channels import clock
from channels.policy import policy
from channels.recordings import Tapes
from channels.settings import Settings, recordings_folder
from channels.voice.capacity import bearable, ear_shares
from channels.voice.carrier import Addresses, Carrier
from channels.voice.desk import Desk
from channels.voice.listening import Ears, ears_of
from channels.voice.places import Places
from channels.voice.speaking import CachedSpeaker, build_speaker, prepare_day
from channels.voice.stream import Streams
from channels.voice.webhooks import Webhooks
from dialogs import notices
from dialogs.conversation import Understands
from dialogs.wording.calls import load as call_texts
from registry.outbox import Claimed
from registry.rules import local_date
from voice_models.catalogue import models_in
from voice_models.synthesizer import SynthesisError, plugged_in
from voice_models.usable import Unheard, usable

REST_SECONDS = 0.05  # between two sentences that are prepared

log = structlog.get_logger("voice")


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


@dataclass(frozen=True, slots=True)
class Voices:
    """Ears and mouth of this process, and how many calls they are for. Without a model there are no places: calls run on keys.
    `unheard` are the languages that were meant to be heard here and are not."""

    ears: Ears | None
    speaker: CachedSpeaker
    places: Places
    unheard: tuple[Unheard, ...] = ()

    def hears(self, language: str) -> bool:
        """Whether speech in this language is understood here."""
        return self.ears is not None and self.ears.hears(language)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """While the process runs: the day's sentences are spoken beforehand, in the quiet between calls."""
        preparing = asyncio.create_task(self._prepare())
        try:
            yield
        finally:
            preparing.cancel()
            await asyncio.gather(preparing, return_exceptions=True)
            await self.speaker.close()
            if self.ears is not None:
                self.ears.close()

    async def _prepare(self) -> None:
        if self.places.limit == 0:
            return
        try:
            own = [text for text in call_texts("pl").values() if "{" not in text]
            await self.speaker.prepare(own, "pl", rest=REST_SECONDS)
            log.info("sentences prepared", new=await prepare_day(self.speaker, local_date(clock.now()), ("pl",), rest=REST_SECONDS))
        except SynthesisError:
            log.exception("sentences not prepared, they are spoken when they are needed")


def voices(settings: Settings) -> Voices:
    """What this process hears and speaks with. A language that cannot be heard is said, and its calls run on keys."""
    chosen = plugged_in(settings.voice_synthesizer) if settings.voice_synthesizer else None
    speaker = build_speaker(settings.data_dir / "voice", chosen)
    models, reasons = usable(models_in(settings.voice_models))
    for unheard, reason in reasons.items():
        log.warning("calls run on keys alone", language=unheard.language, error=reason)
    if not models:
        return Voices(None, speaker, Places(0), tuple(reasons))
    ears = ears_of(models)
    places = Places(settings.voice_calls if settings.voice_calls is not None else _measured(settings, ears))
    return Voices(ears, speaker, places, tuple(reasons))


def _measured(settings: Settings, ears: Ears) -> int:
    """What this process's share of the machine's cores bears now; the web processes of one machine share them, and one process's own
    work for calls (not its recognition) runs on one core at a time."""
    shares = ear_shares(ears)
    calls = bearable(shares, min(1.0, len(os.sched_getaffinity(0)) / settings.web_processes))
    log.info("calls that this process bears", calls=calls, speaking=round(shares[0], 4), silent=round(shares[1], 4))
    return calls


def routes(settings: Settings, engine: Engine, interpreter: Understands, having: Voices) -> list[BaseRoute]:
    """Everything that the carrier reaches us by about calls."""
    if settings.twilio_auth_token is None or settings.public_url is None:
        raise ValueError("calls need CER_TWILIO_AUTH_TOKEN and CER_PUBLIC_URL")
    token, rules = settings.twilio_auth_token.get_secret_value(), policy(settings)
    webhooks = Webhooks(
        engine=engine, interpreter=interpreter, auth_token=token, public_url=settings.public_url, policy=rules, clock=clock.now,
        places=having.places, hears=having.hears, transfer_to=settings.voice_transfer_to,
    )  # fmt: skip
    if having.ears is None:
        return webhooks.routes()
    streams = Streams(
        desk=Desk(engine, interpreter, rules, clock.now), places=having.places, listener=having.ears.listener, speaker=having.speaker,
        believe=having.ears.believe, auth_token=token, public_url=settings.public_url,
        tapes=Tapes(recordings_folder(settings)) if settings.voice_recording else None,
    )  # fmt: skip
    return [*webhooks.routes(), streams.route()]
