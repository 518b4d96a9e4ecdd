"""A customer's devices: list their request keys, add one, withdraw one.

Leaving is easy: any one credential withdraws a device, also a session of the customer's page.
Entering is hard: a further device takes password and second factor. The face is enough for neither.
A device's request key is not its device key: that one is a second factor (second_factors.py).
"""

from facepay.domain.customer import Client, PublicKey, Role
from facepay.domain.errors import AlreadyExists, NotFound, WrongState
from facepay.domain.event import EventKind
from facepay.domain.page_session import PageSession
from facepay.ports import UnitOfWork
from facepay.usecases.authentication.credentials import (
    Credentials,
    RequiredCredentials,
    VerifiedCredentials,
)
from facepay.usecases.authentication.sign_in import verify_session
from facepay.usecases.authentication.verify_credentials import verify_for_command
from facepay.usecases.clients.withdraw_keys import (
    add_key,
    append_key_leaf,
    append_withdrawals,
    keys_in_force,
    withdraw_keys,
)
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.idempotency import Lease, run_idempotent
from facepay.usecases.request import Command
from facepay.usecases.responses import DeviceAnswer, rfc3339

MOST = 10


def list_devices(deps: Dependencies, customer_id: str) -> list[DeviceAnswer]:
    """Return the customer's devices that are not withdrawn, the oldest first."""
    with deps.unit_of_work() as uow:
        return [_answer(each) for each in keys_in_force(uow, customer_id)]


def read_device(deps: Dependencies, customer_id: str, keyid: str) -> DeviceAnswer:
    """Return one device, also a withdrawn one. Raises NotFound unless it is this customer's."""
    with deps.unit_of_work() as uow:
        return _answer(_own(uow, customer_id, keyid))


def add_device(
    deps: Dependencies, command: Command, name: str, key: PublicKey, credentials: Credentials
) -> DeviceAnswer:
    """Add a request key of another device, with password and second factor.

    Raises CredentialsRejected; AlreadyExists for a key that is registered, or that is a second
    factor; WrongState for a customer with ten devices; FactorUnavailable.
    """

    def act(lease: Lease) -> DeviceAnswer:
        customer_id = command.caller.subject_id
        verified = _verify(
            deps, command, credentials, RequiredCredentials.PASSWORD_AND_SECOND_FACTOR
        )
        with deps.unit_of_work() as uow:
            uow.customers.lock(customer_id)
            verified.consume(uow)
            if len(keys_in_force(uow, customer_id)) >= MOST:
                raise WrongState("ten devices are registered: withdraw one first")
            if uow.second_factors.find(customer_id=customer_id, keyid=key.thumbprint):
                raise AlreadyExists("this key confirms: use a key that only signs requests")
            added = add_key(deps, uow, Role.CUSTOMER, customer_id, key, name)
            answer = _answer(added)
            lease.answer(uow, answer)
            append_key_leaf(deps, uow, EventKind.CLIENT_KEY_ADDED, added, command.caller)
            uow.commit()
        return answer

    return run_idempotent(deps, command, DeviceAnswer, act)


def withdraw_device(
    deps: Dependencies, command: Command, keyid: str, credentials: Credentials | PageSession
) -> DeviceAnswer:
    """Withdraw a device's request key with any one credential, or from a session of the page.

    It is effective at once and for good. Withdrawing it again changes nothing. A device can
    withdraw itself; whoever withdraws the last one goes on with the page and the password.

    Raises NotFound, CredentialsRejected, FactorUnavailable.
    """

    def act(lease: Lease) -> DeviceAnswer:
        customer_id = command.caller.subject_id
        with deps.unit_of_work() as uow:
            _own(uow, customer_id, keyid)
        if isinstance(credentials, PageSession):
            verified = verify_session(deps, command, RequiredCredentials.ANY_ONE)
        else:
            verified = _verify(deps, command, credentials, RequiredCredentials.ANY_ONE)
        with deps.unit_of_work() as uow:
            uow.customers.lock(customer_id)
            verified.consume_to_leave(uow)
            withdrawn = withdraw_keys(deps, uow, [keyid])
            answer = _answer(_own(uow, customer_id, keyid))
            lease.answer(uow, answer, withdrawn=frozenset(each.id for each in withdrawn))
            append_withdrawals(deps, uow, withdrawn, command.caller)
            uow.commit()
        return answer

    return run_idempotent(deps, command, DeviceAnswer, act)


def _verify(
    deps: Dependencies, command: Command, credentials: Credentials, required: RequiredCredentials
) -> VerifiedCredentials:
    with deps.unit_of_work() as uow:
        customer = uow.customers.find(id=command.caller.subject_id)
    return verify_for_command(deps, command, customer, credentials, required)


def _own(uow: UnitOfWork, customer_id: str, keyid: str) -> Client:
    client = uow.clients.find(id=keyid, subject_id=customer_id, role=Role.CUSTOMER.value)
    if client is None:
        raise NotFound()
    return client


def _answer(client: Client) -> DeviceAnswer:
    withdrawn = client.revoked_at
    return DeviceAnswer(
        keyid=client.id,
        name=client.name,
        created_at=rfc3339(client.created_at),
        withdrawn_at=rfc3339(withdrawn) if withdrawn else None,
    )
