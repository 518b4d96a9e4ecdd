"""Attacks that could delay the operator's alarm about a payer under duress."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler

import pytest

from facepay.domain.event import OPERATOR, EventKind, merchant_audience
from facepay.domain.webhook import Endpoint
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.records.outbox import emit
from facepay.usecases.webhooks.deliver import IN_PARALLEL, deliver_forever
from tests.support.receiver import Receiver, receiving, well
from tests.support.sender import sending_dependencies

PATIENCE_S = 60  # a busy machine may be slow; what must not come first is counted instead
FLOOD = 2000


@pytest.fixture
def deps(database_url: str) -> Dependencies:
    return sending_dependencies(database_url)


@pytest.fixture
def operator(deps: Dependencies) -> Iterator[Receiver]:
    with receiving() as receiver:
        register_endpoint(deps, OPERATOR, receiver)
        yield receiver


@contextmanager
def a_sender(deps: Dependencies) -> Iterator[None]:
    stop = threading.Event()
    sender = threading.Thread(target=deliver_forever, args=(deps, stop))
    sender.start()
    try:
        yield
    finally:
        stop.set()
        sender.join()
        deps.unit_of_work.engine.dispose()  # type: ignore[attr-defined]  # a Database


def register_endpoint(deps: Dependencies, audience: str, receiver: Receiver) -> None:
    endpoint_id = f"whe_{receiver.port}"
    with deps.unit_of_work() as uow:
        now = deps.clock()
        uow.endpoints.add(Endpoint(endpoint_id, audience, receiver.url, "sealed", now, None, None))
        uow.commit()


def emit_events(
    deps: Dependencies, kind: EventKind, times: int = 1, audience: str = OPERATOR
) -> None:
    with deps.unit_of_work() as uow:
        for number in range(times):
            emit(deps, uow, kind, audience=audience, payment_intent=f"pi_{number}")
        uow.commit()


def has_received(operator: Receiver, kind: EventKind, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if any(json.loads(came.body)["type"] == kind for came in list(operator.came)):
            return True
        time.sleep(0.02)
    return False


def test_merchants_whose_receivers_never_answer_delay_no_alarm(
    deps: Dependencies, operator: Receiver
) -> None:
    let_go = threading.Event()

    def never(_: BaseHTTPRequestHandler) -> None:
        let_go.wait(2 * PATIENCE_S)

    shop = merchant_audience("mer_1")
    with ExitStack() as stack:
        hostile = [stack.enter_context(receiving()) for _ in range(IN_PARALLEL + 1)]
        stack.callback(let_go.set)
        for receiver in hostile:
            receiver.answering = never
            register_endpoint(deps, shop, receiver)
        emit_events(deps, EventKind.PAYMENT_APPROVED, audience=shop)
        stack.enter_context(a_sender(deps))
        stack.callback(let_go.set)
        while sum(len(receiver.came) for receiver in hostile) < IN_PARALLEL:
            time.sleep(0.02)
        emit_events(deps, EventKind.DURESS_ALARM)
        emit_events(deps, EventKind.FACE_LOCKED)
        assert has_received(operator, EventKind.DURESS_ALARM, PATIENCE_S)
        assert has_received(operator, EventKind.FACE_LOCKED, PATIENCE_S)
        assert given_up(deps, hostile) == 0, "the alarm waited until a receiver was given up"


def given_up(deps: Dependencies, receivers: list[Receiver]) -> int:
    """Count the receivers whose delivery has ended without an answer."""
    with deps.unit_of_work() as uow:
        endpoints = [uow.endpoints.find(id=f"whe_{receiver.port}") for receiver in receivers]
        ended = [uow.deliveries.find_all(endpoint_id=each.id) for each in endpoints if each]
    return sum(any(each.last_outcome for each in deliveries) for deliveries in ended)


def test_a_flood_of_wrong_codes_delays_no_alarm(deps: Dependencies, operator: Receiver) -> None:
    def slowly(request: BaseHTTPRequestHandler) -> None:
        time.sleep(0.2)
        well(request)

    operator.answering = slowly
    emit_events(deps, EventKind.CREDENTIALS_REJECTED, FLOOD)
    with a_sender(deps):
        assert has_received(operator, EventKind.CREDENTIALS_REJECTED, PATIENCE_S)
        emit_events(deps, EventKind.DURESS_ALARM)
        emit_events(deps, EventKind.CREDENTIALS_REJECTED, FLOOD)
        received = has_received(operator, EventKind.DURESS_ALARM, 2 * PATIENCE_S)
        overtaken = 2 * FLOOD - len(operator.came)
        operator.answering = well
    assert received
    assert overtaken > FLOOD, "the alarm waited behind the flood"
