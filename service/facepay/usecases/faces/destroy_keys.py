"""Destroy the vault keys of revoked enrolments, so that no copy of a template can be opened.

A revocation is effective before this. If the vault fails, `destroy_pending_keys` repeats it later.
"""

from dataclasses import replace

from facepay.domain.enrolment import EnrolmentState
from facepay.domain.errors import VaultUnavailable
from facepay.domain.event import EventKind
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.faces.enrolments import emit_face
from facepay.usecases.records.audit_log import append_leaf


def destroy_key(deps: Dependencies, enrolment_id: str) -> bool:
    """Destroy every key of a revoked enrolment; return whether all are destroyed.

    False means that the vault failed, or that the enrolment is not revoked.
    """
    with deps.unit_of_work() as uow:
        enrolment = uow.enrolments.find(id=enrolment_id)
    if enrolment is None or enrolment.state is not EnrolmentState.REVOKED:
        return False
    if enrolment.key_destroyed_at is not None:
        return True
    try:
        for key in enrolment.keys:
            deps.templates.destroy_key(key)
    except VaultUnavailable:
        return False
    with deps.unit_of_work() as uow:
        locked_row = uow.enrolments.lock(enrolment_id)
        if locked_row is not None and locked_row.key_destroyed_at is None:
            uow.enrolments.update(replace(locked_row, key_destroyed_at=deps.clock()))
            emit_face(deps, uow, EventKind.FACE_KEY_DESTROYED, locked_row)
            leaf = append_leaf(deps, uow, "face.key_destroyed", enrolment=enrolment_id)
            deletion = uow.deletions.find(id=enrolment_id)
            if deletion is not None:  # enrolments revoked before deletions were recorded have none
                destroyed = len(enrolment.keys)
                uow.deletions.update(
                    replace(deletion, keys_destroyed=destroyed, destroyed_leaf=leaf.seq)
                )
            uow.commit()
    return True


def destroy_pending_keys(deps: Dependencies) -> int:
    """Destroy the keys that remain from revocations; return the number of finished enrolments."""
    with deps.unit_of_work() as uow:
        pending = uow.enrolments.find_all(state=EnrolmentState.REVOKED.value, key_destroyed_at=None)
    return sum(destroy_key(deps, enrolment.id) for enrolment in pending)
