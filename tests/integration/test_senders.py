"""Senders on both databases: two at once, and killed with -9, repeatedly."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import BaseHTTPRequestHandler

import pytest

from facepay.adapters.unit_of_work import Database
from facepay.domain.event import OPERATOR, EventKind
from facepay.domain.webhook import LEASE_DURATION, Endpoint
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.records.outbox import emit
from facepay.usecases.webhooks.deliver import deliver
from tests.support.receiver import Receiver, receiving, well
from tests.support.sender import sending_dependencies

PAYMENTS = 20
STEPS = ("declined", "declined", "approved")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def deps(database_url: str) -> Iterator[Dependencies]:
    deps = sending_dependencies(database_url)
    yield deps
    close(deps)


def close(deps: Dependencies) -> None:
    assert isinstance(deps.unit_of_work, Database)
    deps.unit_of_work.engine.dispose()


def listen(deps: Dependencies, receiver: Receiver) -> None:
    with deps.unit_of_work() as uow:
        now = deps.clock()
        uow.endpoints.add(Endpoint("whe_1", OPERATOR, receiver.url, "sealed", now, None, None))
        uow.commit()


def pay(deps: Dependencies) -> None:
    for step in range(len(STEPS)):
        for payment in range(PAYMENTS):
            with deps.unit_of_work() as uow:
                of = f"pi_{payment}"
                emit(deps, uow, EventKind.FACE_USED, payment=of, of=of, step=step)
                uow.commit()


def first_arrivals(receiver: Receiver) -> dict[str, list[int]]:
    """Return the steps of each payment in the order of their first arrival."""
    steps: dict[str, list[int]] = {}
    seen = set()
    for came in receiver.came:
        if came.headers["Webhook-Id"] not in seen:
            seen.add(came.headers["Webhook-Id"])
            data = json.loads(came.body)["data"]
            steps.setdefault(str(data["of"]), []).append(data["step"])
    return steps


ALL = {f"pi_{payment}": list(range(len(STEPS))) for payment in range(PAYMENTS)}


def test_two_senders_never_send_the_same_event_at_once_and_keep_the_order(
    deps: Dependencies, database_url: str, receiver: Receiver
) -> None:
    listen(deps, receiver)
    pay(deps)
    other = sending_dependencies(database_url)
    start = threading.Barrier(2)

    def send(each: Dependencies) -> int:
        start.wait()
        return sum(deliver(each) for _ in range(PAYMENTS))

    with ThreadPoolExecutor(2) as pool:
        sent = list(pool.map(send, (deps, other)))
    close(other)
    assert sum(sent) == len(receiver.came) == PAYMENTS * len(STEPS)
    assert first_arrivals(receiver) == ALL


def test_two_senders_that_distribute_the_same_events_deliver_each_once(
    deps: Dependencies, database_url: str, receiver: Receiver
) -> None:
    listen(deps, receiver)
    pay(deps)
    others = [sending_dependencies(database_url) for _ in range(3)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(partial(deliver, in_parallel=lambda *_: []), [deps, *others]))
    for other in others:
        close(other)
    with deps.unit_of_work() as uow:
        deliveries = uow.deliveries.find_all()
        assert uow.events.find_all(fanned_out_at=None) == []
    assert len(deliveries) == len({d.event_id for d in deliveries}) == PAYMENTS * len(STEPS)


def test_a_sender_killed_repeatedly_loses_no_event(
    deps: Dependencies, database_url: str, receiver: Receiver
) -> None:
    listen(deps, receiver)
    pay(deps)

    def slowly(request: BaseHTTPRequestHandler) -> None:
        time.sleep(0.02)
        well(request)

    receiver.answering = slowly
    for kill in range(4):
        ahead = kill * LEASE_DURATION.total_seconds()
        argv = [sys.executable, "-m", "tests.support.sender", database_url, str(ahead)]
        before = len(receiver.came)
        with subprocess.Popen(argv) as sender:
            receiver.wait_for(before + 7)
            sender.kill()
        assert len(receiver.came) > before, "the sender never sent"
    last = sending_dependencies(database_url, 5 * LEASE_DURATION.total_seconds())
    while deliver(last):
        pass
    close(last)
    assert first_arrivals(receiver) == ALL
    with deps.unit_of_work() as uow:
        assert uow.deliveries.tally("whe_1") == {"delivered": PAYMENTS * len(STEPS)}
