"""The sender of push notices: claims what is due, hands it to the gateway, settles it; what cannot go there goes by the visit's address.

Push is the first way and never the only one (D13): without a gateway, for an application that is gone, and after a few vain tries, the
next channel takes over. A notice whose answer was lost is handed over again under the same key, which shows it once.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import chain
from operator import itemgetter
from typing import Final

import structlog
from prometheus_client import Counter
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from channels.push.gateway import Gateway, Handed, Note
from channels.sending import by_address, keep_sending, send_set
from channels.worded import Words, worded
from dialogs.notices import text_key, told
from dialogs.wording import subject
from registry import devices, outbox, outcomes
from registry.catalogue import Policy
from registry.database import in_transaction, transaction
from registry.events import SYSTEM
from registry.outbox import Claimed, Settled

SET: Final = 50
IDLE: Final = 1.0  # seconds between two looks when nothing is due
MOST_TRIES: Final = 4  # then the next channel: within some minutes, for a notice is news
AGAIN_IN: Final = (timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2))

PUSHED = Counter("cer_pushes_handed_total", "Push notices handed to the gateway, by what came of it.", ["fate"])

log = structlog.get_logger("push")

NO_GATEWAY: Final = Handed("refused")

Ready = tuple[Claimed, str, str | None]  # a notice, its words, and the token of its device if that is still there


class Sender:
    """Sends what is due for one worker. Without a `gateway` every notice goes to the next channel at once, and the log says so."""

    def __init__(
        self, engine: Engine, gateway: Gateway | None, words: Words, *, name: str, policy: Policy, clock: Callable[[], datetime]
    ) -> None:
        self._engine, self._gateway, self._words = engine, gateway, words
        self._name, self._policy, self._clock = name, policy, clock

    async def run(self, stop: asyncio.Event) -> None:
        """Keep sending until told to stop; a set that was claimed is sent and settled first."""
        if self._gateway is None:
            log.warning("no push gateway is set (CER_PUSH_URL): notices to applications go by the visit's own address")
        await keep_sending(self.send_due, stop, idle=IDLE, take_back=self.take_back_stranded)

    async def send_due(self) -> int:
        """Claim one set, send it, settle it; how many notices it had."""
        return await send_set(self._claim, self._send_all, self._settle)

    def take_back_stranded(self) -> int:
        """Notices whose sender died are queued again, under the same key; how many."""
        with transaction(self._engine) as session:
            return outcomes.take_back(session, "push", worker=self._name, now=self._clock())

    def _claim(self) -> list[Ready]:
        """Claim and word a set."""
        now = self._clock()
        with transaction(self._engine) as session:
            claimed = outbox.claim(session, "push", worker=self._name, now=now, limit=SET, policy=self._policy)
            ready = worded(session, claimed, self._words, log, now=now)
            tokens = devices.tokens(session, [one.address for one, _ in ready])
        return [(one, body, tokens.get(one.address)) for one, body in ready]

    async def _send_all(self, claimed: Sequence[Ready]) -> list[tuple[Claimed, Handed]]:
        """All devices at once, the notices of one after another (R100)."""
        threads = by_address(claimed, itemgetter(0))
        return list(chain.from_iterable(await asyncio.gather(*(self._send_thread(thread) for thread in threads.values()))))

    async def _send_thread(self, thread: Sequence[Ready]) -> list[tuple[Claimed, Handed]]:
        results: list[tuple[Claimed, Handed]] = []
        deadline = thread[0][0].claimed_at + outbox.LEASE / 2
        for message, body, token in thread:
            behind = bool(results) and results[-1][1].fate == "later"
            handed = Handed("later") if behind or self._clock() >= deadline else await self._hand(message, body, token)
            PUSHED.labels(handed.fate if self._gateway else "no_gateway").inc()
            results.append((message, handed))
        return results

    async def _hand(self, message: Claimed, body: str, token: str | None) -> Handed:
        if self._gateway is None:
            return NO_GATEWAY
        return Handed("gone") if token is None else await self._gateway.hand(_note(message, body, token))

    def _settle(self, results: Sequence[tuple[Claimed, Handed]]) -> None:
        """Write down what became of a set, and what follows, in one transaction."""
        now = self._clock()
        settled = [_settled(message, handed, now) for message, handed in results]
        gone = {message.address for message, handed in results if handed.fate == "gone"}

        def work(session: Session) -> None:
            outcomes.conclude(session, settled, lambda _: "not_by_us", worker=self._name, now=now)
            for address in sorted(gone):
                devices.remove(session, devices.number_of(address), actor=SYSTEM, now=now)

        in_transaction(self._engine, work)
        for one in settled:
            if one.state == "failed" and self._gateway is not None:
                log.warning("push notice goes by the next channel", message_id=one.id, code=one.error_code)


def _note(message: Claimed, body: str, token: str) -> Note:
    facts = {**message.facts, "shared": False}
    title = " ".join(subject(text_key(message.kind, facts), told(facts), language=message.language).split())
    return Note(message.id, token, message.kind, message.language, title, body)


def _settled(message: Claimed, handed: Handed, now: datetime) -> Settled:
    if handed.fate == "accepted":
        return Settled(message.id, "accepted", outcomes.push_wire_id(message.id))
    if handed.fate == "later" and message.tries < MOST_TRIES:
        waits = AGAIN_IN[min(message.tries, len(AGAIN_IN)) - 1] if handed.pause is None else timedelta(seconds=handed.pause)
        return Settled(message.id, "queued", error_code=handed.code, due_at=now + waits)
    return Settled(message.id, "failed", error_code=handed.code)
