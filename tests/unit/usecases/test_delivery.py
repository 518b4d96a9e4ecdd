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
from tests.fakes.receivers import ReceivedEvent
from tests.fakes.scenario import Customer, Scenario
from tests.support.deliveries import (
    OPERATOR,
    OTHER,
    SHOP,
    other_merchant,
    pay,
    pay_and_reverse,
    received,
    register_endpoint,
)


def test_each_receiver_gets_its_own_events_and_no_others(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    register_endpoint(scenario, scenario.merchant, SHOP)
    register_endpoint(scenario, scenario.operator, OPERATOR)
    register_endpoint(scenario, other_merchant(scenario), OTHER)
    pay(scenario)
    scenario.revoke(ada)
    deliver(scenario.deps)
    to_operator = ["payment.approved", "face.revoked", "face.key_destroyed"]
    assert [each.kind for each in received(fakes, OPERATOR)] == to_operator
    (to_shop,) = received(fakes, SHOP)
    assert to_shop.kind == "payment.approved"
    assert ada.caller.subject_id not in to_shop.body
    assert received(fakes, OTHER) == []


def test_a_delivered_event_is_not_sent_again(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    register_endpoint(scenario, scenario.merchant, SHOP)
    pay(scenario)
    assert [deliver(scenario.deps) for _ in range(3)] == [1, 0, 0]
    assert len(fakes.webhooks.received) == 1


def test_events_are_signed_with_the_secret_that_was_shown(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    shown = register_endpoint(scenario, scenario.merchant, SHOP).secret
    assert shown is not None
    pay(scenario)
    deliver(scenario.deps)
    secret = received(fakes, SHOP)[0].secret
    assert secret == base64.b64decode(shown.removeprefix("whsec_"))


@pytest.mark.parametrize("answer", [NO_ANSWER, "http_500", "http_302"])
def test_a_reversal_is_never_delivered_before_its_approval(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, answer: str
) -> None:
    register_endpoint(scenario, scenario.merchant, SHOP)
    pay_and_reverse(scenario)
    fakes.webhooks.answer = lambda _: answer
    for _ in range(5):
        deliver(scenario.deps)
        fakes.clock.advance(60)
    fakes.webhooks.answer = lambda _: "http_200"
    fakes.clock.advance(3600)
    deliver(scenario.deps)
    deliver(scenario.deps)
    kinds = [each.kind for each in received(fakes, SHOP)]
    assert kinds[-2:] == ["payment.approved", "payment.reversed"]
    assert kinds.count("payment.reversed") == 1


def test_one_refused_event_does_not_delay_other_payments(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    register_endpoint(scenario, scenario.merchant, SHOP)
    first, second = pay(scenario), pay(scenario)
    refused = {first.id}
    fakes.webhooks.answer = lambda it: (
        "http_400" if it.event["data"]["payment_intent"] in refused else "http_200"
    )
    deliver(scenario.deps)
    payments = [each.event["data"]["payment_intent"] for each in received(fakes, SHOP)]
    assert payments == [first.id, second.id]


def test_only_old_and_distributed_events_are_deleted(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    register_endpoint(scenario, scenario.merchant, SHOP)
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


def test_a_slow_endpoint_does_not_delay_the_others(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    register_endpoint(scenario, scenario.merchant, SHOP)
    for _ in range(5):
        pay(scenario)

    def slowly(_: ReceivedEvent) -> str:
        fakes.clock.advance(9)
        return "http_200"

    fakes.webhooks.answer = slowly
    assert [deliver(scenario.deps) for _ in range(4)] == [2, 2, 1, 0]


def test_an_alarm_is_sent_before_a_flood_of_rejected_credentials(
    scenario: Scenario, fakes: FakeDependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    register_endpoint(scenario, scenario.operator, OPERATOR)
    monkeypatch.setattr(delivery, "AT_A_TIME", 3)
    monkeypatch.setattr(delivery, "BATCHES", 2)
    with fakes.database() as uow:
        for _ in range(20):
            emit(scenario.deps, uow, EventKind.CREDENTIALS_REJECTED)
        emit(scenario.deps, uow, EventKind.DURESS_ALARM)
        uow.commit()
    deliver(scenario.deps)
    kinds = [each.kind for each in received(fakes, OPERATOR)]
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
    assert len(received(fakes, OPERATOR)) == 21


def test_events_of_one_payment_are_never_reordered(
    scenario: Scenario, fakes: FakeDependencies
) -> None:
    register_endpoint(scenario, scenario.operator, OPERATOR)
    kinds = [EventKind.CREDENTIALS_REJECTED, EventKind.DURESS_ALARM]
    with fakes.database() as uow:
        for kind in kinds:
            emit(scenario.deps, uow, kind, payment="pi_1")
        uow.commit()
    for _ in kinds:
        deliver(scenario.deps)
    assert [each.kind for each in received(fakes, OPERATOR)] == kinds
