"""Calls as the carrier keeps them: what was asked for, how far each has come, and how Twilio tells of it.

Kept in memory: a carrier that is killed has cut its calls, and knows of none afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from channels.simulator.wire import API_VERSION, rfc2822

Status = Literal["queued", "ringing", "in-progress", "completed", "busy", "failed", "no-answer", "canceled"]
FINAL: frozenset[str] = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
KEPT = 1000  # calls that a carrier remembers


@dataclass(frozen=True, slots=True)
class Order:
    """A call that the service asks for, its fields known to be well formed; times in seconds."""

    recipient: str
    sender: str
    url: str | None
    twiml: str | None = None
    callback: str | None = None
    events: tuple[str, ...] = ("completed",)
    timeout: float = 60.0
    time_limit: float = 14_400.0
    detect: bool = False
    screening: str | None = None


@dataclass
class PhoneCall:
    """One call; times are seconds since 1970."""

    sid: str
    direction: str
    sender: str
    recipient: str
    created: float
    updated: float
    order: Order
    status: Status = "queued"
    answered_by: str | None = None
    started: float | None = None
    ended: float | None = None
    error_code: int | None = None

    @property
    def telephone(self) -> str:
        """The number of the telephone on the shelf, whichever side called."""
        return self.sender if self.direction == "inbound" else self.recipient


def call_resource(call: PhoneCall, account: str) -> dict[str, Any]:
    """The Call resource, every field of Twilio's description."""
    uri = f"/{API_VERSION}/Accounts/{account}/Calls/{call.sid}"
    duration = None if call.ended is None else str(int(call.ended - (call.started or call.ended)))
    parts = ("notifications", "recordings", "payments", "events", "siprec", "streams", "transcriptions", "user_defined_messages")
    return {
        "account_sid": account, "answered_by": call.answered_by, "api_version": API_VERSION, "caller_name": None,
        "date_created": rfc2822(int(call.created)), "date_updated": rfc2822(int(call.updated)), "direction": call.direction,
        "duration": duration, "end_time": None if call.ended is None else rfc2822(int(call.ended)), "forwarded_from": None,
        "from": call.sender, "from_formatted": call.sender, "group_sid": None, "parent_call_sid": None, "phone_number_sid": None,
        "price": None, "price_unit": "USD", "queue_time": "0", "sid": call.sid,
        "start_time": None if call.started is None else rfc2822(int(call.started)), "status": call.status,
        "subresource_uris": {part: f"{uri}/{part.title().replace('_', '')}.json" for part in parts},
        "to": call.recipient, "to_formatted": call.recipient, "trunk_sid": None, "uri": f"{uri}.json",
    }  # fmt: skip


def call_form(call: PhoneCall, account: str, **more: str) -> dict[str, str]:
    """The form of every request about a call."""
    return {
        "AccountSid": account, "ApiVersion": API_VERSION, "CallSid": call.sid, "CallStatus": call.status, "Called": call.recipient,
        "Caller": call.sender, "Direction": call.direction, "From": call.sender, "To": call.recipient, **more,
    }  # fmt: skip
