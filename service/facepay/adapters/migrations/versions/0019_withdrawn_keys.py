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
    op.add_column("payment_intents", sa.Column("opened_by", sa.String(), nullable=True))
    # Until now every terminal had exactly one key.
    op.execute(
        "UPDATE payment_intents SET opened_by ="
        " (SELECT MIN(id) FROM clients WHERE subject_id = payment_intents.terminal_id)"
    )
    # A terminal without a client cannot be: its row and its key were added together.
    op.execute("UPDATE payment_intents SET opened_by = '' WHERE opened_by IS NULL")
    with op.batch_alter_table("payment_intents", schema=None) as batch_op:
        batch_op.alter_column("opened_by", existing_type=sa.String(), nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("payment_intents", schema=None) as batch_op:
        batch_op.drop_column("opened_by")
    for party in ("merchants", "terminals"):
        with op.batch_alter_table(party, schema=None) as batch_op:
            batch_op.drop_column("suspended_until")
    with op.batch_alter_table("clients", schema=None) as batch_op:
        batch_op.drop_column("name")
