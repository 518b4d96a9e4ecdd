"""Send what the outbox holds: at least once, and a payment's events in their order.

One pass spreads new events over the endpoints that hear them, then serves each endpoint that has
something due. Any number of senders may run: a delivery is claimed by one of them, and one that
died is taken over after its lease. Nothing is locked while a receiver is waited for.

A sender has a thread for each lane: an alarm, which belongs to no payment, waits for no other
event, and the bank waits for no merchant.
"""

import logging
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from facepay.domain.errors import AlreadyExists, FacepayError, StaleRow
from facepay.domain.event import OPERATOR, Event, EventKind
from facepay.domain.webhook import (
    GONE,
    NO_ANSWER,
    Delivery,
    DeliveryState,
    Endpoint,
    Lane,
    is_success,
)
from facepay.ports import UnitOfWork
from facepay.usecases.dependencies import Dependencies, wiped
from facepay.usecases.records.audit_log import append_leaf
from facepay.usecases.webhooks.endpoints import stop_sending

IN_PARALLEL = 8  # endpoints served at once in one lane of one sender
AT_A_TIME = 50
BATCHES = 20  # of events that one pass spreads before it sends
STAY = timedelta(seconds=10)  # at one endpoint, which is left when the attempt under way has ended
IDLE = 1.0  # seconds between two looks at an outbox that had nothing due

_log = logging.getLogger(__name__)

InParallel = Callable[[Callable[[str], int], Iterable[str]], Iterable[int]]


def deliver_forever(deps: Dependencies, stop: threading.Event) -> None:
    """Until told to stop, each lane in a thread of its own."""
    with ThreadPoolExecutor(len(Lane)) as lanes:
        list(lanes.map(partial(_keep_delivering, deps, stop), Lane))


def _keep_delivering(deps: Dependencies, stop: threading.Event, lane: Lane) -> None:
    """What is away, and what was never thought of, is tried again later."""
    with ThreadPoolExecutor(IN_PARALLEL) as pool:
        while not stop.is_set():
            try:
                sent = deliver(deps, [lane], in_parallel=pool.map)
            except Exception as error:  # a sender that ends silently would be noticed by nobody
                _log.warning("events wait: %s", type(error).__name__)
                sent = 0
            if not sent:
                stop.wait(IDLE)


def deliver(
    deps: Dependencies, lanes: Iterable[Lane] = tuple(Lane), *, in_parallel: InParallel = map
) -> int:
    """One pass over what is due in these lanes; how many attempts were made."""
    attempts = 0
    for lane in lanes:
        for _ in range(BATCHES):
            if not fan_out(deps, alarms_only=lane is Lane.ALARMS):
                break
        with deps.unit_of_work() as uow:
            due = uow.deliveries.endpoints_due(lane, deps.clock())
        attempts += sum(in_parallel(partial(_serve, deps, lane), due))
        if lane is Lane.MERCHANTS:
            delete_old_events(deps)
    return attempts


def fan_out(deps: Dependencies, *, alarms_only: bool = False) -> int:
    """Make a delivery for each endpoint that hears an event; how many events there were.

    Two senders may do this at once: a delivery is named for its event and endpoint, so it is made
    once, and an event is marked in the transaction that makes its deliveries, so that a later one
    of the payment is never sent before it. All go by the order of events and endpoints, so that
    they never wait for each other in a circle.
    """
    these: dict[str, Any] = {"kind": EventKind.DURESS_ALARM, "payment": None} if alarms_only else {}
    with deps.unit_of_work() as uow:
        events = uow.events.find_all(fanned_out_at=None, after_seq=0, limit=AT_A_TIME, **these)
        if not events:
            return 0
        now = deps.clock()
        for event in events:
            for audience in filter(None, (OPERATOR, event.merchant_audience)):
                for endpoint in _listening(uow, audience):
                    with suppress(AlreadyExists):
                        uow.deliveries.add(_delivery(deps, event, endpoint))
            uow.events.update(replace(event, fanned_out_at=now))
        uow.commit()
    return len(events)


def _listening(uow: UnitOfWork, audience: str) -> list[Endpoint]:
    return uow.endpoints.find_all(audience=audience, disabled_at=None, after_id="")


