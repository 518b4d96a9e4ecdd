"""Dual control: one operator requests an action, another approves it, and it is carried out once.

One operator alone, or one stolen key, cannot revoke a customer's face or withdraw anybody's key.
The audit log has both the request and the approval. HANDLERS maps each kind to its functions; a new
kind is a new line there.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from facepay.domain.audit import canonical
from facepay.domain.errors import NotFound, WrongState
from facepay.domain.operator_action import OPEN_FOR, ActionKind, ActionState, OperatorAction
from facepay.ports import UnitOfWork
from facepay.usecases.dependencies import Dependencies, new_id
from facepay.usecases.faces.enrolments import record_deletion
from facepay.usecases.idempotency import Lease, run_idempotent
from facepay.usecases.operators.action_result import ActionResult
from facepay.usecases.operators.clear_duress import clear_duress
from facepay.usecases.operators.issue_recovery_codes import issue_recovery, resolve_customer_target
from facepay.usecases.operators.revoke_faces import (
    count_faces,
    count_keys,
    destroy_keys,
    resolve_cohort_target,
    resolve_face_target,
    revoke_at_once,
    revoke_batch,
)
from facepay.usecases.operators.suspend import resolve_party_target, resume, suspend_by_two
from facepay.usecases.operators.withdraw_keys import (
    replace_by_two,
    resolve_key_target,
    resolve_replacement,
    withdraw_by_two,
)
from facepay.usecases.records.audit_log import append_leaf
from facepay.usecases.request import Command
from facepay.usecases.responses import OperatorActionAnswer, rfc3339


@dataclass(frozen=True, slots=True)
class ActionHandler:
    """The functions of one kind of action.

    `resolve_target` checks a target and returns it as it is stored. `carry_out` runs in the
    transaction of the approval, under the action's lock; None means that the action runs in
    batches. `after_commit` can run again, and leaves work undone when the vault fails.
    """

    resolve_target: Callable[[UnitOfWork, Mapping[str, Any]], dict[str, str]]
    carry_out: Callable[[Dependencies, UnitOfWork, OperatorAction], ActionResult] | None
    after_commit: Callable[[Dependencies, OperatorAction], None]


def _nothing(_deps: Dependencies, _action: OperatorAction) -> None:
    """Do nothing after the commit."""


HANDLERS: dict[ActionKind, ActionHandler] = {
    ActionKind.REVOKE_FACE: ActionHandler(resolve_face_target, revoke_at_once, destroy_keys),
    ActionKind.REVOKE_COHORT: ActionHandler(resolve_cohort_target, None, _nothing),
    ActionKind.CLEAR_DURESS: ActionHandler(resolve_face_target, clear_duress, _nothing),
    ActionKind.ISSUE_RECOVERY: ActionHandler(resolve_customer_target, issue_recovery, _nothing),
    ActionKind.WITHDRAW_KEY: ActionHandler(resolve_key_target, withdraw_by_two, _nothing),
    ActionKind.REPLACE_KEY: ActionHandler(resolve_replacement, replace_by_two, _nothing),
    ActionKind.SUSPEND: ActionHandler(resolve_party_target, suspend_by_two, _nothing),
    ActionKind.RESUME: ActionHandler(resolve_party_target, resume, _nothing),
}


def request_action(
    deps: Dependencies, command: Command, kind: ActionKind, target: Mapping[str, Any]
) -> OperatorActionAnswer:
    """Request an action, which another operator must approve within one hour.

    Raises InvalidRequest for a target that does not fit the kind; NotFound for an unknown customer
    or enrolment.
    """

    def act(lease: Lease) -> OperatorActionAnswer:
        with deps.unit_of_work() as uow:
            resolved = HANDLERS[kind].resolve_target(uow, target)
            action = _requested(deps, command, kind, canonical(resolved))
            uow.operator_actions.add(action)
            answer = _answer(deps, uow, action)
            lease.answer(uow, answer)
            _append_action_leaf(deps, uow, "requested", action, command)
            uow.commit()
        return answer

    return run_idempotent(deps, command, OperatorActionAnswer, act)


def approve_action(deps: Dependencies, command: Command, action_id: str) -> OperatorActionAnswer:
    """Approve an action of another operator, and carry it out unless it runs in batches.

    Raises NotFound; SecondOperatorNeeded for the requesting operator or key; WrongState when the
    action has expired, is already approved, or the requesting key is revoked.
    """

    def act(lease: Lease) -> OperatorActionAnswer:
        with deps.unit_of_work() as uow:
            approved = _approved(deps, uow, command, action_id)
            carry_out = HANDLERS[approved.kind].carry_out
            result = carry_out(deps, uow, approved) if carry_out else ActionResult()
            if approved.requested_key not in result.withdrawn:
                uow.before_commit(lambda: _require_live_requester(uow, approved))
            if carry_out:
                approved = replace(approved, state=ActionState.DONE, done_at=deps.clock())
            uow.operator_actions.update(approved, state=ActionState.REQUESTED)
            answer = _answer(deps, uow, approved)
            lease.answer(uow, answer, withdrawn=result.withdrawn)
            _append_action_leaf(deps, uow, "approved", approved, command)
            for deletion in result.deletions:
                record_deletion(deps, uow, deletion)
            for leaf in result.leaves:
                append_leaf(deps, uow, leaf.kind, **leaf.details, action=approved.id)
            uow.commit()
        return replace(answer, recovery_codes=result.shown_once)

    answer = run_idempotent(deps, command, OperatorActionAnswer, act)
    with deps.unit_of_work() as uow:
        approved = _find(uow, action_id)
    HANDLERS[approved.kind].after_commit(deps, approved)
    return replace(read_action(deps, action_id), recovery_codes=answer.recovery_codes)


def continue_action(
    deps: Dependencies, command: Command, action_id: str, at_most: int
) -> OperatorActionAnswer:
    """Run the next batch of an approved action; any operator can do so.

    Raises NotFound; WrongState as `take_batch` does.
    """

    def act(lease: Lease) -> OperatorActionAnswer:
        return take_batch(deps, action_id, at_most, lease)

    return run_idempotent(deps, command, OperatorActionAnswer, act)


def take_batch(
    deps: Dependencies, action_id: str, at_most: int, lease: Lease | None = None
) -> OperatorActionAnswer:
    """Run the next batch: revoke up to `at_most` faces, and destroy up to `at_most` keys.

    The console calls it without a lease.

    Raises NotFound; WrongState for an action that is not approved, or of a kind without batches,
    whose target nobody approved as a cohort.
    """
    with deps.unit_of_work() as uow:
        action = _find(uow, action_id)
    if HANDLERS[action.kind].carry_out is not None:
        raise WrongState("actions of this kind have no batches")
    if action.state not in (ActionState.APPROVED, ActionState.DONE):
        raise WrongState(f"the action is {action.state_at(deps.clock())}")
    revoke_batch(deps, action, at_most)
    with deps.unit_of_work() as uow:
        locked_row = uow.operator_actions.lock(action_id) or action
        ends = locked_row.state is ActionState.APPROVED and count_faces(uow, locked_row) == 0
        if ends:
            locked_row = replace(locked_row, state=ActionState.DONE, done_at=deps.clock())
            uow.operator_actions.update(locked_row, state=ActionState.APPROVED)
        answer = _answer(deps, uow, locked_row)
        if lease is not None:
            lease.answer(uow, answer)
        if ends:
            append_leaf(
                deps,
                uow,
                "operator_action.done",
                action=locked_row.id,
                requested=locked_row.kind,
                total=locked_row.total,
            )
        uow.commit()
    return answer


def read_action(deps: Dependencies, action_id: str) -> OperatorActionAnswer:
    """Return an action with its progress. Raises NotFound."""
    with deps.unit_of_work() as uow:
        return _answer(deps, uow, _find(uow, action_id))


def _find(uow: UnitOfWork, action_id: str) -> OperatorAction:
    action = uow.operator_actions.find(id=action_id)
    if action is None:
        raise NotFound()
    return action


def _requested(
    deps: Dependencies, command: Command, kind: ActionKind, target: str
) -> OperatorAction:
    now = deps.clock()
    return OperatorAction(
        id=new_id("act"),
        kind=kind,
        state=ActionState.REQUESTED,
        target=target,
        requested_by=command.caller.subject_id,
        requested_key=command.caller.keyid,
        requested_at=now,
        expires_at=now + OPEN_FOR,
        approved_by=None,
        approved_key=None,
        approved_at=None,
        done_at=None,
        total=0,
    )


def _approved(
    deps: Dependencies, uow: UnitOfWork, command: Command, action_id: str
) -> OperatorAction:
    """Lock the action's row and return the approved action, so that only one approval succeeds."""
    locked_row = uow.operator_actions.lock(action_id)
    if locked_row is None:
        raise NotFound()
    by, key = command.caller.subject_id, command.caller.keyid
    locked_row.require_approvable(by, key, deps.clock())
    approved = replace(
        locked_row,
        state=ActionState.APPROVED,
        approved_by=by,
        approved_key=key,
        approved_at=deps.clock(),
    )
    return replace(approved, total=count_faces(uow, approved))


