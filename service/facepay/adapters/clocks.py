"""Provide the clocks. All code gets the time from one port, so a rehearsal can move it forward."""

from datetime import UTC, datetime, timedelta
from pathlib import Path


def system_clock() -> datetime:
    """Return the system's time in UTC."""
    return datetime.now(UTC)


class RehearsalClock:
    """System clock, changed as a file says; a missing file changes nothing.

    The file holds one of two forms:

    - `SECONDS`: a whole number of seconds that is added to the system's time.
    - `START SINCE RATE`: when the system's time was SINCE, this clock showed START; from then on
      it runs RATE times as fast. START and SINCE are in ISO 8601 with an offset. A slow clock
      keeps the speed of the machine out of tests.

    Replace the file by renaming, so that no worker reads half of it.

    A development double. All workers of a rehearsal see the same time, so expiry and one-time codes
    can be rehearsed without sleeping. The live profile does not start with it (`config.py`).
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def __call__(self) -> datetime:
        system = system_clock()
        try:
            return _changed(system, self._file.read_text())
        except (FileNotFoundError, ValueError, TypeError):
            return system


def _changed(system: datetime, text: str) -> datetime:
    words = text.split()
    if len(words) != 3:
        return system + timedelta(seconds=int(text or "0"))
    start, since = (datetime.fromisoformat(word) for word in words[:2])
    return start + (system - since) * float(words[2])
