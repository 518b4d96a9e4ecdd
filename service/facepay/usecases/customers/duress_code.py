"""The duress code, set and removed by its owner with password and second factor.

Whether one is set is told to nobody: who forces a payer may look over the shoulder.
"""

import hmac
from dataclasses import replace

from facepay.domain.duress import duress_tag
from facepay.domain.errors import CredentialsRejected, InvalidRequest, NotFound
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

    Raises CredentialsRejected; InvalidRequest for a code that is a real one-time code now.
    """

    def act(lease: Lease) -> Done:
        customer_id = command.caller.subject_id
        tag = duress_tag(deps.fingerprint_key, customer_id, code)
        return _keep(deps, command, lease, credentials, tag, code)

    return run_idempotent(deps, command, Done, act)


def remove_duress_code(deps: Dependencies, command: Command, credentials: Credentials) -> Done:
    """The same answer whether one was set or not. Raises CredentialsRejected."""

    def act(lease: Lease) -> Done:
        return _keep(deps, command, lease, credentials, None, None)

    return run_idempotent(deps, command, Done, act)


def _keep(
    deps: Dependencies,
    command: Command,
    lease: Lease,
    credentials: Credentials,
    tag: str | None,
    code: str | None,
) -> Done:
    customer_id, required = (
        command.caller.subject_id,
        RequiredCredentials.PASSWORD_AND_SECOND_FACTOR,
    )
    with deps.unit_of_work() as uow:
        customer = uow.customers.find(id=customer_id)
    verified = verify_credentials(
        deps, customer, credentials, required, channel=channel_of(command.caller)
    )
    if code is not None:
        _require_no_real_code(deps, customer_id, credentials, code)
    answer = Done()
    with deps.unit_of_work() as uow:
        locked_row = uow.customers.lock(customer_id)
        if locked_row is None:
            raise NotFound()
        if not verified.consume(uow):
            raise CredentialsRejected()
        uow.customers.update(replace(locked_row, duress_tag=tag))
        lease.answer(uow, answer)
        append_setting(deps, uow, customer_id, "duress_code")
        uow.commit()
    return answer


def _require_no_real_code(
    deps: Dependencies, customer_id: str, credentials: Credentials, code: str
) -> None:
    """Nobody should call for help by a code that an authenticator shows: not the present one."""
    with deps.unit_of_work() as uow:
        factors = active_factors(uow, customer_id)
    just_used = credentials.code is not None and hmac.compare_digest(credentials.code, code)
    if just_used or match_code(deps, factors, code, deps.clock()) is not None:
        raise InvalidRequest("choose another code: this one is a real one", param="duress_code")
