"""The carrier as the dispatcher sees it: hand one message over, ask what became of one. Twilio's own client does the talking.

Without an account the same client talks to the simulator: only the base address differs.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import aiohttp
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from channels.transport import Transport
from registry.outbox import Meaning

TIMEOUT = 10.0  # seconds for one request; well inside the lease of a claim
CLOCKS_APART = timedelta(minutes=5)  # how far the carrier's clock may be from ours when a lost message is looked for

# What Twilio's codes mean for the patient (https://www.twilio.com/docs/api/errors): try again later, another address of his (because
# this one is wrong, or because we may not use it), an opt-out at the carrier, a number that cannot receive text messages, a message
# that nobody would take, or a fault of our own that stops all sending until it is mended.
MEANINGS: dict[int, Meaning] = {
    21610: "opted_out",
    21614: "landline", 30006: "landline",
    21211: "other_contact", 21217: "other_contact", 30004: "other_contact", 30005: "other_contact",
    30001: "retry", 30003: "retry", 30008: "retry", 30022: "retry",
    21602: "unsendable", 21617: "unsendable",
    21408: "not_by_us",  # our account may not send to that country: the patient's number is as good as before
    20003: "stop", 20005: "stop", 20404: "stop", 21212: "stop", 21606: "stop", 30002: "stop",
    30007: "stop", 63038: "stop",
}  # fmt: skip
TOO_MANY = 20429

# What may come instead of a clear answer; the last three are Twilio's client over an answer that is not Twilio's, say a proxy's page.
UNCLEAR = (TimeoutError, aiohttp.ClientError, TwilioException, ValueError, TypeError, AttributeError)

Fate = Literal["accepted", "failed", "busy", "not_sent", "unknown"]


@dataclass(frozen=True, slots=True)
class Handed:
    """What is known after handing a message over: accepted with its wire id; failed for good with a code; busy, to be tried
    again; not_sent, the carrier was not reached; unknown, it may or may not have been accepted."""

    fate: Fate
    wire_id: str | None = None
    code: int | None = None


def meaning_of(code: int | None) -> Meaning:
    """The meaning of a failure; one that Twilio adds tomorrow is tried again, then given to an operator."""
    return MEANINGS.get(code or 0, "retry")


class Carrier:
    """Twilio's messages for one account and number. `callback` is where receipts go, with our message id added."""

    def __init__(
        self, *, account_sid: str, auth_token: str, number: str, callback: str, base_url: str | None, timeout: float = TIMEOUT
    ) -> None:
        """Open the client's connections; `base_url` replaces Twilio's own address, `timeout` is in seconds for one request."""
        self._http = Transport()
        self._client = Client(account_sid, auth_token, http_client=self._http)
        if base_url is not None:
            self._client.api.base_url = base_url
        self._number = number
        self._callback = callback
        self._timeout = timeout

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    async def send(self, message_id: int, address: str, body: str) -> Handed:
        """Hand one message over. Never raises for what a carrier or a network may do."""
        try:
            async with asyncio.timeout(self._timeout):
                sent = await self._client.messages.create_async(
                    to=address, from_=self._number, body=body, status_callback=f"{self._callback}?m={message_id}"
                )
        except TwilioRestException as error:
            return _refused(error)
        except aiohttp.ClientConnectorError:
            return Handed("not_sent")
        except UNCLEAR:
            return Handed("unknown")
        return Handed("accepted", wire_id=sent.sid) if sent.sid else Handed("unknown")

    async def find(self, address: str, body: str, *, since: datetime) -> list[str]:
        """The wire ids of messages that this carrier took for an address with this very text since then, oldest first."""
        async with asyncio.timeout(self._timeout):
            listed = await self._client.messages.list_async(to=address, from_=self._number, limit=100)
        found = [one for one in listed if one.body == body and one.date_created >= since - CLOCKS_APART]
        return [str(one.sid) for one in reversed(found)]  # the carrier lists the newest first, and dates messages by the second


def _refused(error: TwilioRestException) -> Handed:
    code = error.code if isinstance(error.code, int) else None
    if error.status == 429 or code == TOO_MANY:
        return Handed("busy", code=TOO_MANY)
    if error.status >= 500:
        return Handed("unknown", code=code)
    return Handed("failed", code=code)
