"""Operators revoke faces: one customer's, or a whole cohort's after a breach.

The approval closes a cohort: later enrolments do not belong to it. A cohort is revoked in batches.
Each face has its own transaction under its row's lock, as when its owner revokes it. Concurrent
batches therefore do not revoke a face twice, and any operator can resume an interrupted batch.
Faces are revoked first, and their keys destroyed afterwards.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from facepay.domain.deletion import Cause
from facepay.domain.enrolment import NOT_REVOKED, EnrolmentState
from facepay.domain.errors import InvalidRequest, NotFound
from facepay.domain.event import EventKind
from facepay.domain.operator_action import ABOUT_CUSTOMERS, OperatorAction
from facepay.domain.span import Span
from facepay.ports import UnitOfWork
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.faces.destroy_keys import destroy_keys_of
from facepay.usecases.faces.enrolments import emit_face, end_enrolment, record_deletion
from facepay.usecases.operators.action_result import ActionResult

BATCH = 200
_KEY_LEFT: dict[str, Any] = {"state": EnrolmentState.REVOKED, "key_destroyed_at": None}
_TICK = timedelta(microseconds=1)


def resolve_face_target(uow: UnitOfWork, target: Mapping[str, Any]) -> dict[str, str]:
    """Return the id of the enrolment, or of the customer whose alias `target` names.

    Raises InvalidRequest, NotFound.
    """
    if len(target) != 1 or not target.keys() <= {"enrolment", "customer"}:
        raise InvalidRequest("name an enrolment or a customer, and nothing else", param="target")
    if "enrolment" in target:
        if uow.enrolments.find(id=target["enrolment"]) is None:
            raise NotFound()
        return {"enrolment": target["enrolment"]}
    customer = uow.customers.find(alias=target["customer"])
    if customer is None:
        raise NotFound()
    return {"customer": customer.id}


def resolve_cohort_target(_uow: UnitOfWork, target: Mapping[str, Any]) -> dict[str, str]:
    """Return the cohort that `target` describes by time of enrolment or by model, times in UTC.

    Raises InvalidRequest.
    """
    if not target or not target.keys() <= {"enrolled_after", "enrolled_before", "model"}:
        raise InvalidRequest("describe a cohort by enrolment time or model", param="target")
    try:
        return {
            name: value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
            for name, value in target.items()
        }
    except OverflowError:  # the first or last day of the calendar, in another time zone
        raise InvalidRequest("the time is out of range", param="target") from None


def faces_of(action: OperatorAction) -> dict[str, Any]:
    """Return the repository filter for the enrolments that an action covers."""
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
    """Revoke all faces of the target in the caller's transaction.

    The caller records the deletions of the result before the commit.
    """
    deletions = []
    for face in uow.enrolments.find_all(after_id="", state=NOT_REVOKED, **faces_of(action)):
        revoked, deletion = end_enrolment(deps, uow, face.id, Cause.OPERATOR)
        if deletion is not None:
            emit_face(deps, uow, EventKind.FACE_REVOKED, revoked)
            deletions.append(deletion)
    return ActionResult(deletions)


def revoke_batch(deps: Dependencies, action: OperatorAction, at_most: int) -> None:
    """Revoke the next faces of a cohort, then destroy remaining keys, `at_most` of each."""
    faces = faces_of(action)
    with deps.unit_of_work() as uow:
        batch = uow.enrolments.find_all(limit=at_most, after_id="", state=NOT_REVOKED, **faces)
    for face in batch:
        with deps.unit_of_work() as uow:
            revoked, deletion = end_enrolment(deps, uow, face.id, Cause.COHORT)
            if deletion is not None:
                emit_face(deps, uow, EventKind.FACE_REVOKED, revoked)
                record_deletion(deps, uow, deletion)
                uow.commit()
    destroy_keys(deps, action, at_most)


def destroy_keys(deps: Dependencies, action: OperatorAction, at_most: int = BATCH) -> None:
    """Destroy the keys of revoked faces; stop when the vault fails."""
    with deps.unit_of_work() as uow:
        left = uow.enrolments.find_all(limit=at_most, after_id="", **_KEY_LEFT, **faces_of(action))
    destroy_keys_of(deps, [face.id for face in left])


def count_faces(uow: UnitOfWork, action: OperatorAction) -> int:
    """Return how many faces of the target are not revoked; 0 for actions on clients."""
    if action.kind not in ABOUT_CUSTOMERS:
        return 0
    return uow.enrolments.count(state=NOT_REVOKED, **faces_of(action))


def count_keys(uow: UnitOfWork, action: OperatorAction) -> int:
    """Return how many revoked faces of the target still have a key; 0 for actions on clients."""
    if action.kind not in ABOUT_CUSTOMERS:
        return 0
    return uow.enrolments.count(**_KEY_LEFT, **faces_of(action))