def delete_old_events(deps: Dependencies) -> None:
    """Drop what was told, or given up, longer ago than the policy keeps it."""
    with deps.unit_of_work() as uow:
        oldest = deps.clock() - deps.policy.events.kept_for
        uow.deliveries.delete_before("created_at", oldest)
        uow.events.delete_before("fanned_out_at", oldest)
        uow.commit()


def _delivery(deps: Dependencies, event: Event, endpoint: Endpoint) -> Delivery:
    now = deps.clock()
    return Delivery(
        id=f"{event.id}:{endpoint.id}",
        event_id=event.id,
        seq=event.seq,
        endpoint_id=endpoint.id,
        lane=_lane(event, endpoint),
        payment=event.payment,
        state=DeliveryState.WAITING,
        attempts=0,
        next_at=now,
        last_outcome=None,
        created_at=now,
    )


def _lane(event: Event, endpoint: Endpoint) -> Lane:
    if endpoint.audience != OPERATOR:
        return Lane.MERCHANTS
    # What belongs to a payment waits for what came before it, and so for the lane of that.
    alarm = event.kind is EventKind.DURESS_ALARM and event.payment is None
    return Lane.ALARMS if alarm else Lane.OPERATOR


def _serve(deps: Dependencies, lane: Lane, endpoint_id: str) -> int:
    """Send what is due there, until nobody answers or it took long; how many attempts were made."""
    attempts = 0
    began = deps.clock()
    try:
        with deps.unit_of_work() as uow:
            endpoint = uow.endpoints.find(id=endpoint_id)
            due = uow.deliveries.due(endpoint_id, lane, began, limit=AT_A_TIME)
        if endpoint is None:
            return 0
        sealed = deps.secrets.unseal_secret(endpoint.sealed_secret, binding=endpoint.binding)
        with wiped(sealed) as secret:
            for delivery in due:
                outcome = _attempt(deps, endpoint, secret, delivery)
                attempts += outcome is not None
                if outcome in (NO_ANSWER, GONE):
                    break  # the others would wait as long, one after the other
                if deps.clock() >= began + STAY:
                    break  # the others at other endpoints have their turn
    except FacepayError as error:
        _log.warning("events for %s wait: %s", endpoint_id, error.code)
    return attempts


def _attempt(
    deps: Dependencies, endpoint: Endpoint, secret: bytearray, delivery: Delivery
) -> str | None:
    """What came of it; None where somebody else has it, or the endpoint was disabled meanwhile."""
    claimed = delivery.claimed(deps.clock())
    with deps.unit_of_work() as uow:
        locked_row = uow.endpoints.lock(endpoint.id)
        event = uow.events.find(id=delivery.event_id)
        if locked_row is None or locked_row.disabled_at is not None:
            stop_sending(deps, uow, locked_row or endpoint)
            uow.commit()
            return None
        if event is None or not _moved(uow, delivery, claimed):
            return None
        uow.commit()
    body = event.body_for(endpoint.audience)
    outcome = deps.webhooks.send(endpoint.url, secret, event.id, body)
    with deps.unit_of_work() as uow:
        attempted = claimed.attempted(outcome, deps.policy.events, deps.clock())
        locked_row = uow.endpoints.lock(endpoint.id)
        if locked_row is not None and _moved(uow, claimed, attempted):
            _note(deps, uow, locked_row, outcome)
            uow.commit()
    return outcome


def _moved(uow: UnitOfWork, before: Delivery, after: Delivery) -> bool:
    """Whether it was still as it was: attempts count up, so that a claim is held by one sender."""
    try:
        uow.deliveries.update(after, attempts=before.attempts, state=DeliveryState.WAITING.value)
    except StaleRow:
        return False
    return True


def _note(deps: Dependencies, uow: UnitOfWork, endpoint: Endpoint, outcome: str) -> None:
    if outcome == GONE and endpoint.disabled_at is None:
        stop_sending(deps, uow, endpoint)
        append_leaf(deps, uow, "webhook_endpoint.disabled", endpoint=endpoint.id)
        return
    seen = endpoint.answered(well=is_success(outcome), now=deps.clock())
    if seen != endpoint:
        uow.endpoints.update(seen)
