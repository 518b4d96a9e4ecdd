"""Columns and stored kinds are renamed to the words of the glossary (docs/glossary.md)."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

COLUMNS = (
    ("events", "for_bank", "for_operator"),
    ("face_uses", "held", "on_hold"),
    ("operator_actions", "asked_at", "requested_at"),
    ("operator_actions", "asked_by", "requested_by"),
    ("operator_actions", "asked_key", "requested_key"),
    ("second_factors", "last_step", "last_time_step"),
)
VALUES = (
    ("deliveries", "lane", "bank", "operator"),
    ("events", "kind", "factor.added", "second_factor.added"),
    ("events", "kind", "factor.revoked", "second_factor.revoked"),
    ("events", "kind", "proof.rejected", "credentials.rejected"),
    ("operator_actions", "state", "asked", "requested"),
    ("webhook_endpoints", "audience", "bank", "operator"),
)


def upgrade() -> None:
    for table, old, new in COLUMNS:
        _rename_column(table, old, new)
    for table, column, old, new in VALUES:
        _replace_value(table, column, old, new)
    # A repeated request is given its stored refusal again, by the registered code.
    _replace_inside("idempotency_records", "answer", '"proof_rejected"', '"credentials_rejected"')
    _replace_inside("attempts", "id", ":till", ":terminal")


def downgrade() -> None:
    for table, old, new in COLUMNS:
        _rename_column(table, new, old)
    for table, column, old, new in VALUES:
        _replace_value(table, column, new, old)
    _replace_inside("idempotency_records", "answer", '"credentials_rejected"', '"proof_rejected"')
    _replace_inside("attempts", "id", ":terminal", ":till")


def _rename_column(table: str, old: str, new: str) -> None:
    # Not in a batch: that would make the table anew on SQLite, and lose its AUTOINCREMENT.
    op.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")


def _replace_value(table: str, column: str, old: str, new: str) -> None:
    op.execute(f"UPDATE {table} SET {column} = '{new}' WHERE {column} = '{old}'")


def _replace_inside(table: str, column: str, old: str, new: str) -> None:
    # SQLAlchemy takes a word behind a colon for a parameter, unless the colon is escaped.
    old, new = old.replace(":", "\\:"), new.replace(":", "\\:")
    op.execute(
        f"UPDATE {table} SET {column} = REPLACE({column}, '{old}', '{new}') "
        f"WHERE {column} LIKE '%{old}%'"
    )
