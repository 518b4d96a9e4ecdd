"""The duress code, set and removed by its owner with password and second factor.

Whether one is set is told to nobody: who forces a payer may look over the shoulder.
"""

import hmac
from dataclasses import replace

from facepay.domain.duress import duress_tag
from facepay.domain.errors import InvalidRequest, NotFound, ProofRejected
from facepay.usecases.authentication.match_factors import active_factors, match_code
from facepay.usecases.authentication.verify_credentials import Needs, Proof, channel_of, prove
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.idempotency import Claim, once
from facepay.usecases.records.audit_log import append_setting
from facepay.usecases.request import Change
from facepay.usecases.responses import Done


def set_duress_code(deps: Dependencies, change: Change, proof: Proof, code: str) -> Done:
    """Set or replace it. Raises ProofRejected; InvalidRequest for a code that is a real one now."""

    def act(claim: Claim) -> Done:
        customer_id = change.caller.subject_id
        tag = duress_tag(deps.fingerprint_key, customer_id, code)
        return _keep(deps, change, claim, proof, tag, code)

    return once(deps, change, Done, act)


def remove_duress_code(deps: Dependencies, change: Change, proof: Proof) -> Done:
    """The same answer whether one was set or not. Raises ProofRejected."""

    def act(claim: Claim) -> Done:
        return _keep(deps, change, claim, proof, None, None)

    return once(deps, change, Done, act)


def _keep(
    deps: Dependencies,
    change: Change,
    claim: Claim,
    proof: Proof,
    tag: str | None,
    code: str | None,
) -> Done:
    customer_id, needs = change.caller.subject_id, Needs.PASSWORD_AND_SECOND_FACTOR
    with deps.unit_of_work() as uow:
        customer = uow.customers.find(id=customer_id)
    proven = prove(deps, customer, proof, needs, channel=channel_of(change.caller))
    if code is not None:
        _require_no_real_code(deps, customer_id, proof, code)
    answer = Done()
    with deps.unit_of_work() as uow:
        held = uow.customers.lock(customer_id)
        if held is None:
            raise NotFound()
        if not proven.settle(uow):
            raise ProofRejected()
        uow.customers.update(replace(held, duress_tag=tag))
        claim.answer(uow, answer)
        append_setting(deps, uow, customer_id, "duress_code")
        uow.commit()
    return answer


def _require_no_real_code(deps: Dependencies, customer_id: str, proof: Proof, code: str) -> None:
    """Nobody should call for help by a code that an authenticator shows: not the present one."""
    with deps.unit_of_work() as uow:
        factors = active_factors(uow, customer_id)
    just_used = proof.code is not None and hmac.compare_digest(proof.code, code)
    if just_used or match_code(deps, factors, code, deps.clock()) is not None:
        raise InvalidRequest("choose another code: this one is a real one", param="duress_code")
