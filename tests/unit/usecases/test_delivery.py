"""Delivery at least once, in the order of a payment, and to entitled receivers only."""

import base64
from datetime import timedelta

import pytest

from facepay.domain.event import EventKind
from facepay.domain.webhook import NO_ANSWER, Lane
from facepay.usecases.records.outbox import emit
from facepay.usecases.webhooks import deliver as delivery
from facepay.usecases.webhooks.deliver import delete_old_events, deliver
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.receivers import Heard
from tests.fakes.scenario import Customer, Scenario
from tests.support.deliveries import (
    OPERATOR,
    OTHER,
    SHOP,
    heard,
    listen,
    other_merchant,
    pay,
    pay_and_reverse,
)


def test_each_hears_its_own_and_nobody_hears_what_is_anothers(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    listen(scenario, scenario.merchant, SHOP)
    listen(scenario, scenario.operator, OPERATOR)
    listen(scenario, other_merchant(scenario), OTHER)
    pay(scenario)
    scenario.revoke(ada)
    deliver(scenario.deps)
    to_bank = ["payment.approved", "face.revoked", "face.key_destroyed"]
    assert [each.kind for each in heard(fakes, OPERATOR)] == to_bank
    (told,) = heard(fakes, SHOP)
    assert told.kind == "payment.approved"
    assert ada.caller.subject_id not in told.body
    assert heard(fakes, OTHER) == []


def test_what_was_delivered_is_not_sent_again(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    listen(scenario, scenario.merchant, SHOP)
    pay(scenario)
    assert [deliver(scenario.deps) for _ in range(3)] == [1, 0, 0]
    assert len(fakes.webhooks.heard) == 1


def test_it_is_signed_with_the_secret_that_was_shown(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    shown = listen(scenario, scenario.merchant, SHOP).secret
    assert shown is not None
    pay(scenario)
    deliver(scenario.deps)
    used = heard(fakes, SHOP)[0].secret
    assert used == base64.b64decode(shown.removeprefix("whsec_"))


@pytest.mark.parametrize("answer", [NO_ANSWER, "http_500", "http_302"])
def test_a_payment_that_was_reversed_is_never_heard_of_before_its_approval(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, answer: str
) -> None:
    listen(scenario, scenario.merchant, SHOP)
    pay_and_reverse(scenario)
    fakes.webhooks.answer = lambda _: answer
    for _ in range(5):
        deliver(scenario.deps)
        fakes.clock.advance(60)
    fakes.webhooks.answer = lambda _: "http_200"
    fakes.clock.advance(3600)
    deliver(scenario.deps)
    deliver(scenario.deps)
    kinds = [each.kind for each in heard(fakes, SHOP)]
    assert kinds[-2:] == ["payment.approved", "payment.reversed"]
    assert kinds.count("payment.reversed") == 1


def test_one_event_that_a_receiver_refuses_does_not_hold_back_other_payments(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    listen(scenario, scenario.merchant, SHOP)
    first, second = pay(scenario), pay(scenario)
    refused = {first.id}
    fakes.webhooks.answer = lambda it: (
        "http_400" if it.event["data"]["payment_intent"] in refused else "http_200"
    )
    deliver(scenario.deps)
    told = [each.event["data"]["payment_intent"] for each in heard(fakes, SHOP)]
    assert told == [first.id, second.id]


def test_only_what_is_old_and_was_spread_is_forgotten(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    listen(scenario, scenario.merchant, SHOP)
    pay(scenario)
    deliver(scenario.deps)
    fakes.clock.advance(timedelta(days=31).total_seconds())
    pay(scenario)
    delete_old_events(scenario.deps)
    with fakes.database() as uow:
        left = uow.events.find_all(after_seq=0)
        deliveries = uow.deliveries.find_all()
    assert [event.kind for event in left] == [EventKind.PAYMENT_APPROVED]
    assert deliveries == []
    assert deliver(scenario.deps) == 1


def test_an_endpoint_that_takes_nine_seconds_for_each_event_is_left_for_the_others(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    listen(scenario, scenario.merchant, SHOP)
    for _ in range(5):
        pay(scenario)

    def slowly(_: Heard) -> str:
        fakes.clock.advance(9)
        return "http_200"

    fakes.webhooks.answer = slowly
    assert [deliver(scenario.deps) for _ in range(4)] == [2, 2, 1, 0]


def test_a_flood_of_wrong_proofs_is_spread_a_part_at_a_time_and_an_alarm_before_it(
    scenario: Scenario, fakes: FakeDependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    listen(scenario, scenario.operator, OPERATOR)
    monkeypatch.setattr(delivery, "AT_A_TIME", 3)
    monkeypatch.setattr(delivery, "BATCHES", 2)
    with fakes.database() as uow:
        for _ in range(20):
            emit(scenario.deps, uow, EventKind.CREDENTIALS_REJECTED)
        emit(scenario.deps, uow, EventKind.DURESS_ALARM)
        uow.commit()
    deliver(scenario.deps)
    kinds = [each.kind for each in heard(fakes, OPERATOR)]
    assert kinds == [
        "duress.alarm",
        "credentials.rejected",
        "credentials.rejected",
        "credentials.rejected",
    ]
    with fakes.database() as uow:
        assert uow.events.count(fanned_out_at=None) >= 20 - len(Lane) * 2 * 3
    while deliver(scenario.deps):
        pass
    assert len(heard(fakes, OPERATOR)) == 21


def test_what_belongs_to_a_payment_never_goes_round_what_came_before_it(
    scenario: Scenario, fakes: FakeDependencies
) -> None:
    listen(scenario, scenario.operator, OPERATOR)
    kinds = [EventKind.CREDENTIALS_REJECTED, EventKind.DURESS_ALARM]
    with fakes.database() as uow:
        for kind in kinds:
            emit(scenario.deps, uow, kind, payment="pi_1")
        uow.commit()
    for _ in kinds:
        deliver(scenario.deps)
    assert [each.kind for each in heard(fakes, OPERATOR)] == kinds
