"""People, rights and retention

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("operators", sa.Column("provider_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_operators_provider_id"), "operators", "providers", ["provider_id"], ["id"])
    op.add_column("operators", sa.Column("must_change_password", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("operators", sa.Column("factor_nonce", sa.Text(), nullable=True))
    op.add_column("operators", sa.Column("factor_since", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.add_column("operators", sa.Column("factor_step", sa.BigInteger(), nullable=True))
    op.add_column("operator_sessions", sa.Column("verified", sa.Boolean(), server_default=sa.text("true"), nullable=False))
    op.alter_column("audit", "operator_id", existing_type=sa.BigInteger(), nullable=True)
    op.create_index(op.f("ix_audit_at_id"), "audit", ["at", "id"], unique=False)
    op.add_column("messages", sa.Column("redacted_at", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.create_index("ix_messages_unredacted", "messages", ["at"], unique=False, postgresql_where=sa.text("redacted_at IS NULL"))


def downgrade() -> None:
    op.drop_index("ix_messages_unredacted", table_name="messages", postgresql_where=sa.text("redacted_at IS NULL"))
    op.drop_column("messages", "redacted_at")
    op.drop_index(op.f("ix_audit_at_id"), table_name="audit")
    op.execute("DELETE FROM audit WHERE operator_id IS NULL")
    op.alter_column("audit", "operator_id", existing_type=sa.BigInteger(), nullable=False)
    op.drop_column("operator_sessions", "verified")
    op.drop_column("operators", "factor_step")
    op.drop_column("operators", "factor_since")
    op.drop_column("operators", "factor_nonce")
    op.drop_column("operators", "must_change_password")
    op.drop_constraint(op.f("fk_operators_provider_id"), "operators", type_="foreignkey")
    op.drop_column("operators", "provider_id")
