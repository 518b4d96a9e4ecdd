"""Starts a server as a child of this process, waits until it is ready, and stops it.

Rules:
- a child never outlives its parent, not even after kill -9 of the parent (`bound_exec.py`). Linux
  ties it to the *thread* that calls `start`, so call that from one that stays, the main thread;
- it runs in a session of its own: Ctrl-C in a terminal reaches the supervisor alone, which then
  decides in which order its children stop;
- stopping is SIGTERM, patience, SIGKILL, all to the one pid that was started here;
- its output goes to a log file that only its owner can read; nothing of it is ever repeated here.

It does not restart what died: whoever supervises asks `running` and decides.
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
    """The child ended, or was not ready in time. Its log says why."""


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
        """`env` is the child's whole environment. `death_signal` is what it gets when its parent
        dies: SIGTERM lets gunicorn take its workers along, SIGKILL is for what needs no farewell.
        """
        self.name = name
        self._argv = list(argv)
        self._env = dict(env)
        self._log_path = log_path
        self._death_signal = death_signal
        self._popen: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id, or None when nothing was started or it has been stopped."""
        return self._popen.pid if self._popen else None

    @property
    def running(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    def start(self) -> Self:
        if self.running:
            raise ChildFailed(f"{self.name} runs already")
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
        """Ask `ready` until it says yes. Otherwise stop the child and raise ChildFailed."""
        deadline = time.monotonic() + timeout
        while self.running:
            if ready():
                return self
            if time.monotonic() > deadline:
                self.stop()
                raise ChildFailed(f"{self.name} was not ready in {timeout:g} s: {self._log_path}")
            time.sleep(POLL)
        code = self._popen.returncode if self._popen else None
        raise ChildFailed(f"{self.name} ended with {code} before it was ready: {self._log_path}")

    def stop(self, timeout: float = 10.0) -> None:
        """Returns when the process is gone and reaped. Idempotent."""
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
    """A loopback port that nobody listened on a moment ago. Bind it soon, and expect to lose."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port


def port_answers(port: int) -> bool:
    """Whether something accepts connections on this loopback port."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1):
            return True
    except OSError:
        return False
