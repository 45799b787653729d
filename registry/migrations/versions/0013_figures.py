"""Figures of past days, and the dates that were promised

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "counted_days",
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("counted_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("local_date", name=op.f("pk_counted_days")),
    )
    op.create_table(
        "figures",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("provider_id", sa.BigInteger(), nullable=True),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name=op.f("fk_figures_provider_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figures")),
    )
    op.create_index(op.f("ix_figures_local_date"), "figures", ["local_date"], unique=False)
    op.create_index(
        "uq_figures_what",
        "figures",
        ["provider_id", "local_date", "measure", "channel", "kind"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "promises",
        sa.Column("entry_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("criteria_version", sa.BigInteger(), nullable=False),
        sa.Column("told_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("p50", sa.Date(), nullable=False),
        sa.Column("p90", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_promises_entry_id")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_promises")),
    )
    op.create_index(op.f("ix_promises_p50"), "promises", ["p50"], unique=False)
    op.create_index(op.f("ix_promises_p90"), "promises", ["p90"], unique=False)
    op.create_index(
        "ix_appointments_attended",
        "appointments",
        ["local_date"],
        unique=False,
        postgresql_where=sa.text("status IN ('fulfilled', 'noshow')"),
    )
    op.create_index(op.f("ix_calls_at"), "calls", ["at"], unique=False)
    op.create_index(
        "ix_events_given_up", "events", ["at"], unique=False, postgresql_where=sa.text("kind IN ('visit.cancelled', 'slot.freed')")
    )
    op.create_index(
        "ix_events_waits_end",
        "events",
        ["entry_id", "id"],
        unique=False,
        postgresql_where=sa.text("kind IN ('visit.assigned', 'offer.accepted', 'visit.booked', 'entry.closed')"),
    )
    op.create_index(op.f("ix_messages_at"), "messages", ["at"], unique=False)
    op.create_index(op.f("ix_tasks_message_id"), "tasks", ["message_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_tasks_message_id"), table_name="tasks")
    op.drop_index(op.f("ix_messages_at"), table_name="messages")
    op.drop_index(
        "ix_events_waits_end",
        table_name="events",
        postgresql_where=sa.text("kind IN ('visit.assigned', 'offer.accepted', 'visit.booked', 'entry.closed')"),
    )
    op.drop_index("ix_events_given_up", table_name="events", postgresql_where=sa.text("kind IN ('visit.cancelled', 'slot.freed')"))
    op.drop_index(op.f("ix_calls_at"), table_name="calls")
    op.drop_index("ix_appointments_attended", table_name="appointments", postgresql_where=sa.text("status IN ('fulfilled', 'noshow')"))
    op.drop_index(op.f("ix_promises_p90"), table_name="promises")
    op.drop_index(op.f("ix_promises_p50"), table_name="promises")
    op.drop_table("promises")
    op.drop_index("uq_figures_what", table_name="figures", postgresql_nulls_not_distinct=True)
    op.drop_index(op.f("ix_figures_local_date"), table_name="figures")
    op.drop_table("figures")
    op.drop_table("counted_days")
