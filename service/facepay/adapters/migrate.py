"""Bring a database to the newest schema (Alembic)."""

from pathlib import Path

from alembic import command
from alembic.config import Config

from facepay.adapters.unit_of_work import open_engine

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(url: str, *, revision: str = "head") -> None:
    """Run the missing migrations of the database at `url` up to `revision`. Idempotent."""
    engine = open_engine(url)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()
