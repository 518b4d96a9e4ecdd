"""Standing: withdrawn keys, and suspensions by one operator and by two."""

from datetime import UTC, datetime, timedelta

import pytest

from facepay.domain.customer import Client, Merchant, Role, Terminal
from facepay.domain.errors import WrongState
from facepay.domain.standing import (
    ClientSuspended,
    KeyWithdrawn,
    Standing,
    is_suspended,
    resumed,
    suspended_by_one,
    suspended_by_two,
)

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TICK = timedelta(microseconds=1)
MERCHANT = Merchant("mer_1", "shop", NOW, None)
TERMINAL = Terminal("term_1", "mer_1", "till", NOW, None, None)


def client(revoked_at: datetime | None = None, role: Role = Role.TERMINAL) -> Client:
    return Client("key", role, "term_1", "pem", NOW, revoked_at)


def test_a_key_in_force_of_a_client_that_nobody_suspended_has_standing() -> None:
    Standing(client(), TERMINAL, MERCHANT).require(NOW)
    Standing(client(role=Role.MERCHANT), None, MERCHANT).require(NOW)
    for role in (Role.CUSTOMER, Role.OPERATOR):
        Standing(client(role=role), None, None).require(NOW)


@pytest.mark.parametrize(
    ("role", "terminal"), [(Role.TERMINAL, TERMINAL), (Role.TERMINAL, None), (Role.MERCHANT, None)]
)
def test_a_terminal_or_merchant_whose_rows_are_gone_has_none(
    role: Role, terminal: Terminal | None
) -> None:
    with pytest.raises(ClientSuspended):
        Standing(client(role=role), terminal, None).require(NOW)
    if role is Role.TERMINAL:
        with pytest.raises(ClientSuspended):
            Standing(client(role=role), None, MERCHANT).require(NOW)


@pytest.mark.parametrize("ago", [-DAY, timedelta(0), DAY])
def test_a_withdrawn_key_has_none_whatever_its_time_says(ago: timedelta) -> None:
    with pytest.raises(KeyWithdrawn):
        Standing(client(NOW - ago), TERMINAL, MERCHANT).require(NOW)


def test_a_suspended_terminal_has_none_and_neither_has_one_of_a_suspended_merchant() -> None:
    for terminal, merchant in (
        (suspended_by_two(TERMINAL, NOW), MERCHANT),
        (TERMINAL, suspended_by_two(MERCHANT, NOW)),
        (TERMINAL, suspended_by_one(MERCHANT, NOW, HOUR)),
    ):
        with pytest.raises(ClientSuspended):
            Standing(client(), terminal, merchant).require(NOW)


@pytest.mark.parametrize("asked", [timedelta(minutes=1), HOUR, DAY, timedelta.max / 2])
def test_one_operator_suspends_for_an_hour_at_most(asked: timedelta) -> None:
    suspended = suspended_by_one(MERCHANT, NOW, asked)
    ends = NOW + min(asked, HOUR)
    assert is_suspended(suspended, NOW)
    assert is_suspended(suspended, ends - TICK)
    assert not is_suspended(suspended, ends)


@pytest.mark.parametrize("later", [timedelta(0), HOUR - TICK, HOUR, DAY - TICK])
def test_one_operator_neither_prolongs_nor_repeats_it_within_a_day(later: timedelta) -> None:
    suspended = suspended_by_one(TERMINAL, NOW, HOUR)
    with pytest.raises(WrongState):
        suspended_by_one(suspended, NOW + later, HOUR)
    assert suspended_by_one(suspended, NOW + DAY, HOUR).suspended_at == NOW + DAY


def test_a_resumption_does_not_let_one_operator_suspend_again_within_a_day() -> None:
    again = resumed(suspended_by_one(TERMINAL, NOW, HOUR), NOW + TICK)
    assert not is_suspended(again, NOW + TICK)
    with pytest.raises(WrongState):
        suspended_by_one(again, NOW + HOUR, HOUR)


def test_two_operators_suspend_until_two_resume() -> None:
    for before in (TERMINAL, suspended_by_one(TERMINAL, NOW, HOUR)):
        suspended = suspended_by_two(before, NOW + TICK)
        assert is_suspended(suspended, NOW + 1000 * DAY)
        assert not is_suspended(resumed(suspended, NOW + DAY), NOW + DAY)
    assert suspended_by_two(TERMINAL, NOW + HOUR).suspended_at == NOW + HOUR


def test_what_is_not_suspended_is_not_resumed() -> None:
    for party in (MERCHANT, suspended_by_one(MERCHANT, NOW, HOUR)):
        with pytest.raises(WrongState):
            resumed(party, NOW + HOUR)
