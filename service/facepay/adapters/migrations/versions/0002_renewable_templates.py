"""Renewable templates: an enrolment names the keys it has; until now its id was its key's name."""

import sqlalchemy as sa
from alembic import op

from facepay.adapters.tables import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("enrolments", schema=None) as batch_op:
        batch_op.add_column(sa.Column("key_name", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("next_key", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("retiring_key", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("renewed_at", UtcDateTime(), nullable=True))

    op.execute("UPDATE enrolments SET key_name = id")
    with op.batch_alter_table("enrolments", schema=None) as batch_op:
        batch_op.alter_column("key_name", existing_type=sa.String(), nullable=False)
        batch_op.create_index(batch_op.f("ix_enrolments_next_key"), ["next_key"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_enrolments_retiring_key"), ["retiring_key"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("enrolments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_enrolments_retiring_key"))
        batch_op.drop_index(batch_op.f("ix_enrolments_next_key"))
        batch_op.drop_column("renewed_at")
        batch_op.drop_column("retiring_key")
        batch_op.drop_column("next_key")
        batch_op.drop_column("key_name")
