"""Add, confirm and revoke a one-time code or a device key. The face has no part in it, ever.

A secret can be read while its factor is pending and never again: a client that lost the answer
repeats its request and sees it, until one right code confirms the factor or ten minutes are over.
A device key is confirmed by its first signature, which is over the confirming request itself.

Whoever holds only the password and the device cannot change a factor: once one is active, adding
and revoking need an active one, the last active one stays, and at most one is pending, so that
none can lie in wait from before. Who lost the last one turns to the institution.
"""

from dataclasses import replace
from datetime import timedelta

from facepay.domain.attempts import Channel, counter_id
from facepay.domain.customer import PAYING, FactorKind, FactorState, PublicKey, SecondFactor
from facepay.domain.errors import (
    AlreadyExists,
    CredentialsRejected,
    NotFound,
    Unavailable,
    WrongState,
)
from facepay.domain.event import EventKind
from facepay.ports import UnitOfWork
from facepay.usecases.authentication.attempt_counters import count_attempt, uncount_attempts
from facepay.usecases.authentication.credentials import Credentials, RequiredCredentials
from facepay.usecases.authentication.match_factors import (
    FactorMatch,
    active_factors,
    match_code,
    match_confirmation,
)
from facepay.usecases.authentication.verify_credentials import (
    channel_of,
    handle_unread_code,
    verify_credentials,
)
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
    """A pending device key where a `key` is given, otherwise a pending TOTP factor.

    The first needs the password; a further one an active factor as well.

    Raises CredentialsRejected; AlreadyExists for a key that signs requests already.
    """

    def act(lease: Lease) -> FactorAnswer:
        customer_id = command.caller.subject_id
        with deps.unit_of_work() as uow:
            customer = uow.customers.find(id=customer_id)
            first = not active_factors(uow, customer_id)
            if key is not None and uow.clients.find(id=key.thumbprint) is not None:
                raise AlreadyExists("this key signs requests: make one that only confirms")
        required = (
            RequiredCredentials.PASSWORD
            if first
            else RequiredCredentials.PASSWORD_AND_SECOND_FACTOR
        )
        verified = verify_credentials(
            deps,
            customer,
            credentials,
            required,
            confirms=command.claims,
            channel=channel_of(command.caller),
        )
        factor = _new_factor(deps, customer_id, name, key)
        with deps.unit_of_work() as uow:
            uow.customers.lock(customer_id)
            if first and active_factors(uow, customer_id):
                raise CredentialsRejected()  # one was confirmed meanwhile: now it is needed as well
            if not verified.consume(uow):
                raise CredentialsRejected()
            pending = {"customer_id": customer_id, "state": FactorState.PENDING.value}
            uow.second_factors.update_all({"state": FactorState.REVOKED.value}, **pending)
            uow.second_factors.add(factor)
            answer = factor_answer(factor)
            lease.answer(uow, answer)
            append_leaf(deps, uow, "second_factor.added", factor=factor.id)
            uow.commit()
        return answer

    return _reveal_while_pending(deps, run_idempotent(deps, command, FactorAnswer, act))


def confirm_second_factor(
    deps: Dependencies, command: Command, factor_id: str, credentials: Credentials
) -> FactorAnswer:
    """One right code shows that the app has the secret, one signature that the device has the key;
    the factor is active from then on.

    Raises NotFound, WrongState (not pending any more), CredentialsRejected.
    """

    def act(lease: Lease) -> FactorAnswer:
        with deps.unit_of_work() as uow:
            factor = own_factor(uow, command, factor_id)
        if factor.state is not FactorState.PENDING:
            raise WrongState(f"the factor is {factor.state}")
        if deps.clock() >= factor.created_at + PENDING_FOR:
            raise WrongState("the factor was added too long ago: add a new one")
        match = _match_pending(deps, command, factor, credentials)
        time_step = NEVER_USED if match.time_step is None else match.time_step
        active = replace(factor, state=FactorState.ACTIVE, last_time_step=time_step)
        with deps.unit_of_work() as uow:
            uow.customers.lock(factor.customer_id)
            uow.second_factors.update(active, state=FactorState.PENDING.value)
            answer = factor_answer(active)
            lease.answer(uow, answer)
            emit_factor(deps, uow, EventKind.SECOND_FACTOR_ADDED, active)
            append_leaf(deps, uow, "second_factor.confirmed", factor=factor_id)
            uow.commit()
        return answer

    return run_idempotent(deps, command, FactorAnswer, act)


