"""Tasks have an owner, a due time and a result

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tasks", sa.Column("owner_id", sa.BigInteger(), nullable=True))
    op.add_column("tasks", sa.Column("due_at", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.add_column("tasks", sa.Column("result", sa.Text(), nullable=True))
    op.add_column("tasks", sa.Column("closed_at", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.create_foreign_key(op.f("fk_tasks_owner_id"), "tasks", "operators", ["owner_id"], ["id"])


def downgrade() -> None:
    op.drop_constraint(op.f("fk_tasks_owner_id"), "tasks", type_="foreignkey")
    op.drop_column("tasks", "closed_at")
    op.drop_column("tasks", "result")
    op.drop_column("tasks", "due_at")
    op.drop_column("tasks", "owner_id")
