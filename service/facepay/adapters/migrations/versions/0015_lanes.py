"""Deliveries go in lanes, so that an alarm waits for no other event."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_events_kind", "events", ["kind", "fanned_out_at"])
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("lane", sa.String(), nullable=False, server_default="merchants")
        )
        batch_op.drop_index("ix_deliveries_due")
        batch_op.drop_index("ix_deliveries_endpoint_state")
        batch_op.drop_index("ix_deliveries_payment")
    op.execute(
        "UPDATE deliveries SET lane = 'bank' WHERE endpoint_id IN"
        " (SELECT id FROM webhook_endpoints WHERE audience = 'bank')"
    )
    op.execute(
        "UPDATE deliveries SET lane = 'alarms' WHERE lane = 'bank' AND event_id IN"
        " (SELECT id FROM events WHERE kind = 'duress.alarm')"
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.alter_column("lane", server_default=None)
        batch_op.create_index("ix_deliveries_due", ["lane", "state", "next_at", "endpoint_id"])
        batch_op.create_index("ix_deliveries_endpoint", ["endpoint_id", "state", "lane", "seq"])
        batch_op.create_index("ix_deliveries_payment", ["payment", "endpoint_id", "state", "seq"])


def downgrade() -> None:
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index("ix_deliveries_payment")
        batch_op.drop_index("ix_deliveries_endpoint")
        batch_op.drop_index("ix_deliveries_due")
        batch_op.drop_column("lane")
        batch_op.create_index("ix_deliveries_due", ["state", "next_at"])
        batch_op.create_index("ix_deliveries_endpoint_state", ["endpoint_id", "state"])
        batch_op.create_index("ix_deliveries_payment", ["payment"])
    op.drop_index("ix_events_kind", "events")
