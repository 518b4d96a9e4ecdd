"""Real servers for the whole session, and their fixtures.

    openbao          one OpenBao; tests that stop, restart or rotate it start their own
    vault            the adapter, logged in to it
    postgres         one PostgreSQL: new_database(), drop_database(url), execute(statement)
    postgres_url     an empty database in it, for the session
    database_url     a migrated database, fresh for each test, on SQLite and on PostgreSQL
    database         facepay's Database over it, closed afterwards
    service          the service under gunicorn, two workers, on SQLite and on PostgreSQL

No test is skipped because something is missing: `make test` installs what a test needs.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from facepay.adapters.migrate import migrate
from facepay.adapters.unit_of_work import Database
from facepay.embedded.openbao_server import EmbeddedOpenBao
from tests.integration import openbao_fixture
from tests.support import renders
from tests.support.databases import empty_database
from tests.support.postgres import Postgres
from tests.support.service import RunningService, running_service

pytest_plugins = ["tests.support.session"]

openbao = openbao_fixture.openbao
vault = openbao_fixture.vault


@pytest.fixture(scope="session", autouse=True)
def cache_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Make the converted network anew for each session; leave only renders in a home."""
    directory = tmp_path_factory.getbasetemp() / "cache"
    if "PYTEST_XDIST_WORKER" in os.environ:
        directory = directory.parents[1] / "cache"  # of all workers: converted once, not by each
    directory.mkdir(mode=0o700, exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(renders.DIRECTORY, str(renders.directory()))
        renders.forget_unused()
        patch.setenv("XDG_CACHE_HOME", str(directory))
        yield directory


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with Postgres() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres: Postgres) -> str:
    return postgres.new_database()


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres) -> str:
    """Migrate a database that nobody writes to."""
    url = postgres.new_database()
    migrate(url)
    return url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrate a database file that nobody writes to."""
    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture
def database_url(
    request: pytest.FixtureRequest, database_kind: str, tmp_path: Path
) -> Iterator[str]:
    if database_kind == "sqlite":
        yield sqlite_copy(request.getfixturevalue("sqlite_template"), tmp_path)
        return
    server: Postgres = request.getfixturevalue("postgres")
    url = server.new_database(template=request.getfixturevalue("postgres_template"))
    yield url
    server.drop_database(url)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.engine.dispose()


@pytest.fixture(scope="session")
def service(
    request: pytest.FixtureRequest,
    openbao: EmbeddedOpenBao,
    database_kind: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[RunningService]:
    directory = tmp_path_factory.mktemp(f"service-{database_kind}")
    url = empty_database(request, database_kind, directory)
    with running_service(openbao, url, directory) as running:
        yield running


def sqlite_copy(template: Path, directory: Path) -> str:
    copy = directory / "facepay.db"
    shutil.copyfile(template, copy)
    return f"sqlite:///{copy}"
