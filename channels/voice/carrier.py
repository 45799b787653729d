"""The carrier as calls see it: ring a number, end or turn a call, ask what became of one. Twilio's own client does the talking.

Without an account the same client talks to the simulator: only the base address differs.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

import aiohttp
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from channels.transport import Transport

TIMEOUT = 10.0  # seconds for one request
RING_SECONDS = 40  # an old person needs time to reach a telephone in the hall
LONGEST_CALL = 15 * 60  # seconds; whatever happens to us, the carrier ends the call then
CLOCKS_APART = timedelta(minutes=5)

Fate = Literal["ringing", "refused", "invalid_number", "stop", "busy", "not_sent", "unknown"]

# What Twilio's codes mean when a call is placed (https://www.twilio.com/docs/api/errors): a number that can never be rung, a refusal
# that may pass, or a fault of our own set-up (account, our number, an address, a parameter), at which every call would meet the same.
MEANINGS: Final[Mapping[int, Fate]] = {
    21211: "invalid_number", 21214: "invalid_number", 21216: "invalid_number", 21217: "invalid_number", 13224: "invalid_number",
    13223: "invalid_number", 13227: "stop", 21215: "stop",
    20003: "stop", 20005: "stop", 20404: "stop", 21205: "stop", 21206: "stop", 21210: "stop", 21212: "stop", 21213: "stop",
    21219: "stop", 21262: "stop", 10001: "stop", 10002: "stop", 10004: "busy", 20429: "busy",
}  # fmt: skip

# What went wrong with a media stream, as Twilio reports it: who is to look, for the log. The caller is served by keys meanwhile.
STREAM_ERRORS: Final[Mapping[int, str]] = {
    31901: "our address did not answer in time", 31902: "our address refused the connection", 31903: "the connection broke",
    31910: "our certificate was not accepted",
    31920: "we did not accept the stream: signature, path, or no free place", 31921: "we closed the stream: the usual end of a call",
    31922: "the stream's address is not wss://", 31923: "the stream's address is malformed", 31924: "a frame against the protocol",
    31930: "the stream's track or parameters were not accepted", 31931: "the stream's parameters are too long",
    31951: "a message of ours was not understood",
}  # fmt: skip

UNCLEAR = (TimeoutError, aiohttp.ClientError, TwilioException, ValueError, TypeError, AttributeError)


@dataclass(frozen=True, slots=True)
class Rung:
    """What is known after asking for a call: it rings under the carrier's id, was refused for a reason, or may or may not ring."""

    fate: Fate
    wire_id: str | None = None
    code: int | None = None


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the carrier asks what to do and reports, all ours; each gets the call's number added as `?c=`."""

    answer: str
    status: str
    screening: str


class Carrier:
    """Twilio's calls for one account and number."""

    def __init__(
        self, *, account_sid: str, auth_token: str, number: str, addresses: Addresses, base_url: str | None, timeout: float = TIMEOUT
    ) -> None:
        """Open the client's connections; `base_url` replaces Twilio's own address, `timeout` is in seconds for one request."""
        self._http = Transport()
        self._client = Client(account_sid, auth_token, http_client=self._http)
        if base_url is not None:
            self._client.api.base_url = base_url
        self._number, self._addresses, self._timeout = number, addresses, timeout

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    async def ring(self, call_id: int, address: str) -> Rung:
        """Ring a number (R98). Whether a person or a machine answers is told beside the call: a person hears no silence first.

        Never raises for what a carrier or a network may do.
        """
        mine = f"?c={call_id}"
        try:
            async with asyncio.timeout(self._timeout):
                placed = await self._client.calls.create_async(
                    to=address, from_=self._number, url=self._addresses.answer + mine, timeout=RING_SECONDS, time_limit=LONGEST_CALL,
                    status_callback=self._addresses.status + mine, status_callback_event=["answered", "completed"],
                    machine_detection="Enable", async_amd="true", async_amd_status_callback=self._addresses.screening + mine,
                )  # fmt: skip
        except TwilioRestException as error:
            return _refused(error)
        except aiohttp.ClientConnectorError:
            return Rung("not_sent")
        except UNCLEAR:
            return Rung("unknown")
        return Rung("ringing", wire_id=placed.sid) if placed.sid else Rung("unknown")

    async def find(self, address: str, *, since: datetime) -> list[str]:
        """The ids of calls to an address that the carrier began since then, oldest first."""
        async with asyncio.timeout(self._timeout):
            listed = await self._client.calls.list_async(to=address, from_=self._number, limit=100)
        return [str(one.sid) for one in reversed(listed) if one.date_created >= since - CLOCKS_APART]

    async def status(self, wire_id: str) -> str | None:
        """What the carrier says of a call; None for one that it does not know."""
        try:
            async with asyncio.timeout(self._timeout):
                return str((await self._client.calls(wire_id).fetch_async()).status)
        except TwilioRestException as error:
            if error.status == 404:
                return None
            raise


def _refused(error: TwilioRestException) -> Rung:
    code = error.code if isinstance(error.code, int) else None
    if error.status == 429:
        return Rung("busy", code=code)
    if error.status >= 500:
        return Rung("unknown", code=code)
    return Rung(MEANINGS.get(code or 0, "refused"), code=code)
