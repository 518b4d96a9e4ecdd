"""Clocks. The service reads time in one place only, so a rehearsal can turn it forward."""

from datetime import UTC, datetime, timedelta
from pathlib import Path


def system_clock() -> datetime:
    return datetime.now(UTC)


class RehearsalClock:
    """The system's clock plus the whole seconds written in a file; a missing file means none.

    A development double: every worker of a rehearsal sees the same turned-forward time, so that
    expiry and one-time codes are rehearsed without sleeping. A live profile refuses to start
    with it (`config.py`).
    """

    def __init__(self, offset_file: Path) -> None:
        self._offset_file = offset_file

    def __call__(self) -> datetime:
        try:
            seconds = int(self._offset_file.read_text() or "0")
        except (FileNotFoundError, ValueError):
            seconds = 0
        return datetime.now(UTC) + timedelta(seconds=seconds)
