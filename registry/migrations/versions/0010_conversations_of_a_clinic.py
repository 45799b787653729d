"""A clinic's conversations are found from its visits

Revision ID: 0010
Revises: 0009
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_appointments_place_id"), "appointments", ["place_id"])
    op.create_index(op.f("ix_conversations_address"), "conversations", ["address"])
    op.create_index(op.f("ix_conversations_patient_id"), "conversations", ["patient_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_conversations_patient_id"), table_name="conversations")
    op.drop_index(op.f("ix_conversations_address"), table_name="conversations")
    op.drop_index(op.f("ix_appointments_place_id"), table_name="appointments")
