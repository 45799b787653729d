"""The second factor: codes of an authenticator application (TOTP, RFC 6238), each good for one login.

The secret is made from a random word in the operator's row and the installation's key: who reads the table alone cannot make codes.
"""

import hmac
import secrets
from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pyotp import TOTP
from sqlalchemy import text
from sqlalchemy.orm import Session

from registry.staff import Operator

STEP: Final = 30  # seconds that a code is shown
DRIFT: Final = 1  # steps that the telephone's clock may be off, either way
ISSUER: Final = "e-Rejestracja"


@dataclass(frozen=True, slots=True)
class Key:
    """What an authenticator application is told: the secret in base32, and the same as a link that it opens."""

    secret: str
    link: str

    @property
    def spaced(self) -> str:
        """The secret in groups of four, for typing."""
        return " ".join(self.secret[start : start + 4] for start in range(0, len(self.secret), 4))


def offer(session: Session, operator_id: int, key: bytes) -> Key:
    """The key to set up, the same until a code has confirmed it; a factor that is in use is not shown again (LookupError)."""
    operator = session.get_one(Operator, operator_id, with_for_update=True)
    if operator.factor_since is not None:
        raise LookupError("the second factor is in use")
    if operator.factor_nonce is None:
        operator.factor_nonce = secrets.token_urlsafe(24)
        session.flush()
    totp = _totp(operator, key)
    return Key(totp.secret, totp.provisioning_uri(name=operator.login, issuer_name=ISSUER))


USED = text("""
UPDATE operators SET factor_step = :step, factor_since = coalesce(factor_since, :now)
 WHERE id = :id AND factor_nonce = :nonce AND coalesce(factor_step, -1) < :step RETURNING id
""")


def accept(session: Session, operator_id: int, code: str, key: bytes, *, now: datetime) -> bool:
    """Whether this code is right now and was not used before; the first right one puts the factor into use."""
    operator = session.get_one(Operator, operator_id)
    step = _step_of(operator, "".join(code.split()), key, now)
    if step is None:
        return False
    facts = {"id": operator.id, "nonce": operator.factor_nonce, "step": step, "now": now}
    return session.execute(USED, facts).one_or_none() is not None  # of two that bring one code at once, one gets in


def forget(operator: Operator) -> None:
    """Take the factor away; the next one has another secret."""
    operator.factor_nonce = operator.factor_since = operator.factor_step = None


def _step_of(operator: Operator, code: str, key: bytes, now: datetime) -> int | None:
    if operator.factor_nonce is None or not (code.isascii() and code.isdigit()):
        return None
    totp, current = _totp(operator, key), int(now.timestamp()) // STEP
    steps = range(current - DRIFT, current + DRIFT + 1)
    return next((step for step in steps if hmac.compare_digest(totp.generate_otp(step), code)), None)


def _totp(operator: Operator, key: bytes) -> TOTP:
    word = f"second factor {operator.id} {operator.factor_nonce}".encode()
    return TOTP(b32encode(hmac.digest(key, word, "sha1")).decode())
