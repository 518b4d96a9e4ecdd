"""Add, confirm, rename and revoke a TOTP factor or a device key. The face is never a credential.

A TOTP secret can be read only while its factor is pending: a client that lost the answer repeats
its request and gets the secret again. A factor must be confirmed within ten minutes. One correct
code confirms a TOTP factor, and a first signature, over the confirming request, a device key.

Password and device alone cannot change factors. Once a factor is active, adding and revoking
require an active factor. The last active factor cannot be revoked. At most one factor is pending,
so that no factor from an earlier time can be confirmed later. Customers who lost their last factor
use a recovery code, or turn to the operator.
"""

from dataclasses import replace
from datetime import timedelta

from facepay.domain.customer import (
    PAYING,
    FactorKind,
    FactorState,
    PublicKey,
    SecondFactor,
)
from facepay.domain.errors import (
    AlreadyExists,
    CredentialsRejected,
    NotFound,
    WrongState,
)
from facepay.domain.event import EventKind
from facepay.ports import UnitOfWork
from facepay.usecases.authentication.credentials import (
    Credentials,
    RequiredCredentials,
)
from facepay.usecases.authentication.match_factors import active_factors
from facepay.usecases.authentication.verify_credentials import verify_for_command
from facepay.usecases.customers.match_pending_factor import match_pending_factor
from facepay.usecases.dependencies import Dependencies, new_id, wiped
from facepay.usecases.idempotency import Lease, run_idempotent
from facepay.usecases.records.audit_log import append_leaf
from facepay.usecases.records.outbox import emit
from facepay.usecases.request import Caller, Command
from facepay.usecases.responses import FactorAnswer, rfc3339

NEVER_USED = -1
PENDING_FOR = timedelta(minutes=10)


def add_second_factor(
    deps: Dependencies,
    command: Command,
    name: str,
    credentials: Credentials,
    key: PublicKey | None = None,
) -> FactorAnswer:
    """Add a pending device key if `key` is given, else a pending TOTP factor with a new secret.

    The first factor requires the password; a further one requires an active factor as well.

    Raises CredentialsRejected; AlreadyExists for a key that already signs requests;
    VaultUnavailable, or FactorUnavailable when a code cannot be checked.
    """

    def act(lease: Lease) -> FactorAnswer:
        customer_id = command.caller.subject_id
        with deps.unit_of_work() as uow:
            customer = uow.customers.find(id=customer_id)
            first = not active_factors(uow, customer_id)
            if key is not None and uow.clients.find(id=key.thumbprint) is not None:
                raise AlreadyExists("this key signs requests: use a key that only confirms")
        required = _required(password_only=first)
        verified = verify_for_command(deps, command, customer, credentials, required)
        factor = _new_factor(deps, customer_id, name, key)
        with deps.unit_of_work() as uow:
            uow.customers.lock(customer_id)
            verified.consume(uow)
            if first and active_factors(uow, customer_id):
                raise CredentialsRejected()  # a factor was confirmed meanwhile: it is required now
            _replace_pending(uow, factor)
            answer = factor_answer(factor)
            lease.answer(uow, answer)
            append_leaf(deps, uow, "second_factor.begun", factor=factor.id)
            uow.commit()
        return answer

    return _reveal_while_pending(deps, run_idempotent(deps, command, FactorAnswer, act))


def confirm_second_factor(
    deps: Dependencies, command: Command, factor_id: str, credentials: Credentials
) -> FactorAnswer:
    """Activate a pending factor, after one correct code, or one signature over this request.

    Raises NotFound; WrongState for a factor that is not pending or older than ten minutes, StaleRow
    if it changed meanwhile; CredentialsRejected, FactorUnavailable.
    """

    def act(lease: Lease) -> FactorAnswer:
        with deps.unit_of_work() as uow:
            factor = _own_factor(uow, command, factor_id)
        if factor.state is not FactorState.PENDING:
            raise WrongState(f"the factor is {factor.state}")
        if deps.clock() >= factor.created_at + PENDING_FOR:
            raise WrongState("the factor was added more than ten minutes ago: add a new one")
        match = match_pending_factor(deps, command, factor, credentials)
        time_step = NEVER_USED if match.time_step is None else match.time_step
        active = replace(factor, state=FactorState.ACTIVE, last_time_step=time_step)
        with deps.unit_of_work() as uow:
            uow.customers.lock(factor.customer_id)
            uow.second_factors.update(active, state=FactorState.PENDING.value)
            answer = factor_answer(active)
            lease.answer(uow, answer)
            emit_factor(deps, uow, EventKind.SECOND_FACTOR_ADDED, active)
            append_leaf(deps, uow, "second_factor.added", factor=factor_id)
            uow.commit()
        return answer

    return run_idempotent(deps, command, FactorAnswer, act)


