"""The environment of the demo: a fresh directory, a service that runs in it, and its clock.

- The service is `facepay serve` as a child process. It ends when the demo ends.
- The directory of an earlier demo is removed first, but only if it carries our mark and no other
  demo uses it.
- The clock only moves forward. Service and clients read the same offset, so nothing has to sleep.
"""

import fcntl
import json
import os
import shutil
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import requests

from facepay.embedded.children import Child
from facepay_client import KeyPair

MARK = "rehearsal.mark"
MARK_TEXT = "A stage of facepay_rehearsal; it is removed when the next rehearsal begins.\n"
START_TIMEOUT = 180.0  # seconds, for OpenBao and two workers on a busy machine
STOP_TIMEOUT = 60.0  # seconds, for requests under way, and then for OpenBao
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "OPENBLAS_CORETYPE")


class DirectoryTaken(RuntimeError):
    """The directory was not made by the demo, or another demo uses it."""


class DemoClock:
    """Unix time plus an offset in whole seconds; the service reads the same offset from a file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._offset = 0

    def __call__(self) -> float:
        return time.time() + self._offset

    def forward(self, seconds: int) -> None:
        """Move the clock forward."""
        self._offset += seconds
        # Replace the file in one step: a partly written number would move the clock back.
        fresh = self._file.with_name(f"{self._file.name}.fresh")
        fresh.write_text(str(self._offset))
        fresh.replace(self._file)

    def forward_to_next(self, period: int) -> None:
        """Move the clock to one second after the next multiple of `period` seconds."""
        self.forward(int(period - self() % period) + 1)


class Environment:
    """The directory of one demo and the service that runs in it.

    Enter it with `with Environment(directory) as environment:`, then call
    `environment.start_service()`.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.clock = DemoClock(directory / "clock")
        self.operator_key = KeyPair.generate()
        self._child: Child | None = None
        self._lock: int | None = None
        self._state: dict[str, str] = {}

    def __enter__(self) -> Self:
        """Make and lock a fresh directory. Raises DirectoryTaken."""
        if self.directory.is_symlink() or self.directory.exists():
            _remove_own(self.directory)
        self.directory.mkdir(mode=0o700, parents=True)
        (self.directory / MARK).write_text(MARK_TEXT)
        self._lock = _locked(self.directory / MARK)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._child is not None:
            self._child.stop(STOP_TIMEOUT)
        if self._lock is not None:
            os.close(self._lock)

    def start_service(self) -> None:
        """Start the service and wait until it accepts requests. Raises ChildFailed."""
        public = self.directory / "operator.pub.pem"
        public.write_text(self.operator_key.public_pem)
        argv = [sys.executable, "-m", "facepay.cli", "serve", "--port", "0"]
        argv += ["--directory", str(self.directory), "--operator-key", str(public)]
        argv += ["--rehearsal-clock", str(self.directory / "clock")]
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        self._child = Child("facepay serve", argv, environment, self.directory / "serve.log")
        state = self.directory / "service.json"
        self._child.start().wait_until(state.exists, START_TIMEOUT)
        self._state = json.loads(state.read_text())

    @property
    def url(self) -> str:
        """The service's base URL, which is also the issuer of its tokens."""
        return self._state["url"]

    @property
    def service_log(self) -> Path:
        """The log file of the service."""
        return self.directory / "service.log"

    @property
    def running(self) -> bool:
        """Return whether the service's process is running."""
        return self._child is not None and self._child.running

    def openbao_health(self) -> str:
        """Return OpenBao's own health report; its address needs no token for that."""
        address = f"{self._state['openbao_url']}/v1/sys/health"
        answer = loopback_session().get(address, timeout=5).json()
        initialised = "initialised" if answer.get("initialized") is True else "not initialised"
        return f"{initialised}, {'sealed' if answer.get('sealed', True) else 'unsealed'}"


def loopback_session() -> requests.Session:
    """Return a session that ignores proxy settings: the service runs on this machine."""
    session = requests.Session()
    session.trust_env = False
    return session


def _remove_own(directory: Path) -> None:
    mark = directory / MARK
    ours = mark.is_file() and mark.read_text() == MARK_TEXT
    if directory.is_symlink() or not ours:
        raise DirectoryTaken(f"The demo did not make {directory}: move it away first.")
    lock = _locked(mark)
    try:
        shutil.rmtree(directory)
    finally:
        os.close(lock)


def _locked(mark: Path) -> int:
    """Open and lock the mark; the lock ends with the process. Raises DirectoryTaken."""
    lock = os.open(mark, os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise DirectoryTaken(f"Another demo uses {mark.parent}: stop it first.") from None
    return lock
