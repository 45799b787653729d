"""Who works at the console: operators, their sessions, and what each of them looked at or did (X33, X34)."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from registry.database import Numbered


class Operator(Numbered):
    """A person with a login; `password_hash` is argon2's own string with its salt and cost.

    `provider_id` is the clinic whose conversations alone this person sees; None: all. The second factor's secret is not here: it is
    made from `factor_nonce` with the installation's key. `factor_step` is the last 30-second step whose code was used.
    Who comes in by an identity provider is known by (`issuer`, `subject`) and has no password.
    `language` is the one chosen for the console; None where nobody has chosen.
    """

    __tablename__ = "operators"
    __table_args__ = (
        CheckConstraint("role IN ('operator', 'supervisor', 'administrator', 'auditor')", name="role"),
        CheckConstraint("(issuer IS NULL) = (subject IS NULL)", name="federated"),
        Index(None, "issuer", "subject", unique=True),
    )

    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str] = mapped_column(default="operator")
    password_hash: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    provider_id: Mapped[int | None] = mapped_column(ForeignKey("providers.id"))
    must_change_password: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    factor_nonce: Mapped[str | None]
    factor_since: Mapped[datetime | None]
    factor_step: Mapped[int | None]
    issuer: Mapped[str | None]
    subject: Mapped[str | None]
    language: Mapped[str | None]


class OperatorSession(Numbered):
    """A login that still holds. Only a hash of the cookie is kept: who reads the table cannot log in with it.

    `verified` says that whatever second factor the operator has was shown; until then only the page that asks for it opens.
    `factor_elsewhere`: it was shown to the identity provider, and none of our own is needed.
    """

    __tablename__ = "operator_sessions"

    token_hash: Mapped[str] = mapped_column(unique=True)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operators.id"), index=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    verified: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    factor_elsewhere: Mapped[bool] = mapped_column(default=False, server_default=text("false"))


class SavedView(Numbered):
    """Filters of the list under a name; `query` as it stands in an address. A shared one is everybody's to use."""

    __tablename__ = "saved_views"
    __table_args__ = (Index(None, "operator_id", "name", unique=True),)

    operator_id: Mapped[int] = mapped_column(ForeignKey("operators.id"))
    name: Mapped[str]
    query: Mapped[str]
    shared: Mapped[bool]
    created_at: Mapped[datetime]


class Audit(Numbered):
    """One look at, or one act on, somebody's data; kept for five years (D15). Without an operator: done at the command line."""

    __tablename__ = "audit"
    __table_args__ = (Index(None, "patient_id", "at"), Index(None, "operator_id", "at"), Index(None, "at", "id"))

    at: Mapped[datetime]
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("operators.id"))
    act: Mapped[str]
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversations.id"))
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patients.id"))
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
