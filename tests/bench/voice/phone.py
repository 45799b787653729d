"""The carrier's side of one call, as Twilio speaks it, in real time: signed webhooks, one media stream, 20 ms of sound at a time.

Nothing of the service is imported: what is known of it came over the wire. Times are seconds of this process's loop clock.
"""

import asyncio
import base64
import json
import secrets
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from xml.etree import ElementTree as ET

import httpx
import numpy as np
from twilio.request_validator import RequestValidator
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.channels.voice.callers import Recorded
from voice_models.telephone import FRAME_BYTES, decode

FRAME: Final = 0.02
AUDIBLE: Final = 200.0  # root mean square of 20 ms above which a caller hears something: 44 dB below full scale
QUIET_SECONDS: Final = 0.6  # the other side has finished when it was silent for so long
ACCOUNT: Final = "AC" + "be" * 16


@dataclass(frozen=True, slots=True)
class Exchange:
    """Where the service is and how we sign; `http` is shared by all calls."""

    public: str
    token: str
    number: str
    http: httpx.AsyncClient

    async def post(self, url: str, **form: str) -> httpx.Response:
        """A webhook as the carrier posts it."""
        signature = RequestValidator(self.token).compute_signature(url, form)
        return await self.http.post(url, data=form, headers={"X-Twilio-Signature": signature})

    def signed(self, address: str) -> dict[str, str]:
        """The headers of an upgrade."""
        return {"X-Twilio-Signature": RequestValidator(self.token).compute_signature(address, {})}


