"""Early warning: unusual uses of a face are flagged, ordinary payments are not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from facepay.domain.face_use import FaceUse, Flag, UseOutcome
from facepay.domain.unusual_use import EarlyWarning, flags_of

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
RULES = EarlyWarning(
    many_failures=3,
    failures_within=timedelta(minutes=60),
    two_places_within=timedelta(minutes=10),
    hold=frozenset(),
)
USE = FaceUse(
    seq=0,
    id="use_1",
    customer_id="cus_1",
    at=NOW,
    payment="pi_1",
    capture_id="cap_1",
    merchant_id="mer_1",
    terminal_id="term_1",
    city="Bern",
    amount_minor=100,
    currency="EUR",
    outcome=UseOutcome.AWAITING_SECOND_FACTOR,
    flags=(),
    on_hold=False,
)


def earlier(minutes: float, outcome: UseOutcome = UseOutcome.APPROVED, **changes: str) -> FaceUse:
    return replace(USE, at=NOW - timedelta(minutes=minutes), outcome=outcome, **changes)


def flags(*before: FaceUse, use: FaceUse = USE, paid_there: bool = True) -> set[Flag]:
    return set(flags_of(use, before, RULES, paid_there_before=paid_there))


def test_the_first_payment_is_never_flagged() -> None:
    assert flags(paid_there=False) == set()


def test_a_merchant_never_paid_before_is_new() -> None:
    assert flags(earlier(1000), paid_there=False) == {Flag.NEW_MERCHANT}
    assert flags(earlier(1000)) == set()


def test_a_city_is_new_although_a_payment_there_failed() -> None:
    failed_there = earlier(900, UseOutcome.DECLINED)
    assert flags(earlier(1000, city="Basel"), failed_there) == {Flag.NEW_CITY}
    assert flags(earlier(1000, city="Basel"), earlier(900)) == set()


def test_terminals_without_a_city_flag_no_city() -> None:
    nowhere = replace(USE, city=None)
    assert flags(earlier(1000), use=nowhere) == set()
    assert flags(replace(nowhere, at=NOW - timedelta(days=1), outcome=UseOutcome.APPROVED)) == set()


@pytest.mark.parametrize(
    ("minutes", "flagged"), [((1, 2, 3), True), ((1, 2), False), ((1, 2, 60), False)]
)
def test_many_failures_within_an_hour_are_flagged(minutes: tuple[int, ...], flagged: bool) -> None:
    kinds = (UseOutcome.REFUSED, UseOutcome.DECLINED, UseOutcome.REFUSED)
    failed = [earlier(when, kind) for when, kind in zip(minutes, kinds, strict=False)]
    assert (Flag.MANY_FAILURES in flags(*failed)) is flagged


@pytest.mark.parametrize(
    ("before", "flagged"),
    [
        (earlier(9, terminal_id="term_2", city="Basel"), True),
        (earlier(11, terminal_id="term_2", city="Basel"), False),
        (earlier(9, UseOutcome.DECLINED, terminal_id="term_2", city="Basel"), True),
        (earlier(9, terminal_id="term_2"), False),
        (earlier(9, UseOutcome.AWAITING_SECOND_FACTOR, terminal_id="term_2"), True),
        (earlier(9, UseOutcome.AWAITING_SECOND_FACTOR), False),
    ],
)
def test_uses_in_two_places_at_once_are_flagged(before: FaceUse, flagged: bool) -> None:
    assert (Flag.TWO_PLACES in flags(before)) is flagged


def test_a_refused_picture_in_another_city_does_not_flag_the_owner() -> None:
    elsewhere = earlier(1, UseOutcome.REFUSED, terminal_id="term_2", city="Basel")
    assert flags(elsewhere) == set()


def test_only_flags_named_by_the_policy_put_a_payment_on_hold() -> None:
    rules = replace(RULES, hold=frozenset({Flag.TWO_PLACES}))
    assert rules.holds(("new_merchant", "two_places"))
    assert not rules.holds(("new_merchant",))
    assert not RULES.holds(tuple(Flag))


def test_a_policy_without_a_number_of_failures_does_not_start() -> None:
    with pytest.raises(ValueError, match="many_failures"):
        replace(RULES, many_failures=0)
