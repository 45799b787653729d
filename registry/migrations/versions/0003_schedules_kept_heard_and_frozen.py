"""Schedules kept, heard and frozen

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "freezes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("provider_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name=op.f("fk_freezes_provider_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_freezes")),
    )
    op.create_index(op.f("ix_freezes_provider_id_day"), "freezes", ["provider_id", "day"], unique=True)
    op.create_table(
        "heard",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("schedule_id", sa.BigInteger(), nullable=False),
        sa.Column("clinic_slot_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["schedule_id"], ["schedules.id"], name=op.f("fk_heard_schedule_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_heard")),
    )
    op.create_index(op.f("ix_heard_schedule_id_clinic_slot_id"), "heard", ["schedule_id", "clinic_slot_id"], unique=True)
    op.create_table(
        "kept_announcements",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("provider_id", sa.BigInteger(), nullable=False),
        sa.Column("schedule_id", sa.BigInteger(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("said", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name=op.f("fk_kept_announcements_provider_id")),
        sa.ForeignKeyConstraint(["schedule_id"], ["schedules.id"], name=op.f("fk_kept_announcements_schedule_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_announcements")),
    )
    op.create_index(op.f("ix_kept_announcements_provider_id"), "kept_announcements", ["provider_id"], unique=False)
    op.add_column("slots", sa.Column("quarantined_for", sa.Text(), nullable=True))
    op.add_column("slots", sa.Column("substitute", sa.Text(), nullable=True))
    op.create_index(op.f("ix_slots_schedule_id_starts_at"), "slots", ["schedule_id", "starts_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_slots_schedule_id_starts_at"), table_name="slots")
    op.drop_column("slots", "substitute")
    op.drop_column("slots", "quarantined_for")
    op.drop_index(op.f("ix_kept_announcements_provider_id"), table_name="kept_announcements")
    op.drop_table("kept_announcements")
    op.drop_index(op.f("ix_heard_schedule_id_clinic_slot_id"), table_name="heard")
    op.drop_table("heard")
    op.drop_index(op.f("ix_freezes_provider_id_day"), table_name="freezes")
    op.drop_table("freezes")
