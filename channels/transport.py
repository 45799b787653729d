"""The wire under Twilio's client: its own HTTP client, written for many small requests and for silence.

The one that comes with the library spends more on a form than on everything else of a message, and writes texts and numbers to the
log. This is the library's own way to bring another (`http_client=`); what is asked and how answers are read stays Twilio's.
"""

import logging
from base64 import b64encode
from functools import lru_cache
from typing import Any

import aiohttp
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from yarl import URL

CONNECTIONS = 200  # to the carrier at once; further requests wait for one


class Transport(AsyncHttpClient):  # type: ignore[misc]  # twilio ships no types
    """Requests over kept connections; made inside a running event loop, closed with `close`."""

    def __init__(self) -> None:
        super().__init__(logging.getLogger("twilio"), True)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=CONNECTIONS), cookie_jar=aiohttp.DummyCookieJar(), timeout=aiohttp.ClientTimeout()
        )

    async def request(
        self, method: str, uri: str, params: dict[str, Any] | None = None, data: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None, auth: tuple[str, str] | None = None, timeout: float | None = None,  # noqa: ARG002, ASYNC109  the library's signature
        allow_redirects: bool = False,
    ) -> Response:  # fmt: skip
        """One request as the library asks for it. The time it may take is whoever's sends it: the carrier's."""
        whole = URL(uri).with_query(_plain(params)) if params else URL(uri)
        headers = dict(headers or {})
        if auth is not None:
            headers["Authorization"] = _basic(*auth)
        body = form_of(_plain(data)) if data else None
        async with self._session.request(method, whole, data=body, headers=headers, allow_redirects=allow_redirects) as answer:
            return Response(answer.status, await answer.text(), answer.headers)

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()


def form_of(fields: dict[str, str | list[str]]) -> bytes:
    """A form as it is posted, by the encoder that is compiled: the interpreted one is five times as slow."""
    return URL.build(query=fields).raw_query_string.encode("ascii")


def _plain(fields: dict[str, Any]) -> dict[str, str | list[str]]:
    """Fields as they are written; a list is one field several times."""
    return {name: _written(value) for name, value in fields.items() if value is not None}


def _written(value: Any) -> str | list[str]:
    return [str(one) for one in value] if isinstance(value, list) else str(value)


@lru_cache(maxsize=4)
def _basic(user: str, password: str) -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode("ascii")
