"""Deliver the events of the outbox: at least once, and a payment's events in their order.

One pass creates deliveries of new events for their endpoints, then sends to each endpoint with a
delivery due. Any number of senders may run. One sender claims a delivery; if it dies, another takes
over after the lease. No row is locked while a sender waits for a receiver.

After a failed attempt, `_attempt` schedules the retry (`Delivery.scheduled_after` in
domain/webhook.py): after 5 s, then three times as long each time, up to 4 hours, for 3 days. The
policy's table `[events]` has these numbers.

A sender has one thread for each lane. An alarm, which belongs to no payment, therefore waits for no
other event, and the operator waits for no merchant.
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
from facepay.domain.event import ALARMS, OPERATOR, Event
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
AT_A_TIME = 50  # events or deliveries read at once
BATCHES = 20  # batches of events that one pass fans out before it sends
LONGEST_VISIT = timedelta(seconds=10)  # at one endpoint; an attempt in progress still ends
IDLE = 1.0  # seconds between two passes when nothing was due

_log = logging.getLogger(__name__)

InParallel = Callable[[Callable[[str], int], Iterable[str]], Iterable[int]]


def deliver_forever(deps: Dependencies, stop: threading.Event) -> None:
    """Deliver until `stop` is set, each lane in its own thread.

    Dependency failures and unexpected errors are logged and retried.
    """
    with ThreadPoolExecutor(len(Lane)) as lanes:
        list(lanes.map(partial(_keep_delivering, deps, stop), Lane))


def _keep_delivering(deps: Dependencies, stop: threading.Event, lane: Lane) -> None:
    with ThreadPoolExecutor(IN_PARALLEL) as pool:
        while not stop.is_set():
            try:
                sent = deliver(deps, [lane], in_parallel=pool.map)
            except Exception as error:  # nobody would notice a sender that ended silently
                _log.warning("events wait: %s", type(error).__name__)
                sent = 0
            if not sent:
                stop.wait(IDLE)


def deliver(
    deps: Dependencies, lanes: Iterable[Lane] = tuple(Lane), *, in_parallel: InParallel = map
) -> int:
    """Make one pass over the deliveries due in these lanes; return the number of attempts."""
    attempts = 0
    for lane in lanes:
        for _ in range(BATCHES):
            if not fan_out(deps, alarms_only=lane is Lane.ALARMS):
                break
        with deps.unit_of_work() as uow:
            due = uow.deliveries.endpoints_due(lane, deps.clock())
        attempts += sum(in_parallel(partial(_send_due, deps, lane), due))
        if lane is Lane.MERCHANTS:
            delete_old_events(deps)
    return attempts


def fan_out(deps: Dependencies, *, alarms_only: bool = False) -> int:
    """Create a delivery for each endpoint that receives an event; return the number of events.

    Senders may do this concurrently. A delivery's id is made of event and endpoint, so it is
    created once. An event is marked in the transaction that creates its deliveries, so that a later
    event of its payment is never sent before it. All senders use the order of events and endpoints,
    so that they do not deadlock.
    """
    only: dict[str, Any] = {"kind": ALARMS, "payment": None} if alarms_only else {}
    with deps.unit_of_work() as uow:
        events = uow.events.find_all(fanned_out_at=None, after_seq=0, limit=AT_A_TIME, **only)
        if not events:
            return 0
        now = deps.clock()
        for event in events:
            for audience in filter(None, (OPERATOR, event.merchant_audience)):
                for endpoint in _enabled_endpoints(uow, audience):
                    with suppress(AlreadyExists):
                        uow.deliveries.add(_delivery(deps, event, endpoint))
            uow.events.update(replace(event, fanned_out_at=now))
        uow.commit()
    return len(events)


def _enabled_endpoints(uow: UnitOfWork, audience: str) -> list[Endpoint]:
    return uow.endpoints.find_all(audience=audience, disabled_at=None, after_id="")


def delete_old_events(deps: Dependencies) -> None:
    """Delete deliveries and events that are older than the policy keeps them."""
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
    # An event of a payment waits for the earlier ones, so it stays in their lane.
    alarm = event.kind in ALARMS and event.payment is None
    return Lane.ALARMS if alarm else Lane.OPERATOR


def _send_due(deps: Dependencies, lane: Lane, endpoint_id: str) -> int:
    """Send due deliveries to one endpoint until it fails or takes long; return the attempts."""
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
                    break  # each further delivery would wait as long
                if deps.clock() >= began + LONGEST_VISIT:
                    break  # so that other endpoints get their turn
    except FacepayError as error:
        _log.warning("events for %s wait: %s", endpoint_id, error.code)
    return attempts


def _attempt(
    deps: Dependencies, endpoint: Endpoint, secret: bytearray, delivery: Delivery
) -> str | None:
    """Send one delivery and return its outcome.

    None means that another sender has claimed it, or that the endpoint was disabled meanwhile.
    """
    claimed = delivery.claimed(deps.clock())
    with deps.unit_of_work() as uow:
        locked_row = uow.endpoints.lock(endpoint.id)
        event = uow.events.find(id=delivery.event_id)
        if locked_row is None or locked_row.disabled_at is not None:
            stop_sending(deps, uow, locked_row or endpoint)
            uow.commit()
            return None
        if event is None or not _update_if_unchanged(uow, delivery, claimed):
            return None
        uow.commit()
    body = event.body_for(endpoint.audience)
    outcome = deps.webhooks.send(endpoint.url, secret, event.id, body)
    with deps.unit_of_work() as uow:
        after_attempt = claimed.scheduled_after(outcome, deps.policy.events, deps.clock())
        locked_row = uow.endpoints.lock(endpoint.id)
        if locked_row is not None and _update_if_unchanged(uow, claimed, after_attempt):
            _record_outcome(deps, uow, locked_row, outcome)
            uow.commit()
    return outcome


def _update_if_unchanged(uow: UnitOfWork, before: Delivery, after: Delivery) -> bool:
    """Update a delivery unless it has changed; return whether it was updated.

    A claim counts the attempts up, so that only one sender gets it.
    """
    try:
        uow.deliveries.update(after, attempts=before.attempts, state=DeliveryState.WAITING.value)
    except StaleRow:
        return False
    return True


def _record_outcome(deps: Dependencies, uow: UnitOfWork, endpoint: Endpoint, outcome: str) -> None:
    if outcome == GONE and endpoint.disabled_at is None:
        stop_sending(deps, uow, endpoint)
        append_leaf(deps, uow, "webhook_endpoint.disabled", endpoint=endpoint.id)
        return
    seen = endpoint.answered(well=is_success(outcome), now=deps.clock())
    if seen != endpoint:
        uow.endpoints.update(seen)
