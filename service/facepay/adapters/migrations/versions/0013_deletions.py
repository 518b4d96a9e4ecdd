"""What each revocation destroyed is kept, for its receipt."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "deletions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("references_erased", sa.Integer(), nullable=False),
        sa.Column("captures_cancelled", sa.Integer(), nullable=False),
        sa.Column("intents_stopped", sa.Integer(), nullable=False),
        sa.Column("keys_destroyed", sa.Integer(), nullable=False),
        sa.Column("revoked_leaf", sa.BigInteger(), nullable=True),
        sa.Column("destroyed_leaf", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade() -> None:
    op.drop_table("deletions")
