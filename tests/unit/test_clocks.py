"""The clocks: the system's, and a rehearsal's that a file turns forward or slows down."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from facepay.adapters import clocks
from tests.support.clock import TurnableClock

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
Set = Callable[[str], clocks.RehearsalClock]


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Return a function that sets the system's clock."""

    def show(moment: datetime) -> None:
        monkeypatch.setattr(clocks, "system_clock", lambda: moment)

    show(NOON)
    return show


@pytest.fixture
def clock_reading(tmp_path: Path) -> Set:
    """Return a function that makes a clock from a file's text."""

    def clock(text: str) -> clocks.RehearsalClock:
        (tmp_path / "clock").write_text(text)
        return clocks.RehearsalClock(tmp_path / "clock")

    return clock


def test_a_missing_file_leaves_the_systems_time(
    system: Callable[[datetime], None], tmp_path: Path
) -> None:
    assert clocks.RehearsalClock(tmp_path / "clock")() == NOON


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("90\n", 90), ("-5", -5), ("", 0)])
def test_plain_seconds_are_added(
    system: Callable[[datetime], None], clock_reading: Set, text: str, seconds: int
) -> None:
    assert clock_reading(text)() == NOON + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    ["soon", "1 2", "1 2 3", "2026-11-28 2026-11-28 0.01", "2026-11-28T12:00:00+00:00 x 0.01"],
)
def test_an_unreadable_file_leaves_the_systems_time(
    system: Callable[[datetime], None], clock_reading: Set, text: str
) -> None:
    assert clock_reading(text)() == NOON


def test_a_slow_clock_starts_at_its_instant_and_runs_at_its_rate(
    system: Callable[[datetime], None], clock_reading: Set
) -> None:
    start = NOON + timedelta(days=1)
    clock = clock_reading(f"{start.isoformat()} {NOON.isoformat()} 0.01")
    assert clock() == start
    system(NOON + timedelta(minutes=5))
    assert clock() == start + timedelta(seconds=3)
    system(NOON + timedelta(minutes=5, microseconds=100))
    assert clock() == start + timedelta(seconds=3, microseconds=1)


def test_the_clock_of_the_tests_moves_only_when_turned(
    tmp_path: Path,
) -> None:
    clock = TurnableClock(tmp_path / "clock")
    worker = clocks.RehearsalClock(tmp_path / "clock")
    before = worker()
    assert abs(before - clocks.system_clock()) < timedelta(minutes=1)
    clock.advance(30)
    after = worker()
    assert timedelta(seconds=30) <= after - before < timedelta(seconds=31)
