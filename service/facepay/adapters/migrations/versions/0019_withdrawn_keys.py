"""Keys are withdrawn and clients suspended; an intent names the key that opened it."""

import sqlalchemy as sa
from alembic import op

from facepay.adapters.tables import UtcDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clients", sa.Column("name", sa.String(), nullable=True))
    for party in ("merchants", "terminals"):
        op.add_column(party, sa.Column("suspended_until", UtcDateTime(), nullable=True))
    # Not in a batch: that would drop the table on SQLite, and authorizations refer to its rows.
    op.add_column(
        "payment_intents", sa.Column("opened_by", sa.String(), nullable=False, server_default="")
    )
    # Until now every terminal had exactly one key; its row and its key were added together.
    op.execute(
        "UPDATE payment_intents SET opened_by = COALESCE("
        "(SELECT MIN(id) FROM clients WHERE subject_id = payment_intents.terminal_id), '')"
    )


def downgrade() -> None:
    for table, column in (
        ("payment_intents", "opened_by"),
        ("merchants", "suspended_until"),
        ("terminals", "suspended_until"),
        ("clients", "name"),
    ):
        op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
