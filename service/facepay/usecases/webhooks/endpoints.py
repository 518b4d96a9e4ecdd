"""Register, list and disable the webhook endpoints of the operator or of a merchant.

The service makes the endpoint's secret, seals it, and shows it in the answer to the registration. A
client that lost the answer repeats its request within ten minutes. Nobody can read the secret
later.
"""

import base64
import secrets
from dataclasses import replace
from datetime import timedelta

from facepay.domain.customer import Role
from facepay.domain.errors import NotFound, WrongState
from facepay.domain.event import OPERATOR, merchant_audience
from facepay.domain.webhook import DeliveryState, Endpoint
from facepay.ports import UnitOfWork
from facepay.usecases.dependencies import Dependencies, new_id, wiped
from facepay.usecases.idempotency import Lease, run_idempotent
from facepay.usecases.records.audit_log import append_leaf
from facepay.usecases.request import Caller, Command
from facepay.usecases.responses import EndpointAnswer, rfc3339

SHOWN_FOR = timedelta(minutes=10)
MOST = 10  # enabled endpoints of one audience
SECRET_BYTES = 32


def create_endpoint(deps: Dependencies, command: Command, url: str) -> EndpointAnswer:
    """Register an endpoint, and show its secret (Standard Webhooks, `whsec_` and base64).

    Raises InvalidRequest for an address that events may not be sent to; WrongState when ten
    endpoints are enabled; VaultUnavailable.
    """

    def act(lease: Lease) -> EndpointAnswer:
        deps.webhooks.check(url)
        endpoint = _sealed_endpoint(deps, _audience(command.caller), url)
        with deps.unit_of_work() as uow:
            if len(_enabled(uow, endpoint.audience)) >= MOST:
                raise WrongState("ten endpoints are enabled: disable one first")
            uow.endpoints.add(endpoint)
            answer = _answer(endpoint, {})
            lease.answer(uow, answer)
            append_leaf(deps, uow, "webhook_endpoint.added", endpoint=endpoint.id)
            uow.commit()
        return answer

    return _with_secret(deps, run_idempotent(deps, command, EndpointAnswer, act))


def list_endpoints(deps: Dependencies, caller: Caller) -> list[EndpointAnswer]:
    """Return the caller's endpoints, disabled ones included, with their numbers of deliveries."""
    with deps.unit_of_work() as uow:
        endpoints = uow.endpoints.find_all(audience=_audience(caller), after_id="")
        return [_answer(each, uow.deliveries.tally(each.id)) for each in endpoints]


def disable_endpoint(deps: Dependencies, command: Command, endpoint_id: str) -> EndpointAnswer:
    """Disable an endpoint for good; repeating it is safe. Raises NotFound."""

    def act(lease: Lease) -> EndpointAnswer:
        with deps.unit_of_work() as uow:
            endpoint = uow.endpoints.lock(endpoint_id)
            if endpoint is None or endpoint.audience != _audience(command.caller):
                raise NotFound()
            was_enabled = endpoint.disabled_at is None
            disabled = stop_sending(deps, uow, endpoint)
            answer = _answer(disabled, uow.deliveries.tally(endpoint_id))
            lease.answer(uow, answer)
            if was_enabled:
                append_leaf(deps, uow, "webhook_endpoint.disabled", endpoint=endpoint_id)
            uow.commit()
        return answer

    return run_idempotent(deps, command, EndpointAnswer, act)


def stop_sending(deps: Dependencies, uow: UnitOfWork, endpoint: Endpoint) -> Endpoint:
    """Disable an endpoint, give up its waiting deliveries, and return it; the caller commits."""
    disabled = replace(endpoint, disabled_at=endpoint.disabled_at or deps.clock())
    uow.endpoints.update(disabled)
    waiting = DeliveryState.WAITING.value
    given_up = {"state": DeliveryState.GIVEN_UP.value}
    uow.deliveries.update_all(given_up, endpoint_id=endpoint.id, state=waiting)
    return disabled


def _audience(caller: Caller) -> str:
    return OPERATOR if caller.role is Role.OPERATOR else merchant_audience(caller.subject_id)


def _enabled(uow: UnitOfWork, audience: str) -> list[Endpoint]:
    return uow.endpoints.find_all(audience=audience, disabled_at=None)


def _sealed_endpoint(deps: Dependencies, audience: str, url: str) -> Endpoint:
    endpoint = Endpoint(new_id("whe"), audience, url, "", deps.clock(), None, None)
    secret = secrets.token_bytes(SECRET_BYTES)
    sealed = deps.secrets.seal_secret(secret, binding=endpoint.binding)
    return replace(endpoint, sealed_secret=sealed)


def _with_secret(deps: Dependencies, answer: EndpointAnswer) -> EndpointAnswer:
    with deps.unit_of_work() as uow:
        endpoint = uow.endpoints.find(id=answer.id)
    if endpoint is None or deps.clock() >= endpoint.created_at + SHOWN_FOR:
        return answer
    sealed = deps.secrets.unseal_secret(endpoint.sealed_secret, binding=endpoint.binding)
    with wiped(sealed) as secret:
        return replace(answer, secret=f"whsec_{base64.b64encode(secret).decode()}")


def _answer(endpoint: Endpoint, tally: dict[str, int]) -> EndpointAnswer:
    disabled, failing = endpoint.disabled_at, endpoint.failing_since
    return EndpointAnswer(
        id=endpoint.id,
        url=endpoint.url,
        state="disabled" if disabled else "enabled",
        created_at=rfc3339(endpoint.created_at),
        disabled_at=rfc3339(disabled) if disabled else None,
        failing_since=rfc3339(failing) if failing else None,
        waiting=tally.get(DeliveryState.WAITING, 0),
        given_up=tally.get(DeliveryState.GIVEN_UP, 0),
    )
