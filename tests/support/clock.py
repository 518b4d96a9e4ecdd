"""A clock that tests turn forward for a running service: no test sleeps to see something expire."""

import threading
from datetime import datetime, timedelta
from pathlib import Path

from facepay.adapters.clocks import RehearsalClock, system_clock

RATE = 0.01


class TurnableClock:
    """Time for a service and its clients. It moves when a test turns it, and hardly otherwise.

    By itself it runs a hundred times slower than the system's clock. A busy machine therefore
    cannot use up the 30 s of a code or the 60 s of a capture. It never stands still: a later event
    has a later time. Every worker reads `file`; time only goes forward.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._since = self._start = system_clock()
        self._now = RehearsalClock(file)
        self._one_at_a_time = threading.Lock()
        self.advance(0)

    def now(self) -> datetime:
        """Read the clock as the service's workers do."""
        return self._now()

    __call__ = now

    def advance(self, seconds: int) -> None:
        with self._one_at_a_time:
            self._start += timedelta(seconds=seconds)
            # Renamed into place: a worker never reads half a line and falls back in time.
            fresh = self.file.with_suffix(".fresh")
            fresh.write_text(f"{self._start.isoformat()} {self._since.isoformat()} {RATE}")
            fresh.replace(self.file)
