"""The exchange: rings lines, follows the service's instructions, reports how calls go. One task a call.

Instructions are fetched and keys are posted with Twilio's signature; a service that does not answer gets the call cut with 11200, as
at Twilio. Reports are posted until they are taken, like those of messages.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode, urljoin

import aiohttp

from channels.simulator.carrier import Carrier
from channels.simulator.telephony.calls import FINAL, KEPT, Order, PhoneCall, Status, call_form
from channels.simulator.telephony.line import Line
from channels.simulator.telephony.listening import key_pressed, until_hung_up, within
from channels.simulator.telephony.stream import MediaStream, StreamFailed
from channels.simulator.telephony.twiml import Dial, Gather, Hangup, Pause, Redirect, Say, Stream, Verb, read
from channels.simulator.wire import TWIML_LIMIT, TwimlInvalid, signature

MOST_DOCUMENTS = 100  # instructions of one call, against a circle
DIAL_CAPTION = "Łączenie z numerem {number}. W pokazie nikt tam nie odbiera."
Goal = tuple[str, dict[str, str]]  # where to ask next, and with which further fields
_log = logging.getLogger(__name__)


class ServiceFailed(Exception):
    """The service gave no instructions; `code` is Twilio's: 11200 no answer, 12100 no markup."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code


class Exchange:
    """The calls of one carrier and the lines of its telephones."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier, self._config = carrier, carrier.config
        self.calls: dict[str, PhoneCall] = {}
        self._lines: dict[str, Line] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._http: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """While the block lasts calls can be made; at its end those in progress are cut."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self._config.webhook_timeout)) as self._http:
            try:
                yield
            finally:
                for task in list(self._tasks):
                    task.cancel()
                await asyncio.gather(*self._tasks, return_exceptions=True)

    def line(self, number: str) -> Line:
        """The line of a number."""
        return self._lines.setdefault(number, Line(number))

    def place(self, order: Order) -> PhoneCall:
        """A call from the service to a telephone; it begins to ring when this returns."""
        call = self._enter("outbound-api", order)
        self._begin(self._outbound(call))
        return call

    def dial(self, number: str) -> bool:
        """A telephone calls the service; False when its line is busy or the service takes no calls."""
        service = next((one for one in self._config.services if one.voice_url), None)
        line = self.line(number)
        if service is None or not line.take("dialling"):
            return False
        call = self._enter("inbound", Order(service.number, number, service.voice_url, callback=service.voice_status_url))
        self._begin(self._inbound(call, line))
        return True

    def end(self, call: PhoneCall) -> None:
        """The service ends a call."""
        line = self.line(call.telephone)
        if call.status not in FINAL:
            line.hung_up.set()

    def _enter(self, direction: str, order: Order) -> PhoneCall:
        now = self._config.epoch()
        call = PhoneCall(self._carrier.new_sid("CA"), direction, order.sender, order.recipient, now, now, order)
        self.calls[call.sid] = call
        while len(self.calls) > KEPT:
            self.calls.pop(next(iter(self.calls)))
        return call

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _outbound(self, call: PhoneCall) -> None:
        line = self.line(call.recipient)
        faults = self._carrier.faults
        if faults.take(call.recipient, "call_busy") or not line.take("ringing"):
            await self._become(call, "busy")
            return
        try:
            await self._ring(call, line)
        finally:
            line.release()

    async def _ring(self, call: PhoneCall, line: Line) -> None:
        await self._become(call, "ringing")
        line.become("ringing", sender=call.sender)
        machine = self._carrier.faults.take(call.recipient, "call_voicemail")
        ignored = self._carrier.faults.take(call.recipient, "call_no_answer")
        if machine:
            line.picked_up.set()
        if not await within(line.picked_up, ignored.seconds if ignored and ignored.seconds else call.order.timeout, ignored is None):
            await self._become(call, "no-answer")
            return
        if line.hung_up.is_set():  # pushed away instead of picked up
            await self._become(call, "busy")
            return
        call.answered_by = None if not call.order.detect else "machine_start" if machine else "human"
        screening = asyncio.create_task(self._screen(call))
        try:
            await self._talk(call, line)
        finally:
            screening.cancel()

    async def _screen(self, call: PhoneCall) -> None:
        """What picked up is known after a while, and told beside the call."""
        if call.order.screening is None or call.answered_by is None:
            return
        await asyncio.sleep(self._config.screening_after)
        form = call_form(call, self._config.account_sid, AnsweredBy=call.answered_by, MachineDetectionDuration="2000")
        await self._carrier.report(call.sid, call.order.screening, form)

    async def _inbound(self, call: PhoneCall, line: Line) -> None:
        try:
            await self._talk(call, line)
        finally:
            line.release()

    async def _talk(self, call: PhoneCall, line: Line) -> None:
        await self._become(call, "in-progress")
        line.become("talking")
        status: Status = "completed"
        try:
            async with asyncio.timeout(call.order.time_limit):
                await self._follow(call, line)
        except TimeoutError:
            _log.warning("call %s reached its time limit", call.sid)
        except ServiceFailed as error:
            _log.warning("call %s: %s", call.sid, error)
            call.error_code, status = error.code, "completed"
        finally:
            await asyncio.shield(self._become(call, status))

    async def _follow(self, call: PhoneCall, line: Line) -> None:
        """Follow instructions, one document after another, until one ends, says so, or somebody hangs up."""
        document: str | None = call.order.twiml or await self._ask(call, call.order.url or "", {})
        base = call.order.url or ""
        for _ in range(MOST_DOCUMENTS):
            if document is None:
                return
            goal = await until_hung_up(line, self._perform(call, line, _verbs(document), base))
            if goal is None:
                return
            base, more = goal
            document = await self._ask(call, base, more)
        raise ServiceFailed(12100, "the instructions go round in a circle")

    async def _perform(self, call: PhoneCall, line: Line, verbs: list[Verb], base: str) -> Goal | None:
        """Do one document; where to ask next and with which further fields, or None at the end of the call."""
        for verb in verbs:
            if isinstance(verb, Hangup):
                return None
            goal = await self._do(call, line, verb)
            if goal is not None:
                return urljoin(base, goal[0]), goal[1]
        return None

    async def _do(self, call: PhoneCall, line: Line, verb: Verb) -> Goal | None:
        match verb:
            case Say():
                await self._say(line, verb)
            case Pause():
                await asyncio.sleep(verb.seconds)
            case Gather():
                pressed = await self._gather(line, verb)
                return (verb.action, {"Digits": pressed}) if pressed or verb.on_empty else None
            case Stream():
                await self._stream(call, line, verb)
                return None if verb.action is None else (verb.action, {})
            case Dial():
                line.tell({"event": "caption", "text": DIAL_CAPTION.format(number=verb.number)})
                await asyncio.sleep(verb.timeout)
            case Redirect():
                return verb.url, {}
        return None

    async def _say(self, line: Line, say: Say) -> None:
        line.tell({"event": "caption", "text": say.text})
        await asyncio.sleep(len(say.text) / self._config.letters_per_second)

    async def _gather(self, line: Line, gather: Gather) -> str:
        """Words that a key interrupts, then keys until there are enough, one ends them, or none comes in time."""
        pressed = ""
        saying = asyncio.create_task(self._say_all(line, gather))
        try:
            while gather.digits == 0 or len(pressed) < gather.digits:
                key = await key_pressed(line, saying, gather.timeout)
                if key is None or key == gather.finish:
                    return pressed
                pressed += key
        finally:
            saying.cancel()
        return pressed

    async def _say_all(self, line: Line, gather: Gather) -> None:
        for say in gather.says:
            await self._say(line, say)

    async def _stream(self, call: PhoneCall, line: Line, verb: Stream) -> None:
        account = self._config.account_sid
        sid = self._carrier.new_sid("MZ")
        stream = MediaStream(verb, line, account=account, token=self._config.auth_token, call_sid=call.sid, stream_sid=sid)
        try:
            await stream.run()
        except StreamFailed as error:
            _log.warning("stream of call %s: %s", call.sid, error)
            if verb.status:
                form = call_form(call, account, StreamEvent="stream-error", StreamSid=sid, StreamError=str(error.code))
                await self._carrier.report(call.sid, verb.status, form)

    async def _ask(self, call: PhoneCall, url: str, more: dict[str, str]) -> str | None:
        """Ask the service what to do now; None once the line is hung up. Raises ServiceFailed."""
        if self.line(call.telephone).hung_up.is_set():
            return None
        if self._http is None:
            raise ServiceFailed(11200, "the exchange is not at work")
        form = call_form(call, self._config.account_sid, **more)
        headers = {
            "X-Twilio-Signature": signature(self._config.auth_token, url, form), "User-Agent": "TwilioProxy/1.1",
            "Content-Type": "application/x-www-form-urlencoded",
        }  # fmt: skip
        try:
            async with self._http.post(url, data=urlencode(form).encode(), headers=headers, allow_redirects=False) as answer:
                body = (await answer.content.read(TWIML_LIMIT)).decode("utf-8", "replace")
                if answer.status != 200:
                    raise ServiceFailed(11200, f"HTTP {answer.status}")
                return body
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ServiceFailed(11200, f"{type(error).__name__}: {error}") from error

    async def _become(self, call: PhoneCall, status: Status) -> None:
        """Another status; those that the service asked for are reported."""
        now = self._config.epoch()
        call.status, call.updated = status, now
        if status == "in-progress":
            call.started = now
        if status in FINAL:
            call.ended = now
        event = {"ringing": "ringing", "in-progress": "answered"}.get(status, "completed")
        if call.order.callback and event in call.order.events:
            more = {} if call.error_code is None else {"ErrorCode": str(call.error_code)}
            duration = {"CallDuration": str(int(now - (call.started or now)))} if status in FINAL else {}
            form = call_form(call, self._config.account_sid, **more, **duration)
            await self._carrier.report(call.sid, call.order.callback, form)


def _verbs(document: str) -> list[Verb]:
    try:
        return read(document)
    except (TwimlInvalid, ValueError) as error:
        raise ServiceFailed(12100, str(error)) from error
