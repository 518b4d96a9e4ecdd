"""Number an enrolment's keys; their names follow from its id, and no row decides them any more."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _require_own_names()
    with op.batch_alter_table("enrolments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_enrolments_retiring_key"))
        batch_op.drop_index(batch_op.f("ix_enrolments_next_key"))
        batch_op.drop_column("key_name")
        batch_op.drop_column("next_key")
        batch_op.drop_column("retiring_key")
    with op.batch_alter_table("enrolments", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("key_number", sa.Integer(), nullable=False, server_default="0")
        )
        batch_op.add_column(sa.Column("next_key", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("retiring_key", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("keys_made", sa.Integer(), nullable=False, server_default="1")
        )
        batch_op.create_index(batch_op.f("ix_enrolments_next_key"), ["next_key"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_enrolments_retiring_key"), ["retiring_key"], unique=False
        )
    with op.batch_alter_table("deletions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("keys_found", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("deletions", schema=None) as batch_op:
        batch_op.drop_column("keys_found")
    with op.batch_alter_table("enrolments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_enrolments_retiring_key"))
        batch_op.drop_index(batch_op.f("ix_enrolments_next_key"))
        batch_op.drop_column("keys_made")
        batch_op.drop_column("retiring_key")
        batch_op.drop_column("next_key")
        batch_op.drop_column("key_number")
    with op.batch_alter_table("enrolments", schema=None) as batch_op:
        batch_op.add_column(sa.Column("key_name", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("next_key", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("retiring_key", sa.String(), nullable=True))
    op.execute("UPDATE enrolments SET key_name = id")
    with op.batch_alter_table("enrolments", schema=None) as batch_op:
        batch_op.alter_column("key_name", existing_type=sa.String(), nullable=False)
        batch_op.create_index(batch_op.f("ix_enrolments_next_key"), ["next_key"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_enrolments_retiring_key"), ["retiring_key"], unique=False
        )


def _require_own_names() -> None:
    """Refuse while a living face has a key whose name does not follow from its id.

    Earlier versions gave a renewed template a key with a random name. A vault renames no key.
    """
    foreign = "key_name <> id OR next_key IS NOT NULL OR retiring_key IS NOT NULL"
    count = op.get_bind().scalar(
        sa.text(f"SELECT count(*) FROM enrolments WHERE key_destroyed_at IS NULL AND ({foreign})")
    )
    if count:
        raise RuntimeError(
            f"{count} faces have keys that an earlier version named at random. Revoke these faces "
            "with that version (their customers enrol again) and run `facepay sweep`, then migrate."
        )
