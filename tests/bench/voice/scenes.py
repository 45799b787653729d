"""What callers do at the socket: whole calls, answers with pauses in them, speaking over the bot; and what is measured of each."""

import asyncio
import random
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from tests.bench.voice.clips import VOICES_USED, Clips, Parts
from tests.bench.voice.phone import Exchange, Phone, Utterance
from tests.bench.voice.service import Service

SHORT: Final = ("tak", "nie", "słucham")
MORE: Final = {"call_hello": "tak", "call_who": "tak", "call_who_again": "tak", "call_more": "nie dziękuję", "goodbye": "dziękuję"}
WHOLE: Final[tuple[tuple[str, str, Mapping[str, str]], ...]] = (
    ("cancelled", "cancelled", {"reminder_d7": "odwołuję", "call_ask_reminder": "odwołuję", "ask_cancel": "tak odwołuję"}),
    ("confirmed", "booked", {"reminder_d7": "tak", "call_ask_reminder": "tak"}),
    ("cancelled", "cancelled", {"reminder_d7": "nie przyjdę", "call_ask_reminder": "odwołuję", "ask_cancel": "tak"}),
    ("", "booked", {"reminder_d7": "odwołuję wizytę", "call_ask_reminder": "odwołuję wizytę", "ask_cancel": "nie"}),
)
"""Outcome of the call ("" for any), how the visit must stand, what is said to the matter's own lines."""
PAUSED: Final = (("chcę", "odwołać wizytę"), ("chciałbym", "odwołać wizytę"), ("kiedy", "mam wizytę"), ("proszę", "odwołać wizytę"))
PESEL: Final = ("cztery cztery zero pięć", "jeden cztery zero", "jeden trzy pięć dziewięć")
CODE: Final = ("dwa trzy", "cztery pięć")
IDENTITY: Final[Mapping[str, tuple[str, ...]]] = {"ask_pesel": PESEL, "ask_referral_code": CODE}
OVER: Final = ("tak", "nie", "odwołuję wizytę", "kiedy mam wizytę", "potwierdzam", "słucham", "konsultant", "odwołać wizytę")
NO_ANSWER_SECONDS: Final = 3.5


@dataclass
class Figures:
    """Milliseconds and counts of one measurement."""

    answered: list[tuple[str, float]] = field(default_factory=list)  # what was said, end of speech to first sound
    silent: list[str] = field(default_factory=list)  # what got no answer
    cut: list[tuple[str, bool]] = field(default_factory=list)  # answers with a pause, whether we were spoken to before their end
    cleared: list[tuple[str, float | None]] = field(default_factory=list)  # speaking over the bot: until it was silent
    ended: list[tuple[bool, str]] = field(default_factory=list)  # whole calls: as meant?
    wrong: int = 0  # visits cancelled against the caller's will
    late: float = 0.0  # seconds by which the caller's own clock slipped

    def ms(self) -> list[float]:
        """Delays of all answers."""
        return [late for _, late in self.answered]


@dataclass(kw_only=True)
class Stagehand(ABC):
    """What scenes need: recordings, a telephone, whom it calls, and where figures go."""

    exchange: Exchange
    clips: Clips
    figures: Figures = field(default_factory=Figures)
    draw: random.Random = field(default_factory=lambda: random.Random(5))
    calls: int = 0
    name: str = ""  # that figures bear, where they are not our own

    @abstractmethod
    async def ring(self, phone: Phone) -> None:
        """Call, and keep the line until it is over."""

    @abstractmethod
    async def greeted(self, phone: Phone) -> None:
        """Wait until it can be spoken over."""

    @abstractmethod
    def said_last(self, number: str) -> str:
        """The kind of the last thing that a number heard."""

    def phone(self, number: str) -> Phone:
        """A telephone with a line of its own."""
        self.calls += 1
        return Phone(self.exchange, number, self.clips.noise(self.calls % 7))

    def voice(self) -> str:
        """One of the callers' voices."""
        return VOICES_USED[self.calls % len(VOICES_USED)]

    def stranger(self) -> str:
        """A number that nobody is known by."""
        return f"+4822{self.draw.randrange(10**6, 10**7)}"


@dataclass(kw_only=True)
class Ours(Stagehand):
    """Callers of our service."""

    service: Service

    async def ring(self, phone: Phone) -> None:
        """As a stranger calls."""
        await phone.answer()

    async def greeted(self, phone: Phone) -> None:
        """Who calls, and that it is a machine, is said to its end."""
        await phone.said_lines(1)

    def said_last(self, number: str) -> str:
        """As it stands in the log."""
        return self.service.said_last(number)


