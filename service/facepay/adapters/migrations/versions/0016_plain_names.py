"""Rename columns and stored kinds to the words of the glossary (docs/glossary.md)."""

from alembic import op
from sqlalchemy import text

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
# A repeated request gets its stored answer again, which must have today's members and codes.
ANSWERS = (
    ('"proof_rejected"', '"credentials_rejected"'),
    ('"asked_at"', '"requested_at"'),
    ('"asked_by"', '"requested_by"'),
    ('"state": "asked"', '"state": "requested"'),
)


def upgrade() -> None:
    for table, old, new in COLUMNS:
        _rename_column(table, old, new)
    for table, column, old, new in VALUES:
        _replace_value(table, column, old, new)
    for old, new in ANSWERS:
        _replace_inside("idempotency_records", "answer", old, new)
    _replace_inside("attempts", "id", ":till", ":terminal")


def downgrade() -> None:
    for table, old, new in COLUMNS:
        _rename_column(table, new, old)
    for table, column, old, new in VALUES:
        _replace_value(table, column, new, old)
    for old, new in ANSWERS:
        _replace_inside("idempotency_records", "answer", new, old)
    _replace_inside("attempts", "id", ":terminal", ":till")


def _rename_column(table: str, old: str, new: str) -> None:
    # Not in a batch: that would make the table anew on SQLite, and lose its AUTOINCREMENT.
    op.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")


def _replace_value(table: str, column: str, old: str, new: str) -> None:
    op.execute(f"UPDATE {table} SET {column} = '{new}' WHERE {column} = '{old}'")


def _replace_inside(table: str, column: str, old: str, new: str) -> None:
    # Bound, because SQLAlchemy would take ":till" in the text for the name of a parameter.
    change = text(f"UPDATE {table} SET {column} = REPLACE({column}, :old, :new)")
    op.execute(change.bindparams(old=old, new=new))
