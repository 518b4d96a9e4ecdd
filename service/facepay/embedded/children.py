"""Start a server as a child of this process, wait until it is ready, and stop it.

Rules:
- A child never outlives its parent, even after kill -9 of the parent (`bound_exec.py`). Linux
  binds the child to the *thread* that calls `start`, so call it from the main thread.
- A child has its own session. Ctrl-C in a terminal reaches only the supervisor, which decides the
  order in which its children stop.
- `stop` sends SIGTERM, waits, and then sends SIGKILL, to the one pid that was started here.
- A child's output goes to a log file that only its owner can read, and is never repeated here.

This module does not restart a child that ended: the supervisor reads `running` and decides.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

LOOPBACK = "127.0.0.1"
POLL = 0.02  # seconds

_BOUND_EXEC = Path(__file__).with_name("bound_exec.py")


class ChildFailed(RuntimeError):
    """Signal that the child ended or was not ready in time; its log says why."""


class Child:
    """One server process. `argv[0]` is the path of its program."""

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        env: Mapping[str, str],
        log_path: Path,
        *,
        death_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        """Describe the child without starting it.

        `env` is the child's whole environment. The kernel sends `death_signal` to the child when
        its parent dies: SIGTERM lets gunicorn stop its workers; SIGKILL suits servers that need no
        orderly stop.
        """
        self.name = name
        self._argv = list(argv)
        self._env = dict(env)
        self._log_path = log_path
        self._death_signal = death_signal
        self._popen: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id, or None before the start and after the stop."""
        return self._popen.pid if self._popen else None

    @property
    def running(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    def start(self) -> Self:
        if self.running:
            raise ChildFailed(f"{self.name} is already running")
        launch = [sys.executable, "-I", "-S", str(_BOUND_EXEC)]
        launch += [str(os.getpid()), str(int(self._death_signal)), *self._argv]
        log = os.open(self._log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self._popen = subprocess.Popen(
                launch,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        finally:
            os.close(log)
        return self

    def wait_until(self, ready: Callable[[], bool], timeout: float = 30.0) -> Self:
        """Call `ready` until it returns True.

        Raises ChildFailed when the child ends, or after `timeout` seconds, having stopped it.
        """
        deadline = time.monotonic() + timeout
        while self.running:
            if ready():
                return self
            if time.monotonic() > deadline:
                self.stop()
                raise ChildFailed(
                    f"{self.name} was not ready in {timeout:g} s: read {self._log_path}"
                )
            time.sleep(POLL)
        code = self._popen.returncode if self._popen else None
        raise ChildFailed(
            f"{self.name} ended with {code} before it was ready: read {self._log_path}"
        )

    def stop(self, timeout: float = 10.0) -> None:
        """End the process and wait for it; kill it after `timeout` seconds. Idempotent."""
        if self._popen is None:
            return
        self._popen.terminate()
        try:
            self._popen.wait(timeout)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
        self._popen = None


def free_port() -> int:
    """Return a free loopback port. Another process may take it before the caller binds it."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port
