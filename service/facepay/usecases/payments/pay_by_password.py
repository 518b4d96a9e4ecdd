"""Pay by password and second factor: always open, whatever has become of the face.

The same intent goes on at the same price. Nothing of the face path is asked: not the engine, not
the enrolment, not the consent. An unknown payer gets the same answer after the same work. What the
customer's own device sends is counted apart from what is typed at tills: nobody there can delay it.
"""

from dataclasses import replace

from facepay.domain.confirmation import payment_claims
from facepay.domain.customer import Customer, Role
from facepay.domain.decision import Facts, Outcome, decide
from facepay.domain.errors import InvalidRequest
from facepay.domain.payment import Intent, Method
from facepay.ports import UnitOfWork
from facepay.usecases.authentication.credentials import Credentials, VerifiedCredentials
from facepay.usecases.authentication.verify_credentials import channel_of, check_factors
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.idempotency import Lease, run_idempotent
from facepay.usecases.payments.intents import find_payable_intent
from facepay.usecases.payments.record_decision import may_pay_under_duress, record_decision
from facepay.usecases.payments.sign_authorization import sign_authorization
from facepay.usecases.request import Caller, Command
from facepay.usecases.responses import IntentAnswer


def pay_by_password(
    deps: Dependencies,
    command: Command,
    intent_id: str,
    payer_alias: str | None,
    credentials: Credentials,
) -> IntentAnswer:
    """`payer_alias` is whom a till claims to have before it; a customer's device is its owner's.

    Raises NotFound, WrongState, IntentExpired, InvalidRequest; FactorUnavailable or
    VaultUnavailable: then nothing is approved.
    """

    def walk(lease: Lease) -> IntentAnswer:
        with deps.unit_of_work() as uow:
            intent = find_payable_intent(uow, command.caller, intent_id)
            customer = _payer(uow, command.caller, payer_alias)
        intent.require_open(deps.clock())
        verified = check_factors(
            deps,
            customer,
            credentials,
            channel_of(command.caller),
            at=lease.received_at,
            confirms=payment_claims(intent),
        )
        paying = replace(intent, customer_id=customer.id if customer else intent.customer_id)
        decision = decide(_facts(deps, paying, verified), deps.clock())
        approved = decision.outcome is Outcome.APPROVE
        authorization = sign_authorization(deps, paying) if approved else None
        with deps.unit_of_work() as uow:
            answer = record_decision(
                deps, uow, lease, paying, Method.PASSWORD, decision, verified, authorization
            )
            uow.commit()
        return answer

    return run_idempotent(deps, command, IntentAnswer, walk)


def _payer(uow: UnitOfWork, caller: Caller, alias: str | None) -> Customer | None:
    if caller.role is not Role.CUSTOMER:
        if alias is None:
            raise InvalidRequest("a till says whom it has before it", param="payer")
        return uow.customers.find(alias=alias)
    if alias is not None:
        raise InvalidRequest("a customer's own device pays for nobody else", param="payer")
    return uow.customers.find(id=caller.subject_id)


def _facts(deps: Dependencies, intent: Intent, verified: VerifiedCredentials) -> Facts:
    return Facts(
        method=Method.PASSWORD,
        intent_expires_at=intent.expires_at,
        second_factor_ok=verified.second_factor_ok,
        password_ok=verified.password_ok,
        duress=verified.duress,
        duress_may_pay=may_pay_under_duress(deps, intent, verified),
    )
