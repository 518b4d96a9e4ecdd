"""Add, confirm and revoke a one-time-code factor (TOTP). The face has no part in it, ever.

The secret can be read while the factor is pending and never again: a client that lost the answer
repeats its request and sees it, until one right code confirms the factor.
"""

from dataclasses import replace

from facepay.domain.attempts import Channel, counter_id
from facepay.domain.customer import FactorState, SecondFactor
from facepay.domain.errors import NotFound, ProofRejected, WrongState
from facepay.usecases.answers import FactorAnswer
from facepay.usecases.house import House, new_id, wiped
from facepay.usecases.log import append_leaf
from facepay.usecases.once import Change, Claim, once
from facepay.usecases.prove import Needs, Proof, active_factors, charge, match_factor, prove

NEVER_USED = -1


def add_second_factor(house: House, change: Change, name: str, proof: Proof) -> FactorAnswer:
    """A pending TOTP factor. The first needs the password; a further one a code as well.

    Raises ProofRejected.
    """

    def act(claim: Claim) -> FactorAnswer:
        with house.unit_of_work() as uow:
            customer = uow.customers.find(id=change.caller.subject_id)
            has_factor = bool(active_factors(uow, change.caller.subject_id))
        needs = Needs.PASSWORD_AND_CODE if has_factor else Needs.PASSWORD
        proven = prove(house, customer, proof, needs)
        factor = _new_factor(house, change.caller.subject_id, name)
        with house.unit_of_work() as uow:
            if not proven.settle(uow):
                raise ProofRejected()
            uow.second_factors.add(factor)
            answer = FactorAnswer(factor.id, factor.kind, factor.name, factor.state)
            claim.answer(uow, answer)
            append_leaf(house, uow, "second_factor.added", factor=factor.id)
            uow.commit()
        return answer

    return _reveal_while_pending(house, once(house, change, FactorAnswer, act))


def confirm_second_factor(house: House, change: Change, factor_id: str, code: str) -> FactorAnswer:
    """One right code shows that the app has the secret; the factor is active from then on.

    Raises NotFound, WrongState (confirmed already), ProofRejected.
    """

    def act(claim: Claim) -> FactorAnswer:
        with house.unit_of_work() as uow:
            factor = uow.second_factors.find(id=factor_id, customer_id=change.caller.subject_id)
        if factor is None:
            raise NotFound()
        if factor.state is not FactorState.PENDING:
            raise WrongState("the factor is confirmed already")
        allowed = charge(house, counter_id(f"{factor.id}:confirm", Channel.OWN_DEVICE))
        match = match_factor(house, factor, code, house.clock()) if allowed else None
        if match is None:
            raise ProofRejected()
        active = replace(factor, state=FactorState.ACTIVE, last_step=match.step)
        with house.unit_of_work() as uow:
            uow.second_factors.update(active, state=FactorState.PENDING.value)
            answer = FactorAnswer(active.id, active.kind, active.name, active.state)
            claim.answer(uow, answer)
            append_leaf(house, uow, "second_factor.confirmed", factor=factor_id)
            uow.commit()
        return answer

    return once(house, change, FactorAnswer, act)


def revoke_second_factor(
    house: House, change: Change, factor_id: str, proof: Proof
) -> FactorAnswer:
    """Needs the password. Its codes count nowhere from then on, also where one was just checked.

    Raises NotFound, ProofRejected.
    """

    def act(claim: Claim) -> FactorAnswer:
        with house.unit_of_work() as uow:
            customer = uow.customers.find(id=change.caller.subject_id)
            if uow.second_factors.find(id=factor_id, customer_id=change.caller.subject_id) is None:
                raise NotFound()
        prove(house, customer, proof, Needs.PASSWORD)
        with house.unit_of_work() as uow:
            factor = uow.second_factors.lock(factor_id)
            if factor is None:
                raise NotFound()
            revoked = replace(factor, state=FactorState.REVOKED)
            uow.second_factors.update(revoked)
            answer = FactorAnswer(revoked.id, revoked.kind, revoked.name, revoked.state)
            claim.answer(uow, answer)
            if factor.state is not FactorState.REVOKED:
                append_leaf(house, uow, "second_factor.revoked", factor=factor_id)
            uow.commit()
        return answer

    return once(house, change, FactorAnswer, act)


def _new_factor(house: House, customer_id: str, name: str) -> SecondFactor:
    factor_id = new_id("fac")
    sealed = house.secrets.seal_secret(house.codes.new_secret().encode(), binding=factor_id)
    return SecondFactor(
        id=factor_id,
        customer_id=customer_id,
        kind="totp",
        name=name,
        sealed_secret=sealed,
        state=FactorState.PENDING,
        last_step=NEVER_USED,
        created_at=house.clock(),
    )


def _reveal_while_pending(house: House, answer: FactorAnswer) -> FactorAnswer:
    with house.unit_of_work() as uow:
        factor = uow.second_factors.find(id=answer.id)
        customer = uow.customers.find(id=factor.customer_id) if factor else None
    if factor is None or customer is None or factor.state is not FactorState.PENDING:
        return answer
    with wiped(house.secrets.unseal_secret(factor.sealed_secret, binding=factor.id)) as secret:
        text = secret.decode()
    return replace(answer, secret=text, uri=house.codes.uri(text, account=customer.alias))
