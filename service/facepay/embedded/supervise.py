"""`facepay serve`: OpenBao, the database and the service, up together and down together.

Ctrl-C or SIGTERM stops the service first, so that what is under way can finish with its vault,
and then OpenBao. When a child dies, the whole is stopped: a half-running service serves nobody.
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

from facepay.bootstrap import build_dependencies
from facepay.config import Profile, Settings
from facepay.domain.customer import PublicKey
from facepay.embedded.children import LOOPBACK
from facepay.embedded.gunicorn_server import EmbeddedService
from facepay.embedded.openbao_server import EmbeddedOpenBao
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.faces.destroy_keys import destroy_pending_keys
from facepay.usecases.faces.enrol import end_lapsed_enrolments
from facepay.usecases.operators.register import register_operator
from facepay.usecases.webhooks.deliver import deliver_forever

STATE_FILE = "service.json"
OPERATOR_KEY_FILE = "operator.pem"


@dataclass(frozen=True)
class Ground:
    """Where an embedded service lives: its directory, port, and what the rehearsal adds."""

    directory: Path
    port: int
    workers: int = 2
    database_url: str | None = None
    clock_file: Path | None = None
    operator: PublicKey | None = None


@contextmanager
def running(ground: Ground) -> Iterator[EmbeddedService]:
    """Everything up, ready to take requests; everything down when the block is left."""
    ground.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    with EmbeddedOpenBao(ground.directory / "openbao") as bao:
        settings = _settings(ground, bao)
        with EmbeddedService(settings, ground.directory, workers=ground.workers) as service:
            deps = build_dependencies(service.settings)
            register_operator(deps, ground.operator or _kept_operator(ground.directory))
            end_lapsed_enrolments(deps)
            destroy_pending_keys(deps)
            state = ground.directory / STATE_FILE
            known: dict[str, object] = {"url": service.url, "pid": service.pid}
            known |= {"openbao_url": bao.url, "openbao_pid": bao.pid}
            _write_state(state, known)
            try:
                with _delivering(deps):
                    yield service
            finally:
                state.unlink(missing_ok=True)


@contextmanager
def _delivering(deps: Dependencies) -> Iterator[None]:
    """A sender of events, in a thread that ends with the block."""
    stop = threading.Event()
    sender = threading.Thread(target=deliver_forever, args=(deps, stop), name="deliver")
    sender.start()
    try:
        yield
    finally:
        stop.set()
        sender.join()


def serve(ground: Ground) -> int:
    """Serve until told to stop. Returns 0, or 1 when the service died by itself."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with running(ground) as service:
        print(
            f"facepay serves at {service.url} (state and logs: {ground.directory}); Ctrl-C stops it"
        )
        while not stop.wait(0.5):
            if not service.running:
                return 1
    return 0


def _settings(ground: Ground, bao: EmbeddedOpenBao) -> Settings:
    database = ground.directory.absolute() / "facepay.db"
    return Settings(
        profile=Profile.REHEARSAL,
        origin=f"http://{LOOPBACK}:{ground.port}",
        database_url=ground.database_url or f"sqlite:///{database}",
        vault_url=bao.url,
        vault_role_id=bao.role_id,
        vault_secret_id=bao.secret_id,
        fingerprint_key=_kept(ground.directory / "fingerprint.key", secrets.token_hex(32)),
        rehearsal_clock_file=ground.clock_file,
    )


def _kept_operator(directory: Path) -> PublicKey:
    """Return the operator's key for trying the service out; make operator.pem the first time.

    It stands beside the unseal key of the embedded OpenBao, and opens no more than that one does.
    """
    made = ECKey.generate_key("P-256").as_pem(private=True).decode()
    key = ECKey.import_key(_kept(directory / OPERATOR_KEY_FILE, made))
    return PublicKey(key.thumbprint(), key.as_pem(private=False).decode())


def _kept(path: Path, fresh: str) -> str:
    """Return the secret in this file; the first time write `fresh`, for its owner only."""
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(fresh)
    return path.read_text()


def _write_state(path: Path, state: dict[str, object]) -> None:
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    fresh.write_text(json.dumps(state))
    fresh.replace(path)
