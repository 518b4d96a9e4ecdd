"""Webhook endpoints: whose they are, and a secret that is shown to one only, for a while."""

import base64
import json
from dataclasses import asdict

import pytest

from facepay.domain.customer import Role
from facepay.domain.errors import InvalidRequest, NotFound, WrongState
from facepay.usecases.operators.register import register_merchant
from facepay.usecases.request import Caller, Command
from facepay.usecases.responses import EndpointAnswer
from facepay.usecases.webhooks.endpoints import create_endpoint, disable_endpoint, list_endpoints
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.street import Street, key

URL = "https://shop.example/events"


def add(street: Street, caller: Caller, command: Command | None = None) -> EndpointAnswer:
    return create_endpoint(street.deps, command or street.command(caller), URL)


def other_merchant(street: Street) -> Caller:
    shop = register_merchant(street.deps, street.command(street.operator), "other", key())
    return Caller(shop.keyid, Role.MERCHANT, shop.id)


def test_the_secret_is_shown_to_who_registered_and_kept_sealed_only(
    street: Street, fakes: FakeDependencies
) -> None:
    command = street.command(street.merchant)
    first, again = add(street, street.merchant, command), add(street, street.merchant, command)
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
    assert [each.secret for each in list_endpoints(street.deps, street.merchant)] == [None]
    fakes.clock.advance(600)
    assert add(street, street.merchant, command).secret is None


def test_an_address_that_may_not_be_asked_is_refused(street: Street) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        create_endpoint(street.deps, street.command(street.merchant), "https://internal/")
    assert refusal.value.param == "url"
    assert list_endpoints(street.deps, street.merchant) == []


def test_nobody_sees_or_disables_the_endpoint_of_another(street: Street) -> None:
    mine, bank, stranger = street.merchant, street.operator, other_merchant(street)
    endpoint = add(street, mine)
    for caller in (bank, stranger):
        assert list_endpoints(street.deps, caller) == []
        with pytest.raises(NotFound):
            disable_endpoint(street.deps, street.command(caller), endpoint.id)
    assert list_endpoints(street.deps, mine)[0].state == "enabled"


def test_a_disabled_endpoint_stays_disabled_and_is_still_listed(street: Street) -> None:
    endpoint = add(street, street.operator)
    disabled = [
        disable_endpoint(street.deps, street.command(street.operator), endpoint.id)
        for _ in range(2)
    ]
    assert disabled[0] == disabled[1]
    assert disabled[0].state == "disabled"
    assert [e.state for e in list_endpoints(street.deps, street.operator)] == ["disabled"]


def test_a_merchant_cannot_have_every_event_sent_a_thousand_times(street: Street) -> None:
    endpoints = [add(street, street.merchant) for _ in range(10)]
    with pytest.raises(WrongState):
        add(street, street.merchant)
    disable_endpoint(street.deps, street.command(street.merchant), endpoints[0].id)
    add(street, street.merchant)


def test_no_answer_that_is_kept_has_the_secret(street: Street, fakes: FakeDependencies) -> None:
    secret = add(street, street.merchant).secret
    assert secret is not None
    with fakes.database() as uow:
        kept = [record.answer for record in uow.idempotency.find_all()]
        opened = [opening.details for opening in uow.openings.find_all()]
    assert secret not in json.dumps([kept, opened])
