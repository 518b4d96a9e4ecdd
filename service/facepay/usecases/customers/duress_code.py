"""Set or remove the duress code, with password and second factor.

Nobody can read whether a code is set: an attacker may look over the customer's shoulder.
"""

import hmac
from dataclasses import replace

from facepay.domain.duress import duress_tag
from facepay.domain.errors import InvalidRequest, NotFound
from facepay.usecases.authentication.credentials import Credentials, RequiredCredentials
from facepay.usecases.authentication.match_factors import active_factors, match_code
from facepay.usecases.authentication.verify_credentials import channel_of, verify_credentials
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.idempotency import Lease, run_idempotent
from facepay.usecases.records.audit_log import append_setting
from facepay.usecases.request import Command
from facepay.usecases.responses import Done


def set_duress_code(
    deps: Dependencies, command: Command, credentials: Credentials, code: str
) -> Done:
    """Set or replace the duress code.

    Raises CredentialsRejected; InvalidRequest for a code that is a valid one-time code now;
    FactorUnavailable.
    """

    def act(lease: Lease) -> Done:
        customer_id = command.caller.subject_id
        tag = duress_tag(deps.fingerprint_key, customer_id, code)
        return _store_tag(deps, command, lease, credentials, tag, code)

    return run_idempotent(deps, command, Done, act)


def remove_duress_code(deps: Dependencies, command: Command, credentials: Credentials) -> Done:
    """Remove the duress code; the answer is the same whether one was set or not.

    Raises CredentialsRejected, FactorUnavailable.
    """

    def act(lease: Lease) -> Done:
        return _store_tag(deps, command, lease, credentials, None, None)

    return run_idempotent(deps, command, Done, act)


def _store_tag(
    deps: Dependencies,
    command: Command,
    lease: Lease,
    credentials: Credentials,
    tag: str | None,
    code: str | None,
) -> Done:
    customer_id = command.caller.subject_id
    required = RequiredCredentials.PASSWORD_AND_SECOND_FACTOR
    with deps.unit_of_work() as uow:
        customer = uow.customers.find(id=customer_id)
    verified = verify_credentials(
        deps, customer, credentials, required, channel=channel_of(command.caller)
    )
    if code is not None:
        _refuse_one_time_code(deps, customer_id, credentials, code)
    answer = Done()
    with deps.unit_of_work() as uow:
        verified.consume(uow)
        locked_row = uow.customers.lock(customer_id)
        if locked_row is None:
            raise NotFound()
        uow.customers.update(replace(locked_row, duress_tag=tag))
        lease.answer(uow, answer)
        append_setting(deps, uow, customer_id, "duress_code")
        uow.commit()
    return answer


def _refuse_one_time_code(
    deps: Dependencies, customer_id: str, credentials: Credentials, code: str
) -> None:
    """Refuse the authenticator's present code, which a customer could type without duress."""
    with deps.unit_of_work() as uow:
        factors = active_factors(uow, customer_id)
    just_used = credentials.code is not None and hmac.compare_digest(credentials.code, code)
    if just_used or match_code(deps, factors, code, deps.clock()) is not None:
        raise InvalidRequest(
            "this is a one-time code of yours: choose another code", param="duress_code"
        )
