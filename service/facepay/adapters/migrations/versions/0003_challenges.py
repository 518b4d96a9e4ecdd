"""Captures have a profile, a light, and a beginning of their own.

A capture that is open at this moment was drawn for another protocol: it is cancelled, its payer
opens a new one.
"""

import sqlalchemy as sa
from alembic import op

from facepay.adapters.tables import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("captures", schema=None) as batch_op:
        batch_op.add_column(sa.Column("profile", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("light", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("begun_at", UtcDateTime(), nullable=True))

    op.execute("UPDATE captures SET profile = 'no_light', light = '[]', begun_at = opened_at")
    op.execute("UPDATE captures SET state = 'cancelled' WHERE state = 'open'")
    with op.batch_alter_table("captures", schema=None) as batch_op:
        batch_op.alter_column("profile", existing_type=sa.String(), nullable=False)
        batch_op.alter_column("light", existing_type=sa.JSON(), nullable=False)
        batch_op.alter_column("nonce", existing_type=sa.String(), nullable=True)


def downgrade() -> None:
    op.execute("UPDATE captures SET state = 'cancelled' WHERE state = 'reserved'")
    op.execute("UPDATE captures SET nonce = '' WHERE nonce IS NULL")
    with op.batch_alter_table("captures", schema=None) as batch_op:
        batch_op.alter_column("nonce", existing_type=sa.String(), nullable=False)
        batch_op.drop_column("begun_at")
        batch_op.drop_column("light")
        batch_op.drop_column("profile")
