"""A session on the page ends after idle time, and after an hour at the latest."""

from datetime import UTC, datetime, timedelta

from facepay.domain.page_session import IDLE, LONGEST, PageSession

BEGIN = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
SESSION = PageSession("hash", "cus", BEGIN, seen_at=BEGIN, ends_at=BEGIN + LONGEST)
A_MOMENT = timedelta(seconds=1)


def test_an_idle_session_ends() -> None:
    assert SESSION.alive(BEGIN + IDLE - A_MOMENT)
    assert not SESSION.alive(BEGIN + IDLE)


def test_a_busy_session_ends_as_well() -> None:
    busy = PageSession("hash", "cus", BEGIN, BEGIN + LONGEST - A_MOMENT, BEGIN + LONGEST)
    assert busy.alive(BEGIN + LONGEST - A_MOMENT)
    assert not busy.alive(BEGIN + LONGEST)
