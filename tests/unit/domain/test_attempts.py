"""Guesses: five tries, then a block that doubles; strangers cannot block the owner's own device."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from facepay.adapters.policy_file import read_policy
from facepay.config import SHIPPED_POLICY
from facepay.domain.attempts import Attempts, Channel, counter_id

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
POLICY = read_policy(SHIPPED_POLICY)


def delay_of(attempts: Attempts, at: datetime) -> timedelta:
    """Return how long the counter stays blocked; zero when it is open."""
    return max((attempts.blocked_until or at) - at, timedelta(0))


def after_failures(count: int) -> tuple[Attempts, datetime]:
    """Fail `count` times, each as early as allowed; return the counter and the last time."""
    attempts, at = Attempts("x", 0, None), NOW
    for _ in range(count):
        at += delay_of(attempts, at)
        assert not attempts.blocked(at)
        attempts = attempts.counted(POLICY, at)
    return attempts, at


@pytest.mark.parametrize("failures", range(POLICY.failures_allowed))
def test_a_typing_mistake_costs_no_waiting(failures: int) -> None:
    attempts, at = after_failures(failures)
    assert not attempts.blocked(at)
    assert delay_of(attempts, at) == timedelta(0)


def test_the_sixth_guess_is_refused() -> None:
    attempts, at = after_failures(5)
    assert attempts.blocked(at)
    assert delay_of(attempts, at) >= timedelta(seconds=30)


def test_each_further_guess_waits_twice_as_long_up_to_the_policys_longest() -> None:
    delays = []
    for failures in range(5, 16):
        attempts, at = after_failures(failures)
        delays.append(delay_of(attempts, at))
    doubled = [POLICY.first_delay * 2**number for number in range(len(delays))]
    assert delays == [min(delay, POLICY.longest_delay) for delay in doubled]


def test_the_block_ends_exactly_when_announced() -> None:
    attempts, at = after_failures(5)
    assert attempts.blocked(at + timedelta(seconds=30) - timedelta(microseconds=1))
    assert not attempts.blocked(at + timedelta(seconds=30))


def test_a_very_long_attack_neither_overflows_nor_ends_the_block() -> None:
    many = replace(after_failures(6)[0], failures=10**6, blocked_until=None)
    assert delay_of(many.counted(POLICY, NOW), NOW) == POLICY.longest_delay


def test_a_right_answer_clears_all_failures() -> None:
    attempts, at = after_failures(7)
    assert not attempts.cleared().blocked(at)
    assert attempts.cleared().failures == 0


@pytest.mark.parametrize("failures", [1, 4, 5, 7])
def test_an_attempt_that_could_not_be_checked_is_not_counted(failures: int) -> None:
    attempts, at = after_failures(failures)
    at += delay_of(attempts, at)
    again = attempts.counted(POLICY, at).uncounted()
    assert again.failures == failures
    assert not again.blocked(at)


def test_failures_at_terminals_do_not_count_against_the_own_device() -> None:
    assert counter_id("cus_1", Channel.TERMINAL) != counter_id("cus_1", Channel.OWN_DEVICE)
