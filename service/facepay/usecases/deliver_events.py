"""Send what the outbox holds: at least once, and a payment's events in their order.

One pass spreads new events over the endpoints that hear them, then serves each endpoint that has
something due. Any number of senders may run: a delivery is claimed by one of them, and one that
died is taken over after its lease. Nothing is locked while a receiver is waited for.
"""

import logging
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial

from facepay.domain.errors import AlreadyExists, FacepayError, StaleRow
from facepay.domain.event import BANK, Event
from facepay.domain.webhook import GONE, NO_ANSWER, Delivery, DeliveryState, Endpoint, is_success
from facepay.ports import UnitOfWork
from facepay.usecases.house import House, wiped
from facepay.usecases.log import append_leaf
from facepay.usecases.webhook_endpoints import stop_sending

IN_PARALLEL = 8  # endpoints served at once by one sender
AT_A_TIME = 50
IDLE = 1.0  # seconds between two looks at an outbox that had nothing due

_log = logging.getLogger(__name__)

InParallel = Callable[[Callable[[str], int], Iterable[str]], Iterable[int]]


def deliver_forever(house: House, stop: threading.Event) -> None:
    """Until told to stop. What is away, and what was never thought of, is tried again later."""
    with ThreadPoolExecutor(IN_PARALLEL) as pool:
        while not stop.is_set():
            try:
                sent = deliver(house, in_parallel=pool.map)
            except Exception as error:  # a sender that ends silently would be noticed by nobody
                _log.warning("events wait: %s", type(error).__name__)
                sent = 0
            if not sent:
                stop.wait(IDLE)


def deliver(house: House, *, in_parallel: InParallel = map) -> int:
    """One pass over everything that is due; how many attempts were made."""
    while fan_out(house):
        pass
    with house.unit_of_work() as uow:
        due = uow.deliveries.endpoints_due(house.clock())
    attempts = sum(in_parallel(partial(_serve, house), due))
    forget_old_events(house)
    return attempts


def fan_out(house: House) -> int:
    """Make a delivery for each endpoint that hears an event; how many events there were.

    Two senders may do this at once: a delivery is named for its event and endpoint, so it is made
    once, and an event is marked in the transaction that makes its deliveries, so that a later one
    of the payment is never sent before it.
    """
    with house.unit_of_work() as uow:
        events = uow.events.find_all(fanned_out_at=None, after_seq=0, limit=AT_A_TIME)
        if not events:
            return 0
        now = house.clock()
        for event in events:
            for audience in filter(None, (BANK, event.merchant_audience)):
                for endpoint in uow.endpoints.find_all(audience=audience, disabled_at=None):
                    with suppress(AlreadyExists):
                        uow.deliveries.add(_delivery(house, event, endpoint))
            uow.events.update(replace(event, fanned_out_at=now))
        uow.commit()
    return len(events)


def forget_old_events(house: House) -> None:
    """Drop what was told, or given up, longer ago than the policy keeps it."""
    with house.unit_of_work() as uow:
        oldest = house.clock() - house.policy.events.kept_for
        uow.deliveries.delete_before("created_at", oldest)
        uow.events.delete_before("fanned_out_at", oldest)
        uow.commit()


def _delivery(house: House, event: Event, endpoint: Endpoint) -> Delivery:
    now = house.clock()
    return Delivery(
        id=f"{event.id}:{endpoint.id}",
        event_id=event.id,
        seq=event.seq,
        endpoint_id=endpoint.id,
        payment=event.payment,
        state=DeliveryState.WAITING,
        attempts=0,
        next_at=now,
        last_outcome=None,
        created_at=now,
    )


def _serve(house: House, endpoint_id: str) -> int:
    """Send what is due there, until nobody answers; how many attempts were made."""
    attempts = 0
    try:
        with house.unit_of_work() as uow:
            endpoint = uow.endpoints.find(id=endpoint_id)
            due = uow.deliveries.due(endpoint_id, house.clock(), limit=AT_A_TIME)
        if endpoint is None:
            return 0
        sealed = house.secrets.unseal_secret(endpoint.sealed_secret, binding=endpoint.binding)
        with wiped(sealed) as secret:
            for delivery in due:
                outcome = _attempt(house, endpoint, secret, delivery)
                attempts += outcome is not None
                if outcome in (NO_ANSWER, GONE):
                    break  # the others would wait as long, one after the other
    except FacepayError as error:
        _log.warning("events for %s wait: %s", endpoint_id, error.code)
    return attempts


def _attempt(house: House, endpoint: Endpoint, secret: bytearray, delivery: Delivery) -> str | None:
    """What came of it; None where somebody else has it, or the endpoint was disabled meanwhile."""
    claimed = delivery.claimed(house.clock())
    with house.unit_of_work() as uow:
        held = uow.endpoints.lock(endpoint.id)
        event = uow.events.find(id=delivery.event_id)
        if held is None or held.disabled_at is not None:
            stop_sending(house, uow, held or endpoint)
            uow.commit()
            return None
        if event is None or not _moved(uow, delivery, claimed):
            return None
        uow.commit()
    body = event.body_for(endpoint.audience)
    outcome = house.webhooks.send(endpoint.url, secret, event.id, body)
    with house.unit_of_work() as uow:
        settled = claimed.settled(outcome, house.policy.events, house.clock())
        held = uow.endpoints.lock(endpoint.id)
        if held is not None and _moved(uow, claimed, settled):
            _note(house, uow, held, outcome)
            uow.commit()
    return outcome


def _moved(uow: UnitOfWork, before: Delivery, after: Delivery) -> bool:
    """Whether it was still as it was: attempts count up, so that a claim is held by one sender."""
    try:
        uow.deliveries.update(after, attempts=before.attempts, state=DeliveryState.WAITING.value)
    except StaleRow:
        return False
    return True


def _note(house: House, uow: UnitOfWork, endpoint: Endpoint, outcome: str) -> None:
    if outcome == GONE and endpoint.disabled_at is None:
        stop_sending(house, uow, endpoint)
        append_leaf(house, uow, "webhook_endpoint.disabled", endpoint=endpoint.id)
        return
    seen = endpoint.answered(well=is_success(outcome), now=house.clock())
    if seen != endpoint:
        uow.endpoints.update(seen)
