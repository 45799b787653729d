"""The dispatcher: claims due text messages in sets, hands them to the carrier all at once, settles them in one statement.

Nothing is sent inside a transaction. Whatever is in doubt, because a process died or an answer was lost, is asked of the carrier
before it is sent again.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from operator import itemgetter

import structlog
from prometheus_client import Counter
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from channels.jobs import pause
from channels.sending import by_address, keep_sending, send_set
from channels.sms.carrier import UNCLEAR, Carrier, Handed, meaning_of
from channels.worded import Words, worded
from registry import outbox, outcomes, receipts
from registry.catalogue import Policy
from registry.database import in_transaction, transaction
from registry.outbox import Claimed, Settled

SET = 200
LANES = 2  # while one set is on the wire, the next is claimed and the last is settled
IDLE = 0.2  # seconds between two looks when nothing is due
BUSY_PAUSE = timedelta(seconds=5)
UNREACHABLE_PAUSE = timedelta(seconds=10)
STOPPED_PAUSE = timedelta(minutes=1)

ASKED_AT_ONCE = 200  # lost messages that one look asks the carrier about, all within the lease of that look
ASKING_LEASE = timedelta(seconds=15)  # longer than the carrier may take to answer, so short that a second death is soon made good

HANDED = Counter("cer_messages_handed_total", "Text messages handed to the carrier, by what came of it.", ["fate"])

log = structlog.get_logger("sms")


class Dispatcher:
    """Sends what is due for one worker; `name` is unique among the workers that run."""

    def __init__(
        self, engine: Engine, carrier: Carrier, words: Words, *, name: str, policy: Policy, clock: Callable[[], datetime]
    ) -> None:
        """Give it the database, the carrier, the way from a notice to its words, and the clock."""
        self._engine, self._carrier, self._words = engine, carrier, words
        self._name, self._policy, self._clock = name, policy, clock

    async def run(self, stop: asyncio.Event) -> None:
        """Keep sending until told to stop; a set that was claimed is sent and settled first."""
        async with asyncio.TaskGroup() as lanes:
            for lane in range(LANES):
                lanes.create_task(keep_sending(partial(self.send_due, f"{self._name}.{lane}"), stop, idle=IDLE))
            lanes.create_task(self._reconcile(stop))

    async def send_due(self, lane: str) -> int:
        """Claim one set, send it, settle it; how many messages it had."""
        return await send_set(partial(self._claim, lane), self._send_all, partial(self._settle, lane))

    def _claim(self, lane: str) -> list[tuple[Claimed, str]]:
        """Claim and word a set."""
        with transaction(self._engine) as session:
            claimed = outbox.claim(session, "sms", worker=lane, now=self._clock(), limit=SET, policy=self._policy)
            return worded(session, claimed, self._words, log, now=self._clock())

    async def _send_all(self, claimed: Sequence[tuple[Claimed, str]]) -> list[tuple[Claimed, str, Handed]]:
        """All addresses at once, the messages of one address one after another (R100)."""
        threads = by_address(claimed, itemgetter(0))
        return list(chain.from_iterable(await asyncio.gather(*(self._send_thread(thread) for thread in threads.values()))))

    async def _send_thread(self, thread: Sequence[tuple[Claimed, str]]) -> list[tuple[Claimed, str, Handed]]:
        results = []
        deadline = thread[0][0].claimed_at + outbox.LEASE / 2
        on_the_way = True  # until one of them is held up: those behind it must not overtake it
        for message, body in thread:
            in_time = self._clock() < deadline  # a sender that was held up gives back what it may not finish inside its lease
            handed = await self._carrier.send(message.id, message.address, body) if on_the_way and in_time else Handed("not_sent")
            on_the_way = _is_done(handed)
            HANDED.labels(handed.fate).inc()
            results.append((message, body, handed))
        return results

    def _settle(self, lane: str, results: Sequence[tuple[Claimed, str, Handed]]) -> None:
        """Write down what became of a set, and what follows from its failures, in one transaction: a death between the two would
        lose those messages."""
        now = self._clock()
        settled = [one for message, _, handed in results if (one := _settled(message, handed, now)) is not None]

        def work(session: Session) -> None:
            outcomes.conclude(session, settled, meaning_of, worker=lane, now=now)

        in_transaction(self._engine, work)
        for message, _, handed in results:
            if handed.fate == "failed":
                log.warning("message refused", message_id=message.id, code=handed.code, meaning=meaning_of(handed.code))

    async def _reconcile(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            if await self.reconcile() < ASKED_AT_ONCE:
                await pause(stop, 1.0)

    async def reconcile(self) -> int:
        """Ask the carrier what became of messages whose sender died; how many were looked at."""
        name = f"{self._name}.reconcile"
        stranded = await asyncio.to_thread(self._claim_stranded, name)
        if stranded:
            found = await asyncio.gather(*(self._found(message) for message in stranded))
            await asyncio.to_thread(self._settle_found, name, list(zip(stranded, found, strict=True)))
        return len(stranded)

    def _claim_stranded(self, name: str) -> list[Claimed]:
        with transaction(self._engine) as session:
            return outbox.claim_stranded(
                session, "sms", worker=name, now=self._clock(), limit=ASKED_AT_ONCE, lease=ASKING_LEASE
            )  # fmt: skip

    async def _found(self, message: Claimed) -> list[str] | None:
        """The carrier's ids of what may be this message; None, and asked again after a while, if it cannot say."""
        if message.body is None:  # it died before it had words, so nothing was sent
            return []
        try:
            return await self._carrier.find(message.address, message.body, since=message.claimed_at)
        except UNCLEAR as error:
            log.warning("carrier cannot be asked", message_id=message.id, error=type(error).__name__)
            return None

    def _settle_found(self, name: str, asked: Sequence[tuple[Claimed, Sequence[str] | None]]) -> None:
        """Accepted if the carrier has a message of these words that no row bears yet, queued again if it has not.

        The oldest first, each carrier's id once: two lost messages may have the same address and the same words.
        """
        now = self._clock()

        def work(session: Session) -> Sequence[Settled]:
            taken = outbox.known_wire_ids(session, [wire_id for _, found in asked for wire_id in found or ()])
            results = []
            for message, found in asked:
                if found is not None:
                    mine = next((wire_id for wire_id in found if wire_id not in taken), None)
                    taken |= {mine} if mine else set()
                    results.append(Settled(message.id, "accepted", mine) if mine else receipts.unheard_of(message, now=now))
            given_up = {one.id for one in results if one.state == "failed"}
            for message_id in given_up.intersection(outbox.settle(session, results, worker=name, now=now)):
                receipts.follow_up(session, message_id, "unsendable", now=now)
            return results

        results = in_transaction(self._engine, work)
        log.info("messages reconciled", accepted=sum(one.state == "accepted" for one in results), asked=len(asked))


def _is_done(handed: Handed) -> bool:
    """Whether a message has come to its end with the carrier, so that the next one to the same address may follow."""
    return handed.fate == "accepted" or (handed.fate == "failed" and meaning_of(handed.code) != "stop")


def _settled(message: Claimed, handed: Handed, now: datetime) -> Settled | None:
    """How a result is written down; None leaves the message claimed, to be reconciled when its lease ends."""
    match handed.fate:
        case "accepted":
            return Settled(message.id, "accepted", handed.wire_id)
        case "busy":
            return Settled(message.id, "queued", error_code=handed.code, due_at=now + BUSY_PAUSE)
        case "not_sent":
            return Settled(message.id, "queued", due_at=now + UNREACHABLE_PAUSE)
        case "failed" if meaning_of(handed.code) == "stop":
            return Settled(message.id, "queued", error_code=handed.code, due_at=now + STOPPED_PAUSE)
        case "failed":
            return Settled(message.id, "failed", error_code=handed.code)
        case _:
            return None
