"""Deliveries are tried later and later, and given up in the end."""

from datetime import UTC, datetime, timedelta

import pytest

from facepay.domain.webhook import (
    LEASE_DURATION,
    Delivery,
    DeliveryState,
    Endpoint,
    EventRules,
    Lane,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
RULES = EventRules(
    first_delay=timedelta(seconds=5),
    longest_delay=timedelta(hours=4),
    given_up_after=timedelta(days=3),
    kept_for=timedelta(days=30),
)
WAITING = Delivery(
    "d", "evt", 1, "whe", Lane.OPERATOR, "pi", DeliveryState.WAITING, 0, NOW, None, NOW
)


def test_a_receiver_that_is_down_is_tried_less_and_less_often() -> None:
    delays = [RULES.delay(attempts).total_seconds() for attempts in (1, 2, 3, 4, 9, 1000)]
    assert delays == [5, 15, 45, 135, 14400, 14400]


def test_a_dead_senders_delivery_is_taken_over_when_its_lease_ends() -> None:
    claimed = WAITING.claimed(NOW)
    assert (claimed.attempts, claimed.next_at) == (1, NOW + LEASE_DURATION)
    assert claimed.state is DeliveryState.WAITING


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        ("http_200", "delivered"),
        ("http_204", "delivered"),
        ("http_301", "waiting"),
        ("http_400", "waiting"),
        ("http_500", "waiting"),
        ("no_answer", "waiting"),
        ("address_not_allowed", "waiting"),
    ],
)
def test_only_a_2xx_counts_as_delivered(outcome: str, state: str) -> None:
    attempted = WAITING.claimed(NOW).attempted(outcome, RULES, NOW)
    assert (attempted.state, attempted.last_outcome) == (state, outcome)


def test_a_delivery_refused_for_days_is_given_up() -> None:
    in_time = NOW + timedelta(days=3) - timedelta(seconds=1)
    for moment, state in ((in_time, "waiting"), (NOW + timedelta(days=3), "given_up")):
        assert WAITING.claimed(moment).attempted("no_answer", RULES, moment).state == state


def test_an_endpoint_shows_the_start_of_its_failures() -> None:
    endpoint = Endpoint("whe", "bank", "https://bank.example", "sealed", NOW, None, None)
    later = NOW + timedelta(hours=1)
    failing = endpoint.answered(well=False, now=NOW).answered(well=False, now=later)
    assert failing.failing_since == NOW
    assert failing.answered(well=True, now=later).failing_since is None


def test_rules_that_delete_pending_deliveries_are_refused() -> None:
    with pytest.raises(ValueError, match="kept_for"):
        EventRules(timedelta(seconds=5), timedelta(hours=1), timedelta(days=3), timedelta(days=3))
    with pytest.raises(ValueError, match="first_delay"):
        EventRules(timedelta(0), timedelta(hours=1), timedelta(days=3), timedelta(days=30))
