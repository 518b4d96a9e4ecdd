"""Register operators, merchants, terminals and customers, each with its client's public key.

Operator keys are the root of trust and are registered on the server's own console. Operators
register merchants and customers over HTTP; merchants register their terminals.
"""

from facepay.domain.customer import Client, Customer, Merchant, PublicKey, Role, Terminal
from facepay.domain.errors import NotFound
from facepay.ports import UnitOfWork
from facepay.usecases.dependencies import Dependencies, new_id
from facepay.usecases.idempotency import Lease, run_idempotent
from facepay.usecases.records.audit_log import append_leaf
from facepay.usecases.request import Command
from facepay.usecases.responses import Registered


def register_operator(deps: Dependencies, key: PublicKey) -> Registered:
    """Register an operator's key; only the console calls it.

    Registering the same key again changes nothing and returns the known client.
    """
    with deps.unit_of_work() as uow:
        known = uow.clients.find(id=key.thumbprint)
        if known is not None:
            return Registered(known.subject_id, known.id)
        answer = _register_client(deps, uow, Role.OPERATOR, new_id("op"), key)
        uow.commit()
    return answer


def register_merchant(
    deps: Dependencies, command: Command, name: str, key: PublicKey
) -> Registered:
    """Register a merchant. Raises AlreadyExists when its key is registered already."""

    def act(lease: Lease) -> Registered:
        merchant = Merchant(new_id("mer"), name, deps.clock(), suspended_at=None)
        with deps.unit_of_work() as uow:
            uow.merchants.add(merchant)
            answer = _register_client(deps, uow, Role.MERCHANT, merchant.id, key, lease)
            uow.commit()
        return answer

    return run_idempotent(deps, command, Registered, act)


def register_terminal(
    deps: Dependencies, command: Command, name: str, key: PublicKey, city: str | None = None
) -> Registered:
    """Register a terminal of the calling merchant; `city` is its location.

    Raises NotFound for an unknown merchant, AlreadyExists when the key is registered already.
    """

    def act(lease: Lease) -> Registered:
        with deps.unit_of_work() as uow:
            merchant = uow.merchants.find(id=command.caller.subject_id)
            if merchant is None:
                raise NotFound()
            terminal = Terminal(new_id("term"), merchant.id, name, deps.clock(), None, city)
            uow.terminals.add(terminal)
            answer = _register_client(deps, uow, Role.TERMINAL, terminal.id, key, lease)
            uow.commit()
        return answer

    return run_idempotent(deps, command, Registered, act)


def register_customer(
    deps: Dependencies, command: Command, alias: str, password: str, key: PublicKey
) -> Registered:
    """Register a customer with a password and the key of the customer's own device.

    Raises AlreadyExists when the alias or the key is taken.
    """

    def act(lease: Lease) -> Registered:
        customer = Customer(
            new_id("cus"), alias, deps.passwords.hash(password), created_at=deps.clock()
        )
        with deps.unit_of_work() as uow:
            uow.customers.add(customer)
            answer = _register_client(deps, uow, Role.CUSTOMER, customer.id, key, lease)
            uow.commit()
        return answer

    return run_idempotent(deps, command, Registered, act)


def _register_client(
    deps: Dependencies,
    uow: UnitOfWork,
    role: Role,
    subject_id: str,
    key: PublicKey,
    lease: Lease | None = None,
) -> Registered:
    uow.clients.add(Client(key.thumbprint, role, subject_id, key.pem, deps.clock(), None))
    answer = Registered(subject_id, key.thumbprint)
    if lease is not None:
        lease.answer(uow, answer)
    append_leaf(deps, uow, f"{role}.registered", subject=subject_id, keyid=key.thumbprint)
    return answer
