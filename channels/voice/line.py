"""A call's body: sound in and out of one stream, ears and mouth, and the threads in which the desk works. The mind is `call`.

Everything that happens comes through one inbox and is taken one by one, so the mind never sees two things at once. What the desk does
for one call it does in order: the log reads as the call went.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import structlog
from prometheus_client import Counter

from channels.recordings import Tape
from channels.voice.call import Call
from channels.voice.course import Cause, Course, on_the_ear
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
from channels.voice.media import Codec, Incoming, Key, Marked, Over, Sound
from channels.voice.person import is_machine
from channels.voice.ports import FRAME_BYTES, Listener, Onset, Speaker
from registry.spoken import Briefing

SCREENING_SECONDS = 0.4  # between two looks whether the carrier has said what picked up
SEND_SECONDS = 5.0  # how long the other side may take to take a frame; one that reads slower is given up
MARK_LATE_MS = 3_000  # after a line must have been heard, its mark is taken for lost: a call must not wait for it in silence
INBOX = 500  # frames and events that may wait: ten seconds of sound

Given = TypeVar("Given")
LOST_MARKS = Counter("cer_media_marks_lost_total", "Marks of lines that never came back.")
log = structlog.get_logger("voice")


class Gone(Exception):
    """The other side of the stream takes no frames any more."""


@dataclass(frozen=True, slots=True)
class Broken:
    """Something of ours failed: the stream is given up, and keys take the call from there."""

    error: BaseException


class Line:
    """One call on one stream."""

    def __init__(
        self, brief: Briefing, call: Call, desk: Desk, codec: Codec, send: Callable[[str], Awaitable[None]], listener: Listener,
        speaker: Speaker, *, threads: Executor, tape: Tape | None = None,
    ) -> None:  # fmt: skip
        self._brief, self._call, self._desk, self._codec, self._send = brief, call, desk, codec, send
        self._listener, self._speaker, self._threads, self._tape = listener, speaker, threads, tape
        self.inbox: asyncio.Queue[Incoming | Event | Broken] = asyncio.Queue(INBOX)
        self._to_say: asyncio.Queue[tuple[int, Say]] = asyncio.Queue()
        self._playing: deque[bytes] = deque()  # what was sent and not yet played, in frames, as far as audio time tells
        self._hushes = 0  # what was to be said before the last hush is not said
        self._in_order = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._number = 0
        self._gone = False
        self._language = brief.language
        self._course, self._at_ms = Course(), 0
        self._cause: Cause = "end"  # why we fall silent, when we do
        self._marks: dict[str, int] = {}  # that have been sent and must have come back by then
        self._after_silence: dict[str, int] = {}  # lines that are said because nobody answered, with for how long (ms)

    async def run(self) -> None:
        """Hold the call until it is over and written down. Raises what broke it, when something of ours did."""
        self._begin(self._mouth())
        if self._brief.direction == "out":
            self._begin(self._watch_screening())
        try:
            await self._do(self._call.begin())
            while not self._call.over:
                await self._take_in(await self.inbox.get())
        except Exception:
            await self._in_thread(partial(self._desk.keep_course, self._brief, self._course.entries))
            raise
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._listener.close()

    async def _take_in(self, what: Incoming | Event | Broken) -> None:
        match what:
            case Sound(frame, at_ms):
                await self._listen(frame, at_ms)
            case Key(digit):
                self._cause = "key"
                self._course.key(self._at_ms)
                await self._do(self._call.on(Pressed(digit)))
            case Marked(name):
                await self._played(name)
            case Over():
                self._cause = "end"
                await self._do(self._call.on(Left()))
            case Broken(error):
                raise error
            case Understood() | Replied() | Checked():
                self._course.thought()
                await self._do(self._call.on(what))
            case Time() | HeardThat() | Pressed() | Played() | Sounding() | Screened() | Left():
                await self._do(self._call.on(what))

    async def _listen(self, frame: bytes, at_ms: int) -> None:
        self._at_ms = at_ms
        ours = self._playing.popleft() if self._playing else None
        if self._tape is not None:
            self._tape.put(frame, ours)
        for heard in await self._listener.hear(frame, ours):
            if isinstance(heard, Onset):
                self._cause = "speech"
            else:
                self._course.heard(heard)
            await self._do(self._call.on(HeardThat(heard)))
        for mark in [mark for mark, latest in self._marks.items() if latest < at_ms]:
            LOST_MARKS.inc()
            await self._played(mark)
        await self._do(self._call.on(Time(at_ms)))

    async def _played(self, mark: str) -> None:
        """A line was heard to its end: its mark came back, or is so late that it was lost on the way."""
        self._marks.pop(mark, None)
        self._course.played(mark, self._at_ms)
        await self._do(self._call.on(Played(mark)))

    async def _do(self, actions: list[Action]) -> None:
        says = [action for action in actions if isinstance(action, Say)]
        lines = [say for say in says if say.line.message_id is None]
        if lines:
            self._begin(self._ordered(partial(self._desk.said, self._brief, lines)))
        self._note_silence(says)
        for action in actions:
            await self._act(action)
        self._listener.speaking(self._call.speaking)

    def _note_silence(self, says: list[Say]) -> None:
        silence, self._call.silence_ms = self._call.silence_ms, 0
        if silence and says:
            self._after_silence[says[0].mark] = silence

    async def _act(self, action: Action) -> None:
        match action:
            case Say():
                self._to_say.put_nowait((self._hushes, action))
            case Hush():
                self._hushes += 1
                self._playing.clear()
                self._marks.clear()
                self._course.hushed(self._at_ms, self._cause)
                await self._out(self._codec.clear())
            case Expect(asked, language):
                self._language = language
                self._listener.expect(asked, language=language)
            case Close(ended):
                ended = replace(ended, timings=self._course.timings, course=self._course.entries)
                await self._in_thread(partial(self._desk.end, self._brief, ended))
            case _:
                self._think(action)

    def _think(self, action: Action) -> None:
        """What needs the desk: begun now, in order; what comes of it comes to the inbox."""
        brief, desk = self._brief, self._desk
        if isinstance(action, Read | Take | Check):
            self._course.thinks()
        match action:
            case Read(said, asked):
                self._begin(self._thought(partial(desk.read, said, asked, self._language), partial(Understood, said)))
            case Take(said):
                self._begin(self._thought(partial(desk.take, brief, self._next(), said), partial(Replied, said)))
            case Check(day, month):
                self._begin(self._thought(partial(desk.check, brief, day, month), Checked))
            case Tell(words):
                self._begin(self._ordered(partial(desk.tell, brief, words)))
            case Note(said, reading, what, asked):
                self._begin(self._ordered(partial(desk.note, brief, self._next(), said, reading, what, asked)))

    def _next(self) -> int:
        self._number += 1
        self._course.turn(self._number)
        return self._number

    async def _thought(self, work: Callable[[], Given], event: Callable[[Given], Event]) -> None:
        await self.inbox.put(event(await self._in_thread(work)))

    async def _ordered(self, work: Callable[[], None]) -> None:
        await self._in_thread(work)

    async def _in_thread(self, work: Callable[[], Given]) -> Given:
        async with self._in_order:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _begin(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(self._watched(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _watched(self, work: Awaitable[None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 - not swallowed: it ends the call's loop
            await self.inbox.put(Broken(error))

    async def _mouth(self) -> None:
        """Say one line after another; a line that was hushed is not gone on with."""
        while True:
            hushes, say = await self._to_say.get()
            begun = False
            async for piece in self._speaker.say(say.line.text, say.manner):
                if hushes != self._hushes:
                    break
                heard_at = on_the_ear(self._at_ms, len(self._playing))
                self._playing.extend(piece[at : at + FRAME_BYTES] for at in range(0, len(piece), FRAME_BYTES))
                await self._out(self._codec.sound(piece))
                silence = self._after_silence.pop(say.mark, 0)
                self._course.sounds(say.mark, say.line.message_id, at_ms=heard_at, after_silence_ms=silence)
                if not begun:
                    begun = True
                    await self.inbox.put(Sounding(say.mark, heard_at))
            if hushes == self._hushes:
                self._marks[say.mark] = on_the_ear(self._at_ms, len(self._playing)) + MARK_LATE_MS
                await self._out(self._codec.mark(say.mark))

    async def _out(self, frame: str) -> None:
        """Send a frame; an other side that has gone, or takes none in time, has hung up for us."""
        if self._gone:
            return
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._send(frame)
        except (Gone, TimeoutError):
            self._gone = True
            await self.inbox.put(Over())

    async def _watch_screening(self) -> None:
        while self._call.wants_screening:
            by = await self._in_thread(partial(self._desk.answered_by, self._brief))
            if by is not None:
                await self.inbox.put(Screened(machine=is_machine(by), person=by == "human"))
                return
            await asyncio.sleep(SCREENING_SECONDS)