async def whole(hand: Ours, *, hurry: bool = False) -> None:
    """A reminder is rung for, answered by the person, and settled. In a hurry, the caller speaks as soon as a question is clear."""
    call_id, number = hand.service.waiting.pop()
    outcome, visit, says = WHOLE[call_id % len(WHOLE)]
    phone, voice = hand.phone(number), hand.voice()
    line = asyncio.create_task(phone.answer(call_id))
    screening = asyncio.create_task(_screened(phone))
    said: list[str] = []
    try:
        while await (phone.enough(2.5) if hurry else phone.turn()) and len(said) < 14:
            kind = await asyncio.to_thread(hand.said_last, number)
            said.append(says.get(kind) or MORE.get(kind) or "tak")
            await asyncio.sleep(hand.draw.uniform(0.15, 0.5))
            await measured(hand, phone, await phone.say(hand.clips.of(said[-1], voice)), said[-1])
        await phone.hang_up()
        await line
    finally:
        screening.cancel()
        line.cancel()
    hand.figures.late = max(hand.figures.late, phone.latest)
    ended, stands = await asyncio.to_thread(hand.service.outcome, call_id)
    hand.figures.ended.append((stands == visit and (outcome in ("", ended)), f"{number} {says} said {said}: {ended}, {stands}"))
    hand.figures.wrong += stands == "cancelled" != visit


async def _screened(phone: Phone) -> None:
    await asyncio.sleep(1.5)
    await phone.screened()


async def measured(hand: Stagehand, phone: Phone, said: Utterance, what: str) -> None:
    """From the end of what was said to the first sound after it."""
    heard = await phone.hears(said.ended, NO_ANSWER_SECONDS)
    if heard is not None:
        hand.figures.answered.append((what, 1000 * (heard - said.ended)))
    elif not phone.over.is_set():
        hand.figures.silent.append(what)


async def pauses(hand: Stagehand, low: int, high: int) -> None:
    """A stranger calls, pauses inside what he says, and inside the numbers that he is asked for."""
    number = hand.stranger()
    phone, voice = hand.phone(number), hand.voice()
    line = asyncio.create_task(hand.ring(phone))
    try:
        for _ in range(3):
            if not await phone.turn():
                break
            text = IDENTITY.get(await asyncio.to_thread(hand.said_last, number)) or hand.draw.choice(PAUSED)
            await asyncio.sleep(0.3)
            said = await phone.say(hand.clips.of(_with_pauses(hand, text, low, high), voice))
            cut = [at for at in phone.audible if said.began < at < said.ended]
            hand.figures.cut.append((f"{' | '.join(text)} ({voice})", bool(cut)))
            await measured(hand, phone, said, " ".join(text))
        await phone.hang_up()
        await line
    finally:
        line.cancel()
    hand.figures.late = max(hand.figures.late, phone.latest)


def _with_pauses(hand: Stagehand, parts: tuple[str, ...], low: int, high: int) -> Parts:
    """Pauses of the range's lower end, middle or upper end; few of them, so that recordings can be made beforehand."""
    pause = hand.draw.choice((low, (low + high) // 2, high))
    return [step for part in parts for step in (part, pause)][:-1]


async def over(hand: Stagehand) -> None:
    """A stranger calls and speaks over the bot, three times."""
    phone, voice = hand.phone(hand.stranger()), hand.voice()
    line = asyncio.create_task(hand.ring(phone))
    try:
        await hand.greeted(phone)
        for _ in range(3):
            if not await phone.enough(hand.draw.uniform(1.2, 2.5)) or not phone.playing:
                continue
            text = hand.draw.choice(OVER)
            said = await phone.say(hand.clips.of(text, voice))
            await phone.hears(said.ended, NO_ANSWER_SECONDS)
            cleared = next((at for at in phone.cleared if at > said.began - 0.2), None)
            late = None if cleared is None else 1000 * (cleared - said.began)
            hand.figures.cleared.append((f"{text} ({voice})", late))
        await phone.hang_up()
        await line
    finally:
        line.cancel()
    hand.figures.late = max(hand.figures.late, phone.latest)


def beforehand(clips: Clips) -> None:
    """Record everything that will be said: espeak-ng must not speak while the clock runs."""
    texts = {*SHORT, *OVER, *MORE.values(), *(text for _, _, says in WHOLE for text in says.values())}
    for voice in VOICES_USED:
        for text in sorted(texts):
            clips.of(text, voice)
        for low, high in PAUSES:
            for parts in (*PAUSED, *IDENTITY.values()):
                for pause in (low, (low + high) // 2, high):
                    clips.of([step for part in parts for step in (part, pause)][:-1], voice)


PAUSES: Final = ((100, 250), (400, 700))


def quantiles(ms: list[float]) -> str:
    """Median, 95th of a hundred, most."""
    if not ms:
        return "none"
    p50, p95 = np.percentile(ms, (50, 95))
    return f"p50 {p50:.0f} p95 {p95:.0f} max {max(ms):.0f} ms ({len(ms)})"
