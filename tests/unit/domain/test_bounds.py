"""Bounds of amounts, consents and policies."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from facepay.adapters.policy_file import read_policy
from facepay.config import SHIPPED_POLICY
from facepay.domain.capture import LIFETIME
from facepay.domain.consent import Consent, ConsentPurpose
from facepay.domain.errors import InvalidRequest
from facepay.domain.money import MAX_MINOR_UNITS, Money

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
POLICY = read_policy(SHIPPED_POLICY)


@pytest.mark.parametrize("amount", [1, 1250, MAX_MINOR_UNITS])
def test_an_ordinary_amount_can_be_paid(amount: int) -> None:
    assert Money(amount, "EUR").amount_minor == amount


@pytest.mark.parametrize("amount", [0, -1, MAX_MINOR_UNITS + 1])
def test_zero_negative_and_absurd_amounts_are_refused(amount: int) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        Money(amount, "EUR")
    assert refusal.value.param == "amount_minor"


@pytest.mark.parametrize("currency", ["", "EU", "EURO", "eur", "E R", "EUR\n", "ÄÖÜ", "€€€"])
def test_only_currencies_of_three_capital_letters_are_accepted(currency: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        Money(100, currency)
    assert refusal.value.param == "currency"


def consent(**changes: Any) -> Consent:
    year = NOW + timedelta(days=365)
    given = Consent("con", "cus", ConsentPurpose.FACE_PAYMENT, "v", "0" * 64, NOW, year, None)
    return replace(given, **changes)


def test_a_consent_ends_by_itself() -> None:
    assert consent().active(NOW + timedelta(days=365) - timedelta(microseconds=1))
    assert not consent().active(NOW + timedelta(days=365))


def test_a_withdrawn_consent_ends_at_that_moment() -> None:
    assert not consent(withdrawn_at=NOW).active(NOW)


@pytest.mark.parametrize(
    ("number", "value"),
    [
        ("false_match_rate_at_most", 2e-4),
        ("false_match_rate_at_most", 0.0),
        ("false_match_rate_at_most", -1.0),
        ("failures_allowed", 6),
        ("first_delay", timedelta(seconds=29)),
        ("checkpoint_interval", timedelta(milliseconds=999)),
    ],
)
def test_no_policy_may_be_laxer_than_law_and_service_bear(number: str, value: Any) -> None:
    with pytest.raises(ValueError, match=number):
        replace(POLICY, **{number: value})


def test_the_policy_in_force_keeps_the_limits_that_are_promised() -> None:
    assert timedelta(0) < LIFETIME <= timedelta(seconds=60)
    assert POLICY.captures_per_intent == 3
    assert POLICY.intent_lifetime == timedelta(minutes=10)
    assert POLICY.consent_lifetime <= timedelta(days=366)
    assert POLICY.failures_allowed <= 5
    assert POLICY.longest_delay >= POLICY.first_delay