def revoke_second_factor(
    deps: Dependencies, command: Command, factor_id: str, credentials: Credentials
) -> FactorAnswer:
    """Revoke a factor at once: it no longer counts, even for requests that already checked it.

    An active factor requires the password and a second factor; a pending one only the password.

    Raises NotFound, CredentialsRejected, FactorUnavailable; WrongState for the last active factor.
    """

    def act(lease: Lease) -> FactorAnswer:
        customer_id = command.caller.subject_id
        with deps.unit_of_work() as uow:
            customer = uow.customers.find(id=customer_id)
            was_active = _own_factor(uow, command, factor_id).state is FactorState.ACTIVE
        required = _required(password_only=not was_active)
        verified = verify_for_command(deps, command, customer, credentials, required)
        with deps.unit_of_work() as uow:
            uow.customers.lock(customer_id)
            verified.consume(uow)
            factor = _own_factor(uow, command, factor_id)
            if factor.state is FactorState.ACTIVE:
                _require_another(uow, factor, was_active=was_active)
            revoked = replace(factor, state=FactorState.REVOKED)
            uow.second_factors.update(revoked, state=factor.state.value)
            if factor.state is FactorState.ACTIVE:
                revoke_pending_factors(uow, customer_id)
            answer = factor_answer(revoked)
            lease.answer(uow, answer)
            emit_factor(deps, uow, EventKind.SECOND_FACTOR_REVOKED, revoked)
            append_leaf(deps, uow, "second_factor.revoked", factor=factor_id)
            uow.commit()
        return answer

    return run_idempotent(deps, command, FactorAnswer, act)


def revoke_pending_factors(uow: UnitOfWork, customer_id: str) -> None:
    """Revoke the factors that nobody has confirmed yet.

    Whoever knew the old password, or had the revoked factor, may have added them.
    """
    uow.second_factors.update_all(
        {"state": FactorState.REVOKED.value},
        customer_id=customer_id,
        state=FactorState.PENDING.value,
    )


def _required(*, password_only: bool) -> RequiredCredentials:
    if password_only:
        return RequiredCredentials.PASSWORD
    return RequiredCredentials.PASSWORD_AND_SECOND_FACTOR


def _replace_pending(uow: UnitOfWork, factor: SecondFactor) -> None:
    """Add a pending factor and revoke the one before: at most one is pending."""
    pending = {"customer_id": factor.customer_id, "state": FactorState.PENDING.value}
    uow.second_factors.update_all({"state": FactorState.REVOKED.value}, **pending)
    uow.second_factors.add(factor)


def _own_factor(uow: UnitOfWork, command: Command, factor_id: str) -> SecondFactor:
    factor = uow.second_factors.find(id=factor_id, customer_id=command.caller.subject_id)
    if factor is None:
        raise NotFound()
    return factor


def _require_another(uow: UnitOfWork, factor: SecondFactor, *, was_active: bool) -> None:
    if factor.kind not in PAYING:
        return
    if not was_active:
        raise CredentialsRejected()  # it was confirmed meanwhile: a second factor is required now
    if len(active_factors(uow, factor.customer_id)) < 2:
        raise WrongState("the last active factor cannot be revoked: add another one first")


def emit_factor(deps: Dependencies, uow: UnitOfWork, kind: EventKind, factor: SecondFactor) -> None:
    """Emit an event about a second factor to the operator."""
    emit(
        deps,
        uow,
        kind,
        factor=factor.id,
        factor_kind=factor.kind,
        customer=factor.customer_id,
    )


def factor_answer(factor: SecondFactor) -> FactorAnswer:
    created = rfc3339(factor.created_at)
    return FactorAnswer(factor.id, factor.kind, factor.name, factor.state, created)


def _new_factor(
    deps: Dependencies, customer_id: str, name: str, key: PublicKey | None
) -> SecondFactor:
    factor_id, sealed = new_id("fac"), None
    if key is None:
        sealed = deps.secrets.seal_secret(deps.codes.new_secret().encode(), binding=factor_id)
    return SecondFactor(
        id=factor_id,
        customer_id=customer_id,
        kind=FactorKind.DEVICE_KEY if key else FactorKind.TOTP,
        name=name,
        sealed_secret=sealed,
        keyid=key.thumbprint if key else None,
        public_key_pem=key.pem if key else None,
        state=FactorState.PENDING,
        last_time_step=NEVER_USED,
        created_at=deps.clock(),
    )


def _reveal_while_pending(deps: Dependencies, answer: FactorAnswer) -> FactorAnswer:
    with deps.unit_of_work() as uow:
        factor = uow.second_factors.find(id=answer.id)
        customer = uow.customers.find(id=factor.customer_id) if factor else None
    if factor is None or customer is None or factor.state is not FactorState.PENDING:
        return answer
    if factor.sealed_secret is None:
        return answer
    with wiped(deps.secrets.unseal_secret(factor.sealed_secret, binding=factor.id)) as secret:
        text = secret.decode()
    uri = deps.codes.uri(text, account=customer.alias)
    return replace(answer, secret=text, uri=uri, qr=deps.codes.qr(uri))


def list_second_factors(deps: Dependencies, caller: Caller) -> list[FactorAnswer]:
    """Return the caller's factors that are not revoked, oldest first, without secrets."""
    with deps.unit_of_work() as uow:
        factors = uow.second_factors.find_all(customer_id=caller.subject_id)
    living = [factor for factor in factors if factor.state is not FactorState.REVOKED]
    return [factor_answer(each) for each in sorted(living, key=lambda each: each.created_at)]


def rename_second_factor(
    deps: Dependencies, command: Command, factor_id: str, name: str
) -> FactorAnswer:
    """Change a factor's name and nothing else, without credentials. Raises NotFound."""

    def act(lease: Lease) -> FactorAnswer:
        with deps.unit_of_work() as uow:
            uow.customers.lock(command.caller.subject_id)
            renamed = replace(_own_factor(uow, command, factor_id), name=name)
            uow.second_factors.update_all({"name": name}, id=factor_id)
            answer = factor_answer(renamed)
            lease.answer(uow, answer)
            append_leaf(deps, uow, "second_factor.renamed", factor=factor_id)
            uow.commit()
        return answer

    return run_idempotent(deps, command, FactorAnswer, act)
