"""Devices for push notices, what was told of an estimated date, places that have left

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

NOTICE = "direction = 'out' AND entry_id IS NOT NULL"


def upgrade() -> None:
    op.create_table(
        "devices",
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("state IN ('active', 'removed')", name=op.f("ck_devices_state")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_devices_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
    )
    op.create_index(op.f("ix_devices_patient_id"), "devices", ["patient_id"], unique=False)
    op.create_index("uq_devices_token", "devices", ["token"], unique=True, postgresql_where=sa.text("state = 'active'"))
    op.add_column("estimates", sa.Column("told", sa.Date(), nullable=True))
    op.add_column("estimates", sa.Column("told_at", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.add_column("estimates", sa.Column("slips", sa.SmallInteger(), nullable=True))
    op.add_column("places", sa.Column("left_at", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.drop_index("uq_messages_entry_notice", table_name="messages", postgresql_where=sa.text(NOTICE))
    op.create_index(
        "uq_messages_entry_notice", "messages", ["entry_id", "kind", "attempt", sa.text("coalesce(visit_version, 0)")], unique=True,
        postgresql_where=sa.text(NOTICE),
    )


def downgrade() -> None:
    op.drop_index("uq_messages_entry_notice", table_name="messages", postgresql_where=sa.text(NOTICE))
    op.create_index(
        "uq_messages_entry_notice", "messages", ["entry_id", "kind", "attempt"], unique=True, postgresql_where=sa.text(NOTICE)
    )
    op.drop_column("places", "left_at")
    op.drop_column("estimates", "slips")
    op.drop_column("estimates", "told_at")
    op.drop_column("estimates", "told")
    op.drop_index("uq_devices_token", table_name="devices", postgresql_where=sa.text("state = 'active'"))
    op.drop_index(op.f("ix_devices_patient_id"), table_name="devices")
    op.drop_table("devices")
