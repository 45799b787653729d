"""A media stream as Twilio opens it: signed, announced, 20 ms of sound at a time both ways, keys, and marks that come back when played.

What is sent ahead is kept and played in real time; `clear` drops it, and its marks come back at once all the same.
https://www.twilio.com/docs/voice/media-streams/websocket-messages
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import logging
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from channels.simulator.telephony.line import FRAME_BYTES, FRAME_SECONDS, Line
from channels.simulator.telephony.twiml import Stream
from channels.simulator.wire import signature

OPEN_SECONDS = 5.0
LARGEST = 2**20  # bytes of one message from the service
_log = logging.getLogger(__name__)


class StreamFailed(Exception):
    """The stream could not be opened or broke the protocol; `code` is Twilio's."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code


@dataclass
class Playback:
    """What is still to be played: frames of sound and marks, in the order in which they came."""

    queue: deque[bytes | str] = field(default_factory=deque)
    rest: bytes = b""

    def add(self, sound: bytes) -> None:
        """Sound of any length; what is no whole frame waits for the next."""
        sound = self.rest + sound
        whole = len(sound) - len(sound) % FRAME_BYTES
        self.queue.extend(sound[start : start + FRAME_BYTES] for start in range(0, whole, FRAME_BYTES))
        self.rest = sound[whole:]

    def mark(self, name: str) -> None:
        """A mark after what has come so far; a last piece of a frame is filled up with silence."""
        if self.rest:
            self.queue.append(self.rest.ljust(FRAME_BYTES, b"\xff"))
            self.rest = b""
        self.queue.append(name)

    def clear(self) -> list[str]:
        """Drop everything; the marks among it."""
        marks = [one for one in self.queue if isinstance(one, str)]
        self.queue.clear()
        self.rest = b""
        return marks

    def next(self) -> tuple[list[str], bytes | None]:
        """The marks that are reached now, and the frame to play, if there is one."""
        marks = []
        while self.queue and isinstance(self.queue[0], str):
            marks.append(str(self.queue.popleft()))
        frame = self.queue.popleft() if self.queue else None
        return marks, frame if isinstance(frame, bytes) else None


class MediaStream:
    """One stream of one call, from the connection to its end."""

    def __init__(self, verb: Stream, line: Line, *, account: str, token: str, call_sid: str, stream_sid: str) -> None:
        self._verb, self._line = verb, line
        self._account, self._token, self._call_sid, self._sid = account, token, call_sid, stream_sid
        self._playback = Playback()
        self._sequence = 0

    async def run(self) -> None:
        """Until either side ends it. Raises StreamFailed when it could not be opened or the service broke the protocol."""
        headers = {"X-Twilio-Signature": signature(self._token, self._verb.url, {}), "User-Agent": "TwilioMediaStreams/1.0"}
        try:
            socket = await connect(
                self._verb.url, additional_headers=headers, open_timeout=OPEN_SECONDS, max_size=LARGEST, proxy=None, compression=None
            )
        except InvalidURI as error:
            raise StreamFailed(31923, str(error)) from error
        except InvalidHandshake as error:
            raise StreamFailed(31920, str(error)) from error
        except TimeoutError as error:
            raise StreamFailed(31901, "no answer") from error
        except OSError as error:
            raise StreamFailed(31902, str(error)) from error
        async with socket:
            await self._converse(socket)

    async def _converse(self, socket: ClientConnection) -> None:
        await socket.send(json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"}))
        await self._send(socket, "start", self._start())
        listening = asyncio.create_task(self._listen(socket))
        pressing = asyncio.create_task(self._press(socket))
        try:
            await self._keep_time(socket, listening)
            if not listening.done():
                await self._send(socket, "stop", {"accountSid": self._account, "callSid": self._call_sid})
        except ConnectionClosed:
            return
        finally:
            pressing.cancel()
            listening.cancel()
        if listening.done() and not listening.cancelled() and (error := listening.exception()):
            raise error

    def _start(self) -> dict[str, Any]:
        return {
            "accountSid": self._account, "streamSid": self._sid, "callSid": self._call_sid, "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}, "customParameters": self._verb.parameters,
        }  # fmt: skip

    async def _keep_time(self, socket: ClientConnection, listening: asyncio.Task[None]) -> None:
        """A frame each way every 20 ms by the clock, until the line is hung up or the service has closed."""
        loop = asyncio.get_running_loop()
        began, chunk = loop.time(), 0
        while not self._line.hung_up.is_set() and not listening.done():
            chunk += 1
            payload = base64.b64encode(self._line.frame()).decode()
            media = {"track": "inbound", "chunk": str(chunk), "timestamp": str(chunk * 20), "payload": payload}
            await self._send(socket, "media", media)
            await self._play(socket)
            await asyncio.sleep(max(0.0, began + chunk * FRAME_SECONDS - loop.time()))

    async def _play(self, socket: ClientConnection) -> None:
        marks, frame = self._playback.next()
        for name in marks:
            await self._send(socket, "mark", {"name": name})
        if frame is not None:
            self._line.tell(frame)

    async def _press(self, socket: ClientConnection) -> None:
        while True:
            digit = await self._line.keys.get()
            await self._send(socket, "dtmf", {"track": "inbound_track", "digit": digit})

    async def _listen(self, socket: ClientConnection) -> None:
        async for event, content in _events(socket, self._sid):
            if event == "media":
                self._playback.add(content)
            elif event == "mark":
                self._playback.mark(content)
            else:
                for name in self._playback.clear():
                    await self._send(socket, "mark", {"name": name})

    async def _send(self, socket: ClientConnection, event: str, content: dict[str, Any]) -> None:
        self._sequence += 1
        whole = {"event": event, "sequenceNumber": str(self._sequence), "streamSid": self._sid, event: content}
        await socket.send(json.dumps(whole))


async def _events(socket: ClientConnection, sid: str) -> AsyncIterator[tuple[str, Any]]:
    """What the service sends, checked as Twilio checks it."""
    async for raw in socket:
        try:
            message = json.loads(raw)
            event = message["event"]
            if message["streamSid"] != sid:
                raise StreamFailed(31951, "the streamSid is another stream's")
            if event == "media":
                yield event, base64.b64decode(message["media"]["payload"], validate=True)
            elif event == "mark":
                yield event, str(message["mark"]["name"])
            elif event == "clear":
                yield event, None
            else:
                raise StreamFailed(31951, f"unknown event {event!r}")
        except (ValueError, KeyError, TypeError, binascii.Error) as error:
            raise StreamFailed(31951, f"not understood: {error}") from error
