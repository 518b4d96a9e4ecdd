"""An empty database of its own, of either kind."""

from pathlib import Path

import pytest

from tests.support.postgres import Postgres


def empty_database(request: pytest.FixtureRequest, kind: str, directory: Path) -> str:
    """Return the URL of an empty database; SQLite's is a file in `directory`.

    PostgreSQL is the session's, and is started only where `kind` asks for it.
    """
    if kind == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        return server.new_database()
    return f"sqlite:///{directory / 'facepay.db'}"
