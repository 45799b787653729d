"""Login by an identity provider (OpenID Connect), the part without a network: what was agreed, what the browser carries, what is checked.

Authorization code flow with PKCE. An ID token counts only when signed by the provider's own key with RS256 or ES256, for us, for this
very login, and now; who somebody is follows from its issuer and subject alone, what he may from the claims that were agreed (X33).
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from itsdangerous import BadData, URLSafeSerializer
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from channels.operators.rights import Role

ALGORITHMS: Final = {"RS256": "RSA", "ES256": "EC"}  # with the type of their keys; never "none", nor a secret that both sides hold
SKEW: Final = 60  # seconds that the provider's clock may be off
LONGEST: Final = timedelta(minutes=10)  # from leaving for the provider to coming back
SHORTEST_RSA: Final = 2048  # bits
LONGEST_SUBJECT: Final = 255  # characters (OpenID Connect Core, 2)
LONGEST_NAME: Final = 120


class Untrusted(ValueError):
    """The ID token fails a check, which the message names; nothing of the token is in it."""


class KeyUnknown(LookupError):
    """No published key fits the token's header."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What was agreed with the provider, and where it sends people back to.

    `roles` is in order of precedence: the first value that the claim holds gives the role. Without `clinic_claim` the clinic stays what
    the administrator says. `factors` are (claim, value) pairs of amr and acr by which a second factor counts as shown.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    back: str
    role_claim: str
    roles: tuple[tuple[str, Role], ...]
    clinic_claim: str | None = None
    every_clinic: str = "*"
    factors: frozenset[tuple[str, str]] = frozenset()
    scope: str = "openid profile"
    passwords: bool = True

    @property
    def left(self) -> str:
        """Where the provider sends people whom it has logged out."""
        return self.back.removesuffix("/back") + "/left"


# --- what the browser carries to the provider and back


@dataclass(frozen=True, slots=True)
class Errand:
    """One login under way, kept in a signed cookie of the browser that began it; `begun` in seconds since 1970."""

    state: str
    nonce: str
    verifier: str
    wanted: str
    begun: int

    def written(self, key: bytes) -> str:
        """The cookie's value."""
        return _signer(key).dumps(astuple(self))


def errand(wanted: str, *, now: datetime) -> Errand:
    """A login begins: three fresh secrets of 256 bits, and the page that was wanted."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    return Errand(state, nonce, verifier, wanted, int(now.timestamp()))


def carried(cookie: str, key: bytes, *, now: datetime) -> Errand | None:
    """The errand of a cookie, when we signed it and it is not too old."""
    try:
        found = Errand(*_signer(key).loads(cookie))
    except BadData:
        return None
    return found if 0 <= now.timestamp() - found.begun <= LONGEST.total_seconds() else None


def _signer(key: bytes) -> URLSafeSerializer:
    return URLSafeSerializer(key, salt="console login by an identity provider", signer_kwargs={"digest_method": sha256})


def address(endpoint: str, terms: Terms, under_way: Errand) -> str:
    """Where the browser goes to log in."""
    levels = sorted(value for claim, value in terms.factors if claim == "acr")
    asked = prepare_grant_uri(
        endpoint, client_id=terms.client_id, response_type="code", redirect_uri=terms.back, scope=terms.scope, state=under_way.state,
        nonce=under_way.nonce, code_challenge=create_s256_code_challenge(under_way.verifier), code_challenge_method="S256",
        acr_values=" ".join(levels) or None,
    )  # fmt: skip
    return str(asked)


def farewell(endpoint: str, terms: Terms, state: str) -> str:
    """Where the browser goes to log out there too (RP-Initiated Logout). We name ourselves and no ID token, for none is kept: the provider
    may ask whether it is meant."""
    asked = {"client_id": terms.client_id, "post_logout_redirect_uri": terms.left, "state": state}
    return str(add_params_to_uri(endpoint, list(asked.items())))


# --- the ID token


def header_of(id_token: str) -> Mapping[str, Any]:
    """The token's header, of which nothing is proven yet. Raises Untrusted, also for an algorithm that we do not take."""
    try:
        header = jws.extract_compact(id_token.encode()).headers()
    except (JoseError, ValueError) as error:
        raise Untrusted("form") from error
    if header.get("alg") not in ALGORITHMS:
        raise Untrusted("algorithm")
    return header


def key_for(header: Mapping[str, Any], published: Sequence[Any]) -> RSAKey | ECKey:
    """The published key that a header names; without a name the only one that fits. Raises KeyUnknown and Untrusted."""
    fitting = [key for key in published if isinstance(key, dict) and _fits(key, header)]
    if not fitting or ("kid" not in header and len(fitting) > 1):
        raise KeyUnknown
    parts: dict[str, Any] = {name: fitting[0][name] for name in ("kty", "n", "e", "crv", "x", "y") if name in fitting[0]}
    try:
        key = RSAKey.import_key(parts) if parts["kty"] == "RSA" else ECKey.import_key(parts)
    except (JoseError, ValueError, TypeError, AttributeError) as error:
        raise Untrusted("key") from error
    if isinstance(key, RSAKey) and key.public_key.key_size < SHORTEST_RSA:
        raise Untrusted("key too short")
    return key


