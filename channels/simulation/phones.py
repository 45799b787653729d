"""The carrier and the telephones of the simulation, in this process: what is due is worded, handed over and arrives; some answer.

No telephone is kept: a message brings all that its reader knows, and only those who are in the middle of a dialogue are remembered
until it is over.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import Engine, text

from dialogs import notices
from dialogs.conversation import Understands, take_turn
from registry import communications, offers, outbox, receipts
from registry.appointments import NotHeld, TooLate
from registry.catalogue import POLICY
from registry.communications import Received
from registry.database import in_transaction, transaction
from registry.events import Actor
from registry.outbox import Claimed, Settled

WORKER = "simulation"
SET = 200  # messages claimed at once
LOST = 0.01  # of messages that never arrive
CONFIRMS, QUESTIONS, ACCEPTS, DECLINES, REGRETS = 0.35, 0.02, 0.6, 0.2, 0.06

CANCELS = (
    "ODWOLAJ", "odwołuję wizytę", "Prosze odwolac wizyte", "nie przyjde, prosze odwolac", "Rezygnuję z wizyty", "odwoluje", "ODWOŁAJ",
    "Dzień dobry, proszę odwołać moją wizytę, pozdrawiam",
)  # fmt: skip
YES, NO = ("TAK", "tak", "Tak, biorę ten termin"), ("NIE", "nie pasuje", "Nie, dziękuję")
CONFIRMATIONS = ("TAK", "tak", "potwierdzam", "Będę na pewno", "tak bede")
ASIDES = ("kto pisze?", "a gdzie to jest", "czy trzeba być na czczo?", "?", "ile to kosztuje")
NEXT = {"yes_no": "TAK", "which_visit": "1", "reminder": "ODWOLAJ"}  # what somebody who wants to cancel answers to a question
MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class Wants:
    """Somebody in the middle of a dialogue: how many more messages he has patience for."""

    patience: int = 2


class Phones:
    """Sends what is due and lets the readers answer."""

    def __init__(self, engine: Engine, dice: Random, interpreter: Understands) -> None:
        """`interpreter` reads the answers, as in the SMS channel."""
        self._engine, self._dice, self._interpreter = engine, dice, interpreter
        self._wire = 0
        self.reminded = 0
        self.outcomes: dict[str, int] = {}
        self._talking: dict[str, Wants] = {}

    def exchange(self, now: datetime, *, cancels: float) -> None:
        """Everything that is due goes out; each reminder is answered by a cancellation with the chance `cancels`; dialogues go on to
        their end within some minutes."""
        answers = [one for message in self._send_all(now) if (one := self._answer(message, cancels)) is not None]
        for address, words in answers:
            self.write(address, words, now + 2 * MINUTE)
        for minute in (3, 5, 7):
            if not self._talking:
                return
            self._send_all(now + minute * MINUTE)
            for address in list(self._talking):
                self._go_on(address, now + (minute + 1) * MINUTE)
        self._talking.clear()

    def write(self, address: str, words: str, now: datetime) -> None:
        """A message from a telephone, through the conversation."""
        self._wire += 1
        said = Received("sms", address, f"SMin{self._wire}", words, {})
        done = in_transaction(
            self._engine, lambda session: take_turn(session, said, self._interpreter, now=now, undo_hold=POLICY.undo_hold)
        )  # fmt: skip
        self.outcomes[done.outcome] = self.outcomes.get(done.outcome, 0) + 1
        if done.outcome == "cancelled" and self._dice.random() < REGRETS:
            self.write(address, "COFNIJ", now + MINUTE)
        elif done.outcome == "asked" and words in CANCELS:
            self._talking[address] = Wants()

    def _go_on(self, address: str, now: datetime) -> None:
        with transaction(self._engine) as session:
            seen = communications.last_seen(session, "sms", address)
        wants = self._talking.pop(address)
        words = NEXT.get(seen.asks or "") if seen is not None else None
        if words is not None and wants.patience:
            self.write(address, words, now)
            self._talking[address] = Wants(wants.patience - 1)

    def _answer(self, message: tuple[str, Claimed], cancels: float) -> tuple[str, str] | None:
        channel, one = message
        chance = self._dice.random()
        if one.kind == "offer":
            return self._on_offer(channel, one, chance)
        if not one.kind.startswith("reminder") or channel != "sms":
            return None
        self.reminded += 1
        if chance < cancels:
            return one.address, self._dice.choice(CANCELS)
        if chance < cancels + CONFIRMS:
            return one.address, self._dice.choice(CONFIRMATIONS)
        return (one.address, self._dice.choice(ASIDES)) if chance > 1 - QUESTIONS else None

    def _on_offer(self, channel: str, one: Claimed, chance: float) -> tuple[str, str] | None:
        """Written to, people write back; who is called, or reads it as a letter, says yes or nothing there."""
        if channel == "sms":
            words = YES if chance < ACCEPTS else NO if chance < ACCEPTS + DECLINES else ()
            return (one.address, self._dice.choice(words)) if words else None
        if chance < ACCEPTS:
            self._accept(one, channel)
        return None

    def _accept(self, one: Claimed, channel: str) -> None:
        with transaction(self._engine) as session:
            visit = session.execute(text("SELECT appointment_id FROM messages WHERE id = :id"), {"id": one.id}).scalar_one()
        try:
            in_transaction(
                self._engine,
                lambda session: offers.accept(session, visit, actor=Actor("patient", channel), now=one.claimed_at + 2 * MINUTE),
            )
        except (TooLate, NotHeld):
            self.outcomes["too_late"] = self.outcomes.get("too_late", 0) + 1

    # --- the carrier

    def _send_all(self, now: datetime) -> list[tuple[str, Claimed]]:
        """Claim, word, hand over, settle and report on everything due, on every channel; what arrived."""
        arrived = []
        for channel in ("sms", "voice", "email"):
            while claimed := self._claim(channel, now):
                arrived += [(channel, one) for one in self._settle(claimed, now)]
        return arrived

    def _claim(self, channel: str, now: datetime) -> list[Claimed]:
        with transaction(self._engine) as session:
            claimed = outbox.claim(session, channel, worker=WORKER, now=now, limit=SET)
            words = [
                (one.id, notices.words(one.kind, one.facts, language=one.language, channel=channel)) for one in claimed if one.body is None
            ]
            outbox.keep_words(session, words)
        return claimed

    def _settle(self, claimed: list[Claimed], now: datetime) -> list[Claimed]:
        accepted = [Settled(one.id, "accepted", f"SMout{one.id}") for one in claimed]
        arrived = []
        with transaction(self._engine) as session:
            outbox.settle(session, accepted, worker=WORKER, now=now)
            for one in claimed:
                lost = self._dice.random() < LOST
                state = "undelivered" if lost else "delivered"
                receipts.receipt(session, f"SMout{one.id}", state, message_id=one.id, error_code=30003 if lost else None, now=now)
                if lost:
                    receipts.follow_up(session, one.id, "retry", now=now)
                else:
                    arrived.append(one)
        return arrived