def _require_live_requester(uow: UnitOfWork, action: OperatorAction) -> None:
    """Refuse what a withdrawn key requested; `Lease.answer` has the approver's key checked."""
    requester = uow.standing(action.requested_key)
    if requester is None or requester.client.revoked_at is not None:
        raise WrongState("the key that requested the action is withdrawn: request it again")


def _append_action_leaf(
    deps: Dependencies, uow: UnitOfWork, stage: str, action: OperatorAction, command: Command
) -> None:
    append_leaf(
        deps,
        uow,
        f"operator_action.{stage}",
        action=action.id,
        requested=action.kind,
        target=action.target,
        operator=command.caller.subject_id,
        keyid=command.caller.keyid,
    )


def _answer(deps: Dependencies, uow: UnitOfWork, action: OperatorAction) -> OperatorActionAnswer:
    approved = action.approved_at is not None
    return OperatorActionAnswer(
        id=action.id,
        kind=action.kind,
        state=action.state_at(deps.clock()),
        target=json.loads(action.target),
        requested_by=action.requested_by,
        requested_at=rfc3339(action.requested_at),
        expires_at=rfc3339(action.expires_at),
        approved_by=action.approved_by,
        approved_at=rfc3339(action.approved_at) if action.approved_at else None,
        done_at=rfc3339(action.done_at) if action.done_at else None,
        total=action.total,
        done=_done(uow, action),
        keys_left=count_keys(uow, action) if approved else 0,
    )


def _done(uow: UnitOfWork, action: OperatorAction) -> int:
    if action.state is ActionState.DONE:
        return action.total
    return action.total - count_faces(uow, action) if action.approved_at is not None else 0
