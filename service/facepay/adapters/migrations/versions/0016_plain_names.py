"""Columns and stored kinds are renamed to the words of the glossary (docs/glossary.md)."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

COLUMNS = (
    ("face_uses", "held", "on_hold"),
)
EVENT_KINDS = (("proof.rejected", "credentials.rejected"),)
# Refusals that a repeated request is given again, by their registered code.
REFUSAL_CODES = (("proof_rejected", "credentials_rejected"),)


def upgrade() -> None:
    _rename(COLUMNS)
    _replace("events", "kind", EVENT_KINDS)
    _replace_inside("idempotency_records", "answer", REFUSAL_CODES)


def downgrade() -> None:
    _rename(tuple((table, new, old) for table, old, new in COLUMNS))
    _replace("events", "kind", tuple((new, old) for old, new in EVENT_KINDS))
    _replace_inside("idempotency_records", "answer", tuple((new, old) for old, new in REFUSAL_CODES))


def _rename(columns: tuple[tuple[str, str, str], ...]) -> None:
    for table, old, new in columns:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.alter_column(old, new_column_name=new)


def _replace(table: str, column: str, values: tuple[tuple[str, str], ...]) -> None:
    for old, new in values:
        op.execute(f"UPDATE {table} SET {column} = '{new}' WHERE {column} = '{old}'")


def _replace_inside(table: str, column: str, values: tuple[tuple[str, str], ...]) -> None:
    for old, new in values:
        op.execute(
            f"UPDATE {table} SET {column} = REPLACE({column}, '\"{old}\"', '\"{new}\"') "
            f"WHERE {column} LIKE '%\"{old}\"%'"
        )
