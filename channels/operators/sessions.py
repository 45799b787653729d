"""Who is signed in: sessions kept on the server, a random cookie in the browser, of which the table has only a hash.

A session ends after 30 minutes without a page opened and 12 hours after the login; live updates do not keep it alive.
"""

import hmac
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, Literal

from sqlalchemy import Executable, delete, insert, select, text, update
from sqlalchemy.orm import Session

from channels.operators import readers, rights
from channels.operators.readers import Language
from channels.operators.rights import Right
from registry.staff import Audit, Operator, OperatorSession

IDLE: Final = timedelta(minutes=30)
LONGEST: Final = timedelta(hours=12)
TOUCHED_EVERY: Final = timedelta(minutes=1)  # a page view writes the time of use at most this often
VIEWED_EVERY: Final = timedelta(minutes=1)

Stage = Literal["code", "enrol", "password", "full"]


@dataclass(frozen=True, slots=True)
class SignedIn:
    """An operator with a session that holds; `csrf` belongs to this session alone.

    `stage` is what must be done before anything else: show a code, set a second factor up, choose a password of one's own; then full.
    `provider_id` is the clinic that this person is confined to; `language` the one he has chosen for the console.
    """

    session_id: int
    operator_id: int
    name: str
    role: str
    csrf: str
    provider_id: int | None = None
    stage: Stage = "full"
    language: Language | None = None

    def may(self, right: Right) -> bool:
        """Whether this person's role has a right, here at his clinic or at none."""
        return rights.may(self.role, right, confined=self.provider_id is not None)


def begin(
    session: Session, operator_id: int, *, now: datetime, instead_of: str | None = None, verified: bool = True,
    factor_elsewhere: bool = False,
) -> str:  # fmt: skip
    """A new session; the cookie's value (256 random bits). The browser's former session ends: what was planted is worthless.

    Without `verified` it opens nothing until the second factor has been shown, in a session that then takes its place;
    `factor_elsewhere` says that one was shown to the identity provider and counts.
    """
    if instead_of:
        end(session, instead_of)
    session.execute(delete(OperatorSession).where(OperatorSession.operator_id == operator_id, ~_holds(now)))
    token = secrets.token_urlsafe(32)
    row = {"token_hash": _hash(token), "operator_id": operator_id, "created_at": now, "last_seen_at": now, "ends_at": now + LONGEST}
    row |= {"verified": verified, "factor_elsewhere": factor_elsewhere}
    session.execute(insert(OperatorSession).values(row))
    return token


def current(
    session: Session, token: str | None, *, now: datetime, factor_needed: bool = False, used: bool = True
) -> SignedIn | None:  # fmt: skip
    """Whose cookie this is; None when there is no such session or it has ended. Counts as use of the session unless not `used`.

    `factor_needed` says that nobody works here without a second factor.
    """
    if not token:
        return None
    row = session.execute(_found(token, now)).one_or_none()
    if row is None:
        return None
    if used and row.last_seen_at <= now - TOUCHED_EVERY:
        session.execute(update(OperatorSession).where(OperatorSession.id == row.id).values(last_seen_at=now))
    return SignedIn(
        row.id, row.operator_id, row.name, row.role, csrf_token(token), row.provider_id, _stage(row, factor_needed),
        readers.known(row.language),
    )  # fmt: skip


def _stage(row: Any, factor_needed: bool) -> Stage:
    if not row.verified:
        return "code"
    if factor_needed and row.factor_since is None and not row.factor_elsewhere:
        return "enrol"
    return "password" if row.must_change_password else "full"


def end(session: Session, token: str) -> None:
    """Log out."""
    session.execute(delete(OperatorSession).where(OperatorSession.token_hash == _hash(token)))


def end_all(session: Session, operator_id: int, *, but: int | None = None) -> None:
    """Put an operator out wherever he is signed in; `but` is a session that stays."""
    session.execute(delete(OperatorSession).where(OperatorSession.operator_id == operator_id, OperatorSession.id != (but or 0)))


def still_hold(session: Session, session_ids: Iterable[int], *, now: datetime) -> set[int]:
    """Those of these sessions that have not ended; asking does not keep them alive."""
    query = select(OperatorSession.id).join(Operator).where(OperatorSession.id.in_(list(session_ids)), _holds(now), Operator.active)
    return set(session.scalars(query))


def csrf_token(token: str) -> str:
    """What a form of this session must send along: only who has the cookie can make it."""
    return hmac.new(token.encode(), b"csrf", sha256).hexdigest()


def same(given: str, expected: str) -> bool:
    """Whether two secrets are equal, in a time that tells nothing about where they differ."""
    return hmac.compare_digest(given.encode(), expected.encode())


def prefer(session: Session, operator_id: int, language: Language) -> None:
    """Keep the language that somebody has chosen for the console."""
    session.execute(update(Operator).where(Operator.id == operator_id).values(language=language))


def audit(session: Session, who: int | None, act: str, *, now: datetime, **about: Any) -> None:
    """Note what an operator looked at or did (X33)."""
    session.execute(insert(Audit).values(at=now, operator_id=who, act=act, **about))


def _found(token: str, now: datetime) -> Executable:
    columns = (
        OperatorSession.id, OperatorSession.operator_id, OperatorSession.last_seen_at, OperatorSession.verified,
        OperatorSession.factor_elsewhere, Operator.name, Operator.role, Operator.provider_id, Operator.must_change_password,
        Operator.factor_since, Operator.language,
    )  # fmt: skip
    query = select(*columns).join(Operator, Operator.id == OperatorSession.operator_id)
    return query.where(OperatorSession.token_hash == _hash(token), _holds(now), Operator.active)


def _holds(now: datetime) -> Any:
    return (OperatorSession.ends_at > now) & (OperatorSession.last_seen_at > now - IDLE)


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()


VIEWED: Final = text("""
INSERT INTO audit (at, operator_id, act, conversation_id, patient_id, facts)
SELECT :now, :operator_id, 'conversation_viewed', :conversation_id, p.id, '{}'
  FROM unnest(CAST(:patient_ids AS bigint[])) AS p(id)
 WHERE NOT EXISTS (SELECT 1 FROM audit WHERE operator_id = :operator_id AND conversation_id = :conversation_id
                      AND patient_id IS NOT DISTINCT FROM p.id AND act = 'conversation_viewed' AND at > :since AND at <= :now)
""")


def audit_view(session: Session, who: int, conversation_id: int, patient_ids: Sequence[int], *, now: datetime) -> None:
    """Note that an operator looked at a conversation, once for each of its patients; a page that keeps itself up to date is noted
    once a minute."""
    about: list[int | None] = [*patient_ids] or [None]
    facts = {"now": now, "since": now - VIEWED_EVERY, "operator_id": who, "conversation_id": conversation_id, "patient_ids": about}
    session.execute(VIEWED, facts)
