"""A webhook endpoint belongs to one client, and its secret is shown to that client, for a while."""

import base64
import json
from dataclasses import asdict

import pytest

from facepay.domain.errors import InvalidRequest, NotFound, WrongState
from facepay.usecases.request import Caller, Command
from facepay.usecases.responses import EndpointAnswer
from facepay.usecases.webhooks.endpoints import create_endpoint, disable_endpoint, list_endpoints
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.scenario import Scenario
from tests.support.deliveries import other_merchant

URL = "https://shop.example/events"


def add(scenario: Scenario, caller: Caller, command: Command | None = None) -> EndpointAnswer:
    return create_endpoint(scenario.deps, command or scenario.command(caller), URL)


def test_the_secret_is_shown_to_its_client_for_a_while_and_stored_sealed(
    scenario: Scenario, fakes: FakeDependencies
) -> None:
    command = scenario.command(scenario.merchant)
    first, again = (
        add(scenario, scenario.merchant, command),
        add(scenario, scenario.merchant, command),
    )
    assert first == again
    assert first.secret is not None
    assert first.secret.startswith("whsec_")
    assert len(base64.b64decode(first.secret.removeprefix("whsec_"))) == 32
    with fakes.database() as uow:
        endpoint = uow.endpoints.find(id=first.id)
        record = uow.idempotency.find(id=command.record_id)
    assert endpoint is not None
    assert record is not None
    assert first.secret not in f"{asdict(endpoint)} {asdict(record)}"
    assert [each.secret for each in list_endpoints(scenario.deps, scenario.merchant)] == [None]
    fakes.clock.advance(600)
    assert add(scenario, scenario.merchant, command).secret is None


def test_a_forbidden_address_is_refused(scenario: Scenario) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        create_endpoint(scenario.deps, scenario.command(scenario.merchant), "https://internal/")
    assert refusal.value.param == "url"
    assert list_endpoints(scenario.deps, scenario.merchant) == []


def test_only_its_client_lists_or_disables_an_endpoint(scenario: Scenario) -> None:
    mine, operator, stranger = scenario.merchant, scenario.operator, other_merchant(scenario)
    endpoint = add(scenario, mine)
    for caller in (operator, stranger):
        assert list_endpoints(scenario.deps, caller) == []
        with pytest.raises(NotFound):
            disable_endpoint(scenario.deps, scenario.command(caller), endpoint.id)
    assert list_endpoints(scenario.deps, mine)[0].state == "enabled"


def test_a_disabled_endpoint_stays_disabled_and_is_still_listed(scenario: Scenario) -> None:
    endpoint = add(scenario, scenario.operator)
    disabled = [
        disable_endpoint(scenario.deps, scenario.command(scenario.operator), endpoint.id)
        for _ in range(2)
    ]
    assert disabled[0] == disabled[1]
    assert disabled[0].state == "disabled"
    assert [e.state for e in list_endpoints(scenario.deps, scenario.operator)] == ["disabled"]


def test_a_merchant_cannot_register_a_thousand_endpoints(scenario: Scenario) -> None:
    endpoints = [add(scenario, scenario.merchant) for _ in range(10)]
    with pytest.raises(WrongState):
        add(scenario, scenario.merchant)
    disable_endpoint(scenario.deps, scenario.command(scenario.merchant), endpoints[0].id)
    add(scenario, scenario.merchant)


def test_no_stored_answer_contains_the_secret(scenario: Scenario, fakes: FakeDependencies) -> None:
    secret = add(scenario, scenario.merchant).secret
    assert secret is not None
    with fakes.database() as uow:
        kept = [record.answer for record in uow.idempotency.find_all()]
        opened = [opening.details for opening in uow.openings.find_all()]
    assert secret not in json.dumps([kept, opened])
