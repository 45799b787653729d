"""A small identity provider of the tests: a real server on loopback with real keys, strict in what it takes, bendable in what it gives."""

import asyncio
import base64
import hashlib
import json
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import unquote_plus, urlencode

from fastapi import FastAPI, Form, Request, Response
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, StreamingResponse

CLIENT_ID, CLIENT_SECRET = "cer konsola", "tajne słowo/klienta+1"
Claims = dict[str, Any]


@dataclass
class Login:
    """What the provider remembers of one visit of a browser."""

    nonce: str
    challenge: str
    back: str


@dataclass
class Provider:
    """Its keys, whom it would let in, and what is wrong with it just now."""

    issuer: str
    keys: dict[str, RSAKey | ECKey]
    clock: Callable[[], datetime]
    published: list[str] = field(default_factory=lambda: ["first"])
    signs_with: str = "first"
    person: Claims = field(default_factory=lambda: {"sub": "janina-1", "name": "Janina Służbowa", "groups": ["konsola"]})
    bend: Callable[["Provider", Claims], str] | None = None  # makes the ID token instead
    answers: dict[str, Callable[[], Response]] = field(default_factory=dict)  # by path, instead of the right answer
    describes: Claims = field(default_factory=dict)
    grants: Claims = field(default_factory=dict)  # more of the token answer
    names_itself: bool = True
    left: str = ""  # where it was agreed that people go whom it has logged out
    asked: list[str] = field(default_factory=list)
    given: list[str] = field(default_factory=list)  # every secret that went over the wire
    logins: dict[str, Login] = field(default_factory=dict)

    def claims(self, nonce: str) -> Claims:
        """An honest token's claims."""
        now = int(self.clock().timestamp())
        return {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce, **self.person}

    def logout_claims(self, **changes: Any) -> Claims:
        """An honest logout token's claims, with these changes; None leaves one out."""
        now = int(self.clock().timestamp())
        events = {"http://schemas.openid.net/event/backchannel-logout": {}}
        said = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 120, "jti": secrets.token_hex(8), "events": events}
        return {name: value for name, value in {**said, "sub": self.person["sub"], **changes}.items() if value is not None}

    def token(self, claims: Claims, **header: Any) -> str:
        """Signed with the key in use; `header` changes its header."""
        key = self.keys[self.signs_with]
        alg = "RS256" if isinstance(key, RSAKey) else "ES256"
        return jwt.encode({"alg": alg, "kid": self.signs_with, **header}, claims, key, algorithms=["RS256", "ES256", "RS384"])


def unsigned(header: Claims, claims: Claims, signature: bytes = b"") -> str:
    """A token made by hand."""
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def half_hash(of: str) -> str:
    """at_hash of an access token for RS256 and ES256."""
    return base64.urlsafe_b64encode(hashlib.sha256(of.encode()).digest()[:16]).rstrip(b"=").decode()


def application(known: Callable[[], Provider]) -> FastAPI:
    """Its addresses."""
    app = FastAPI()

    @app.middleware("http")
    async def watched(request: Request, go_on: Callable[[Request], Any]) -> Response:
        provider = known()
        provider.asked.append(request.url.path)
        if request.url.path in provider.answers:
            return provider.answers[request.url.path]()
        answer: Response = await go_on(request)
        return answer

    @app.get("/.well-known/openid-configuration")
    def description() -> Claims:
        at = known().issuer
        found = {"issuer": at, "authorization_endpoint": f"{at}/authorize", "token_endpoint": f"{at}/token", "jwks_uri": f"{at}/keys"}
        return found | known().describes

    @app.get("/keys")
    def keys() -> Claims:
        held = known()
        return {"keys": [{**held.keys[name].as_dict(private=False), "kid": name, "use": "sig"} for name in held.published]}

    @app.get("/authorize")
    def authorize(
        client_id: str, redirect_uri: str, response_type: str, scope: str, state: str, nonce: str, code_challenge: str,
        code_challenge_method: str,
    ) -> Response:  # fmt: skip
        right = (client_id, response_type, code_challenge_method) == (CLIENT_ID, "code", "S256") and "openid" in scope.split()
        if not right or min(len(state), len(nonce), len(code_challenge)) < 43:
            return PlainTextResponse("no", 400)
        code = secrets.token_urlsafe(16)
        known().logins[code] = Login(nonce, code_challenge, redirect_uri)
        known().given += [code, state, nonce]
        mark = {"iss": known().issuer} if known().names_itself else {}
        return RedirectResponse(f"{redirect_uri}?{urlencode({'code': code, 'state': state, **mark})}", 303)

    @app.post("/token")
    def token(
        request: Request, grant_type: Annotated[str, Form()], code: Annotated[str, Form()], redirect_uri: Annotated[str, Form()],
        code_verifier: Annotated[str, Form()], client_id: Annotated[str, Form()] = "", client_secret: Annotated[str, Form()] = "",
    ) -> Response:  # fmt: skip
        provider = known()
        shown = base64.b64decode(request.headers.get("authorization", "").removeprefix("Basic ")).decode().partition(":")
        basic = [unquote_plus(shown[0]), unquote_plus(shown[2])]
        posted = provider.describes.get("token_endpoint_auth_methods_supported") == ["client_secret_post"]
        if ([client_id, client_secret] if posted else basic) != [CLIENT_ID, CLIENT_SECRET]:
            return JSONResponse({"error": "invalid_client"}, 401)
        login = provider.logins.pop(code, None)  # a code is good once
        proof = base64.urlsafe_b64encode(hashlib.sha256(code_verifier.encode()).digest()).rstrip(b"=").decode()
        if login is None or (grant_type, redirect_uri, proof) != ("authorization_code", login.back, login.challenge):
            return JSONResponse({"error": "invalid_grant"}, 400)
        claims = provider.claims(login.nonce)
        id_token = provider.bend(provider, claims) if provider.bend else provider.token(claims)
        provider.given += [id_token, "dostęp-123", code_verifier]
        answer = {"access_token": "dostęp-123", "token_type": "Bearer", "id_token": id_token, **provider.grants}
        return JSONResponse({name: value for name, value in answer.items() if value is not None})

    _with_logout(app, known)
    return app


def _with_logout(app: FastAPI, known: Callable[[], Provider]) -> None:
    @app.get("/logout")
    def logout(client_id: str, post_logout_redirect_uri: str, state: str) -> Response:
        if (client_id, post_logout_redirect_uri) != (CLIENT_ID, known().left):
            return PlainTextResponse("no", 400)
        known().given.append(state)
        return RedirectResponse(f"{post_logout_redirect_uri}?{urlencode({'state': state})}", 303)


def dripping() -> Response:
    """An answer whose every byte comes soon, and which goes on for seconds."""

    async def bytes_() -> AsyncIterator[bytes]:
        for _ in range(60):
            yield b" "
            await asyncio.sleep(0.05)

    return StreamingResponse(bytes_())


def huge() -> Response:
    """An answer of megabytes."""

    async def bytes_() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b"[" * 65_536

    return StreamingResponse(bytes_())
