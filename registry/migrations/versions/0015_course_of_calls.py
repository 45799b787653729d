"""When in a call each turn began, recordings of calls, patients by their names

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "calls", sa.Column("course", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False)
    )
    op.create_index(op.f("ix_tasks_patient_id"), "tasks", ["patient_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_tasks_patient_id"), table_name="tasks")
    op.drop_column("calls", "course")
