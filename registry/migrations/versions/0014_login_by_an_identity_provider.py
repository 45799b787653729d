"""Operators whom an identity provider lets in

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("operators", sa.Column("issuer", sa.Text(), nullable=True))
    op.add_column("operators", sa.Column("subject", sa.Text(), nullable=True))
    op.create_check_constraint(op.f("ck_operators_federated"), "operators", "(issuer IS NULL) = (subject IS NULL)")
    op.create_index(op.f("ix_operators_issuer_subject"), "operators", ["issuer", "subject"], unique=True)
    op.add_column("operator_sessions", sa.Column("factor_elsewhere", sa.Boolean(), server_default=sa.text("false"), nullable=False))


def downgrade() -> None:
    op.drop_column("operator_sessions", "factor_elsewhere")
    op.drop_index(op.f("ix_operators_issuer_subject"), table_name="operators")
    op.drop_constraint(op.f("ck_operators_federated"), "operators", type_="check")
    op.drop_column("operators", "subject")
    op.drop_column("operators", "issuer")
