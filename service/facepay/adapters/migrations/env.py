"""Run Alembic's migrations on the connection that `adapters.migrate` passes."""

from alembic import context
from sqlmodel import SQLModel

import facepay.adapters.event_tables
import facepay.adapters.tables  # noqa: F401 - importing the tables registers them

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
connection.commit()
