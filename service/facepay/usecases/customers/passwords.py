"""Change a password, or reset a forgotten one. The face is no credential for either.

A change requires the old password and a second factor. A reset requires the customer's own device,
which signs the request, and a recovery code. Both end all sessions on the page and nothing else:
approved payments, face, factors and consents stay as they are.
"""

from dataclasses import replace

from facepay.domain.attempts import Channel, counter_id
from facepay.domain.customer import Customer
from facepay.domain.errors import CredentialsRejected, NotFound
from facepay.domain.event import EventKind
from facepay.usecases.authentication.attempt_counters import clear_attempts
from facepay.usecases.authentication.credentials import (
    Credentials,
    RequiredCredentials,
    VerifiedCredentials,
)
from facepay.usecases.authentication.sign_in import end_sessions
from facepay.usecases.authentication.verify_credentials import (
    check_factors,
    verify_for_command,
)
from facepay.usecases.customers.second_factors import revoke_pending_factors
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.idempotency import Lease, run_idempotent
from facepay.usecases.records.audit_log import append_setting
from facepay.usecases.records.outbox import emit
from facepay.usecases.request import Command
from facepay.usecases.responses import PasswordAnswer, rfc3339


def change_password(
    deps: Dependencies, command: Command, credentials: Credentials, new_password: str
) -> PasswordAnswer:
    """Change the password, with the present one and a second factor.

    Raises NotFound, CredentialsRejected, FactorUnavailable.
    """

    def act(lease: Lease) -> PasswordAnswer:
        customer = _own(deps, command)
        required = RequiredCredentials.PASSWORD_AND_SECOND_FACTOR
        verified = verify_for_command(deps, command, customer, credentials, required)
        return _set(deps, lease, customer, verified, new_password, "password.changed")

    return run_idempotent(deps, command, PasswordAnswer, act)


def reset_password(
    deps: Dependencies, command: Command, recovery_code: str, new_password: str
) -> PasswordAnswer:
    """Set a new password in place of a forgotten one, with a recovery code.

    Raises NotFound, CredentialsRejected.
    """

    def act(lease: Lease) -> PasswordAnswer:
        customer = _own(deps, command)
        credentials = Credentials(recovery_code=recovery_code)
        verified = check_factors(
            deps, customer, credentials, Channel.OWN_DEVICE, at=lease.received_at
        )
        if not verified.second_factor_ok:
            raise CredentialsRejected()
        answer = _set(deps, lease, customer, verified, new_password, "password.reset")
        # Wrong attempts with the forgotten password must not block the new one.
        clear_attempts(deps, [counter_id(f"{customer.id}:password", Channel.OWN_DEVICE)])
        return answer

    return run_idempotent(deps, command, PasswordAnswer, act)


def _own(deps: Dependencies, command: Command) -> Customer:
    with deps.unit_of_work() as uow:
        customer = uow.customers.find(id=command.caller.subject_id)
    if customer is None:
        raise NotFound()
    return customer


def _set(
    deps: Dependencies,
    lease: Lease,
    customer: Customer,
    verified: VerifiedCredentials,
    new_password: str,
    setting: str,
) -> PasswordAnswer:
    hashed = deps.passwords.hash(new_password)  # before the row is locked: slow on purpose
    answer = PasswordAnswer(rfc3339(deps.clock()))
    with deps.unit_of_work() as uow:
        locked_row = uow.customers.lock(customer.id)
        verified.consume(uow)
        if locked_row is None:
            raise NotFound()
        uow.customers.update(replace(locked_row, password_hash=hashed))
        revoke_pending_factors(uow, customer.id)
        lease.answer(uow, answer)
        end_sessions(deps, uow, customer.id)  # after the answer: it ends the caller's session too
        emit(deps, uow, EventKind.PASSWORD_CHANGED, customer=customer.id)
        append_setting(deps, uow, customer.id, setting)
        uow.commit()
    return answer
