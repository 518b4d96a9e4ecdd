"""Destroy the vault keys of revoked enrolments, so that no copy of a template can be opened.

A revocation is effective before this. If the vault fails, `destroy_pending_keys` repeats it later.

The vault is asked for every key that can belong to the enrolment's id (domain/enrolment.py): what
the row says about keys does not matter. A template without any key in the vault is no destruction:
its key may live under a name that nobody asked for.
"""

import logging
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

from facepay.domain.enrolment import Enrolment, EnrolmentState, key_names_of
from facepay.domain.errors import VaultUnavailable
from facepay.domain.event import EventKind
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.faces.enrolments import emit_face
from facepay.usecases.records.audit_log import append_leaf

log = logging.getLogger(__name__)


def destroy_key(deps: Dependencies, enrolment_id: str) -> bool:
    """Destroy every key of a revoked enrolment; return whether all are destroyed.

    False means that the vault failed, that it never had the key of an erased template, or that the
    enrolment is not revoked.
    """
    try:
        return _destroy(deps, enrolment_id)
    except VaultUnavailable:
        return False


def destroy_keys_of(deps: Dependencies, enrolment_ids: Iterable[str]) -> int:
    """Destroy the keys of revoked enrolments until the vault fails; return how many are done."""
    done = 0
    with suppress(VaultUnavailable):
        for enrolment_id in enrolment_ids:
            done += _destroy(deps, enrolment_id)
    return done


def _destroy(deps: Dependencies, enrolment_id: str) -> bool:
    """Do what `destroy_key` says. Raises VaultUnavailable."""
    with deps.unit_of_work() as uow:
        enrolment = uow.enrolments.find(id=enrolment_id)
    if enrolment is None or enrolment.state is not EnrolmentState.REVOKED:
        return False
    present = [name for name in key_names_of(enrolment_id) if deps.templates.has_key(name)]
    if enrolment.key_destroyed_at is not None:
        if not present:
            return True
        log.error("keys of %s live, and its row calls them destroyed", enrolment_id)
    if not _record_found(deps, enrolment, len(present)):
        log.error("no key of the revoked enrolment %s is in the vault", enrolment_id)
        return False
    for name in present:
        deps.templates.destroy_key(name)
    _record_destroyed(deps, enrolment_id)
    return True


def _record_found(deps: Dependencies, enrolment: Enrolment, count: int) -> bool:
    """Record how many keys there are, before the first is destroyed; False where one is missing.

    Whoever takes over from a worker that was killed finds fewer keys, or none.
    """
    with deps.unit_of_work() as uow:
        deletion = uow.deletions.find(id=enrolment.id)
        if deletion is None:  # enrolments revoked before deletions were recorded have none
            return True
        if deletion.keys_found is None and (count or not deletion.references_erased):
            # Only this field, and once: another worker may be further than this one.
            uow.deletions.update_all({"keys_found": count}, id=enrolment.id, keys_found=None)
            uow.commit()
    return bool(deletion.keys_found or count) or not deletion.references_erased


def _record_destroyed(deps: Dependencies, enrolment_id: str) -> None:
    with deps.unit_of_work() as uow:
        locked_row = uow.enrolments.lock(enrolment_id)
        if locked_row is None or locked_row.key_destroyed_at is not None:
            return
        uow.enrolments.update(replace(locked_row, key_destroyed_at=deps.clock()))
        emit_face(deps, uow, EventKind.FACE_KEY_DESTROYED, locked_row)
        deletion = uow.deletions.find(id=enrolment_id)
        found = deletion.keys_found if deletion is not None else None
        leaf = append_leaf(deps, uow, "face.key_destroyed", enrolment=enrolment_id, keys=found)
        if deletion is not None:
            uow.deletions.update(
                replace(deletion, keys_destroyed=found or 0, destroyed_leaf=leaf.seq)
            )
        uow.commit()


def destroy_pending_keys(deps: Dependencies) -> int:
    """Destroy the keys that remain from revocations; return the number of finished enrolments."""
    with deps.unit_of_work() as uow:
        pending = uow.enrolments.find_all(state=EnrolmentState.REVOKED.value, key_destroyed_at=None)
    return destroy_keys_of(deps, [enrolment.id for enrolment in pending])
