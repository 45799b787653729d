"""Talking with the identity provider: its description and keys, kept for a while, and the exchange of a code. Every question has an end."""

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote_plus

import httpx

from channels.operators import oidc
from channels.operators.oidc import Errand, KeyUnknown, LoggedOut, Person, Terms, Untrusted

PATIENCE: Final = 5.0  # seconds for one question, however slowly the answer drips
KEPT: Final = timedelta(hours=1)
LARGEST: Final = 131_072  # bytes of an answer
ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class Unreachable(Exception):
    """The provider does not answer, or not as a provider does; the message says how, for engineers."""


class Declined(Exception):
    """The provider answers that it will not: the code was used or is wrong, or it does not know us."""


@dataclass(frozen=True, slots=True)
class _Kept:
    told: Mapping[str, Any]
    until: datetime


class IdentityProvider:
    """One provider; what it publishes is kept for an hour, its keys asked for again at once when a token names an unknown one."""

    def __init__(self, terms: Terms, *, patience: float = PATIENCE) -> None:
        self.terms = terms
        self._patience = patience
        self._trust = httpx.create_ssl_context()
        self._kept: dict[str, _Kept] = {}

    async def address(self, errand: Errand, *, now: datetime) -> str:
        """Where the browser goes to log in. Raises Unreachable."""
        endpoints = await self._description(now)
        return oidc.address(endpoints["authorization_endpoint"], self.terms, errand)

    async def person(self, code: str, errand: Errand, sender: str | None, *, now: datetime) -> Person:
        """Whom a code stands for; `sender` is the issuer that the browser brought along. Raises Unreachable, Declined and Untrusted."""
        described = await self._description(now)
        if sender != self.terms.issuer and (sender or described.get("authorization_response_iss_parameter_supported") is True):
            raise Untrusted("sender")  # RFC 9207: the code is of another provider
        answer = await self._redeem(described, code, errand)
        id_token, access_token = answer.get("id_token"), answer.get("access_token")
        if not isinstance(id_token, str):
            raise Untrusted("no ID token")
        key = await self._key(described["jwks_uri"], oidc.header_of(id_token), now)
        known = access_token if isinstance(access_token, str) else None
        return oidc.person(self.terms, oidc.checked(id_token, key, self.terms, errand, known, now=now))

    async def farewell(self, state: str, *, now: datetime) -> str | None:
        """Where the browser goes to log out there too; None where the provider has no such page. Raises Unreachable."""
        endpoint = (await self._description(now)).get("end_session_endpoint")
        return oidc.farewell(str(endpoint), self.terms, state) if self._is_address(endpoint) else None

    async def logged_out(self, logout_token: str, *, now: datetime) -> LoggedOut:
        """Whom a logout token is about. Raises Unreachable and Untrusted."""
        header = oidc.header_of(logout_token)
        key = await self._key((await self._description(now))["jwks_uri"], header, now)
        return oidc.logged_out(logout_token, key, self.terms, now=now)

    async def _key(self, address: str, header: Mapping[str, Any], now: datetime) -> Any:
        """The key that a header names; keys are fetched once anew when they lack it (rotation)."""
        for anew in (False, True):
            published = (await self._published(address, now, anew=anew)).get("keys")
            try:
                return oidc.key_for(header, published if isinstance(published, list) else [])
            except KeyUnknown:
                continue
        raise Untrusted("key unknown")

    async def _description(self, now: datetime) -> Mapping[str, Any]:
        told = await self._published(self.terms.issuer.rstrip("/") + "/.well-known/openid-configuration", now)
        if told.get("issuer") != self.terms.issuer:
            self._kept.clear()
            raise Unreachable("described as another issuer")
        if not all(self._is_address(told.get(name)) for name in ENDPOINTS):
            self._kept.clear()
            raise Unreachable("described without its endpoints")
        return told

    def _is_address(self, told: object) -> bool:
        """Whether the provider names an address that is as well guarded as its own."""
        scheme = "https://" if self.terms.issuer.startswith("https://") else ("http://", "https://")
        return isinstance(told, str) and told.startswith(scheme)

    async def _published(self, address: str, now: datetime, *, anew: bool = False) -> Mapping[str, Any]:
        kept = self._kept.get(address)
        if kept is None or anew or now >= kept.until:
            kept = self._kept[address] = _Kept(await self._asked("GET", address), now + KEPT)
        return kept.told

    async def _redeem(self, described: Mapping[str, Any], code: str, errand: Errand) -> Mapping[str, Any]:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.terms.back, "code_verifier": errand.verifier}
        name, secret = self.terms.client_id, self.terms.client_secret
        ways = described.get("token_endpoint_auth_methods_supported")
        if isinstance(ways, list) and "client_secret_basic" not in ways and "client_secret_post" in ways:
            return await self._asked("POST", described["token_endpoint"], data={**form, "client_id": name, "client_secret": secret})
        shown = httpx.BasicAuth(quote_plus(name), quote_plus(secret))  # RFC 6749, 2.3.1
        return await self._asked("POST", described["token_endpoint"], data=form, auth=shown)

    async def _asked(self, method: str, address: str, **sent: Any) -> Mapping[str, Any]:
        """The object that an address answers with; redirects are not followed. Raises Unreachable and Declined."""
        try:
            async with (
                asyncio.timeout(self._patience),
                httpx.AsyncClient(timeout=self._patience, verify=self._trust) as client,
                client.stream(method, address, headers={"Accept": "application/json"}, **sent) as answer,
            ):
                body = await _body(answer)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise Unreachable(type(error).__name__) from error
        told = _object(body)
        if method == "POST" and answer.status_code in (400, 401, 403):
            raise Declined(_word(told.get("error")))
        if answer.status_code != 200 or not told:
            raise Unreachable(f"answered {answer.status_code}" if answer.status_code != 200 else "answered no object")
        return told


async def _body(answer: httpx.Response) -> bytes:
    body = b""
    async for part in answer.aiter_bytes():
        body += part
        if len(body) > LARGEST:
            raise Unreachable("answered too much")
    return body


def _object(body: bytes) -> dict[str, Any]:
    """A JSON object, or an empty one for everything else."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _word(given: object) -> str:
    """An error code of OAuth as it may stand in a log."""
    return given if isinstance(given, str) and re.fullmatch(r"[a-z_]{1,40}", given) else "no reason"
