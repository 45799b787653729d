"""A call told as a script: the mind of a call with the real desk behind it, a caller who speaks when told to, and time that is audio time.

Lines take as long as their words; marks come back as Twilio sends them: after a line was played, and at once when it was cleared.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from sqlalchemy import Engine

from channels.voice import turns
from channels.voice.call import Call
from channels.voice.desk import Desk
from channels.voice.events import (
    Action,
    Check,
    Checked,
    Close,
    Event,
    Expect,
    HeardThat,
    Hush,
    Left,
    Note,
    Played,
    Pressed,
    Read,
    Replied,
    Say,
    Screened,
    Sounding,
    Take,
    Tell,
    Time,
    Understood,
)  # fmt: skip
from channels.voice.ports import Answer, Guess, Manner, Onset
from registry.catalogue import POLICY
from registry.database import transaction
from registry.spoken import Briefing, briefing
from tests.channels.sms.world import Clock
from tests.dialogs.exchange import interpreter

MS_PER_LETTER = 60
TICK = 20


@dataclass
class Script:
    """One call on its way. `events` is what can be told of it, in order: what we said, heard, dropped and came to."""

    engine: Engine
    brief: Briefing
    clock: Clock
    at_ms: int = 0
    playing: list[tuple[Say, int]] = field(default_factory=list)  # lines and the milliseconds that each still takes
    events: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    manner: Manner = field(default_factory=Manner)
    numbers: int = 0
    closed: int = 0
    slow: bool = False  # the desk takes its time: what it found out comes with `thought`
    mouth_ms: int = 0  # how long a line is being synthesized before it sounds
    _found: list[Event] = field(default_factory=list)
    _sounding: tuple[str, int] = ("", 0)  # the line on the ear, and since when it was its turn

    def __post_init__(self) -> None:
        self.desk = Desk(self.engine, interpreter(), POLICY, self.clock)
        words = None if self.brief.kind is None else turns.message_words(self.brief)
        self.call = Call(self.brief, words, now=self.clock())

    def begin(self) -> Self:
        self._do(self.call.begin())
        return self

    def on(self, event: Event) -> None:
        self._do(self.call.on(event))

    def passes(self, ms: int) -> Self:
        """So much of the caller's silence."""
        for _ in range(ms // TICK):
            if self.call.over:
                break
            self.at_ms += TICK
            self._play()
            self.on(Time(self.at_ms))
        return self

    def until_asked(self, most_ms: int = 60_000) -> Self:
        """Until we have said everything and wait."""
        for _ in range(most_ms // TICK):
            if self.call.over or (not self.playing and self.call._question.stage != "opening"):
                break
            self.passes(TICK)
        return self

    def says(self, *guesses: str, confidence: float = 0.9, began_ms: int | None = None) -> Self:
        """The caller says something; without guesses, something of which no word is known."""
        began = self.at_ms if began_ms is None else began_ms
        self.on(HeardThat(Onset(self.at_ms)))
        self.passes(500)
        self.events.append(f"caller: {guesses[0] if guesses else '…'}")
        found = tuple(Guess(text, confidence) for text in guesses)
        self.on(HeardThat(Answer(found, began, self.at_ms - 240, self.at_ms)))
        return self

    def answers(self, *guesses: str, confidence: float = 0.9) -> Self:
        """The caller waits until he is asked, thinks for a moment, and answers."""
        return self.until_asked().passes(400).says(*guesses, confidence=confidence)

    def presses(self, *keys: str) -> Self:
        for key in keys:
            self.events.append(f"key: {key}")
            self.on(Pressed(key))
        return self

    def screened(self, *, machine: bool) -> Self:
        self.on(Screened(machine=machine, person=not machine))
        return self

    def thought(self) -> Self:
        """What the desk was asked for comes back; what follows from it is asked for at once."""
        found, self._found = self._found, []
        for event in found:
            self.on(event)
        return self

    def leaves(self) -> Self:
        self.events.append("hangs up")
        self.on(Left())
        return self

    def _play(self) -> None:
        if not self.playing:
            return
        say, left = self.playing[0]
        if self._sounding[0] != say.mark:
            self._sounding = (say.mark, self.at_ms)
        waited = self.at_ms - self._sounding[1]
        if waited < self.mouth_ms:
            return
        if waited == self.mouth_ms:
            self.on(Sounding(say.mark, self.at_ms))
        if left > TICK:
            self.playing[0] = (say, left - TICK)
            return
        self.playing.pop(0)
        self.on(Played(say.mark))

    def _do(self, actions: list[Action]) -> None:
        for action in actions:
            self._act(action)

    def _act(self, action: Action) -> None:
        match action:
            case Say(line, _, manner):
                self.events.append(f"we: {line.kind}")
                self.words.append(line.text)
                self.manner = manner
                self.playing.append((action, max(TICK, len(line.text) * MS_PER_LETTER)))
            case Hush():
                self.events.append("hush")
                dropped, self.playing = self.playing, []
                for say, _ in dropped:
                    self.on(Played(say.mark))
            case Expect():
                pass
            case Close(ended):
                self.closed += 1
                self.desk.end(self.brief, ended)
                self.events.append(f"end: {ended.outcome}{' told' if ended.told else ''}")
            case _:
                self._desk(action)

    def _desk(self, action: Action) -> None:
        self.numbers += 1
        match action:
            case Read(said, asked):
                self._finds(Understood(said, self.desk.read(said, asked, "pl")))
            case Take(said):
                self._finds(Replied(said, self.desk.take(self.brief, self.numbers, said)))
            case Check(day, month):
                self._finds(Checked(self.desk.check(self.brief, day, month)))
            case Tell(words):
                self.desk.tell(self.brief, words)
            case Note(said, reading, what, asked):
                self.desk.note(self.brief, self.numbers, said, reading, what, asked)

    def _finds(self, event: Event) -> None:
        if self.slow:
            self._found.append(event)
        else:
            self.on(event)


def script(engine: Engine, call_id: int, clock: Clock, now: datetime) -> Script:
    """The script of a call that was placed or received."""
    with transaction(engine) as session:
        return Script(engine, briefing(session, call_id, now=now), clock).begin()
