"""Who works here: the accounts as an administrator sees and changes them. One confined to a clinic keeps that clinic's people only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from channels.operators import accounts, factor, sessions
from channels.operators.rights import ROLES
from channels.operators.sessions import SignedIn
from registry.schedules import Provider
from registry.staff import Operator

LONGEST_NAME: Final = 120


class NotYours(LookupError):
    """There is no such account, or it is of another clinic."""


class LoginTaken(ValueError):
    """Somebody has this login already."""


class LastAdministrator(ValueError):
    """Without this account nobody could keep the accounts any more."""


class Unclear(ValueError):
    """The form lacks a name or a login, or names a role or a clinic that there is not."""


@dataclass(frozen=True, slots=True)
class Account:
    """One line of the list."""

    id: int
    login: str
    name: str
    role: str
    provider_id: int | None
    clinic: str
    active: bool
    factor: bool
    last_seen_at: datetime | None
    federated: bool  # comes in by an identity provider


LIST = text("""
SELECT o.id, o.login, o.name, o.role, o.provider_id, coalesce(p.name, '') AS clinic, o.active, o.factor_since IS NOT NULL AS factor,
       (SELECT max(at) FROM audit WHERE operator_id = o.id) AS last_seen_at,
       o.subject IS NOT NULL AS federated
  FROM operators o LEFT JOIN providers p ON p.id = o.provider_id
 WHERE (CAST(:provider_id AS bigint) IS NULL OR o.provider_id = :provider_id) AND (CAST(:id AS bigint) IS NULL OR o.id = :id)
 ORDER BY o.active DESC, lower(o.name), o.id
