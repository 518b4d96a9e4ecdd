"""A clock the tests turn forward for a running service: nobody sleeps to see something expire."""

import threading
from datetime import datetime
from pathlib import Path

from facepay.adapters.clocks import RehearsalClock


class TurnableClock:
    """The offset file that every worker reads; time only ever goes forward."""

    def __init__(self, offset_file: Path) -> None:
        self.offset_file = offset_file
        self._now = RehearsalClock(offset_file)
        self._seconds = 0
        self._one_at_a_time = threading.Lock()

    def now(self) -> datetime:
        """What the service's workers read at this moment."""
        return self._now()

    __call__ = now

    def advance(self, seconds: int) -> None:
        with self._one_at_a_time:
            self._seconds += seconds
            # Renamed into place: a worker never reads half a number and falls back in time.
            fresh = self.offset_file.with_suffix(".fresh")
            fresh.write_text(str(self._seconds))
            fresh.replace(self.offset_file)
