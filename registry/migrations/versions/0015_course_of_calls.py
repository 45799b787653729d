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

MARKED = "ąćęłńóśźżĄĆĘŁŃÓŚŹŻáâäàčçďéěëèíîľňôöőřšťúůüűýžÁÂÄÀČÇĎÉĚËÈÍÎĽŇÔÖŐŘŠŤÚŮÜŰÝŽ"
PLAIN = "acelnoszzACELNOSZZaaaaccdeeeeiilnooorstuuuuyzAAAACCDEEEEIILNOOORSTUUUUYZ"
BARE = f"lower(translate((family_name || ' '::text) || given_name, '{MARKED}'::text, '{PLAIN}'::text))"
NAMES = rf"array_to_tsvector(array_remove(regexp_split_to_array({BARE}, '[\s.,''’-]+'::text), ''::text))"


def upgrade() -> None:
    op.add_column(
        "calls", sa.Column("course", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False)
    )
    op.create_table(
        "recordings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("erased_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_recordings_call_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recordings")),
        sa.UniqueConstraint("call_id", name=op.f("uq_recordings_call_id")),
        sa.UniqueConstraint("name", name=op.f("uq_recordings_name")),
    )
    op.create_index(op.f("ix_recordings_at"), "recordings", ["at"])
    op.create_index("ix_recordings_erased", "recordings", ["id"], postgresql_where=sa.text("erased_at IS NOT NULL"))
    op.create_index("ix_patients_names", "patients", [sa.text(NAMES)], postgresql_using="gin")
    op.create_index(op.f("ix_tasks_patient_id"), "tasks", ["patient_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_tasks_patient_id"), table_name="tasks")
    op.drop_index("ix_patients_names", table_name="patients")
    op.drop_table("recordings")
    op.drop_column("calls", "course")
