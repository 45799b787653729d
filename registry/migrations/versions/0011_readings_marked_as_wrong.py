"""Readings marked as wrong

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reading_marks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("intent", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("marked_by", sa.BigInteger(), nullable=False),
        sa.Column("marked_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("exported_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('new', 'exported', 'dismissed', 'withdrawn')", name=op.f("ck_reading_marks_state")),
        sa.ForeignKeyConstraint(["marked_by"], ["operators.id"], name=op.f("fk_reading_marks_marked_by")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_reading_marks_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_marks")),
        sa.UniqueConstraint("message_id", name=op.f("uq_reading_marks_message_id")),
    )
    op.create_index(
        "ix_turns_unanswered", "turns", ["message_id"], unique=False, postgresql_where=sa.text("intent IN ('ask_faq', 'nlu_fallback')")
    )


def downgrade() -> None:
    op.drop_index("ix_turns_unanswered", table_name="turns", postgresql_where=sa.text("intent IN ('ask_faq', 'nlu_fallback')"))
    op.drop_table("reading_marks")
