"""Rasa's REST channel, for programs of clinics that speak it already: POST /webhooks/rest/webhook {"sender", "message"}.

A sender names himself there, so the program must be known: it shows a token. Each program's senders are its own.
"""

import hmac
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from channels.chat import talk
from channels.chat.limits import Limits
from channels.chat.talk import LONGEST, Desk, Said, new_token

LONGEST_BODY: Final = 16_384  # bytes


class Asked(BaseModel):
    """What Rasa's clients post; `input_channel` and `metadata` are taken and left aside, as there."""

    model_config = ConfigDict(extra="ignore", strict=True)
    sender: str = Field(default="default", min_length=1, max_length=200)
    message: str = Field(min_length=1, max_length=LONGEST)


@dataclass(frozen=True, slots=True)
class Rest:
    """The route of one application; without a token there is none."""

    desk: Desk
    limits: Limits
    token: str

    def routes(self) -> list[Route]:
        """The route to mount."""
        return [Route("/webhooks/rest/webhook", self.webhook, methods=["POST"])]

    async def webhook(self, request: Request) -> Response:
        """One message; the answers as a list, in Rasa's form."""
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self.token}".encode()):
            return JSONResponse({"detail": "a bearer token is needed"}, 401, {"WWW-Authenticate": "Bearer"})
        if int(request.headers.get("content-length") or LONGEST_BODY + 1) > LONGEST_BODY:
            return JSONResponse({"detail": "too long"}, 413)
        try:
            asked = Asked.model_validate_json(await request.body())
        except ValidationError as error:
            return JSONResponse({"detail": [f"{one['loc'][0] if one['loc'] else 'body'}: {one['msg']}" for one in error.errors()]}, 422)
        if not self.limits.may_call(request.client.host if request.client else ""):
            return JSONResponse({"detail": "too many"}, 429, {"Retry-After": "60"})
        return JSONResponse(await run_in_threadpool(self._say, asked))

    def _say(self, asked: Asked) -> list[dict[str, Any]]:
        address = f"rest {sha256(f'{self.token} {asked.sender}'.encode()).hexdigest()[:32]}"
        before = max((one.id for one in talk.since(self.desk, address, 0)), default=0)
        talk.say(self.desk, address, new_token(), asked.message, now=self.desk.clock())
        told = [one for one in talk.since(self.desk, address, before) if one.by != "patient"]
        return [_answer(asked.sender, one) for one in told]


def _answer(sender: str, said: Said) -> dict[str, Any]:
    buttons = [{"title": words, "payload": words} for words in said.quick]
    buttons += [{"title": f"{card.title}, {card.place}", "payload": card.answer} for card in said.cards]
    return {"recipient_id": sender, "text": said.text, **({"buttons": buttons} if buttons else {})}
