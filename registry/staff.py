"""Who works at the console: operators, their sessions, and what each of them looked at or did (X33, X34)."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from registry.database import Numbered


class Operator(Numbered):
    """A person with a login; `password_hash` is argon2's own string with its salt and cost."""

    __tablename__ = "operators"
    __table_args__ = (CheckConstraint("role IN ('operator', 'supervisor', 'administrator', 'auditor')", name="role"),)

    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str] = mapped_column(default="operator")
    password_hash: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class OperatorSession(Numbered):
    """A login that still holds. Only a hash of the cookie is kept: who reads the table cannot log in with it."""

    __tablename__ = "operator_sessions"

    token_hash: Mapped[str] = mapped_column(unique=True)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operators.id"), index=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    ends_at: Mapped[datetime]


class Audit(Numbered):
    """One look at, or one act on, somebody's data; kept for five years (D15)."""

    __tablename__ = "audit"
    __table_args__ = (Index(None, "patient_id", "at"), Index(None, "operator_id", "at"))

    at: Mapped[datetime]
    operator_id: Mapped[int] = mapped_column(ForeignKey("operators.id"))
    act: Mapped[str]
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversations.id"))
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patients.id"))
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
