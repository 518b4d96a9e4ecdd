"""Number an enrolment's keys; their names follow from its id, and no row decides them any more."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


INDEXED = ("next_key", "retiring_key")


def upgrade() -> None:
    _require_own_names()
    _drop("key_name", *INDEXED)
    op.add_column(
        "enrolments", sa.Column("key_number", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column(
        "enrolments", sa.Column("keys_made", sa.Integer(), nullable=False, server_default="1")
    )
    _add_indexed(sa.Integer())
    op.add_column("deletions", sa.Column("keys_found", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.execute("ALTER TABLE deletions DROP COLUMN keys_found")
    _drop("key_number", "keys_made", *INDEXED)
    op.add_column(
        "enrolments", sa.Column("key_name", sa.String(), nullable=False, server_default="")
    )
    op.execute("UPDATE enrolments SET key_name = id")
    _add_indexed(sa.String())


def _drop(*columns: str) -> None:
    # Not in a batch: that would drop the table on SQLite, and captures refer to its rows.
    for column in columns:
        if column in INDEXED:
            op.drop_index(f"ix_enrolments_{column}", "enrolments")
        op.execute(f"ALTER TABLE enrolments DROP COLUMN {column}")


def _add_indexed(kind: sa.Integer | sa.String) -> None:
    for column in INDEXED:
        op.add_column("enrolments", sa.Column(column, kind, nullable=True))
        op.create_index(f"ix_enrolments_{column}", "enrolments", [column])


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
