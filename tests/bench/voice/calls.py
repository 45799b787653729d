"""Whole calls by voice: the mind of a call and the real desk, with a caller's audio through the real ears, and what became of the visit.

The caller knows what he wants and answers whatever he is asked, again if he is asked again; the bot's lines take as long as they take.
"""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
from sqlalchemy import Engine, select, text

from channels.voice.call import Call
from channels.voice.events import Action, Expect, HeardThat, Time
from channels.voice.listening import CallListener, Ears
from channels.voice.ports import FRAME_BYTES
from registry import schema
from registry.appointments import Appointment
from registry.communications import Message
from registry.database import create_engine, transaction
from registry.embedded import EmbeddedPostgres
from registry.spoken import briefing
from tests.bench.voice.lines import VOICES, Line, by_espeak, call
from tests.channels.voice.script import TICK, Script
from tests.channels.voice.world import telephony

LANDLINE: Final = "+48523570150"
NOW: Final = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
MOST_TURNS: Final = 12


@dataclass(frozen=True)
class Wish:
    """What a caller wants: what he says to each of our lines (by its kind; "" to any other), how the visit must stand in the end, and
    how the call must end where that matters."""

    name: str
    says: Mapping[str, str]
    visit: str
    ends: str = ""

    def came_true(self, visit: str, events: list[str]) -> bool:
        """Whether the call ended as the caller meant."""
        return visit == self.visit and any(event.startswith(f"end: {self.ends}") for event in events)


def _wish(name: str, visit: str, reminder: str, cancel: str = "nie zostawiam", who: str = "tak", ends: str = "") -> Wish:
    says = {"call_who": who, "call_who_again": "tak", "reminder_d7": reminder, "ask_cancel": cancel, "call_more": "nie dziękuję"}
    return Wish(f"{name}: {reminder}", {**says, "call_ask_reminder": reminder, "": reminder}, visit, ends)


WISHES: Final = (
    *(_wish("cancels", "cancelled", said, "tak odwołuję") for said in ("odwołuję", "odwołuję wizytę", "nie przyjdę", "proszę odwołać")),
    *(_wish("comes", "booked", said, ends="confirmed") for said in ("tak", "tak przyjdę", "potwierdzam", "będę")),
    _wish("thinks better of it", "booked", "odwołuję", "nie"),
    _wish("thinks better of it", "booked", "odwołuję wizytę", "nie zostawiam"),
    _wish("is somebody else", "booked", "pomyłka", who="pomyłka"),
    _wish("talks to the cat", "booked", "wczoraj kupiłem bułki i pomidory"),
    _wish("asks again", "booked", "słucham"),
)


@dataclass
class Spoken(Script):
    """A script whose caller is heard by the real ears."""

    listener: CallListener | None = None
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    noise: bytes = b""

    def passes(self, ms: int) -> "Spoken":
        """So much of the line's own noise."""
        for _ in range(ms // TICK):
            if self.call.over:
                break
            at = self.at_ms * 8 % max(FRAME_BYTES, len(self.noise) - FRAME_BYTES)
            self.hears(self.noise[at : at + FRAME_BYTES])
        return self

    def hears(self, frame: bytes) -> None:
        """One frame of the caller's side."""
        assert self.listener is not None
        self.at_ms += TICK
        self._play()
        self.on(Time(self.at_ms))
        self.listener.speaking(bool(self.playing))
        for heard in self.loop.run_until_complete(self.listener.hear(frame)):
            self.on(HeardThat(heard))

    def speaks(self, audio: bytes) -> "Spoken":
        """The caller says it, however long it takes."""
        for at in range(0, len(audio), FRAME_BYTES):
            if not self.call.over:
                self.hears(audio[at : at + FRAME_BYTES])
        return self

    def _act(self, action: Action) -> None:
        if isinstance(action, Expect) and self.listener is not None:
            self.listener.expect(action.asked, language=action.language)
        super()._act(action)


def outcomes(ears: Ears, line: Line, *, voices: int = len(VOICES)) -> Iterator[tuple[Wish, str, str, list[str]]]:
    """Every wish by every voice. -> wish, voice, how the visit stands, what happened."""
    with TemporaryDirectory() as folder:
        postgres = EmbeddedPostgres(Path(folder))
        engine = create_engine(postgres.start())
        try:
            schema.upgrade(engine)
            for wish in WISHES:
                for number, voice in enumerate(VOICES[:voices]):
                    yield wish, voice, *_call(engine, ears, wish, voice, line, number)
        finally:
            engine.dispose()
            postgres.stop()


def _call(engine: Engine, ears: Ears, wish: Wish, voice: str, line: Line, number: int) -> tuple[str, list[str]]:
    _empty(engine)
    draw = np.random.default_rng([5, number, sum(map(ord, wish.name))])
    with telephony(engine, NOW) as phone:
        phone.visit(LANDLINE)
        with transaction(engine) as session:
            row = session.scalars(select(Message).where(Message.address == LANDLINE)).one()
            row.kind, row.asks, row.visit_version = "reminder_d7", "reminder", 0
        call_id = phone.ring()
        with transaction(engine) as session:
            brief = briefing(session, call_id, now=NOW)
        talk = Spoken(engine, brief, phone.clock, listener=ears.listener(), noise=_noise(line, draw))
        talk.call = Call(brief, talk.call._words, now=NOW, believe=ears.believe())
        _talk(talk.begin(), wish, voice, line, draw)
        with transaction(engine) as session:
            return session.scalars(select(Appointment.status)).one(), talk.events


def _talk(talk: Script, wish: Wish, voice: str, line: Line, draw: Any) -> None:
    assert isinstance(talk, Spoken)
    talk.screened(machine=False)
    for _ in range(MOST_TURNS):
        talk.until_asked().passes(500)
        if talk.call.over:
            return
        asked = next((event.removeprefix("we: ") for event in reversed(talk.events) if event.removeprefix("we: ") in wish.says), "")
        caller = call([by_espeak(wish.says[asked], voice)], line, draw, before_ms=100, after_ms=1500)
        talk.events.append(f"caller: {wish.says[asked]}")
        talk.speaks(caller.audio)
    talk.leaves()


def _noise(line: Line, draw: Any) -> bytes:
    return call([], line, draw, before_ms=1000, after_ms=1000).audio


def _empty(engine: Engine) -> None:
    """Nobody is known and nothing was said."""
    with engine.begin() as connection:
        tables = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"))
        names = ", ".join(f'"{name}"' for (name,) in tables)
        connection.execute(text(f"TRUNCATE {names} CASCADE"))
