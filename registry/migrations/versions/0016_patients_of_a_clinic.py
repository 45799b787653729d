"""A clinic's patients, by its visits

Revision ID: 0016
Revises: 0015
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_appointments_provider_id_patient_id"), "appointments", ["provider_id", "patient_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_appointments_provider_id_patient_id"), table_name="appointments")
