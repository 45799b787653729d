"""Twilio's REST interface for calls, as far as the service uses it and a little stricter."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import Response

from channels.simulator.carrier import Carrier
from channels.simulator.config import is_web_address
from channels.simulator.errors import refusal
from channels.simulator.telephony.calls import FINAL, Order, PhoneCall, call_resource
from channels.simulator.telephony.exchange import Exchange
from channels.simulator.wire import API_VERSION

CREATE_FIELDS = {
    "To", "From", "Url", "Method", "Twiml", "StatusCallback", "StatusCallbackEvent", "StatusCallbackMethod", "Timeout", "TimeLimit",
    "MachineDetection", "AsyncAmd", "AsyncAmdStatusCallback", "AsyncAmdStatusCallbackMethod",
}  # fmt: skip
EVENTS = {"initiated", "ringing", "answered", "completed"}
PAGE = 50
Answered = Callable[[Request, Callable[[Request], Awaitable[Response]]], Awaitable[Response]]


class CallRest:
    """The endpoints for calls; `answered` is the interface's own frame: login, errors, latency."""

    def __init__(self, carrier: Carrier, exchange: Exchange, answered: Answered) -> None:
        self._carrier, self._exchange, self._answered = carrier, exchange, answered
        self._account = carrier.config.account_sid
        self._services = {service.number for service in carrier.config.services}

    async def calls(self, request: Request) -> Response:
        """POST rings a number (201), GET lists calls, newest first."""
        return await self._answered(request, self._create if request.method == "POST" else self._list)

    async def call(self, request: Request) -> Response:
        """GET one call, POST ends it."""
        return await self._answered(request, self._update if request.method == "POST" else self._fetch)

    async def _create(self, request: Request) -> Response:
        order = self._order(_pairs(await request.body()))
        trouble = self._carrier.faults.take(order.recipient, "refuse")
        if trouble is not None:
            raise refusal(trouble.code or 20500)
        return _json(call_resource(self._exchange.place(order), self._account), 201)

    def _order(self, pairs: list[tuple[str, str]]) -> Order:
        """The checked request, or the refusal Twilio would answer with."""
        fields = dict(pairs)
        if unknown := fields.keys() - CREATE_FIELDS:
            raise refusal(20001, ", ".join(sorted(unknown)))
        recipient, sender = fields.get("To", ""), fields.get("From", "")
        if self._carrier.subscribers.line(recipient) is None:
            raise refusal(21211, recipient)
        if sender not in self._services:
            raise refusal(21210, sender)
        if not fields.get("Twiml") and not is_web_address(fields.get("Url", "")):
            raise refusal(21205, fields.get("Url", ""))
        return Order(
            recipient, sender, fields.get("Url"), fields.get("Twiml"), _address(fields, "StatusCallback"), _events(pairs),
            _seconds(fields, "Timeout", 60, 600), _seconds(fields, "TimeLimit", 14_400, 14_400),
            _choice(fields, "MachineDetection", {"Enable", "DetectMessageEnd"}) is not None,
            _address(fields, "AsyncAmdStatusCallback") if _choice(fields, "AsyncAmd", {"true", "false"}) == "true" else None,
        )  # fmt: skip

    async def _list(self, request: Request) -> Response:
        query = dict(request.query_params)
        if unknown := query.keys() - {"To", "From", "Status", "PageSize", "Page", "PageToken"}:
            raise refusal(20001, ", ".join(sorted(unknown)))
        names = {"To": "recipient", "From": "sender", "Status": "status"}
        fitting = [
            call for call in reversed(self._exchange.calls.values())
            if all(getattr(call, attribute) == query[name] for name, attribute in names.items() if name in query)
        ]  # fmt: skip
        size, page = int(query.get("PageSize", PAGE)), int(query.get("Page", 0))
        return _json(self._page(query, fitting, size, page))

    def _page(self, query: dict[str, str], fitting: list[PhoneCall], size: int, page: int) -> dict[str, Any]:
        shown = fitting[page * size : (page + 1) * size]
        more = len(fitting) > (page + 1) * size
        return {
            "calls": [call_resource(call, self._account) for call in shown], "page": page, "page_size": size, "start": page * size,
            "end": page * size + max(0, len(shown) - 1), "uri": self._link(query, size, page), "first_page_uri": self._link(query, size, 0),
            "next_page_uri": self._link(query, size, page + 1) if more else None,
            "previous_page_uri": self._link(query, size, page - 1) if page else None,
        }  # fmt: skip

    def _link(self, query: dict[str, str], size: int, page: int) -> str:
        wanted = {**query, "PageSize": str(size), "Page": str(page)}
        return f"/{API_VERSION}/Accounts/{self._account}/Calls.json?{urlencode(wanted)}"

    async def _fetch(self, request: Request) -> Response:
        return _json(call_resource(self._found(request), self._account))

    async def _update(self, request: Request) -> Response:
        """The service ends a call; one that is over is not there any more to be changed (20404's cousin 21220)."""
        call, fields = self._found(request), dict(_pairs(await request.body()))
        if fields.keys() - {"Status"} or fields.get("Status") not in {"completed", "canceled"}:
            raise refusal(20001, ", ".join(sorted(fields)))
        if call.status in FINAL:
            raise refusal(21220, call.sid)
        self._exchange.end(call)
        return _json(call_resource(call, self._account))

    def _found(self, request: Request) -> PhoneCall:
        call = self._exchange.calls.get(request.path_params["sid"])
        if call is None:
            raise refusal(20404, request.url.path)
        return call


def _pairs(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode(), keep_blank_values=True)
    except UnicodeDecodeError as error:
        raise refusal(20001, "the form is not UTF-8") from error


def _events(pairs: list[tuple[str, str]]) -> tuple[str, ...]:
    events = tuple(value for name, value in pairs if name == "StatusCallbackEvent")
    if strange := set(events) - EVENTS:
        raise refusal(21626, ", ".join(sorted(strange)))
    return events or ("completed",)


def _address(fields: dict[str, str], name: str) -> str | None:
    value = fields.get(name) or None
    if value is not None and not is_web_address(value):
        raise refusal(21609, value)
    return value


def _seconds(fields: dict[str, str], name: str, default: int, most: int) -> float:
    text = fields.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= most:
        raise refusal(20001, f"{name} must be a whole number from 1 to {most}")
    return float(text)


def _choice(fields: dict[str, str], name: str, allowed: set[str]) -> str | None:
    value = fields.get(name)
    if value is not None and value not in allowed:
        raise refusal(20001, f"{name} must be one of {', '.join(sorted(allowed))}")
    return value


def _json(content: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(content), status, media_type="application/json")
