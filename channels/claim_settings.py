"""Settings about an identity provider that are more than a word: its name, and what values of its claims mean here."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator

ROLES: Final = ("operator", "supervisor", "administrator", "auditor")  # of the console, whose own table is not loaded to read settings


def role_pairs(written: str) -> tuple[tuple[str, str], ...]:
    """`value=role;value=role` as pairs; a value may hold "=" and "," as names of directories do. Raises ValueError."""
    pairs = [(value.strip(), role.strip()) for value, _, role in (part.rpartition("=") for part in _parts(written))]
    if not pairs or not all(value and role in ROLES for value, role in pairs):
        raise ValueError(f"must be value=role;value=role with the roles {', '.join(ROLES)}")
    return tuple(pairs)


def factor_pairs(written: str) -> frozenset[tuple[str, str]]:
    """`amr=value;acr=value` as pairs. Raises ValueError."""
    pairs = {(claim.strip(), value.strip()) for claim, _, value in (part.partition("=") for part in _parts(written))}
    if not pairs or not all(claim in ("amr", "acr") and value for claim, value in pairs):
        raise ValueError("must be such as amr=mfa;amr=otp;acr=gold")
    return frozenset(pairs)


def _parts(written: str) -> list[str]:
    return [part for part in written.split(";") if part.strip()]


def _roles(value: str) -> str:
    role_pairs(value)
    return value


def _factors(value: str) -> str:
    factor_pairs(value)
    return value


def _issuer(value: str) -> str:
    """Unlike our own addresses it keeps a slash at its end: issuers are compared letter by letter."""
    if not re.fullmatch(r"https?://[^/\s?#@]+(/[^\s?#]*)?", value):
        raise ValueError("must be the issuer exactly as the provider writes it, such as https://login.example/realms/cer")
    return value


Issuer = Annotated[str, AfterValidator(_issuer)]
RoleTable = Annotated[str, AfterValidator(_roles)]
FactorValues = Annotated[str, AfterValidator(_factors)]
