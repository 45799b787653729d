"""Tokens and codes that are bent in one way each: the check that must find it does (X33)."""

import base64
import hmac
from collections.abc import Callable

import pytest
import structlog
from fastapi.testclient import TestClient
from joserfc import jws, jwt
from joserfc.jwk import RSAKey
from sqlalchemy import Engine

from tests.channels.operators.identity import CLIENT_ID, CLIENT_SECRET, Claims, Provider, half_hash, unsigned
from tests.channels.operators.oidc.coming import come_in, noted, refused, rows, sent_back, with_claims


def _hmac(own: Provider, said: Claims, secret: bytes) -> str:
    """Made by hand: the library does not let itself be used like this."""
    signed = unsigned({"alg": "HS256", "kid": "first"}, said).rstrip(".")
    return f"{signed}.{base64.urlsafe_b64encode(hmac.digest(secret, signed.encode(), 'sha256')).rstrip(b'=').decode()}"


def _other_key(own: Provider, said: Claims) -> str:
    return jwt.encode({"alg": "RS256", "kid": "first"}, said, own.keys["foreign"])


def _short_key(own: Provider, said: Claims) -> str:
    own.keys["first"] = RSAKey.generate_key(1024)
    return own.token(said)


def _swapped(own: Provider, said: Claims) -> str:
    head, _, signature = own.token(said).split(".")
    body = unsigned({}, {**said, "sub": "szef", "groups": ["szefowie"]}).split(".")[1]
    return f"{head}.{body}.{signature}"


def _without(name: str) -> Callable[[Provider, Claims], str]:
    return lambda own, said: own.token({key: value for key, value in said.items() if key != name})


# By what is bent: how, and the check that must find it.
BENT: dict[str, tuple[Callable[[Provider, Claims], str], str]] = {
    "signed with another key": (_other_key, "bad_signature"),
    "claims exchanged": (_swapped, "bad_signature"),
    "not signed": (lambda own, said: unsigned({"alg": "none", "kid": "first"}, said), "algorithm"),
    "not signed, in other letters": (lambda own, said: unsigned({"alg": "nOnE", "kid": "first"}, said), "algorithm"),
    "the public key as a secret": (lambda own, said: _hmac(own, said, own.keys["first"].as_pem(private=False)), "algorithm"),
    "our own secret": (lambda own, said: _hmac(own, said, CLIENT_SECRET.encode()), "algorithm"),
    "another algorithm": (lambda own, said: own.token(said, alg="RS384"), "algorithm"),
    "a curve's name over an RSA key": (lambda own, said: unsigned({"alg": "ES256", "kid": "first"}, said, b"x" * 64), "key unknown"),
    "a key nobody published": (lambda own, said: own.token(said, kid="obcy"), "key unknown"),
    "a key too short": (_short_key, "key too short"),
    "an extension we do not know": (
        lambda own, said: unsigned({"alg": "RS256", "kid": "first", "crit": ["x"], "x": 1}, said), "unsupported_header",
    ),
    "another nonce": (with_claims(nonce="x" * 43), "nonce"),
    "no nonce": (_without("nonce"), "nonce"),
    "for somebody else": (with_claims(aud="inny"), "aud"),
    "for us among others": (with_claims(aud=[CLIENT_ID, "inny"]), "azp"),
    "used by somebody else": (with_claims(azp="inny"), "azp"),
    "of another issuer": (with_claims(iss="https://inny.example"), "iss"),
    "of no issuer": (_without("iss"), "iss"),
    "expired": (lambda own, said: own.token({**said, "exp": said["iat"] - 60}), "exp"),
    "without an end": (_without("exp"), "exp"),
    "an end that is no number": (with_claims(exp="9999999999"), "exp"),
    "of the future": (lambda own, said: own.token({**said, "iat": said["iat"] + 61}), "iat"),
    "not valid yet": (lambda own, said: own.token({**said, "nbf": said["iat"] + 61}), "nbf"),
    "of another access token": (with_claims(at_hash=half_hash("inny")), "at_hash"),
    "of nobody": (_without("sub"), "sub"),
    "of an empty subject": (with_claims(sub=""), "sub"),
    "of a subject too long": (with_claims(sub="x" * 256), "sub"),
    "of a subject that is a number": (with_claims(sub=7), "sub"),
    "no token": (lambda own, said: "", "form"),
    "garbage": (lambda own, said: "a.b.c", "form"),
    "letters that are none": (lambda own, said: "ą.ę.ó", "form"),
    "four parts": (lambda own, said: own.token(said) + ".x", "form"),
    "claims that are a list": (
        lambda own, said: jws.serialize_compact({"alg": "RS256", "kid": "first"}, b"[1]", own.keys["first"]), "invalid_payload",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", BENT)
def test_a_token_that_fails_a_check_lets_nobody_in(
    kind: str, browser: Callable[[], TestClient], provider: Provider, engine: Engine
) -> None:
    """X33: refused for the very reason, noted, told in Polish, with no account and no session."""
    provider.bend, check = BENT[kind]
    client = browser()
    with structlog.testing.capture_logs() as logged:
        refused(client, come_in(client), 502, "Nie można potwierdzić logowania")
    assert [entry["check"] for entry in logged if "check" in entry] == [check]
    assert noted(engine) == [("login_refused", {"refused": "untrusted"})]
    assert len(rows(engine, "SELECT 1 FROM operators")) == 1


def test_an_answer_without_a_token_lets_nobody_in(browser: Callable[[], TestClient], provider: Provider) -> None:
    provider.grants = {"id_token": None}
    client = browser()
    refused(client, come_in(client), 502, "Nie można potwierdzić logowania")


def test_a_hash_of_an_access_token_needs_one(browser: Callable[[], TestClient], provider: Provider) -> None:
    provider.grants, provider.bend = {"access_token": None}, with_claims(at_hash=half_hash("dostęp-123"))
    client = browser()
    refused(client, come_in(client), 502, "Nie można potwierdzić logowania")


@pytest.mark.parametrize("iss", ["https://inny.example", ""])
def test_a_code_of_another_provider_is_not_redeemed(iss: str, browser: Callable[[], TestClient], provider: Provider) -> None:
    """RFC 9207: the issuer beside the code must be ours, and be there where the provider says that it names itself."""
    provider.names_itself, provider.describes = False, {"authorization_response_iss_parameter_supported": True}
    client = browser()
    back = sent_back(client) + (f"&iss={iss}" if iss else "")
    refused(client, client.get(back), 502, "Nie można potwierdzić logowania")
    assert "/token" not in provider.asked
