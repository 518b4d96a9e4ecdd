"""Start and stop OpenBao, the database and the service together, for `facepay serve`.

Ctrl-C or SIGTERM stops the service first, so that requests in progress can finish with OpenBao, and
then OpenBao. When gunicorn ends by itself, everything is stopped.
"""

import json
import os
import secrets
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from joserfc.jwk import ECKey

from facepay.bootstrap_without_faces import build_without_faces
from facepay.config import Profile, Settings
from facepay.domain.customer import PublicKey
from facepay.embedded.children import LOOPBACK
from facepay.embedded.gunicorn_server import EmbeddedService
from facepay.embedded.openbao_server import EmbeddedOpenBao
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.faces.destroy_keys import destroy_pending_keys
from facepay.usecases.faces.end_expired_consents import end_expired_consents
from facepay.usecases.faces.enrol import end_lapsed_enrolments
from facepay.usecases.operators.register import register_operator
from facepay.usecases.webhooks.deliver import deliver_forever

STATE_FILE = "service.json"
OPERATOR_KEY_FILE = "operator.pem"


@dataclass(frozen=True)
class ServeOptions:
    """Options of an embedded service: directory, port, workers, and settings of a rehearsal."""

    directory: Path
    port: int
    workers: int = 2
    database_url: str | None = None
    clock_file: Path | None = None
    operator: PublicKey | None = None


@contextmanager
def running(options: ServeOptions) -> Iterator[EmbeddedService]:
    """Start everything and yield the service when it takes requests; stop everything on exit."""
    options.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    with EmbeddedOpenBao(options.directory / "openbao") as bao:
        settings = _settings(options, bao)
        with EmbeddedService(settings, options.directory, workers=options.workers) as service:
            deps = build_without_faces(service.settings)
            operator = options.operator or _stored_operator(options.directory)
            register_operator(deps, operator)
            end_expired_consents(deps)
            end_lapsed_enrolments(deps)
            destroy_pending_keys(deps)
            state = options.directory / STATE_FILE
            facts: dict[str, object] = {"url": service.url, "pid": service.pid}
            facts |= {"openbao_url": bao.url, "openbao_pid": bao.pid}
            _write_state(state, facts)
            try:
                with _delivering(deps):
                    yield service
            finally:
                state.unlink(missing_ok=True)


@contextmanager
def _delivering(deps: Dependencies) -> Iterator[None]:
    """Send events in a thread that ends with the block."""
    stop = threading.Event()
    sender = threading.Thread(target=deliver_forever, args=(deps, stop), name="deliver")
    sender.start()
    try:
        yield
    finally:
        stop.set()
        sender.join()


def serve(options: ServeOptions) -> int:
    """Serve until SIGINT or SIGTERM. Return 0, or 1 when the service ended by itself."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with running(options) as service:
        print(
            f"facepay serves at {service.url} (state and logs: {options.directory}); "
            "Ctrl-C stops it"
        )
        while not stop.wait(0.5):
            if not service.running:
                return 1
    return 0


def _settings(options: ServeOptions, bao: EmbeddedOpenBao) -> Settings:
    database = options.directory.absolute() / "facepay.db"
    return Settings(
        profile=Profile.REHEARSAL,
        origin=f"http://{LOOPBACK}:{options.port}",
        database_url=options.database_url or f"sqlite:///{database}",
        vault_url=bao.url,
        vault_role_id=bao.role_id,
        vault_secret_id=bao.secret_id,
        fingerprint_key=_stored_secret(
            options.directory / "fingerprint.key", secrets.token_hex(32)
        ),
        rehearsal_clock_file=options.clock_file,
    )


def _stored_operator(directory: Path) -> PublicKey:
    """Return the operator key of this directory; create operator.pem the first time.

    The file lies beside the unseal key of the embedded OpenBao, which opens everything that the
    operator key does.
    """
    fresh = ECKey.generate_key("P-256").as_pem(private=True).decode()
    key = ECKey.import_key(_stored_secret(directory / OPERATOR_KEY_FILE, fresh))
    return PublicKey(key.thumbprint(), key.as_pem(private=False).decode())


def _stored_secret(path: Path, fresh: str) -> str:
    """Return the secret in this file. Write `fresh` first if needed, readable by its owner only."""
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(fresh)
    return path.read_text()


def _write_state(path: Path, state: dict[str, object]) -> None:
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    fresh.write_text(json.dumps(state))
    fresh.replace(path)
