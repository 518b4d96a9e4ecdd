"""Recovery codes, each as argon2id."""

import sqlalchemy as sa
from alembic import op

from facepay.adapters.tables import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("factor_id", sa.String(), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["factor_id"], ["second_factors.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("recovery_codes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recovery_codes_factor_id"), ["factor_id"])


def downgrade() -> None:
    op.drop_table("recovery_codes")
    op.execute("DELETE FROM second_factors WHERE kind = 'recovery_codes'")
