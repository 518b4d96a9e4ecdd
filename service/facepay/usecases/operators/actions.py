"""Dual control: one operator asks, another approves, and what was asked for is done once.

Nobody's face is taken from them by one operator alone, or by one stolen key. Both steps are in the
log. `ACTS` says what each kind does; another kind is another line there.
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
from facepay.usecases.faces.enrolments import write_down
from facepay.usecases.idempotency import Lease, run_idempotent
from facepay.usecases.operators.action_result import ActionResult
from facepay.usecases.operators.clear_duress import clear_duress
from facepay.usecases.operators.issue_recovery_codes import aim_at_customer, issue_recovery
from facepay.usecases.operators.revoke_faces import (
    aim_at_cohort,
    aim_at_face,
    count_faces,
    count_keys,
    destroy_keys,
    revoke_at_once,
    revoke_batch,
)
from facepay.usecases.records.audit_log import append_leaf
from facepay.usecases.request import Command
from facepay.usecases.responses import OperatorActionAnswer, rfc3339


@dataclass(frozen=True, slots=True)
class ActionHandler:
    """What a kind of action does.

    `aim` checks a target and returns it as it is kept. `carry_out` runs in the transaction of the
    approval, under the action's lock; None: it takes batches. `afterwards` runs after the commit,
    may fail on a vault that is away, and may be repeated.
    """

    aim: Callable[[UnitOfWork, Mapping[str, Any]], dict[str, str]]
    carry_out: Callable[[Dependencies, UnitOfWork, OperatorAction], ActionResult] | None
    afterwards: Callable[[Dependencies, OperatorAction], None]


def _nothing(_deps: Dependencies, _action: OperatorAction) -> None:
    """Nothing is left to be done after the commit."""


HANDLERS: dict[ActionKind, ActionHandler] = {
    ActionKind.REVOKE_FACE: ActionHandler(aim_at_face, revoke_at_once, destroy_keys),
    ActionKind.REVOKE_COHORT: ActionHandler(aim_at_cohort, None, _nothing),
    ActionKind.CLEAR_DURESS: ActionHandler(aim_at_face, clear_duress, _nothing),
    ActionKind.ISSUE_RECOVERY: ActionHandler(aim_at_customer, issue_recovery, _nothing),
}


def request_action(
    deps: Dependencies, command: Command, kind: ActionKind, target: Mapping[str, Any]
) -> OperatorActionAnswer:
    """Raises InvalidRequest for a target of another kind, NotFound for nobody's."""

    def act(lease: Lease) -> OperatorActionAnswer:
        with deps.unit_of_work() as uow:
            action = _requested(deps, command, kind, canonical(HANDLERS[kind].aim(uow, target)))
            uow.operator_actions.add(action)
            answer = _answer(deps, uow, action)
            lease.answer(uow, answer)
            _tell(deps, uow, "requested", action, command)
            uow.commit()
        return answer

    return run_idempotent(deps, command, OperatorActionAnswer, act)


def approve_action(deps: Dependencies, command: Command, action_id: str) -> OperatorActionAnswer:
    """Raises NotFound; SecondOperatorNeeded for who asked for it; WrongState when it ran out, was
    approved before, or the asking operator's key is no longer one."""

    def act(lease: Lease) -> OperatorActionAnswer:
        with deps.unit_of_work() as uow:
            approved = _approved(deps, uow, command, action_id)
            carry_out = HANDLERS[approved.kind].carry_out
            result = carry_out(deps, uow, approved) if carry_out else ActionResult()
            if carry_out:
                approved = replace(approved, state=ActionState.DONE, done_at=deps.clock())
            uow.operator_actions.update(approved, state=ActionState.REQUESTED)
            answer = _answer(deps, uow, approved)
            lease.answer(uow, answer)
            _tell(deps, uow, "approved", approved, command)
            for deletion in result.deletions:
                write_down(deps, uow, deletion)
            uow.commit()
        return replace(answer, recovery_codes=result.told_once)

    told = run_idempotent(deps, command, OperatorActionAnswer, act)
    with deps.unit_of_work() as uow:
        approved = _find(uow, action_id)
    HANDLERS[approved.kind].afterwards(deps, approved)
    return replace(read_action(deps, action_id), recovery_codes=told.recovery_codes)


def continue_action(
    deps: Dependencies, command: Command, action_id: str, at_most: int
) -> OperatorActionAnswer:
    """The next batch of an approved action. Raises NotFound, WrongState."""

    def act(lease: Lease) -> OperatorActionAnswer:
        return take_batch(deps, action_id, at_most, lease)

    return run_idempotent(deps, command, OperatorActionAnswer, act)


def take_batch(
    deps: Dependencies, action_id: str, at_most: int, lease: Lease | None = None
) -> OperatorActionAnswer:
    """For the console, too, which makes no claim. Raises NotFound; WrongState for what is not
    approved, and for what was done at once: its target is no cohort that anybody agreed to revoke.
    """
    with deps.unit_of_work() as uow:
        action = _find(uow, action_id)
    if HANDLERS[action.kind].carry_out is not None:
        raise WrongState("nothing of this kind is done in batches")
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
    """Raises NotFound."""
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
    """The action as it is once approved, its row held: two approvals at once are one."""
    locked_row = uow.operator_actions.lock(action_id)
    if locked_row is None:
        raise NotFound()
    by, key = command.caller.subject_id, command.caller.keyid
    locked_row.require_approvable(by, key, deps.clock())
    asking = uow.clients.find(id=locked_row.requested_key)
    if asking is None or asking.revoked_at is not None:
        raise WrongState("the key that asked for it is an operator's no longer")
    approved = replace(
        locked_row,
        state=ActionState.APPROVED,
        approved_by=by,
        approved_key=key,
        approved_at=deps.clock(),
    )
    return replace(approved, total=count_faces(uow, approved))


def _tell(
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
