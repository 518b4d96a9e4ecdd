"""Operators take faces back: one customer's, or a whole cohort's after a breach.

A cohort is closed when it is approved: who enrols afterwards is not of it. It goes in batches, each
face in a transaction of its own under its row's lock, as its owner would do it; so whoever comes
second finds nothing left to do, and what a dead worker left the next batch goes on with. Faces come
first; keys are destroyed after them.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from facepay.domain.deletion import Cause
from facepay.domain.enrolment import LIVE, EnrolmentState
from facepay.domain.errors import InvalidRequest, NotFound
from facepay.domain.event import EventKind
from facepay.domain.operator_action import OperatorAction
from facepay.ports import Span, UnitOfWork
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.faces.destroy_keys import destroy_key
from facepay.usecases.faces.enrolments import emit_face, end_enrolment, write_down
from facepay.usecases.operators.action_result import ActionResult

BATCH = 200
_KEY_LEFT: dict[str, Any] = {"state": EnrolmentState.REVOKED, "key_destroyed_at": None}
_TICK = timedelta(microseconds=1)


def aim_at_face(uow: UnitOfWork, asked: Mapping[str, Any]) -> dict[str, str]:
    """`asked` names an enrolment, or a customer by alias. Raises InvalidRequest, NotFound."""
    if len(asked) != 1 or not asked.keys() <= {"enrolment", "customer"}:
        raise InvalidRequest("name an enrolment or a customer, and nothing else", param="target")
    if "enrolment" in asked:
        if uow.enrolments.find(id=asked["enrolment"]) is None:
            raise NotFound()
        return {"enrolment": asked["enrolment"]}
    customer = uow.customers.find(alias=asked["customer"])
    if customer is None:
        raise NotFound()
    return {"customer": customer.id}


def aim_at_cohort(_uow: UnitOfWork, asked: Mapping[str, Any]) -> dict[str, str]:
    """`asked` says when they enrolled, or with which model. Raises InvalidRequest."""
    if not asked or not asked.keys() <= {"enrolled_after", "enrolled_before", "model"}:
        raise InvalidRequest("say of a cohort when it enrolled, or its model", param="target")
    try:
        return {
            name: value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
            for name, value in asked.items()
        }
    except OverflowError:  # the first and the last day of the calendar, in another zone
        raise InvalidRequest("a time out of range", param="target") from None


def faces_of(action: OperatorAction) -> dict[str, Any]:
    """Which enrolments an action is about, as a repository is asked for them."""
    target = json.loads(action.target)
    closed = action.approved_at + _TICK if action.approved_at else None
    before = target.get("enrolled_before")
    ends = [each for each in (closed, before and datetime.fromisoformat(before)) if each]
    after = target.get("enrolled_after")
    first = datetime.fromisoformat(after) if after else None
    selected: dict[str, Any] = {"created_at": Span(first, min(ends, default=None))}
    for name, field in (("enrolment", "id"), ("customer", "customer_id"), ("model", "model")):
        if name in target:
            selected[field] = target[name]
    return selected


def revoke_at_once(deps: Dependencies, uow: UnitOfWork, action: OperatorAction) -> ActionResult:
    """All of them, in the caller's transaction: to be written down before its commit."""
    deletions = []
    for face in uow.enrolments.find_all(after_id="", state=LIVE, **faces_of(action)):
        revoked, deletion = end_enrolment(deps, uow, face.id, Cause.OPERATOR)
        if deletion is not None:
            emit_face(deps, uow, EventKind.FACE_REVOKED, revoked)
            deletions.append(deletion)
    return ActionResult(deletions)


def revoke_batch(deps: Dependencies, action: OperatorAction, at_most: int) -> None:
    """The next faces of a cohort, and then keys that are left, `at_most` of each."""
    faces = faces_of(action)
    with deps.unit_of_work() as uow:
        batch = uow.enrolments.find_all(limit=at_most, after_id="", state=LIVE, **faces)
    for face in batch:
        with deps.unit_of_work() as uow:
            revoked, deletion = end_enrolment(deps, uow, face.id, Cause.COHORT)
            if deletion is not None:
                emit_face(deps, uow, EventKind.FACE_REVOKED, revoked)
                write_down(deps, uow, deletion)
                uow.commit()
    destroy_keys(deps, action, at_most)


def destroy_keys(deps: Dependencies, action: OperatorAction, at_most: int = BATCH) -> None:
    """Of faces that are revoked; the rest is left when the vault is away."""
    with deps.unit_of_work() as uow:
        left = uow.enrolments.find_all(limit=at_most, after_id="", **_KEY_LEFT, **faces_of(action))
    for face in left:
        if not destroy_key(deps, face.id):
            return


def count_faces(uow: UnitOfWork, action: OperatorAction) -> int:
    """How many of them are not revoked."""
    return uow.enrolments.count(state=LIVE, **faces_of(action))


def count_keys(uow: UnitOfWork, action: OperatorAction) -> int:
    """How many are revoked, and have a key that is still to be destroyed."""
    return uow.enrolments.count(**_KEY_LEFT, **faces_of(action))
