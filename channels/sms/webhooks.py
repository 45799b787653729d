"""What Twilio brings: patients' messages and receipts, as signed form posts. One message, one turn, one transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import structlog
from prometheus_client import Counter
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from channels.rasa import TakesTurns
from channels.signed_posts import BadRequest, SignedPosts, field, number
from channels.sms.carrier import meaning_of
from registry import receipts
from registry.communications import Received
from registry.database import in_transaction

THREADS = 8  # turns at once in one process: more would only wait for one another
EMPTY_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
LONGEST_BODY = 1600  # Twilio's own limit for a message

# Twilio's words for the life of a message, and ours.
STATES = {
    "accepted": "accepted", "scheduled": "accepted", "queued": "accepted", "sending": "accepted", "sent": "sent",
    "delivered": "delivered", "read": "delivered", "undelivered": "undelivered", "failed": "failed", "canceled": "failed",
}  # fmt: skip

# What the carrier itself made of a message (OptOutType) before it came to us; it answers HELP and lets our answer through as well.
OPTED: dict[object, Literal["out", "in"]] = {"STOP": "out", "START": "in"}

RECEIVED = Counter("cer_messages_received_total", "Text messages received, by intent and outcome.", ["intent", "outcome"])
RECEIPTS = Counter("cer_receipts_total", "Receipts received, by state.", ["state"])

log = structlog.get_logger("sms")


@dataclass(frozen=True, slots=True)
class Webhooks:
    """The two addresses that the carrier calls; `public_url` is how it knows us, for its signatures are over that."""

    engine: Engine
    turns: TakesTurns
    auth_token: str
    public_url: str
    clock: Callable[[], datetime]

    def routes(self) -> list[Route]:
        """The routes to mount."""
        posts = SignedPosts(self.auth_token, self.public_url, threads=THREADS, name="sms")
        return [
            Route("/sms/inbound", posts.endpoint(self._inbound), methods=["POST"]),
            Route("/sms/status", posts.endpoint(self._status), methods=["POST"]),
        ]

    def _inbound(self, _: Request, form: FormData) -> Response:
        """A patient's message (R102). The answer is a row for the dispatcher; the carrier only hears that it was taken."""
        received = Received(
            "sms", field(form, "From"), field(form, "MessageSid"), _body(form), _facts(form), OPTED.get(form.get("OptOutType"))
        )
        now = self.clock()
        done = self.turns.take(received, now)
        RECEIVED.labels(done.intent, done.outcome).inc()
        return Response(EMPTY_TWIML, media_type="application/xml")

    def _status(self, request: Request, form: FormData) -> Response:
        """A receipt (X29): in any order and any number, with our own message id in the query."""
        wire_id, word = field(form, "MessageSid"), field(form, "MessageStatus")
        state = STATES.get(word)
        if state is None:
            raise BadRequest(f"unknown MessageStatus {word!r}")
        code = number(form.get("ErrorCode"))
        in_transaction(self.engine, lambda session: self._take(session, wire_id, state, number(request.query_params.get("m")), code))
        RECEIPTS.labels(state).inc()
        return Response(status_code=204)

    def _take(self, session: Session, wire_id: str, state: str, message_id: int | None, code: int | None) -> None:
        now = self.clock()
        known = receipts.receipt(session, wire_id, state, message_id=message_id, error_code=code, now=now)
        if known is None:
            log.warning("receipt for an unknown message", wire=wire_id)
        elif known.arrived:
            receipts.delivered_after_all(session, known.message_id, now=now)
        elif known.lost:
            receipts.follow_up(session, known.message_id, meaning_of(code), now=now)


def _body(form: FormData) -> str:
    """The words of a message; one without words (a picture, say) is an empty text. NUL, which no text may hold, is dropped."""
    value = form.get("Body")
    return value.replace("\x00", "")[:LONGEST_BODY] if isinstance(value, str) else ""


def _facts(form: FormData) -> dict[str, str]:
    """What else of a message matters later: the number it came to, and whether the carrier itself took it as an opt-out."""
    return {key: value for key in ("To", "OptOutType", "NumMedia") if isinstance(value := form.get(key), str) and value}
