"""Unlock a face that a duress code locked, after the operator has spoken with its owner."""

from dataclasses import replace

from facepay.domain.event import EventKind
from facepay.domain.operator_action import OperatorAction
from facepay.ports import UnitOfWork
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.operators.action_result import ActionResult
from facepay.usecases.operators.revoke_faces import faces_of
from facepay.usecases.records.outbox import emit


def clear_duress(deps: Dependencies, uow: UnitOfWork, action: OperatorAction) -> ActionResult:
    """Clear the duress mark of the target's faces, in the transaction of the approval.

    This includes revoked faces, because a new enrolment inherits their mark.
    """
    for face in uow.enrolments.find_all(after_id="", **faces_of(action)):
        locked_row = uow.enrolments.lock(face.id)
        if locked_row is not None and locked_row.duress_since is not None:
            uow.enrolments.update(replace(locked_row, duress_since=None))
            emit(deps, uow, EventKind.DURESS_CLEARED, customer=locked_row.customer_id)
    return ActionResult()
