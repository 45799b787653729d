"""The door of media streams: signature, place, token, and then one call until it is over.

Who may not come in is refused before the upgrade. Whatever breaks inside ends this stream alone; the carrier then asks what to do, and
the call goes on with keys.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import structlog
from prometheus_client import Counter, Gauge
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from twilio.request_validator import RequestValidator

from channels.recordings import Tape, Tapes
from channels.voice import turns
from channels.voice.call import Call
from channels.voice.desk import Desk
from channels.voice.line import Gone, Line
from channels.voice.media import Began, Malformed, Over
from channels.voice.places import NoPlace, Places
from channels.voice.ports import Listener, Speaker
from channels.voice.twilio_media import TwilioCodec
from registry.spoken import Briefing

START_SECONDS = 5.0  # a stream that has not said within this time whose it is, is closed
THREADS = 8
NORMAL, INTERNAL, POLICY = 1000, 1011, 1008  # WebSocket close codes

TALKING = Gauge("cer_calls_talking", "Calls that are being talked in.", multiprocess_mode="livesum")
REFUSED = Counter("cer_streams_refused_total", "Media streams that were not let in, by why.", ["why"])

log = structlog.get_logger("voice")


@dataclass(frozen=True, slots=True)
class Streams:
    """The endpoint. `believe` says from which confidence an answer in a language counts; with `tapes` every call is recorded (D14)."""

    desk: Desk
    places: Places
    listener: Callable[[], Listener]
    speaker: Speaker
    believe: Callable[[str], float]
    auth_token: str
    public_url: str
    tapes: Tapes | None = None
    threads: Executor = field(default_factory=lambda: ThreadPoolExecutor(THREADS, thread_name_prefix="call"))

    def route(self) -> WebSocketRoute:
        """The route to mount."""
        return WebSocketRoute("/voice/stream", self._endpoint)

    async def _endpoint(self, socket: WebSocket) -> None:
        address = f"{self.public_url.replace('http', 'ws', 1)}{socket.url.path}"
        signature = socket.headers.get("X-Twilio-Signature", "")
        if not RequestValidator(self.auth_token).validate(address, {}, signature):
            REFUSED.labels("signature").inc()
            await socket.close(POLICY)
            return
        try:
            with self.places.taken_by_a_call(), TALKING.track_inprogress():
                await socket.accept()
                await self._hold(socket)
        except NoPlace:
            REFUSED.labels("no_place").inc()
            await socket.close(POLICY)

    async def _hold(self, socket: WebSocket) -> None:
        codec = TwilioCodec()
        code = NORMAL
        try:
            async with asyncio.timeout(START_SECONDS):
                began = await _started(socket, codec)
            brief = await asyncio.get_running_loop().run_in_executor(self.threads, self.desk.open, began.token, began.call)
            if brief is None:
                REFUSED.labels("token").inc()
                code = POLICY
            else:
                await self._talk(socket, codec, brief)
        except (WebSocketDisconnect, TimeoutError):
            log.info("stream gone before it began")
        except Malformed as error:
            log.warning("stream not understood", reason=str(error))
            code = error.code
        except Exception:
            log.exception("stream broke, keys take the call from here")
            code = INTERNAL
        if socket.application_state is WebSocketState.CONNECTED and socket.client_state is WebSocketState.CONNECTED:
            await socket.close(code)

    async def _talk(self, socket: WebSocket, codec: TwilioCodec, brief: Briefing) -> None:
        words = None if brief.kind is None else turns.message_words(brief)
        tape = await self._tape(brief)
        call = Call(brief, words, now=self.desk.clock(), believe=self.believe(brief.language), recorded=tape is not None)
        send = partial(_send, socket)
        line = Line(brief, call, self.desk, codec, send, self.listener(), self.speaker, threads=self.threads, tape=tape)
        reading = asyncio.create_task(_read(socket, codec, line))
        talking = asyncio.create_task(line.run())
        try:
            await asyncio.wait({reading, talking}, return_when=asyncio.FIRST_COMPLETED)
            if not talking.done() and reading.exception() is None:
                await talking  # the caller has hung up: the call is written down first
        finally:
            reading.cancel()
            talking.cancel()
            results = await asyncio.gather(reading, talking, return_exceptions=True)
            if tape is not None:
                tape.close()
        for result in reversed(results):
            if isinstance(result, Exception):
                raise result

    async def _tape(self, brief: Briefing) -> Tape | None:
        if self.tapes is None:
            return None
        return self.tapes.begin(await asyncio.get_running_loop().run_in_executor(self.threads, self.desk.record, brief))


async def _started(socket: WebSocket, codec: TwilioCodec) -> Began:
    """The frame that says whose stream it is; everything before it says nothing."""
    while True:
        for what in codec.decode(await _text(socket)):
            if isinstance(what, Began):
                return what


async def _read(socket: WebSocket, codec: TwilioCodec, line: Line) -> None:
    """Frames to the line's inbox until the other side is gone."""
    try:
        while True:
            for what in codec.decode(await _text(socket)):
                await line.inbox.put(what)
                if isinstance(what, Over):
                    return
    except WebSocketDisconnect:
        await line.inbox.put(Over())


async def _send(socket: WebSocket, frame: str) -> None:
    try:
        await socket.send_text(frame)
    except (WebSocketDisconnect, RuntimeError) as error:  # starlette's words for a socket that is closed
        raise Gone from error


async def _text(socket: WebSocket) -> str:
    """The next frame; a binary one says nothing here."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    return message.get("text") or ""
