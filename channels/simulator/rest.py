"""Twilio's REST interface for messages, as far as the service uses it and a little stricter.

Fields that Twilio knows and this carrier does not are refused, never silently ignored.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import Response

from channels.simulator.carrier import Carrier, Submission
from channels.simulator.config import is_web_address
from channels.simulator.errors import WireError, refusal
from channels.simulator.faults import Fault
from channels.simulator.store import Message
from channels.simulator.wire import API_VERSION, message_resource

BODY_LIMIT = 1600
_CREATE_FIELDS = {"To", "From", "Body", "StatusCallback", "ValidityPeriod"}
_LIST_FIELDS = {"To", "From", "DateSent", "DateSent<", "DateSent>", "PageSize", "Page", "PageToken"}
_TOKEN = re.compile(r"P([AB])SM([0-9]{1,18})")
Answer = Callable[[Request], Awaitable[Response]]


class Hangup(Response):
    """An answer that breaks off: headers, then a cut connection. What happened stays unknown."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG002 - ASGI's signature
        """Announce more than is sent; the server then closes the connection."""
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"65536"),
            (b"connection", b"close"),
        ]
        await send({"type": "http.response.start", "status": self.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})


class Rest:
    """The endpoints, over one carrier."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self._config = carrier.config
        self._account = carrier.config.account_sid
        self._services = {service.number for service in carrier.config.services}
        login = f"{self._account}:{carrier.config.auth_token}".encode()
        self._login = b"Basic " + base64.b64encode(login)

    async def messages(self, request: Request) -> Response:
        """POST creates a message (201), GET lists messages, newest first."""
        if request.method == "POST":
            return await self.answered(request, self._create)
        return await self.answered(request, self._list)

    async def message(self, request: Request) -> Response:
        """GET one message."""
        return await self.answered(request, self._fetch)

    async def unknown(self, request: Request) -> Response:
        """Everything else of the interface: 404 with Twilio's error."""
        return await self.answered(request, self._missing)

    async def answered(self, request: Request, answer: Answer) -> Response:
        """The frame of every answer: the login, the latency, and refusals in Twilio's form."""
        if self._config.latency:
            await asyncio.sleep(self._config.latency)
        try:
            self._authenticate(request)
            return await answer(request)
        except WireError as error:
            headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
            if error.status == 401:
                headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
            return _json(error.body(), error.status, headers)

    def _authenticate(self, request: Request) -> None:
        given = request.headers.get("authorization", "").encode("latin-1")
        if not hmac.compare_digest(given, self._login):
            raise refusal(20003)
        if request.path_params.get("account", self._account) != self._account:
            raise refusal(20404, request.url.path)

    async def _create(self, request: Request) -> Response:
        fields = _fields(await request.body())
        submission = self._submission(fields)
        if self._carrier.faults:
            return await self._create_on_a_bad_day(submission)
        return self._created(await self._carrier.accept(submission))

    def _created(self, message: Message) -> Response:
        return _json(message_resource(message, self._account), 201)

    async def _create_on_a_bad_day(self, submission: Submission) -> Response:
        faults, number = self._carrier.faults, submission.recipient
        if slow := faults.take(number, "latency"):
            await asyncio.sleep(slow.seconds)
        trouble = faults.take(number, "refuse", "server_error", "timeout", "drop")
        if trouble is None:
            return self._created(await self._carrier.accept(submission))
        if trouble.kind == "refuse":
            raise refusal(trouble.code or 20500, retry_after=int(trouble.seconds) or None)
        return await self._lost_answer(submission, trouble)

    async def _lost_answer(self, submission: Submission, trouble: Fault) -> Response:
        if trouble.accepted:
            await self._carrier.accept(submission)
        if trouble.kind == "server_error":
            raise refusal(20500)
        if trouble.kind == "timeout":
            await asyncio.sleep(trouble.seconds)
        return Hangup(status_code=201 if trouble.accepted else 502)

    def _submission(self, fields: dict[str, str]) -> Submission:
        """The checked request, or the refusal Twilio would answer with."""
        if unknown := fields.keys() - _CREATE_FIELDS:
            raise refusal(20001, ", ".join(sorted(unknown)))
        recipient, sender, body = fields.get("To", ""), fields.get("From", ""), fields.get("Body", "")
        callback = fields.get("StatusCallback") or None
        if not recipient:
            raise refusal(21604)
        if not sender:
            raise refusal(21603)
        if sender not in self._services:
            raise refusal(21606, sender)
        if not body:
            raise refusal(21602)
        if len(body) > BODY_LIMIT:
            raise refusal(21617, f"{len(body)} characters")
        if callback is not None and not is_web_address(callback):
            raise refusal(21609, callback)
        self._carrier.check_recipient(sender, recipient)
        return Submission(recipient, sender, body, callback, _validity(fields))

    async def _fetch(self, request: Request) -> Response:
        found = self._carrier.store.messages("sid = ?", (request.path_params["sid"],))
        if not found:
            raise refusal(20404, request.url.path)
        return _json(message_resource(found[0], self._account))

    async def _missing(self, request: Request) -> Response:
        raise refusal(20404, request.url.path)

    async def _list(self, request: Request) -> Response:
        query = dict(request.query_params)
        if unknown := query.keys() - _LIST_FIELDS:
            raise refusal(20001, ", ".join(sorted(unknown)))
        size = _whole(query, "PageSize", 50, 1, 1000)
        page = _whole(query, "Page", 0, 0, 10**9)
        condition, parameters = _condition(query)
        found, after, before = self._page(condition, parameters, size, query.get("PageToken"))
        content = {
            "messages": [message_resource(message, self._account) for message in found],
            "page": page,
            "page_size": size,
            "start": page * size,
            "end": page * size + max(0, len(found) - 1),
            "uri": self._link(query, size, page, query.get("PageToken")),
            "first_page_uri": self._link(query, size, 0),
            "next_page_uri": self._link(query, size, page + 1, f"PASM{found[-1].id}") if after else None,
            "previous_page_uri": self._link(query, size, max(0, page - 1), f"PBSM{found[0].id}") if before else None,
        }
        return _json(content)

    def _link(self, query: dict[str, str], size: int, page: int, token: str | None = None) -> str:
        """The address, from the root, of a page of this list."""
        wanted = {name: value for name, value in query.items() if name not in {"Page", "PageToken"}}
        wanted |= {"PageSize": str(size), "Page": str(page)} | ({"PageToken": token} if token else {})
        return f"/{API_VERSION}/Accounts/{self._account}/Messages.json?{urlencode(wanted)}"

    def _page(
        self, condition: str, parameters: tuple[object, ...], size: int, token: str | None
    ) -> tuple[list[Message], bool, bool]:
        """A page, newest first, and whether there is more after it and before it."""
        read = self._carrier.store.messages
        if token is None:
            found = read(f"{condition} ORDER BY id DESC LIMIT ?", (*parameters, size + 1))
            return found[:size], len(found) > size, False
        side = _TOKEN.fullmatch(token)
        if side is None:
            raise refusal(20001, "PageToken")
        border = int(side[2])
        if side[1] == "A":
            found = read(f"{condition} AND id < ? ORDER BY id DESC LIMIT ?", (*parameters, border, size + 1))
            return found[:size], len(found) > size, bool(found)
        found = read(f"{condition} AND id > ? ORDER BY id LIMIT ?", (*parameters, border, size + 1))
        return found[:size][::-1], bool(found), len(found) > size


