"""Cells of the waiting: a freed slot finds who may reach its place without reading the whole queue

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

CELL = """CASE WHEN radius_km IS NULL THEN CASE WHEN place_ids IS NULL THEN -1 END WHEN radius_km > 100 THEN -2
ELSE CASE WHEN radius_km <= 10 THEN 0 WHEN radius_km <= 30 THEN 1 WHEN radius_km <= 50 THEN 2 ELSE 3 END * 1000000
+ (floor(latitude * 4) + 400) * 1000 + floor(longitude * 2.5) + 500 END::bigint"""


def upgrade() -> None:
    op.add_column("entries", sa.Column("cell", sa.BigInteger(), sa.Computed(CELL, persisted=True), nullable=True))
    waiting = sa.text("state = 'waiting'")
    op.create_index("ix_entries_cell", "entries", ["service", "cell", "rank", "queue_at", "id"], postgresql_where=waiting)
    named = sa.text("state = 'waiting' AND cell IS NULL")
    op.create_index("ix_entries_named", "entries", ["place_ids"], postgresql_using="gin", postgresql_where=named)


def downgrade() -> None:
    op.drop_index("ix_entries_named", table_name="entries")
    op.drop_index("ix_entries_cell", table_name="entries")
    op.drop_column("entries", "cell")
