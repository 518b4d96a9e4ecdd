"""A thief of client keys, over HTTP, and the two operators who end it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from facepay.domain.customer import PublicKey
from facepay.usecases.operators.register import register_operator
from facepay_client import (
    Credentials,
    KeyPair,
    Operator,
    Problem,
    Request,
    sign_confirmation,
)
from tests.support.forgery import problem_of, send
from tests.support.people import PASSWORD, Payer, Scenario

INTENTS = "/v1/payment_intents"
ORDER = {"amount_minor": 100, "currency": "EUR", "order_ref": "bread"}
AT_ONCE = 8  # requests at once, so that both workers get some
WITHDRAWN, SUSPENDED = (401, "key_withdrawn"), (403, "client_suspended")


def another_operator(scenario: Scenario) -> Operator:
    pair = KeyPair.generate()
    register_operator(scenario.service.deps, PublicKey(pair.keyid, pair.public_pem))
    return Operator(scenario.transport(pair))


def refused(act: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(Problem) as problem:
        act()
    return problem.value.status, problem.value.code


def together(scenario: Scenario, key: KeyPair, request: Request) -> set[tuple[int, str]]:
    """Send a request many times at once, each over a connection of its own."""

    def one(number: int) -> tuple[int, str]:
        fresh = Request(
            request.method,
            request.path,
            request.content,
            request.content_type,
            f"{request.idempotency_key} {number}" if request.idempotency_key else None,
        )
        return problem_of(send(scenario.transport(key), fresh))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return set(pool.map(one, range(2 * AT_ONCE)))


def device_payment(payer: Payer, device: KeyPair, intent_id: str, now: float) -> Credentials:
    """Confirm a payment as its payer's device does, before anything is withdrawn."""
    seen = payer.customer.get_intent(intent_id)
    return Credentials(PASSWORD, confirmation=sign_confirmation(device, seen, now=now))


def by_two(scenario: Scenario, second: Operator, kind: str, **target: Any) -> str:
    action = scenario.operator.request_action(kind, target)
    return second.approve_action(action.id).state
