"""Who may come in: operators and their passwords, kept as argon2 hashes."""

import secrets
from datetime import datetime
from functools import cache
from threading import BoundedSemaphore
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from channels.operators.rights import Role
from registry.staff import Operator

HASHER: Final = PasswordHasher()  # argon2id with the library's cost: about 50 ms and 64 MiB
AT_ONCE: Final = BoundedSemaphore(2)  # a flood of logins must not take the machine's memory
LONGEST: Final = 256  # characters of a password; longer ones are not hashed
SHORTEST: Final = 12


class WeakPassword(ValueError):
    """The new password is too short, too long, or the old one."""


def known_as(login: str) -> str:
    """A login as it is stored: without spaces around it, in small letters."""
    return login.strip().casefold()


def ensure_operator(
    session: Session, login: str, password: str, *, now: datetime, name: str | None = None, role: Role = "operator"
) -> bool:
    """Make the first operator; whether it was made. An operator who is there already keeps his password and role."""
    row = {
        "login": known_as(login), "name": name or login, "role": role, "password_hash": HASHER.hash(password), "active": True,
        "created_at": now,
    }  # fmt: skip
    made = session.scalar(insert(Operator).values(row).on_conflict_do_nothing().returning(Operator.id))
    return made is not None


def right_password(session: Session, operator_id: int, password: str) -> bool:
    """Whether this is the operator's password, asked again before something of weight."""
    return _matches(session.get_one(Operator, operator_id).password_hash, password)


def choose_password(session: Session, operator_id: int, password: str) -> None:
    """A password of the operator's own. Raises WeakPassword."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise WeakPassword(SHORTEST)
    operator = session.get_one(Operator, operator_id, with_for_update=True)
    if _matches(operator.password_hash, password):
        raise WeakPassword("the old one")
    operator.password_hash, operator.must_change_password = _hashed(password), False
    session.flush()


def no_password() -> str:
    """A hash that no password fits, for who comes in by an identity provider."""
    return _hashed(secrets.token_urlsafe(32))


def give_password(operator: Operator) -> str:
    """A password to come in with once; the operator must then choose his own. Shown to the administrator once, kept only as a hash.

    Who comes in by an identity provider gets none (an empty one): it would be a way in past the provider.
    """
    if operator.subject is not None:
        return ""
    password = secrets.token_urlsafe(9)
    operator.password_hash, operator.must_change_password = _hashed(password), True
    return password


def _hashed(password: str) -> str:
    with AT_ONCE:
        return HASHER.hash(password)


def authenticate(session: Session, login: str, password: str) -> int | None:
    """The operator's id, or None. An unknown login costs as much time as a wrong password: nobody learns which it was.

    The row is held from here on: whoever gives the account another password meanwhile ends the session that now begins, or this
    password counts no more.
    """
    wanted = (Operator.login == known_as(login), Operator.active, Operator.subject.is_(None))
    operator = session.scalars(select(Operator).where(*wanted)).one_or_none()
    stored = operator.password_hash if operator else _nobody()
    if not _matches(stored, password) or operator is None:
        return None
    session.refresh(operator, with_for_update=True)  # hashing takes its time: the password may have been taken away since
    if operator.password_hash != stored or not operator.active:
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
