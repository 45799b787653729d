"""A further attempt names the message that it repeats

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("retry_of", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_messages_retry_of"), "messages", "messages", ["retry_of"], ["id"])
    op.create_index("uq_messages_retry_of", "messages", ["retry_of"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_messages_retry_of", table_name="messages")
    op.drop_constraint(op.f("fk_messages_retry_of"), "messages", type_="foreignkey")
    op.drop_column("messages", "retry_of")