""")


def everybody(session: Session, keeper: SignedIn) -> list[Account]:
    """The accounts that this administrator keeps, the active ones first."""
    return [Account(*row) for row in session.execute(LIST, {"provider_id": keeper.provider_id, "id": None})]


def one(session: Session, keeper: SignedIn, account_id: int) -> Account:
    """One account. Raises NotYours."""
    row = session.execute(LIST, {"provider_id": keeper.provider_id, "id": account_id}).one_or_none()
    if row is None:
        raise NotYours(account_id)
    return Account(*row)


def clinics(session: Session, keeper: SignedIn) -> Sequence[tuple[int, str]]:
    """The clinics that an account can be confined to."""
    query = select(Provider.id, Provider.name).order_by(Provider.name)
    if keeper.provider_id is not None:
        query = query.where(Provider.id == keeper.provider_id)
    return [(row.id, row.name) for row in session.execute(query)]


def add(session: Session, keeper: SignedIn, *, login: str, name: str, role: str, clinic: str, now: datetime) -> tuple[int, str]:
    """A new account: its number and the password to come in with once. Raises LoginTaken and Unclear."""
    known_as = accounts.known_as(login)
    if not known_as or len(known_as) > LONGEST_NAME:
        raise Unclear("login")
    if session.scalar(select(Operator.id).where(Operator.login == known_as)) is not None:
        raise LoginTaken(known_as)
    fresh = Operator(login=known_as, created_at=now, active=True, password_hash="", **_said(session, keeper, name, role, clinic))
    password = accounts.give_password(fresh)
    session.add(fresh)
    session.flush()
    _note(session, keeper, "account_added", fresh, now, role=fresh.role)
    return fresh.id, password


def change(session: Session, keeper: SignedIn, account_id: int, *, name: str, role: str, clinic: str, now: datetime) -> None:
    """Another name, role or clinic; who is signed in with it must come in anew. Raises NotYours, LastAdministrator and Unclear."""
    operator = _locked(session, keeper, account_id)
    said = _said(session, keeper, name, role, clinic)
    if said["role"] != "administrator" or said["provider_id"] is not None:
        _not_the_last(session, operator)
    moved = (operator.role, operator.provider_id) != (said["role"], said["provider_id"])
    for column, value in said.items():
        setattr(operator, column, value)
    session.flush()
    if moved:
        sessions.end_all(session, operator.id)
    _note(session, keeper, "account_changed", operator, now, role=operator.role)


def set_active(session: Session, keeper: SignedIn, account_id: int, *, active: bool, now: datetime) -> None:
    """Close an account, whose sessions end at once, or open it again. Raises NotYours and LastAdministrator."""
    operator = _locked(session, keeper, account_id)
    if not active:
        _not_the_last(session, operator)
        sessions.end_all(session, operator.id)
    operator.active = active
    session.flush()
    _note(session, keeper, "account_opened" if active else "account_closed", operator, now)


def start_anew(session: Session, keeper: SignedIn, account_id: int, *, now: datetime) -> str:
    """A password to come in with once, for who has lost his or the telephone with the second factor, which is taken away.

    An empty one for who comes in by an identity provider, where passwords are kept.
    """
    operator = _locked(session, keeper, account_id)
    password = accounts.give_password(operator)
    factor.forget(operator)
    session.flush()
    sessions.end_all(session, operator.id)
    _note(session, keeper, "account_reset", operator, now)
    return password


def _locked(session: Session, keeper: SignedIn, account_id: int) -> Operator:
    one(session, keeper, account_id)
    # All administrators at once, always in one order: two who close each other's accounts must not leave none (LastAdministrator).
    session.scalars(select(Operator.id).where(Operator.role == "administrator").order_by(Operator.id).with_for_update()).all()
    return session.get_one(Operator, account_id, with_for_update=True)


def _not_the_last(session: Session, operator: Operator) -> None:
    others = select(Operator.id).where(
        Operator.role == "administrator", Operator.active, Operator.provider_id.is_(None), Operator.id != operator.id
    )
    central = operator.role == "administrator" and operator.active and operator.provider_id is None
    if central and session.scalars(others).first() is None:
        raise LastAdministrator(operator.id)


def _said(session: Session, keeper: SignedIn, name: str, role: str, clinic: str) -> dict[str, Any]:
    known = {number for number, _ in clinics(session, keeper)}
    provider_id = int(clinic) if clinic.isascii() and clinic.isdigit() else None
    named = " ".join(name.split())
    missing = provider_id is None and (clinic or keeper.provider_id is not None)
    if not named or len(named) > LONGEST_NAME or role not in ROLES or missing or provider_id not in {None, *known}:
        raise Unclear("form")
    return {"name": named, "role": role, "provider_id": provider_id}


def _note(session: Session, keeper: SignedIn, act: str, about: Operator, now: datetime, **facts: Any) -> None:
    sessions.audit(session, keeper.operator_id, act, now=now, facts={"account": about.id, **facts})


def add_first(session: Session, *, login: str, name: str, now: datetime) -> str:
    """An administrator made at the command line; the password to come in with once. Raises LoginTaken."""
    known_as = accounts.known_as(login)
    if session.scalar(select(Operator.id).where(Operator.login == known_as)) is not None:
        raise LoginTaken(known_as)
    row = {"login": known_as, "name": name, "role": "administrator", "active": True, "created_at": now, "password_hash": ""}
    account_id = session.execute(insert(Operator).values(**row).returning(Operator.id)).scalar_one()
    return _given(session, account_id, "account_added", now)


def reset(session: Session, *, login: str, now: datetime) -> str:
    """The same as `start_anew`, at the command line, for the administrator who has locked himself out. Raises NotYours."""
    account_id = session.scalar(select(Operator.id).where(Operator.login == accounts.known_as(login), Operator.subject.is_(None)))
    if account_id is None:
        raise NotYours(login)
    return _given(session, account_id, "account_reset", now)


def _given(session: Session, account_id: int, act: str, now: datetime) -> str:
    operator = session.get_one(Operator, account_id, with_for_update=True)
    password = accounts.give_password(operator)
    factor.forget(operator)
    operator.active = True
    session.flush()
    sessions.end_all(session, operator.id)
    sessions.audit(session, None, act, now=now, facts={"account": operator.id})
    return password