@dataclass
class Utterance:
    """Something said: when its first and its last sound went out."""

    began: float = 0.0
    ended: float = 0.0
    frames: deque[bytes] = field(default_factory=deque)
    first: int = 0
    last: int = 0
    sent: int = 0
    done: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class Phone:
    """One telephone on one call."""

    exchange: Exchange
    number: str
    noise: list[bytes]
    sid: str = field(default_factory=lambda: f"CA{secrets.token_hex(16)}")
    stream: str = field(default_factory=lambda: f"MZ{secrets.token_hex(16)}")
    audible: list[float] = field(default_factory=list)  # when each stretch of sound after silence began to be heard
    cleared: list[float] = field(default_factory=list)
    bytes_in: int = 0
    lines: int = 0  # lines heard to their end
    _line: asyncio.Event = field(default_factory=asyncio.Event)  # one more was heard
    _sounding_since: float | None = None
    latest: float = 0.0  # by how much our own clock slipped at worst
    over: asyncio.Event = field(default_factory=asyncio.Event)
    _playing: deque[bytes | str] = field(default_factory=deque)
    _quiet_since: float = 0.0
    _saying: Utterance | None = None
    _sequence: int = 1
    _socket: ClientConnection | None = None

    async def answer(self, call_id: int | None = None) -> None:
        """Ask the service what to do, open the stream that it names, and keep the line until it is over. `call_id`: one that it placed."""
        address = f"{self.exchange.public}/voice/answer" + (f"?c={call_id}" if call_id is not None else "")
        mine, theirs = (self.exchange.number, self.number) if call_id is not None else (self.number, self.exchange.number)
        told = ET.fromstring((await self.exchange.post(address, **self._form(From=mine, To=theirs))).text)  # noqa: S314 - our service
        stream = told.find("Connect/Stream")
        if stream is None:
            raise RuntimeError(f"no stream but {[verb.tag for verb in told]}")
        token = {one.get("name"): one.get("value") for one in stream.iter("Parameter")}["token"]
        await self.stay(stream.attrib["url"], str(token))
        after = told.find("Connect")
        if after is not None and call_id is not None:
            await self.exchange.post(after.attrib["action"], **self._form(From=mine, To=theirs))
            await self._status(call_id)

    async def stay(self, address: str, token: str) -> None:
        """Keep a media stream open until it is over."""
        async with connect(address, additional_headers=self.exchange.signed(address), proxy=None) as socket:
            self._socket = socket
            await self._start(token)
            await asyncio.gather(self._receive(socket), self._talk(socket))

    def _form(self, **more: str) -> dict[str, str]:
        return {"CallSid": self.sid, "AccountSid": ACCOUNT, "CallStatus": "in-progress", "Direction": "inbound", **more}

    async def _status(self, call_id: int) -> None:
        address = f"{self.exchange.public}/voice/status?c={call_id}"
        await self.exchange.post(address, **{**self._form(From=self.exchange.number, To=self.number), "CallStatus": "completed"})

    async def screened(self, by: str = "human") -> None:
        """Tell what picked up."""
        await self.exchange.post(f"{self.exchange.public}/voice/screening", **self._form(AnsweredBy=by))

    async def _start(self, token: str) -> None:
        assert self._socket is not None
        shape = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
        start = {
            "accountSid": ACCOUNT, "streamSid": self.stream, "callSid": self.sid, "tracks": ["inbound"], "mediaFormat": shape,
            "customParameters": {"token": token},
        }  # fmt: skip
        await self._socket.send(json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"}))
        await self._send("start", start)

    async def _send(self, event: str, content: dict[str, Any]) -> None:
        assert self._socket is not None
        await self._socket.send(
            json.dumps({"event": event, "sequenceNumber": str(self._sequence), "streamSid": self.stream, event: content})
        )
        self._sequence += 1

    async def _receive(self, socket: ClientConnection) -> None:
        try:
            async for raw in socket:
                await self._take(json.loads(raw))
        except ConnectionClosed:
            pass
        self.over.set()

    async def _take(self, frame: dict[str, Any]) -> None:
        now = asyncio.get_running_loop().time()
        match frame["event"]:
            case "media":
                self._sound(base64.b64decode(frame["media"]["payload"]), now)
            case "mark":
                self._playing.append(frame["mark"]["name"])
            case "clear":
                self.cleared.append(now)
                marks = [one for one in self._playing if isinstance(one, str)]
                self._playing.clear()
                self._sounding_since = None
                for mark in marks:
                    await self._send("mark", {"name": mark})

    def _sound(self, audio: bytes, now: float) -> None:
        self.bytes_in += len(audio)
        silent = not any(isinstance(one, bytes) for one in self._playing)
        frames = [audio[at : at + FRAME_BYTES] for at in range(0, len(audio), FRAME_BYTES)]
        if silent:
            ahead = next((number for number, one in enumerate(frames) if is_audible(one)), None)
            self.audible += [] if ahead is None else [now + ahead * FRAME]
        self._playing.extend(frames)

    async def _talk(self, socket: ClientConnection) -> None:
        """20 ms at a time: play what came, send what is said, or the line's own noise."""
        loop = asyncio.get_running_loop()
        began, tick = loop.time(), 0
        self._quiet_since = began
        try:
            while not self.over.is_set():
                tick += 1
                due = began + tick * FRAME
                await asyncio.sleep(max(0.0, due - loop.time()))
                self.latest = max(self.latest, loop.time() - due)
                await self._play()
                sound = base64.b64encode(self._frame(tick)).decode()
                await socket.send(
                    f'{{"event":"media","sequenceNumber":"{self._sequence}","streamSid":"{self.stream}","media":'
                    f'{{"track":"inbound","chunk":"{tick}","timestamp":"{tick * 20}","payload":"{sound}"}}}}'
                )
                self._sequence += 1
        except ConnectionClosed:
            self.over.set()

    async def _play(self) -> None:
        """The next 20 ms of the other side, and the marks that lie before them."""
        now = asyncio.get_running_loop().time()
        while self._playing and isinstance(self._playing[0], str):
            self.lines += 1
            self._line.set()
            await self._send("mark", {"name": self._playing.popleft()})
        if self._playing:
            self._playing.popleft()
            self._quiet_since = now
            self._sounding_since = self._sounding_since or now
        elif now - self._quiet_since >= QUIET_SECONDS:
            self._sounding_since = None

    def _frame(self, tick: int) -> bytes:
        said, now = self._saying, asyncio.get_running_loop().time()
        if said is None or not said.frames:
            return self.noise[tick % len(self.noise)]
        frame = said.frames.popleft()
        if said.sent == said.first:
            said.began = now
        if said.sent == said.last:
            said.ended = now
            said.done.set()
        said.sent += 1
        if not said.frames:
            self._saying = None
        return frame

    @property
    def playing(self) -> bool:
        """Whether the other side can be heard now."""
        return bool(self._playing)

    async def say(self, what: Recorded) -> Utterance:
        """Speak; returns when the last sound has gone out."""
        begins, ends = what.spoken[0][0], what.spoken[-1][1]
        frames = deque(what.audio[at : at + FRAME_BYTES] for at in range(0, len(what.audio), FRAME_BYTES))
        self._saying = said = Utterance(frames=frames, first=begins // 20, last=min(ends // 20, len(frames) - 1))
        await self._or_over(said.done.wait())
        return said

    async def turn(self, seconds: float = 45.0) -> bool:
        """Wait until the other side has said something and finished; False when the call is over or nothing comes."""
        loop, heard = asyncio.get_running_loop(), len(self.audible)
        until = loop.time() + seconds
        while not self.over.is_set() and loop.time() < until:
            await asyncio.sleep(0.05)
            if (len(self.audible) > heard or self._spoke(heard)) and not self._playing and loop.time() - self._quiet_since >= QUIET_SECONDS:
                return True
        return False

    async def enough(self, seconds: float) -> bool:
        """Wait until the other side has spoken for so long, or has finished; False when the call is over or nothing comes."""
        loop, heard = asyncio.get_running_loop(), len(self.audible)
        until = loop.time() + 20
        while not self.over.is_set() and loop.time() < until:
            await asyncio.sleep(0.02)
            since = self._sounding_since
            if since is not None and loop.time() - since >= seconds:
                return True
            if not self._playing and len(self.audible) > heard and loop.time() - self._quiet_since >= QUIET_SECONDS:
                return True
        return False

    async def said_lines(self, count: int) -> None:
        """Wait until so many lines have been heard to their end."""
        while self.lines < count and not self.over.is_set():
            self._line.clear()
            await self._or_over(self._line.wait())
        self._sounding_since = None

    def _spoke(self, heard: int) -> bool:
        """Whether it began before we came to listen and goes on."""
        return heard > 0 and self._quiet_since > self.audible[heard - 1]

    async def hears(self, after: float, seconds: float = 4.0) -> float | None:
        """When the first sound after an instant came; None when none did."""
        until = asyncio.get_running_loop().time() + seconds
        while not self.over.is_set() and asyncio.get_running_loop().time() < until:
            found = next((at for at in self.audible if at > after), None)
            if found is not None:
                return found
            await asyncio.sleep(0.01)
        return next((at for at in self.audible if at > after), None)

    async def hang_up(self) -> None:
        """The caller puts the receiver down."""
        if self._socket is not None and not self.over.is_set():
            try:
                await self._send("stop", {"accountSid": ACCOUNT, "callSid": self.sid})
                await self._or_over(asyncio.sleep(2))
                await self._socket.close()
            except ConnectionClosed:
                pass
        self.over.set()

    async def _or_over(self, wait: Any) -> None:
        tasks = [asyncio.ensure_future(wait), asyncio.ensure_future(self.over.wait())]
        _, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()


def is_audible(frame: bytes) -> bool:
    samples = decode(frame).astype(float)
    return bool(len(samples)) and float(np.sqrt((samples * samples).mean())) > AUDIBLE


def noise_of(audio: bytes) -> Iterator[bytes]:
    """A line's noise, frame by frame."""
    for at in range(0, len(audio) - FRAME_BYTES + 1, FRAME_BYTES):
        yield audio[at : at + FRAME_BYTES]
