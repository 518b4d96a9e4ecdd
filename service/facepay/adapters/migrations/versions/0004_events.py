"""Events are kept in an outbox, written with the change they tell of."""

import sqlalchemy as sa
from alembic import op

from facepay.adapters.event_tables import NUMBERED
from facepay.adapters.tables import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column("seq", NUMBERED, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("payment", sa.String(), nullable=True),
        sa.Column("merchant_audience", sa.String(), nullable=True),
        sa.Column("shared", sa.String(), nullable=True),
        sa.Column("for_bank", sa.String(), nullable=False),
        sa.Column("fanned_out", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("id"),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_events_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_events_fanned_out"), ["fanned_out"], unique=False)


def downgrade() -> None:
    op.drop_table("events")
