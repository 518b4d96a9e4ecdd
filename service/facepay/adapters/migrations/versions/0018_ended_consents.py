"""A consent says when the faces under it were ended; the next to end are found by an index."""

import sqlalchemy as sa
from alembic import op

from facepay.adapters.tables import UtcDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

NOT_ENDED = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.add_column("consents", sa.Column("ended_at", UtcDateTime(), nullable=True))
    # The next sweep ends the consents that expired before, with the faces that outlived them.
    op.execute("UPDATE consents SET ended_at = withdrawn_at")
    op.create_index(
        "ix_consents_not_ended",
        "consents",
        ["expires_at"],
        sqlite_where=NOT_ENDED,
        postgresql_where=NOT_ENDED,
    )


def downgrade() -> None:
    op.drop_index("ix_consents_not_ended", "consents")
    op.drop_column("consents", "ended_at")
