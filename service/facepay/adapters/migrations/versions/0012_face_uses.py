"""Every use of a face is kept for its owner; a terminal may say in which city it stands."""

import sqlalchemy as sa
from alembic import op

from facepay.adapters.event_tables import NUMBERED
from facepay.adapters.tables import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("terminals", schema=None) as batch_op:
        batch_op.add_column(sa.Column("city", sa.String(), nullable=True))
    op.create_table(
        "face_uses",
        sa.Column("seq", NUMBERED, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("payment", sa.String(), nullable=False),
        sa.Column("capture_id", sa.String(), nullable=False),
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("terminal_id", sa.String(), nullable=False),
        sa.Column("city", sa.String(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("flags", sa.JSON(), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"]),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("id"),
        sa.UniqueConstraint("capture_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_face_uses_owner", "face_uses", ["customer_id", "seq"], unique=False)


def downgrade() -> None:
    op.drop_table("face_uses")
    with op.batch_alter_table("terminals", schema=None) as batch_op:
        batch_op.drop_column("city")
