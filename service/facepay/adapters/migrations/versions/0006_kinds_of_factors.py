"""A second factor is a one-time code or a device key: one has a secret, the other a public key."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("second_factors", schema=None) as batch_op:
        batch_op.alter_column("sealed_secret", existing_type=sa.String(), nullable=True)
        batch_op.add_column(sa.Column("keyid", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("public_key_pem", sa.String(), nullable=True))


def downgrade() -> None:
    op.execute("DELETE FROM second_factors WHERE kind <> 'totp'")
    with op.batch_alter_table("second_factors", schema=None) as batch_op:
        batch_op.drop_column("public_key_pem")
        batch_op.drop_column("keyid")
        batch_op.alter_column("sealed_secret", existing_type=sa.String(), nullable=False)
