"""The stage: a fresh directory, a service of its own in it, and a clock that can be turned.

Rules:
- the service is `facepay serve` as a child process; it ends when the rehearsal ends, however that
  ends, and it is stopped by the pid that was started here;
- an earlier stage is removed first, but only one that carries our mark, and none in use;
- the clock goes forward only. Service and clients read the same offset, so nobody sleeps.
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
START_TIMEOUT = 180.0  # seconds; a busy machine starts OpenBao and two workers
STOP_TIMEOUT = 60.0  # seconds; the service finishes what is under way, then OpenBao stops
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "OPENBLAS_CORETYPE")


class DirectoryTaken(RuntimeError):
    """The directory is not ours to remove, or another rehearsal is using it."""


class TurnedClock:
    """Unix time plus the whole seconds in a file, which the service reads as well."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._offset = 0

    def __call__(self) -> float:
        return time.time() + self._offset

    def forward(self, seconds: int) -> None:
        """Replaces the file in one step: a half-written number would turn the clock back."""
        self._offset += seconds
        fresh = self._file.with_name(f"{self._file.name}.fresh")
        fresh.write_text(str(self._offset))
        fresh.replace(self._file)

    def forward_to_next(self, period: int) -> None:
        """To just after the next multiple of `period` seconds."""
        self.forward(int(period - self() % period) + 1)


class Environment:
    """`with Stage(directory) as stage:` then `stage.open()`, which returns when all is up."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.clock = TurnedClock(directory / "clock")
        self.operator_key = KeyPair.generate()
        self._child: Child | None = None
        self._lock: int | None = None
        self._state: dict[str, str] = {}

    def __enter__(self) -> Self:
        """Raises DirectoryTaken."""
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

    def open(self) -> None:
        """Start the service and wait until it takes requests. Raises ChildFailed."""
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
        return self._state["url"]

    @property
    def service_log(self) -> Path:
        return self.directory / "service.log"

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.running

    def openbao_health(self) -> str:
        """What OpenBao says of itself, at its public address, without any token."""
        address = f"{self._state['openbao_url']}/v1/sys/health"
        answer = loopback_session().get(address, timeout=5).json()
        initialised = "initialised" if answer.get("initialized") is True else "not initialised"
        return f"{initialised}, {'sealed' if answer.get('sealed', True) else 'unsealed'}"


def loopback_session() -> requests.Session:
    """A session that asks no proxy of the environment: everything here is on this machine."""
    session = requests.Session()
    session.trust_env = False
    return session


def _remove_own(directory: Path) -> None:
    mark = directory / MARK
    ours = mark.is_file() and mark.read_text() == MARK_TEXT
    if directory.is_symlink() or not ours:
        raise DirectoryTaken(f"{directory} is not from a rehearsal: move it away first")
    lock = _locked(mark)
    try:
        shutil.rmtree(directory)
    finally:
        os.close(lock)


def _locked(mark: Path) -> int:
    """An open file that nobody else can lock; it unlocks when the process ends."""
    lock = os.open(mark, os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise DirectoryTaken(f"another rehearsal uses {mark.parent}") from None
    return lock
