"""Tests of timing, races and memory run alone, though several workers run tests at the same time.

Every test holds a shared lock while it runs; a test marked `serial` holds it exclusively. Each test
first takes the lock of the queue: no other test begins behind a waiting serial test. Serial tests
in a row keep the locks, because each wait for the other workers costs time.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path


class Turns:
    """Locks of one run of the tests, shared by its workers through a directory."""

    def __init__(self, directory: Path | None = None) -> None:
        """Make a directory, or use the one that `directory` names, which somebody else made."""
        self._own = directory is None
        self.directory = directory or Path(tempfile.mkdtemp(prefix="facepay-turns-"))
        self._kept: ExitStack | None = None

    @contextmanager
    def take(self, *, alone: bool, keep: bool = False) -> Iterator[None]:
        """Run one test, beside others or `alone`; `keep` the turn for the next one, alone too."""
        with self._kept or self._taken(alone) as turn:
            self._kept = None
            yield
            if keep:
                self._kept = turn.pop_all()

    def _taken(self, alone: bool) -> ExitStack:
        with ExitStack() as turn:
            queue = turn.enter_context(self._locked("queue", fcntl.LOCK_EX))
            turn.enter_context(self._locked("running", fcntl.LOCK_EX if alone else fcntl.LOCK_SH))
            if not alone:
                fcntl.flock(queue, fcntl.LOCK_UN)
            return turn.pop_all()

    def remove(self) -> None:
        if self._own:
            shutil.rmtree(self.directory, ignore_errors=True)

    @contextmanager
    def _locked(self, name: str, kind: int) -> Iterator[int]:
        opened = os.open(self.directory / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(opened, kind)
            yield opened
        finally:
            os.close(opened)
