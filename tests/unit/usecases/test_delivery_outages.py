"""Receivers, senders or the vault fail: no event is lost, and none goes to a closed endpoint."""

import threading

import pytest

from facepay.domain.webhook import LEASE_DURATION, NO_ANSWER, Lane
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.webhooks import deliver as delivery
from facepay.usecases.webhooks.deliver import deliver, deliver_forever, fan_out
from facepay.usecases.webhooks.endpoints import disable_endpoint, list_endpoints
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.receivers import ReceivedEvent
from tests.fakes.scenario import Customer, Scenario
from tests.support.deliveries import SHOP, pay, pay_and_reverse, received, register_endpoint


def test_a_receiver_that_is_down_is_tried_once_in_a_pass(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    register_endpoint(scenario, scenario.merchant, SHOP)
    for _ in range(3):
        pay(scenario)
    fakes.webhooks.answer = lambda _: NO_ANSWER
    assert deliver(scenario.deps) == 1
    assert list_endpoints(scenario.deps, scenario.merchant)[0].failing_since is not None


def test_an_event_refused_for_days_is_given_up_and_shown(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    register_endpoint(scenario, scenario.merchant, SHOP)
    pay_and_reverse(scenario)
    fakes.webhooks.answer = lambda _: "http_503"
    for _ in range(40):
        deliver(scenario.deps)
        fakes.clock.advance(4 * 3600)
    (shown,) = list_endpoints(scenario.deps, scenario.merchant)
    assert (shown.waiting, shown.given_up) == (0, 2)
    assert shown.failing_since is not None
    assert deliver(scenario.deps) == 0


def test_a_dead_senders_event_is_sent_after_its_lease(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    register_endpoint(scenario, scenario.merchant, SHOP)
    pay(scenario)

    def dies(_: ReceivedEvent) -> str:
        raise KeyboardInterrupt

    fakes.webhooks.answer = dies
    with pytest.raises(KeyboardInterrupt):
        deliver(scenario.deps)
    fakes.webhooks.answer = lambda _: "http_200"
    assert deliver(scenario.deps) == 0, "another sender may still be sending it"
    fakes.clock.advance(LEASE_DURATION.total_seconds())
    assert deliver(scenario.deps) == 1
    ids = [each.event_id for each in received(fakes, SHOP)]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_nothing_is_sent_to_a_disabled_endpoint(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    endpoint = register_endpoint(scenario, scenario.merchant, SHOP)
    pay(scenario)
    fan_out(scenario.deps)
    disabled = disable_endpoint(scenario.deps, scenario.command(scenario.merchant), endpoint.id)
    pay(scenario)
    assert deliver(scenario.deps) == 0
    assert received(fakes, SHOP) == []
    assert (disabled.waiting, disabled.given_up) == (0, 1)


def test_an_endpoint_disabled_during_distribution_gets_nothing(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    endpoint = register_endpoint(scenario, scenario.merchant, SHOP)
    pay(scenario)
    fan_out(scenario.deps)
    with fakes.database() as uow:
        locked_row = uow.endpoints.lock(endpoint.id)
        assert locked_row is not None
        uow.endpoints.update_all({"disabled_at": fakes.clock()}, id=endpoint.id)
        uow.commit()
    assert deliver(scenario.deps) == 0
    assert list_endpoints(scenario.deps, scenario.merchant)[0].given_up == 1


def test_a_receiver_that_answers_gone_gets_no_more_events(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    register_endpoint(scenario, scenario.merchant, SHOP)
    pay(scenario)
    pay(scenario)
    fakes.webhooks.answer = lambda _: "http_410"
    assert deliver(scenario.deps) == 1
    assert list_endpoints(scenario.deps, scenario.merchant)[0].state == "disabled"
    assert deliver(scenario.deps) == 0


def test_events_wait_while_the_vault_with_the_secrets_is_away(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    register_endpoint(scenario, scenario.merchant, SHOP)
    pay(scenario)
    fakes.vault.away = True
    assert deliver(scenario.deps) == 0
    fakes.vault.away = False
    assert deliver(scenario.deps) == 1


def test_a_sender_continues_after_an_unexpected_error(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes: list[list[Lane]] = []
    stop = threading.Event()

    def broken(_: Dependencies, lanes: list[Lane], **__: object) -> int:
        passes.append(lanes)
        if all(passes.count([lane]) > 1 for lane in Lane):
            stop.set()
        raise RuntimeError

    monkeypatch.setattr(delivery, "deliver", broken)
    monkeypatch.setattr(delivery, "IDLE", 0.001)
    deliver_forever(scenario.deps, stop)
    assert stop.is_set()
