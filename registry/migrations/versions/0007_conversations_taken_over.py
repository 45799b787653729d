"""Conversations taken over

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("taken_by", sa.BigInteger(), nullable=True))
    op.add_column("conversations", sa.Column("taken_at", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.create_foreign_key(op.f("fk_conversations_taken_by"), "conversations", "operators", ["taken_by"], ["id"])


def downgrade() -> None:
    op.drop_constraint(op.f("fk_conversations_taken_by"), "conversations", type_="foreignkey")
    op.drop_column("conversations", "taken_at")
    op.drop_column("conversations", "taken_by")
