"""Events are spread over webhook endpoints: one delivery for each that hears an event."""

import sqlalchemy as sa
from alembic import op

from facepay.adapters.tables import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_events_at"))
        batch_op.drop_index(batch_op.f("ix_events_fanned_out"))
        batch_op.drop_column("fanned_out")
        batch_op.add_column(sa.Column("fanned_out_at", UtcDateTime(), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_events_fanned_out_at"), ["fanned_out_at"], unique=False
        )
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("sealed_secret", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("disabled_at", UtcDateTime(), nullable=True),
        sa.Column("failing_since", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        op.f("ix_webhook_endpoints_audience"), "webhook_endpoints", ["audience"], unique=False
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("endpoint_id", sa.String(), nullable=False),
        sa.Column("payment", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("last_outcome", sa.String(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["endpoint_id"], ["webhook_endpoints.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    for name, columns in (
        ("ix_deliveries_due", ["state", "next_at"]),
        ("ix_deliveries_endpoint_state", ["endpoint_id", "state"]),
        ("ix_deliveries_payment", ["payment"]),
        ("ix_deliveries_created_at", ["created_at"]),
    ):
        op.create_index(name, "deliveries", columns, unique=False)


def downgrade() -> None:
    op.drop_table("deliveries")
    op.drop_table("webhook_endpoints")
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_events_fanned_out_at"))
        batch_op.drop_column("fanned_out_at")
        batch_op.add_column(
            sa.Column("fanned_out", sa.Boolean(), nullable=False, server_default=sa.true())
        )
        batch_op.create_index(batch_op.f("ix_events_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_events_fanned_out"), ["fanned_out"], unique=False)
