"""The account of somebody whom the identity provider let in: found by issuer and subject, its role and clinic as the claims say (X33)."""

from datetime import datetime
from hashlib import sha256
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from channels.operators import accounts, sessions
from channels.operators.oidc import Person, Terms
from registry.schedules import Provider
from registry.staff import Operator

Refusal = Literal["closed", "no_role", "no_clinic"]
UNNAMED: Final = "bez nazwiska"


class Begun(NamedTuple):
    """A session's cookie, and whether it opens everything or still needs a code."""

    token: str
    whole: bool


def admit(session: Session, terms: Terms, person: Person, *, now: datetime, former: str | None) -> Begun | Refusal:
    """Begin a session in place of the browser's former one, or say why not; either is noted.

    Whoever is refused is put out wherever he is still signed in. The account is made at the first login.
    """
    account = _account(session, terms, person.subject)
    place = _place(session, terms, person)
    refused = _refusal(account, person, place)
    if refused or person.role is None or place is None:
        return _refuse(session, account, refused or "no_role", now)
    account = account or _made(session, terms, person, now)
    _follow(session, account, person, place, now)
    whole = person.factor or account.factor_since is None
    if whole:
        sessions.audit(session, account.id, "login", now=now, facts={"federated": True, "factor": person.factor})
    token = sessions.begin(session, account.id, now=now, instead_of=former, verified=whole, factor_elsewhere=person.factor)
    return Begun(token, whole)


def put_out(session: Session, terms: Terms, subject: str, *, now: datetime) -> None:
    """The provider has logged somebody out: end whatever is still open here. Nobody of ours: nothing."""
    account = _account(session, terms, subject)
    if account is not None:
        sessions.end_all(session, account.id)
        sessions.audit(session, account.id, "logout", now=now, facts={"federated": True})


def _account(session: Session, terms: Terms, subject: str) -> Operator | None:
    wanted = (Operator.issuer == terms.issuer, Operator.subject == subject)
    return session.scalars(select(Operator).where(*wanted).with_for_update()).one_or_none()


def _refusal(account: Operator | None, person: Person, place: dict[str, Any] | None) -> Refusal | None:
    if account is not None and not account.active:
        return "closed"
    if person.role is None:
        return "no_role"
    return "no_clinic" if place is None else None


def _refuse(session: Session, account: Operator | None, why: Refusal, now: datetime) -> Refusal:
    if account is not None:
        sessions.end_all(session, account.id)
    sessions.audit(session, None if account is None else account.id, "login_refused", now=now, facts={"refused": why})
    return why


def _place(session: Session, terms: Terms, person: Person) -> dict[str, Any] | None:
    """The column that the clinic claim sets, none where clinics are not the provider's to say; None when it names no clinic of ours."""
    if person.clinic is None:
        return {}
    if person.clinic == terms.every_clinic:
        return {"provider_id": None}
    number = session.scalar(select(Provider.id).where(Provider.code == person.clinic))
    return None if number is None else {"provider_id": number}


def _made(session: Session, terms: Terms, person: Person, now: datetime) -> Operator:
    """A new account. Its login is for the list alone; nobody can come in with it."""
    mark = sha256(f"{terms.issuer}\0{person.subject}".encode()).hexdigest()[:16]
    row = {
        "login": f"oidc-{mark}", "name": person.name or UNNAMED, "role": person.role, "password_hash": accounts.no_password(),
        "active": True, "created_at": now, "issuer": terms.issuer, "subject": person.subject,
    }  # fmt: skip
    made = session.scalar(insert(Operator).values(row).on_conflict_do_nothing(index_elements=["issuer", "subject"]).returning(Operator.id))
    account = _account(session, terms, person.subject)  # of two first logins at once, the one that was quicker has made it
    if account is None:
        raise LookupError("the account that was just made is gone")
    if made is not None:
        sessions.audit(session, account.id, "account_added", now=now, facts={"account": account.id, "role": account.role})
    return account


def _follow(session: Session, account: Operator, person: Person, place: dict[str, Any], now: datetime) -> None:
    """Role, clinic and name as the claims say; whoever got another role or clinic is put out where he is still signed in."""
    before = (account.role, account.provider_id)
    account.role, account.name = person.role or account.role, person.name or account.name
    account.provider_id = place.get("provider_id", account.provider_id)
    session.flush()
    if before != (account.role, account.provider_id):
        sessions.end_all(session, account.id)
        sessions.audit(session, account.id, "account_changed", now=now, facts={"account": account.id, "role": account.role})
