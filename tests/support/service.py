"""The real service for the tests over HTTP: gunicorn, two workers, a database, OpenBao."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from joserfc.jwk import ECKey

from facepay.adapters.unit_of_work import Database
from facepay.bootstrap import build_dependencies
from facepay.config import Profile, Settings
from facepay.domain.customer import PublicKey
from facepay.embedded.children import LOOPBACK
from facepay.embedded.gunicorn_server import EmbeddedService
from facepay.embedded.openbao_server import EmbeddedOpenBao
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.operators.register import register_operator
from tests.support import application
from tests.support.clock import TurnableClock

WORKERS = 2


@dataclass(frozen=True)
class RunningService:
    """A running service; `deps` reads the same database, vault and clock without HTTP."""

    server: EmbeddedService
    clock: TurnableClock
    operator_key: ECKey
    deps: Dependencies
    log_path: Path

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def settings(self) -> Settings:
        return self.server.settings

    @property
    def database_url(self) -> str:
        return self.settings.database_url

    @property
    def pid(self) -> int:
        """The process id of gunicorn's master."""
        pid = self.server.pid
        assert pid is not None
        return pid

    def worker_pids(self) -> list[int]:
        return sorted(child.pid for child in psutil.Process(self.pid).children())


@contextmanager
def running_service(
    bao: EmbeddedOpenBao, database_url: str, directory: Path, *, workers: int = WORKERS
) -> Iterator[RunningService]:
    """Migrate and start the service with one operator registered; stop it after the block."""
    clock = TurnableClock(directory / "clock")
    settings = Settings(
        profile=Profile.REHEARSAL,
        origin=f"http://{LOOPBACK}:0",
        database_url=database_url,
        vault_url=bao.url,
        vault_role_id=bao.role_id,
        vault_secret_id=bao.secret_id,
        fingerprint_key=secrets.token_hex(32),
        log_name=secrets.token_hex(8),  # one OpenBao serves several
        rehearsal_clock_file=clock.file,
    )
    with EmbeddedService(
        settings, directory, workers=workers, application=application.FACTORY
    ) as server:
        deps = build_dependencies(server.settings)
        key = ECKey.generate_key("P-256")
        register_operator(deps, PublicKey(key.thumbprint(), key.as_pem(private=False).decode()))
        try:
            yield RunningService(server, clock, key, deps, directory / "service.log")
        finally:
            assert isinstance(deps.unit_of_work, Database)
            deps.unit_of_work.engine.dispose()
