"""The telephones and the faults for programs: what a test, a script or `curl` does in place of a patient's
thumb.

    GET    /simulator/telephones                    [{number, kind, whose, note}]
    PUT    /simulator/telephones                    the same list replaces the shelf
    GET    /simulator/telephones/{number}/messages  [{sid, direction, body, at, status, error_code,
                                                    segments}]
    POST   /simulator/telephones/{number}/messages  {"body": "…"} answers as that patient -> 202, the message;
                                                    "to" picks the service number when there are several
    GET    /simulator/webhooks                      {pending, given_up: [{kind, sid, url, reason}]}
    GET    /simulator/faults                        the faults in force; POST adds one, DELETE clears them
    GET    /simulator/events                        server-sent events: `message` (a message as it now stands) and
                                                    `telephones` (another shelf); Last-Event-ID resumes

`direction` is Twilio's: "outbound-api" and "outbound-reply" came to the telephone, "inbound" was written on
it. `at` is ISO 8601 in UTC. Errors are {"detail": a Polish sentence}: 404 for a number not on the shelf,
422 for what cannot be done.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from channels.simulator import words
from channels.simulator.carrier import Carrier
from channels.simulator.faults import Fault
from channels.simulator.rest import BODY_LIMIT
from channels.simulator.store import Message
from channels.simulator.subscribers import Telephone

HEARTBEAT = 15.0  # seconds of silence after which a page is told that it is still connected
_BATCH = 200
_REVISION = re.compile(r"[0-9]{1,18}")


class Unanswerable(Exception):
    """A request that cannot be met: its HTTP status and a Polish sentence for the one who sent it."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


def shown(message: Message) -> dict[str, Any]:
    """A message as programs and pages see it."""
    return {
        "sid": message.sid,
        "direction": message.direction,
        "body": message.body,
        "at": datetime.fromtimestamp(message.created, UTC).isoformat(timespec="milliseconds"),
        "status": message.status,
        "error_code": message.error_code,
        "segments": message.segments,
    }


def seen(message: Message, now: datetime) -> dict[str, Any]:
    """`shown`, and what the page adds: whose telephone, and in words when, how far and at what cost."""
    return shown(message) | {
        "number": telephone_of(message),
        "revision": message.revision,
        "mine": message.direction == "inbound",
        "when": words.moment(message.created, now),
        "state": words.state(message),
        "parts": words.parts(message.segments),
    }


def telephone_of(message: Message) -> str:
    """The number of the telephone that a message is seen on."""
    return message.sender if message.direction == "inbound" else message.recipient