def _json(content: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(content), status, headers, "application/json")


def _fields(body: bytes) -> dict[str, str]:
    """The form's fields; a field given twice is refused, for one of the two would be lost."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True)
    except UnicodeDecodeError as error:
        raise refusal(20001, "the form is not UTF-8") from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise refusal(20001, "a field is given twice")
    return fields


def _validity(fields: dict[str, str]) -> float | None:
    if "ValidityPeriod" not in fields:
        return None
    return float(_whole(fields, "ValidityPeriod", 36_000, 1, 36_000))


def _whole(fields: dict[str, str], name: str, default: int, low: int, high: int) -> int:
    text = fields.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise refusal(20001, f"{name} must be a whole number from {low} to {high}")
    return int(text)


def _condition(query: dict[str, str]) -> tuple[str, tuple[object, ...]]:
    """The filters as SQL. A message that is not sent yet has no DateSent and matches none of those."""
    parts, parameters = ["1"], list[object]()
    for name, column in (("To", "recipient"), ("From", "sender")):
        if name in query:
            parts.append(f"{column} = ?")
            parameters.append(query[name])
    for name, compare in (("DateSent", None), ("DateSent>", ">="), ("DateSent<", "<")):
        if name not in query:
            continue
        first, last = _instants(query[name], name)
        if compare != "<":
            parts.append("sent >= ?")
            parameters.append(first)
        if compare != ">=":
            parts.append("sent < ?")
            parameters.append(last)
    return " AND ".join(parts), tuple(parameters)


def _instants(text: str, name: str) -> tuple[float, float]:
    """The half-open span of seconds that a date (a GMT day) or a date and time (that second) stands for."""
    try:
        if len(text) == 10:
            day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
            return day.timestamp(), (day + timedelta(days=1)).timestamp()
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise refusal(20001, f"{name} must be YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ") from error
    second = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return float(int(second)), float(int(second) + 1)
