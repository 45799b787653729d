"""What the carrier asks and reports of a call, as signed form posts: what to do now, who picked up, how it ended.

A call is streamed where there are ears, a mouth and a free place; else it runs on keys. Whatever breaks, the next request finds the
call in its row and goes on with keys: nobody is left with silence.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from prometheus_client import Counter
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from channels.signed_posts import BadRequest, SignedPosts, field, number
from channels.voice import twiml
from channels.voice.carrier import STREAM_ERRORS
from channels.voice.keypad import Keypad, Step
from channels.voice.person import is_machine
from channels.voice.places import Places
from dialogs.conversation import Understands
from dialogs.wording.calls import phrase
from registry import calls, receipts, spoken
from registry.calls import Ended
from registry.catalogue import Policy
from registry.database import in_transaction
from registry.spoken import Briefing

THREADS = 8
TOKEN_BYTES = 24
ANSWERED: Final = ("in-progress", "answered")
# The carrier's last word on a call, and what the call came to where nobody talked in it.
OVER: Final = {"busy": "busy", "no-answer": "no_answer", "failed": "refused", "canceled": "no_answer", "completed": "hung_up"}

CALLS = Counter("cer_calls_total", "Calls answered, by direction and how they are held.", ["direction", "held"])

log = structlog.get_logger("voice")


@dataclass(frozen=True, slots=True)
class Webhooks:
    """The addresses that the carrier calls. `hears` says whether there is a model for a language; `transfer_to` is the number of
    people who take calls over, if there is one."""

    engine: Engine
    interpreter: Understands
    auth_token: str
    public_url: str
    policy: Policy
    clock: Callable[[], datetime]
    places: Places
    hears: Callable[[str], bool]
    transfer_to: str | None = None

    def routes(self) -> list[BaseRoute]:
        """The routes to mount."""
        posts = SignedPosts(self.auth_token, self.public_url, threads=THREADS, name="voice")
        handlers = {
            "answer": self._answer, "keys": self._keys, "after": self._after, "status": self._status, "screening": self._screening,
            "stream-status": self._stream_status,
        }  # fmt: skip
        return [Route(f"/voice/{name}", posts.endpoint(handler), methods=["POST"]) for name, handler in handlers.items()]

    def _answer(self, request: Request, form: FormData) -> Response:
        """Somebody picked up our call, or called us: what to do."""
        token = secrets.token_urlsafe(TOKEN_BYTES)

        def work(session: Session) -> str:
            brief = self._brief(session, request, form)
            if brief.ended:
                return twiml.hang_up()
            if not brief.holds:
                return self._outdated(session, brief)
            calls.answer(session, brief.call_id, token=token, now=self.clock())
            if not self.places.free() or not self.hears(brief.language):
                return self._step(brief, self._keypad(session, brief).begin())
            CALLS.labels(brief.direction, "stream").inc()
            return self._stream(brief.call_id, token)

        return _xml(in_transaction(self.engine, work))

    def _brief(self, session: Session, request: Request, form: FormData) -> Briefing:
        wire_id, call_id, now = field(form, "CallSid"), number(request.query_params.get("c")), self.clock()
        if call_id is None:
            address = field(form, "From")
            call_id = calls.receive(session, wire_id, address, now=now)
            spoken.call_back(session, call_id, address, now=now)
        elif not calls.name(session, call_id, wire_id):
            raise BadRequest(f"call {call_id} is not {wire_id}")
        return spoken.briefing(session, call_id, now=now)

    def _outdated(self, session: Session, brief: Briefing) -> str:
        calls.end(session, brief.call_id, Ended("outdated"), now=self.clock(), policy=self.policy)
        return twiml.hang_up([phrase("outdated", language=brief.language)], language=brief.language)

    def _stream(self, call_id: int, token: str) -> str:
        wide = self.public_url.replace("http", "ws", 1)
        return twiml.stream(
            f"{wide}/voice/stream", token, after=self._address("after", call_id), status=self._address("stream-status", call_id)
        )

    def _keys(self, request: Request, form: FormData) -> Response:
        """Keys were pressed, or none was."""
        digits, step = form.get("Digits"), number(request.query_params.get("n")) or 0

        def work(session: Session) -> str:
            brief = self._known(session, form)
            if brief.ended:
                return twiml.hang_up()
            return self._step(brief, self._keypad(session, brief).pressed(str(digits or ""), step))

        return _xml(in_transaction(self.engine, work))

    def _after(self, _: Request, form: FormData) -> Response:
        """The stream has closed: the conversation ended, or something broke, and keys take it from there."""

        def work(session: Session) -> str:
            brief = self._known(session, form)
            if not brief.ended:
                log.warning("stream broke, going on with keys", call=brief.call_id)
                return self._step(brief, self._keypad(session, brief).begin())
            call = session.get_one(calls.Call, brief.call_id)
            if call.outcome == "handed_over" and self.transfer_to is not None:
                return twiml.hand_over([phrase("human", language=brief.language)], self.transfer_to, language=brief.language)
            return twiml.hang_up()

        return _xml(in_transaction(self.engine, work))

    def _status(self, request: Request, form: FormData) -> Response:
        """How the call goes: in any order and any number. A conversation that was held ends itself; all others end here."""
        wire_id, status = field(form, "CallSid"), field(form, "CallStatus")
        call_id, code = number(request.query_params.get("c")), number(form.get("ErrorCode"))

        def work(session: Session) -> None:
            if call_id is not None:
                calls.name(session, call_id, wire_id)
            call = calls.of_wire(session, wire_id)
            if call is None:
                log.warning("report of an unknown call", wire=wire_id)
                return
            if call.message_id is not None:
                receipts.receipt(session, wire_id, "accepted", message_id=call.message_id, error_code=None, now=self.clock())
            if status in OVER and (call.token_used_at is None or call.stage is not None):
                told = call.stage == "heard"  # hung up at a question that came after the message
                outcome = "voicemail" if is_machine(call.answered_by) else OVER[status]
                ended = Ended("told" if told else outcome, told=told, error_code=code)
                calls.end(session, call.id, ended, now=self.clock(), policy=self.policy)

        in_transaction(self.engine, work)
        return Response(status_code=204)

    def _screening(self, _: Request, form: FormData) -> Response:
        """What picked up: a person, or a machine to which nothing is told (D11)."""
        wire_id, by = field(form, "CallSid"), field(form, "AnsweredBy")
        in_transaction(self.engine, lambda session: calls.screened(session, wire_id, by))
        return Response(status_code=204)

    def _stream_status(self, _: Request, form: FormData) -> Response:
        """What the carrier says of a stream: errors go to the log with their meaning."""
        code = number(form.get("StreamError")) or number(form.get("ErrorCode"))
        if form.get("StreamEvent") == "stream-error" or code is not None:
            log.warning("stream error", wire=form.get("CallSid"), code=code, meaning=STREAM_ERRORS.get(code or 0, form.get("StreamError")))
        return Response(status_code=204)

    def _known(self, session: Session, form: FormData) -> Briefing:
        wire_id = field(form, "CallSid")
        call = calls.of_wire(session, wire_id)
        if call is None:
            raise BadRequest(f"no call {wire_id}")
        return spoken.briefing(session, call.id, now=self.clock())

    def _keypad(self, session: Session, brief: Briefing) -> Keypad:
        if brief.stage is None:
            CALLS.labels(brief.direction, "keys").inc()
        return Keypad(session, brief, self.interpreter, self.clock(), self.policy)

    def _step(self, brief: Briefing, step: Step) -> str:
        if step.digits is not None:
            then = self._address("keys", brief.call_id) + f"&n={step.number}"
            return twiml.ask_keys(step.words, step.digits, language=step.language, then=then)
        if step.transfer and self.transfer_to is not None:
            return twiml.hand_over([*step.words, phrase("human", language=step.language)], self.transfer_to, language=step.language)
        return twiml.hang_up(step.words, language=step.language)

    def _address(self, name: str, call_id: int) -> str:
        return f"{self.public_url}/voice/{name}?c={call_id}"


def _xml(document: str) -> Response:
    return Response(document, media_type="application/xml")
