"""Provide the clocks. All code gets the time from one port, so a rehearsal can move it forward."""

from datetime import UTC, datetime, timedelta
from pathlib import Path


def system_clock() -> datetime:
    """Return the system's time in UTC."""
    return datetime.now(UTC)


class RehearsalClock:
    """System clock plus the whole number of seconds in a file; a missing file means 0.

    A development double. All workers of a rehearsal see the same time, so expiry and one-time codes
    can be rehearsed without sleeping. The live profile does not start with it (`config.py`).
    """

    def __init__(self, offset_file: Path) -> None:
        self._offset_file = offset_file

    def __call__(self) -> datetime:
        try:
            seconds = int(self._offset_file.read_text() or "0")
        except (FileNotFoundError, ValueError):
            seconds = 0
        return datetime.now(UTC) + timedelta(seconds=seconds)