def _fits(key: Mapping[str, Any], header: Mapping[str, Any]) -> bool:
    alg = header["alg"]
    named = "kid" not in header or key.get("kid") == header["kid"]
    meant = key.get("use", "sig") == "sig" and key.get("alg", alg) == alg
    return named and meant and key.get("kty") == ALGORITHMS[alg] and (alg != "ES256" or key.get("crv") == "P-256")


def checked(
    id_token: str, key: RSAKey | ECKey, terms: Terms, under_way: Errand, access_token: str | None, *, now: datetime
) -> Mapping[str, Any]:
    """The claims of a token that stands up to every check (OpenID Connect Core, 3.1.3.7). Raises Untrusted."""
    try:
        token = jwt.decode(id_token, key, algorithms=list(ALGORITHMS))
        claims = CodeIDToken(
            token.claims, token.header,
            options={"iss": {"essential": True, "value": terms.issuer}, "aud": {"essential": True, "value": terms.client_id}},
            params={"client_id": terms.client_id, "nonce": under_way.nonce, "access_token": access_token},
        )  # fmt: skip
        claims.validate(now=int(now.timestamp()), leeway=SKEW)
    except JoseError as error:
        raise Untrusted(getattr(error, "claim", None) or error.error) from error
    except (ValueError, TypeError, AttributeError) as error:
        raise Untrusted("form") from error
    if "at_hash" in claims and not access_token:
        raise Untrusted("at_hash")
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT or "\0" in subject:
        raise Untrusted("sub")
    return dict(claims)


# --- the logout token

LOGGED_OUT: Final = "http://schemas.openid.net/event/backchannel-logout"
FRESH: Final = 600  # seconds that a logout token counts, however long it says itself; shorter than tokens are remembered


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """Whom the provider has logged out; `token` names the token, which counts once."""

    subject: str
    token: str


def logged_out(logout_token: str, key: RSAKey | ECKey, terms: Terms, *, now: datetime) -> LoggedOut:
    """What a logout token says that stands up to every check (Back-Channel Logout, 2.6). Raises Untrusted.

    We keep no session numbers of the provider's: a token must name the person, whose every session ends.
    """
    try:
        claims = jwt.decode(logout_token, key, algorithms=list(ALGORITHMS)).claims
        jwt.JWTClaimsRegistry(
            now=int(now.timestamp()), leeway=SKEW, iss={"essential": True, "value": terms.issuer},
            aud={"essential": True, "value": terms.client_id}, iat={"essential": True}, exp={"essential": True}, sub={"essential": True},
            jti={"essential": True},
        ).validate(claims)  # fmt: skip
    except JoseError as error:
        raise Untrusted(getattr(error, "claim", None) or error.error) from error
    except (ValueError, TypeError, AttributeError) as error:
        raise Untrusted("form") from error
    events, said = claims.get("events"), (claims["sub"], claims["jti"])
    if not isinstance(events, dict) or not isinstance(events.get(LOGGED_OUT), dict):
        raise Untrusted("events")
    if "nonce" in claims:  # an ID token that is passed off as this
        raise Untrusted("nonce")
    if claims["iat"] < now.timestamp() - FRESH:
        raise Untrusted("iat")
    if not all(isinstance(one, str) and 0 < len(one) <= LONGEST_SUBJECT and "\0" not in one for one in said):
        raise Untrusted("sub")
    return LoggedOut(*said)


# --- what the claims mean here


@dataclass(frozen=True, slots=True)
class Person:
    """Whom the provider has let in.

    `role` is None when no claim maps to one. `clinic` is a clinic's code, the agreed word for every clinic, "" when the claim is not
    clear, and None when clinics are not the provider's to say. `factor`: a second factor was shown there that counts here.
    """

    subject: str
    name: str
    role: Role | None
    clinic: str | None
    factor: bool


def person(terms: Terms, claims: Mapping[str, Any]) -> Person:
    """What checked claims say about somebody."""
    held = _values(claims, terms.role_claim)
    role = next((role for value, role in terms.roles if value in held), None)
    factor = any(value in _values(claims, claim) for claim, value in terms.factors)
    return Person(claims["sub"], _name(claims), role, _clinic(terms, claims), factor)


def _clinic(terms: Terms, claims: Mapping[str, Any]) -> str | None:
    if terms.clinic_claim is None:
        return None
    said = set(_values(claims, terms.clinic_claim))
    return said.pop() if len(said) == 1 else ""


def _name(claims: Mapping[str, Any]) -> str:
    """What colleagues read; it decides nothing."""
    given = (claims.get(key) for key in ("name", "preferred_username"))
    said = (" ".join(one.replace("\0", "").split())[:LONGEST_NAME] for one in given if isinstance(one, str))
    return next((one for one in said if one), "")


def _values(claims: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """The words of a claim, one or several; a name with dots may also lead into claims within claims."""
    found: Any = claims.get(name)
    if found is None:
        found = claims
        for part in name.split("."):
            found = found.get(part) if isinstance(found, dict) else None
    words = found if isinstance(found, list) else [found]
    return tuple(word for word in words if isinstance(word, str))
