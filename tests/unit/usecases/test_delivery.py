"""Delivery: at least once, in the order of a payment, and nobody hears what is not for them."""

import base64
import threading
from datetime import timedelta

import pytest

from facepay.domain.event import EventKind
from facepay.domain.webhook import LEASE_DURATION, NO_ANSWER, Lane
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.payments.intents import reverse_payment
from facepay.usecases.records.outbox import emit
from facepay.usecases.request import Caller
from facepay.usecases.responses import EndpointAnswer, IntentAnswer
from facepay.usecases.webhooks import deliver as delivery
from facepay.usecases.webhooks.deliver import delete_old_events, deliver, deliver_forever, fan_out
from facepay.usecases.webhooks.endpoints import create_endpoint, disable_endpoint, list_endpoints
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.receivers import Heard
from tests.fakes.scenario import PASSWORD, Customer, Scenario
from tests.unit.usecases.test_webhook_endpoints import other_merchant

SHOP, OPERATOR, OTHER = "https://shop.example/", "https://bank.example/", "https://other.example/"


def listen(scenario: Scenario, caller: Caller, url: str) -> EndpointAnswer:
    deliver(scenario.deps)  # what happened before is not for it
    return create_endpoint(scenario.deps, scenario.command(caller), url)


def pay(scenario: Scenario) -> IntentAnswer:
    ada = scenario.customers["ada"]
    credentials = Credentials(PASSWORD, scenario.code_of(ada))
    return scenario.pay_by_password(scenario.intent(), "ada", credentials)


def pay_and_reverse(scenario: Scenario) -> IntentAnswer:
    return reverse_payment(scenario.deps, scenario.command(scenario.merchant), pay(scenario).id)


def heard(fakes: FakeDependencies, url: str) -> list[Heard]:
    return [each for each in fakes.webhooks.heard if each.url == url]


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


def test_a_receiver_that_is_down_is_waited_for_once_a_pass(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    listen(scenario, scenario.merchant, SHOP)
    for _ in range(3):
        pay(scenario)
    fakes.webhooks.answer = lambda _: NO_ANSWER
    assert deliver(scenario.deps) == 1
    assert list_endpoints(scenario.deps, scenario.merchant)[0].failing_since is not None


def test_what_nobody_takes_for_days_is_given_up_and_shown(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    listen(scenario, scenario.merchant, SHOP)
    pay_and_reverse(scenario)
    fakes.webhooks.answer = lambda _: "http_503"
    for _ in range(40):
        deliver(scenario.deps)
        fakes.clock.advance(4 * 3600)
    (shown,) = list_endpoints(scenario.deps, scenario.merchant)
    assert (shown.waiting, shown.given_up) == (0, 2)
    assert shown.failing_since is not None
    assert deliver(scenario.deps) == 0


def test_a_sender_that_died_while_it_sent_is_taken_over_after_its_lease(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    listen(scenario, scenario.merchant, SHOP)
    pay(scenario)

    def dies(_: Heard) -> str:
        raise KeyboardInterrupt

    fakes.webhooks.answer = dies
    with pytest.raises(KeyboardInterrupt):
        deliver(scenario.deps)
    fakes.webhooks.answer = lambda _: "http_200"
    assert deliver(scenario.deps) == 0, "somebody may be sending it still"
    fakes.clock.advance(LEASE_DURATION.total_seconds())
    assert deliver(scenario.deps) == 1
    ids = [each.event_id for each in heard(fakes, SHOP)]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_nothing_is_sent_to_a_disabled_endpoint(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    endpoint = listen(scenario, scenario.merchant, SHOP)
    pay(scenario)
    fan_out(scenario.deps)
    disabled = disable_endpoint(scenario.deps, scenario.command(scenario.merchant), endpoint.id)
    pay(scenario)
    assert deliver(scenario.deps) == 0
    assert heard(fakes, SHOP) == []
    assert (disabled.waiting, disabled.given_up) == (0, 1)


def test_an_endpoint_disabled_while_something_was_spread_hears_nothing(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    endpoint = listen(scenario, scenario.merchant, SHOP)
    pay(scenario)
    fan_out(scenario.deps)
    with fakes.database() as uow:
        held = uow.endpoints.lock(endpoint.id)
        assert held is not None
        uow.endpoints.update_all({"disabled_at": fakes.clock()}, id=endpoint.id)
        uow.commit()
    assert deliver(scenario.deps) == 0
    assert list_endpoints(scenario.deps, scenario.merchant)[0].given_up == 1


def test_a_receiver_that_says_gone_is_not_asked_again(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    listen(scenario, scenario.merchant, SHOP)
    pay(scenario)
    pay(scenario)
    fakes.webhooks.answer = lambda _: "http_410"
    assert deliver(scenario.deps) == 1
    assert list_endpoints(scenario.deps, scenario.merchant)[0].state == "disabled"
    assert deliver(scenario.deps) == 0


def test_events_wait_while_the_vault_with_the_secrets_is_away(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    listen(scenario, scenario.merchant, SHOP)
    pay(scenario)
    fakes.vault.away = True
    assert deliver(scenario.deps) == 0
    fakes.vault.away = False
    assert deliver(scenario.deps) == 1


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


def test_a_sender_goes_on_after_what_nobody_thought_of(
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
