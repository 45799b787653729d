"""The dialler: claims due voice messages, rings their numbers, and finds out about calls whose end never came.

One call at a time to one number, at the hours of D10. Nothing is rung inside a transaction. Whatever is in doubt is asked of the
carrier before a number is rung again: a sick person is not rung twice for nothing.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog
from prometheus_client import Counter
from sqlalchemy import Engine

from channels.jobs import pause
from channels.voice.carrier import UNCLEAR, Carrier, Rung
from channels.worded import Words, worded
from registry import calls, outbox
from registry.calls import Ended
from registry.catalogue import Policy
from registry.database import in_transaction, transaction
from registry.outbox import Claimed, Settled

SET = 20
IDLE = 0.5  # seconds between two looks when nothing is due
RECONCILE_SECONDS = 15.0
AFTER_THE_CALL = timedelta(minutes=2)  # when a further message to a number that is being rung is looked at again
PAUSES = {"busy": timedelta(seconds=10), "not_sent": timedelta(seconds=20), "stop": timedelta(minutes=1)}
LOST_AFTER = timedelta(minutes=20)  # longer than ringing and the longest call together: its end has been lost
ASKING_LEASE = timedelta(seconds=15)

UNDER_WAY = ("queued", "initiated", "ringing", "in-progress")
OUTCOMES = {"busy": "busy", "no-answer": "no_answer", "failed": "refused", "canceled": "no_answer"}  # the carrier's words and ours

RUNG = Counter("cer_calls_rung_total", "Calls asked of the carrier, by what came of it.", ["fate"])

log = structlog.get_logger("voice")


class Dialler:
    """Rings what is due for one worker; `name` is unique among the workers that run, `lines` is how many calls it asks for at once."""

    def __init__(
        self, engine: Engine, carrier: Carrier, words: Words, *, name: str, policy: Policy,
        clock: Callable[[], datetime], lines: int = SET,
    ) -> None:  # fmt: skip
        self._engine, self._carrier, self._words = engine, carrier, words
        self._name, self._policy, self._clock, self._lines = name, policy, clock, lines

    async def run(self, stop: asyncio.Event) -> None:
        """Keep ringing until told to stop."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep(self.ring_due, IDLE, stop))
            group.create_task(self._keep(self.reconcile, RECONCILE_SECONDS, stop))

    async def _keep(self, work: Callable[[], object], seconds: float, stop: asyncio.Event) -> None:
        while not stop.is_set():
            if not await work():  # type: ignore[misc]  # both are coroutines
                await pause(stop, seconds)

    async def ring_due(self) -> int:
        """Claim what is due, ring it, write down what the carrier said; how many calls that were."""
        claimed = await asyncio.to_thread(self._claim)
        results = await asyncio.gather(*(self._ring(call_id, message) for call_id, message in claimed))
        for (call_id, message), rung in zip(claimed, results, strict=True):
            RUNG.labels(rung.fate).inc()
            await asyncio.to_thread(self._settle, call_id, message, rung)
        return len(claimed)

    async def _ring(self, call_id: int, message: Claimed) -> Rung:
        return await self._carrier.ring(call_id, message.address)

    def _claim(self) -> list[tuple[int, Claimed]]:
        """Claim a set, one message a number; the words are kept before it rings: they are what is said, whoever answers."""
        now = self._clock()
        with transaction(self._engine) as session:
            claimed = outbox.claim(session, "voice", worker=self._name, now=now, limit=self._lines, policy=self._policy)
            first = _first_of_each_number(claimed)
            behind = [Settled(one.id, "queued", due_at=now + AFTER_THE_CALL) for one in claimed if one not in first]
            outbox.settle(session, behind, worker=self._name, now=now)
            ready = worded(session, first, self._words, log, now=now)
            return [(calls.place(session, one.id, one.address, now=now), one) for one, _ in ready]

    def _settle(self, call_id: int, message: Claimed, rung: Rung) -> None:
        """Accepted with the carrier's id; put off; refused for good; or left claimed, to be asked for when the lease ends."""
        now = self._clock()
        if rung.fate == "unknown":
            return
        with transaction(self._engine) as session:
            if rung.wire_id is not None:
                calls.name(session, call_id, rung.wire_id)
                outbox.settle(session, [Settled(message.id, "accepted", rung.wire_id)], worker=self._name, now=now)
            elif rung.fate in PAUSES:
                later = Settled(message.id, "queued", error_code=rung.code, due_at=now + PAUSES[rung.fate])
                outbox.settle(session, [later], worker=self._name, now=now)
            else:
                calls.end(session, call_id, Ended(rung.fate, error_code=rung.code), now=now, policy=self._policy)
        if rung.wire_id is None:
            log.warning("call not placed", message_id=message.id, fate=rung.fate, code=rung.code)

    async def reconcile(self) -> int:
        """Ask the carrier about calls whose placer died, and about calls whose end never came; how many were looked at."""
        stranded = await asyncio.to_thread(self._claim_stranded)
        for message in stranded:
            await self._find(message)
        before = self._clock() - LOST_AFTER
        lost = await asyncio.to_thread(self._unfinished, before)
        for call_id, wire_id in lost:
            await self._look_after(call_id, wire_id)
        return 0  # a carrier that cannot answer now is asked again after a while, not at once

    def _claim_stranded(self) -> list[Claimed]:
        name = f"{self._name}.reconcile"
        with transaction(self._engine) as session:
            return outbox.claim_stranded(session, "voice", worker=name, now=self._clock(), lease=ASKING_LEASE)

    async def _find(self, message: Claimed) -> None:
        """A call to this number that no row bears is this message's, for a number is rung for one message at a time."""
        try:
            found = await self._carrier.find(message.address, since=message.claimed_at)
        except UNCLEAR as error:
            log.warning("carrier cannot be asked", message_id=message.id, error=type(error).__name__)
            return
        await asyncio.to_thread(self._settle_found, message, found)

    def _settle_found(self, message: Claimed, found: Sequence[str]) -> None:
        now = self._clock()
        with transaction(self._engine) as session:
            taken = outbox.known_wire_ids(session, found) | calls.known_wire_ids(session, found, but=message.id)
            mine = next((one for one in found if one not in taken), None)
            if mine is not None:
                calls.name(session, calls.place(session, message.id, message.address, now=message.claimed_at), mine)
            result = Settled(message.id, "accepted", mine) if mine else Settled(message.id, "queued", due_at=now)
            outbox.settle(session, [result], worker=f"{self._name}.reconcile", now=now)

    def _unfinished(self, before: datetime) -> list[tuple[int, str]]:
        with transaction(self._engine) as session:
            return calls.unfinished(session, before=before)

    async def _look_after(self, call_id: int, wire_id: str) -> None:
        """A call that must be over: what the carrier says of it ends it, or that it knows nothing of it."""
        try:
            status = await self._carrier.status(wire_id)
        except UNCLEAR as error:
            log.warning("carrier cannot be asked", call=call_id, error=type(error).__name__)
            return
        if status not in UNDER_WAY:
            ended = Ended(OUTCOMES.get(status or "", "interrupted"))
            work = partial(calls.end, call_id=call_id, ended=ended, now=self._clock(), policy=self._policy)
            await asyncio.to_thread(in_transaction, self._engine, work)


def _first_of_each_number(claimed: Sequence[Claimed]) -> list[Claimed]:
    first: dict[str, Claimed] = {}
    for message in claimed:
        first.setdefault(message.address, message)
    return list(first.values())