def revoke_second_factor(
    deps: Dependencies, command: Command, factor_id: str, credentials: Credentials
) -> FactorAnswer:
    """It counts nowhere from then on, also where it was just checked.

    Raises NotFound, CredentialsRejected; WrongState for the last active one: add another first.
    """

    def act(lease: Lease) -> FactorAnswer:
        customer_id = command.caller.subject_id
        with deps.unit_of_work() as uow:
            customer = uow.customers.find(id=customer_id)
            was_active = own_factor(uow, command, factor_id).state is FactorState.ACTIVE
        required = (
            RequiredCredentials.PASSWORD_AND_SECOND_FACTOR
            if was_active
            else RequiredCredentials.PASSWORD
        )
        verified = verify_credentials(
            deps,
            customer,
            credentials,
            required,
            confirms=command.claims,
            channel=channel_of(command.caller),
        )
        with deps.unit_of_work() as uow:
            uow.customers.lock(customer_id)
            if not verified.consume(uow):
                raise CredentialsRejected()
            factor = own_factor(uow, command, factor_id)
            if factor.state is FactorState.ACTIVE:
                _require_another(uow, factor, was_active=was_active)
            revoked = replace(factor, state=FactorState.REVOKED)
            uow.second_factors.update(revoked, state=factor.state.value)
            answer = factor_answer(revoked)
            lease.answer(uow, answer)
            emit_factor(deps, uow, EventKind.SECOND_FACTOR_REVOKED, revoked)
            append_leaf(deps, uow, "second_factor.revoked", factor=factor_id)
            uow.commit()
        return answer

    return run_idempotent(deps, command, FactorAnswer, act)


def own_factor(uow: UnitOfWork, command: Command, factor_id: str) -> SecondFactor:
    factor = uow.second_factors.find(id=factor_id, customer_id=command.caller.subject_id)
    if factor is None:
        raise NotFound()
    return factor


def _require_another(uow: UnitOfWork, factor: SecondFactor, *, was_active: bool) -> None:
    if factor.kind not in PAYING:
        return
    if not was_active:
        raise CredentialsRejected()  # it was confirmed meanwhile: now it is needed as well
    if len(active_factors(uow, factor.customer_id)) < 2:
        raise WrongState("the last active factor stays: add another first")


def _match_pending(
    deps: Dependencies, command: Command, factor: SecondFactor, credentials: Credentials
) -> FactorMatch:
    if credentials.code is not None:
        return _match_counted(deps, factor, credentials.code)
    signed, at = credentials.confirmation or "", deps.clock()
    match = match_confirmation(deps, [factor], signed, command.claims, at)
    if match is None:
        raise CredentialsRejected()
    return match


def _match_counted(deps: Dependencies, factor: SecondFactor, code: str) -> FactorMatch:
    counter = counter_id(f"{factor.id}:confirm", Channel.OWN_DEVICE)
    if not count_attempt(deps, counter):
        raise CredentialsRejected()
    try:
        match = match_code(deps, [factor], code, deps.clock())
    except Unavailable:
        uncount_attempts(deps, [counter])
        raise
    if match is None:
        with deps.unit_of_work() as uow:
            customer = uow.customers.find(id=factor.customer_id)
        handle_unread_code(deps, customer, code)
        raise CredentialsRejected()
    return match


def emit_factor(deps: Dependencies, uow: UnitOfWork, kind: EventKind, factor: SecondFactor) -> None:
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
    """All that live, the oldest first; of a secret nothing."""
    with deps.unit_of_work() as uow:
        factors = uow.second_factors.find_all(customer_id=caller.subject_id)
    living = [factor for factor in factors if factor.state is not FactorState.REVOKED]
    return [factor_answer(each) for each in sorted(living, key=lambda each: each.created_at)]


def rename_second_factor(
    deps: Dependencies, command: Command, factor_id: str, name: str
) -> FactorAnswer:
    """Only what it is called. Raises NotFound."""

    def act(lease: Lease) -> FactorAnswer:
        with deps.unit_of_work() as uow:
            uow.customers.lock(command.caller.subject_id)
            renamed = replace(own_factor(uow, command, factor_id), name=name)
            uow.second_factors.update_all({"name": name}, id=factor_id)
            answer = factor_answer(renamed)
            lease.answer(uow, answer)
            append_leaf(deps, uow, "second_factor.renamed", factor=factor_id)
            uow.commit()
        return answer

    return run_idempotent(deps, command, FactorAnswer, act)