class Programs:
    """The endpoints, over one carrier."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier

    async def telephones(self, request: Request) -> Response:
        """The shelf: GET reads it, PUT replaces it."""
        if request.method == "GET":
            return JSONResponse([asdict(telephone) for telephone in self._carrier.subscribers.all()])
        try:
            entries = await _body(request, list, "listy telefonów: [{number, kind, whose, note}]")
            self._carrier.subscribers.register([Telephone(**entry) for entry in entries])
        except Unanswerable as error:
            return _refused(error)
        except (TypeError, ValueError) as error:
            return _refused(Unanswerable(422, f"Nie rozumiem telefonu: {error}"))
        self._carrier.feed.ring()
        return Response(status_code=204)

    async def thread(self, request: Request) -> Response:
        """One telephone's messages: GET reads them, POST writes one to the service."""
        try:
            telephone = self.find(request.path_params["number"])
            if request.method == "GET":
                return JSONResponse([shown(message) for message in self.messages(telephone.number)])
            wanted = await _body(request, dict, 'obiektu {"body": "treść"}')
            message = await self.write(telephone, wanted.get("body"), wanted.get("to"))
        except Unanswerable as error:
            return _refused(error)
        return JSONResponse(shown(message), 202)

    def find(self, number: str) -> Telephone:
        """The telephone with this number, its + written or not; or 404."""
        telephone = self._carrier.subscribers.get("+" + number.strip().lstrip("+"))
        if telephone is None:
            raise Unanswerable(404, f"Na półce nie ma telefonu o numerze {number}.")
        return telephone

    def messages(self, number: str, last: int | None = None) -> list[Message]:
        """What is in a telephone's thread, oldest first; only the `last` so many when that is given."""
        return self._carrier.store.messages(
            "id IN (SELECT id FROM messages WHERE recipient = ? AND direction != 'inbound'"
            " UNION SELECT id FROM messages WHERE sender = ? AND direction = 'inbound'"
            " ORDER BY id DESC LIMIT ?) ORDER BY id",
            (number, number, -1 if last is None else last),
        )

    async def write(self, telephone: Telephone, body: object, to: object = None) -> Message:
        """Send `body` from a telephone, as the patient would; Unanswerable says what is wrong."""
        if telephone.kind != "mobile":
            raise Unanswerable(422, "Z telefonu stacjonarnego nie można wysłać SMS-a.")
        if not isinstance(body, str) or not body.strip():
            raise Unanswerable(422, "Wiadomość jest pusta: wpisz treść.")
        if not _is_text(body):
            raise Unanswerable(422, "Wiadomość zawiera znaki, których nie da się zapisać.")
        if len(body) > BODY_LIMIT:
            raise Unanswerable(422, f"Wiadomość jest za długa: {len(body)} znaków, najwyżej {BODY_LIMIT}.")
        service = self._carrier.service_for(telephone.number) if to is None else to
        if not isinstance(service, str) or service not in {known.number for known in self._carrier.config.services}:
            raise Unanswerable(422, f"{service} nie jest numerem usługi.")
        return await self._carrier.receive(telephone.number, body.strip(), service)

    async def webhooks(self, _: Request) -> Response:
        """How much is still to be posted, and what was given up and why."""
        rows = self._carrier.store.rows(
            "SELECT kind, sid, url, given_up FROM webhooks WHERE given_up IS NOT NULL ORDER BY id"
        )
        pending = self._carrier.store.value("SELECT COUNT(*) FROM webhooks WHERE given_up IS NULL")
        names = ("kind", "sid", "url", "reason")
        return JSONResponse(
            {"pending": pending, "given_up": [dict(zip(names, row, strict=True)) for row in rows]}
        )

    async def faults(self, request: Request) -> Response:
        """Trouble on demand: GET lists it, POST adds one fault, DELETE clears all."""
        faults = self._carrier.faults
        if request.method == "DELETE":
            faults.clear()
            return Response(status_code=204)
        if request.method == "POST":
            try:
                faults.add(Fault(**await _body(request, dict, "obiektu z polem kind")))
            except Unanswerable as error:
                return _refused(error)
            except (TypeError, ValueError) as error:
                return _refused(Unanswerable(422, f"Nie rozumiem usterki: {error}"))
        return JSONResponse(faults.listed(), 201 if request.method == "POST" else 200)

    async def events(self, request: Request) -> Response:
        """Every change of a message from now on, or from Last-Event-ID on, as server-sent events."""
        mark = request.headers.get("last-event-id") or request.query_params.get("after")
        if mark is not None and not _REVISION.fullmatch(mark):
            return _refused(Unanswerable(422, "Last-Event-ID musi być liczbą."))
        since = self._carrier.store.last_revision if mark is None else int(mark)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(self._stream(since), headers=headers, media_type="text/event-stream")

    async def _stream(self, since: int) -> AsyncIterator[str]:
        subscribers = self._carrier.subscribers
        with self._carrier.feed.listening() as rung:
            yield "retry: 1000\n\n"
            shelf = subscribers.version
            while True:
                rung.clear()
                if shelf != subscribers.version:
                    shelf = subscribers.version
                    yield "event: telephones\ndata: {}\n\n"
                for message in self._carrier.store.messages(
                    "revision > ? ORDER BY revision LIMIT ?", (since, _BATCH)
                ):
                    since = message.revision
                    yield _event(message, self._carrier.config.clock())
                if since < self._carrier.store.last_revision:
                    continue
                try:
                    async with asyncio.timeout(HEARTBEAT):
                        await rung.wait()
                except TimeoutError:
                    yield ": still here\n\n"


def _event(message: Message, now: datetime) -> str:
    return f"id: {message.revision}\nevent: message\ndata: {json.dumps(seen(message, now))}\n\n"


def _is_text(body: str) -> bool:
    """Whether `body` can be written down: JSON can name half a character (a lone surrogate), a file cannot hold it."""
    try:
        body.encode()
    except UnicodeEncodeError:
        return False
    return True


def _refused(error: Unanswerable) -> Response:
    return JSONResponse({"detail": error.detail}, error.status)


async def _body(request: Request, kind: type, wanted: str) -> Any:
    try:
        content = json.loads(await request.body())
    except ValueError as error:
        raise Unanswerable(422, f"Treść żądania nie jest zapisem JSON: oczekuję {wanted}.") from error
    if not isinstance(content, kind):
        raise Unanswerable(422, f"Oczekuję {wanted}.")
    return content
