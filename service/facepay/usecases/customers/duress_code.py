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
from facepay.usecases.idempotency import Lease, run_idempotent
from facepay.usecases.records.audit_log import append_setting
from facepay.usecases.request import Command
from facepay.usecases.responses import Done


def set_duress_code(deps: Dependencies, command: Command, proof: Proof, code: str) -> Done:
    """Set or replace it. Raises ProofRejected; InvalidRequest for a code that is a real one now."""

    def act(lease: Lease) -> Done:
        customer_id = command.caller.subject_id
        tag = duress_tag(deps.fingerprint_key, customer_id, code)
        return _keep(deps, command, lease, proof, tag, code)

    return run_idempotent(deps, command, Done, act)


def remove_duress_code(deps: Dependencies, command: Command, proof: Proof) -> Done:
    """The same answer whether one was set or not. Raises ProofRejected."""

    def act(lease: Lease) -> Done:
        return _keep(deps, command, lease, proof, None, None)

    return run_idempotent(deps, command, Done, act)


def _keep(
    deps: Dependencies,
    command: Command,
    lease: Lease,
    proof: Proof,
    tag: str | None,
    code: str | None,
) -> Done:
    customer_id, needs = command.caller.subject_id, Needs.PASSWORD_AND_SECOND_FACTOR
    with deps.unit_of_work() as uow:
        customer = uow.customers.find(id=customer_id)
    proven = prove(deps, customer, proof, needs, channel=channel_of(command.caller))
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
        lease.answer(uow, answer)
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
