"""Who may come in: operators and their passwords, kept as argon2 hashes."""

from datetime import datetime
from functools import cache
from threading import BoundedSemaphore
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from registry.staff import Operator

HASHER: Final = PasswordHasher()  # argon2id with the library's cost: about 50 ms and 64 MiB
AT_ONCE: Final = BoundedSemaphore(2)  # a flood of logins must not take the machine's memory
LONGEST: Final = 256  # characters of a password; longer ones are not hashed


def known_as(login: str) -> str:
    """A login as it is stored: without spaces around it, in small letters."""
    return login.strip().casefold()


def ensure_operator(session: Session, login: str, password: str, *, now: datetime, name: str | None = None) -> bool:
    """Make the first operator; whether it was made. An operator who is there already keeps his password."""
    row = {
        "login": known_as(login), "name": name or login, "role": "operator", "password_hash": HASHER.hash(password), "active": True,
        "created_at": now,
    }  # fmt: skip
    made = session.scalar(insert(Operator).values(row).on_conflict_do_nothing().returning(Operator.id))
    return made is not None


def authenticate(session: Session, login: str, password: str) -> int | None:
    """The operator's id, or None. An unknown login costs as much time as a wrong password: nobody learns which it was."""
    operator = session.scalars(select(Operator).where(Operator.login == known_as(login), Operator.active)).one_or_none()
    stored = operator.password_hash if operator else _nobody()
    if not _matches(stored, password) or operator is None:
        return None
    if HASHER.check_needs_rehash(stored):
        operator.password_hash = HASHER.hash(password)
        session.flush()
    return operator.id


def _matches(stored: str, password: str) -> bool:
    with AT_ONCE:
        try:
            return HASHER.verify(stored, password[:LONGEST]) and len(password) <= LONGEST
        except VerifyMismatchError:
            return False


@cache
def _nobody() -> str:
    """The hash that a login nobody has is compared with."""
    return HASHER.hash("nobody's")
