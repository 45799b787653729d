"""The sender: claims due letters in sets, hands them to the mail server one after another, settles them in one statement.

Nothing is sent inside a transaction. A mail server cannot be asked what became of a letter: one whose fate is unknown is sent again
under the same Message-ID. A letter twice is the small harm; one that says that a visit is off, and never came, is the great one.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

import aiosmtplib
import structlog
from prometheus_client import Counter
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from channels.mail.letters import House, letter
from channels.sending import keep_sending, send_set
from channels.worded import Words, worded
from registry import outbox, outcomes
from registry.catalogue import Policy
from registry.database import in_transaction, transaction
from registry.outbox import Claimed, Meaning, Settled

SET: Final = 20
IDLE: Final = 1.0  # seconds between two looks when nothing is due
TIMEOUT: Final = 8.0  # seconds for one step; well inside the lease
AGAIN_IN: Final = timedelta(minutes=2)

SENT = Counter("cer_letters_handed_total", "Letters handed to the mail server, by what came of it.", ["fate"])

log = structlog.get_logger("mail")

Fate = Literal["accepted", "failed", "later"]


def meaning_of(code: int) -> Meaning:
    """What a mail server's refusal means for the patient (RFC 5321): no such mailbox, a full one, or a letter that it will not take."""
    if code in (550, 551, 553, 501, 521, 556):
        return "other_contact"
    return "retry" if code == 552 or code < 500 else "unsendable"


class Sender:
    """Sends what is due for one worker; `server` makes a new connection's client, `words` a notice's text."""

    def __init__(
        self, engine: Engine, server: Callable[[], aiosmtplib.SMTP], house: House, words: Words, *, name: str,
        policy: Policy, clock: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self._engine, self._server, self._house, self._words = engine, server, house, words
        self._name, self._policy, self._clock = name, policy, clock

    async def run(self, stop: asyncio.Event) -> None:
        """Keep sending until told to stop; a set that was claimed is sent and settled first."""
        await keep_sending(self.send_due, stop, idle=IDLE, take_back=self.take_back_stranded)

    async def send_due(self) -> int:
        """Claim one set, send it, settle it; how many letters it had."""
        return await send_set(self._claim, self._send_all, self._settle)

    def take_back_stranded(self) -> int:
        """Letters whose sender died are queued again, under the same Message-ID; how many."""
        with transaction(self._engine) as session:
            return outcomes.take_back(session, "email", worker=self._name, now=self._clock())

    def _claim(self) -> list[tuple[Claimed, str, int | None, int]]:
        """Claim and word a set; the words are kept without the links, which are the reader's alone."""
        now = self._clock()
        with transaction(self._engine) as session:
            claimed = outbox.claim(session, "email", worker=self._name, now=now, limit=SET, policy=self._policy)
            ready = worded(session, claimed, self._words, log, now=now)
            visits = _visits(session, [one.id for one, _ in ready])
        return [(one, body, *visits.get(one.id, (None, 0))) for one, body in ready]

    async def _send_all(self, claimed: Sequence[tuple[Claimed, str, int | None, int]]) -> list[tuple[Claimed, Fate, int | None]]:
        """Over one connection; what could not be tried in half the lease goes back."""
        deadline = claimed[0][0].claimed_at + outbox.LEASE / 2
        smtp = self._server()
        try:
            await smtp.connect()
        except (aiosmtplib.SMTPException, OSError) as error:
            log.warning("mail server not reached", error=type(error).__name__)
            return [(one, "later", None) for one, *_ in claimed]
        results: list[tuple[Claimed, Fate, int | None]] = []
        for message, body, appointment_id, sequence in claimed:
            in_time = self._clock() < deadline and smtp.is_connected
            sent = await self._send(smtp, message, body, appointment_id, sequence) if in_time else ("later", None)
            SENT.labels(sent[0]).inc()
            results.append((message, *sent))
        smtp.close()
        return results

    async def _send(
        self, smtp: aiosmtplib.SMTP, message: Claimed, body: str, appointment_id: int | None, sequence: int
    ) -> tuple[Fate, int | None]:
        made = letter(message, body, self._house, appointment_id=appointment_id, sequence=sequence, now=self._clock())
        try:
            await smtp.send_message(made, sender=self._house.envelope_sender(message.id), recipients=[message.address])
        except aiosmtplib.SMTPRecipientsRefused as refused:
            return _refused(refused.recipients[0].code)
        except aiosmtplib.SMTPResponseException as refused:
            return _refused(refused.code)
        except (aiosmtplib.SMTPException, OSError) as error:
            log.warning("letter's fate unknown, will be sent again", message_id=message.id, error=type(error).__name__)
            return "later", None
        return "accepted", None

    def _settle(self, results: Sequence[tuple[Claimed, Fate, int | None]]) -> None:
        """Write down what became of a set, and what follows from its failures, in one transaction."""
        now = self._clock()
        settled = [self._settled(message, fate, code, now) for message, fate, code in results]
        refused = {one.id: one.error_code or 0 for one in settled if one.state == "failed"}

        def work(session: Session) -> None:
            outcomes.conclude(session, settled, lambda code: meaning_of(code or 0), worker=self._name, now=now)

        in_transaction(self._engine, work)
        for message_id, code in refused.items():
            log.warning("letter refused", message_id=message_id, code=code, meaning=meaning_of(code))

    def _settled(self, message: Claimed, fate: Fate, code: int | None, now: datetime) -> Settled:
        if fate == "accepted":
            return Settled(message.id, "accepted", self._house.message_id(message.id))
        if fate == "failed":
            return Settled(message.id, "failed", error_code=code)
        return Settled(message.id, "queued", error_code=code, due_at=now + AGAIN_IN)


def _refused(code: int) -> tuple[Fate, int | None]:
    """A 4xx asks to come again, and so does trouble of the session itself; anything else is an end."""
    return ("later" if code < 500 or code in (502, 503, 530, 535) else "failed"), code


VISITS = text("""
SELECT m.id, m.appointment_id, a.version FROM messages m JOIN appointments a ON a.id = m.appointment_id WHERE m.id = ANY(:ids)
""")


def _visits(session: Session, ids: list[int]) -> dict[int, tuple[int, int]]:
    return {row[0]: (row[1], row[2]) for row in session.execute(VISITS, {"ids": ids})}
