"""Pay with password and second factor, in six steps, whatever the state of the face.

    1  lease the request's idempotency key, so that it is answered once
    2  load intent and payer; refuse early
    3  verify the password and the second factor
    4  decide(facts, now) -> Decision: pure, in domain/decision.py
    5  sign the authorization of an approval
    6  ONE commit: check again that caller, password and factor are live, and consume the code;
       store decision, authorization, audit-log leaf and answer

The same intent is paid, at the same price. Nothing depends on the face: not the engine, not the
enrolment, not the consent. An unknown payer gets the same answer after the same work. Attempts from
the customer's own device have their own counters, so that nobody at a terminal can block them.
"""

from dataclasses import replace
from functools import partial

from facepay.domain.confirmation import payment_claims
from facepay.domain.customer import Customer, Role
from facepay.domain.decision import Decision, Facts, decide
from facepay.domain.errors import InvalidRequest
from facepay.domain.payment import Authorization, Intent, Method
from facepay.ports import UnitOfWork
from facepay.usecases.authentication.credentials import Credentials, VerifiedCredentials
from facepay.usecases.authentication.verify_credentials import channel_of, check_factors
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.idempotency import Lease, run_idempotent
from facepay.usecases.payments.intents import find_payable_intent
from facepay.usecases.payments.record_decision import may_pay_under_duress, record_decision
from facepay.usecases.payments.sign_authorization import sign_if_approved
from facepay.usecases.request import Caller, Command
from facepay.usecases.responses import IntentAnswer


def pay_by_password(
    deps: Dependencies,
    command: Command,
    intent_id: str,
    payer_alias: str | None,
    credentials: Credentials,
) -> IntentAnswer:
    """Verify password and second factor, decide, and answer "approved" or "declined".

    `payer_alias` is the customer that a terminal names. A customer's own device pays only for its
    owner, and sends None.

    Raises NotFound, WrongState, IntentExpired, InvalidRequest, and FactorUnavailable or
    VaultUnavailable: then nothing is approved.
    """
    # 1 lease the request's idempotency key; a repeated request gets the first answer
    walk = partial(_walk, deps, command, intent_id, payer_alias, credentials)
    return run_idempotent(deps, command, IntentAnswer, walk)


def _walk(
    deps: Dependencies,
    command: Command,
    intent_id: str,
    payer_alias: str | None,
    credentials: Credentials,
    lease: Lease,
) -> IntentAnswer:
    # 2 load intent and payer; refuse early
    intent, payer = _load(deps, command.caller, intent_id, payer_alias)
    # 3 verify the password and the second factor
    verified = _verify(deps, command, lease, intent, payer, credentials)
    # 4 decide
    decision = decide(_facts(deps, intent, verified), deps.clock())
    # 5 sign before the commit, so that no approval exists without its signature
    authorization = sign_if_approved(deps, intent, decision)
    # 6 one commit
    return _commit(deps, lease, intent, decision, verified, authorization)


def _load(
    deps: Dependencies, caller: Caller, intent_id: str, payer_alias: str | None
) -> tuple[Intent, Customer | None]:
    """Return the intent with its payer's id set, and the payer; None for an unknown alias."""
    with deps.unit_of_work() as uow:
        intent = find_payable_intent(uow, caller, intent_id)
        payer = _payer(uow, caller, payer_alias)
    intent.require_open(deps.clock())
    return replace(intent, customer_id=payer.id if payer else intent.customer_id), payer


def _payer(uow: UnitOfWork, caller: Caller, alias: str | None) -> Customer | None:
    if caller.role is not Role.CUSTOMER:
        if alias is None:
            raise InvalidRequest("name the payer: a terminal pays for a customer", param="payer")
        return uow.customers.find(alias=alias)
    if alias is not None:
        raise InvalidRequest(
            "name no payer: a customer's own device pays only for its owner", param="payer"
        )
    return uow.customers.find(id=caller.subject_id)


def _verify(
    deps: Dependencies,
    command: Command,
    lease: Lease,
    intent: Intent,
    payer: Customer | None,
    credentials: Credentials,
) -> VerifiedCredentials:
    channel, confirms = channel_of(command.caller), payment_claims(intent)
    return check_factors(deps, payer, credentials, channel, at=lease.received_at, confirms=confirms)


def _facts(deps: Dependencies, intent: Intent, verified: VerifiedCredentials) -> Facts:
    return Facts(
        method=Method.PASSWORD,
        intent_expires_at=intent.expires_at,
        second_factor_ok=verified.second_factor_ok,
        password_ok=verified.password_ok,
        duress=verified.duress,
        duress_may_pay=may_pay_under_duress(deps, intent, verified),
    )


def _commit(
    deps: Dependencies,
    lease: Lease,
    intent: Intent,
    decision: Decision,
    verified: VerifiedCredentials,
    authorization: Authorization | None,
) -> IntentAnswer:
    with deps.unit_of_work() as uow:
        answer = record_decision(
            deps, uow, lease, intent, Method.PASSWORD, decision, verified, authorization
        )
        uow.commit()
    return answer
