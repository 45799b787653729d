"""The push gateway as the sender sees it: one notice handed over, and what the answer means.

`POST <address>/messages` with a bearer token. A notice carries our message's number as its idempotency key: handed over twice, it shows
once. What a locked screen shows says neither which service nor whose visit (X34); the whole text opens in the application.
"""

from dataclasses import dataclass
from typing import Final, Literal

import httpx

TIMEOUT: Final = 8.0  # seconds for one notice; two of one device fit into half a lease
LONGEST_PAUSE: Final = 600  # seconds that the gateway may ask us to wait
GONE: Final = frozenset({404, 410})
PATIENCE: Final = frozenset({408, 425, 429})

Fate = Literal["accepted", "gone", "refused", "later"]


@dataclass(frozen=True, slots=True)
class Note:
    """One push notice: `title` for the locked screen, `words` for the application."""

    message_id: int
    token: str
    kind: str
    language: str
    title: str
    words: str


@dataclass(frozen=True, slots=True)
class Handed:
    """What is known after handing a notice over: accepted; gone, the application is no more; refused, not this way; later, try again.

    `pause` are the seconds that the gateway asked for.
    """

    fate: Fate
    code: int | None = None
    pause: int | None = None


class Gateway:
    """A push gateway at an address; made inside a running event loop, closed with `close`."""

    def __init__(self, url: str, token: str, *, timeout: float = TIMEOUT) -> None:
        self._url = f"{url}/messages"
        self._client = httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=timeout)

    async def close(self) -> None:
        """Let the connections go."""
        await self._client.aclose()

    async def hand(self, note: Note) -> Handed:
        """Hand one notice over. Never raises for what a gateway or a network may do; an answer that was lost is `later`."""
        body = {
            "to": note.token, "title": "e-Rejestracja", "body": note.title,
            "data": {"message": note.message_id, "kind": note.kind, "language": note.language, "text": note.words},
        }  # fmt: skip
        try:
            answer = await self._client.post(self._url, json=body, headers={"Idempotency-Key": f"message-{note.message_id}"})
        except httpx.HTTPError:
            return Handed("later")
        return _meant(answer)


def _meant(answer: httpx.Response) -> Handed:
    code = answer.status_code
    if answer.is_success:
        return Handed("accepted", code)
    if code in GONE:
        return Handed("gone", code)
    return Handed("later", code, _pause(answer)) if code in PATIENCE or code >= 500 else Handed("refused", code)


def _pause(answer: httpx.Response) -> int | None:
    asked = answer.headers.get("Retry-After", "")
    return min(int(asked), LONGEST_PAUSE) if asked.isascii() and asked.isdigit() else None
