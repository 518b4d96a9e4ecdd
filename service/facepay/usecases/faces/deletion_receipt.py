"""Sign a deletion receipt for a revoked face: what was destroyed, and how to check it.

Nothing is signed because a row says so. The vault is asked again whether it has any key of this
enrolment, and the counts must be those that the log's leaves commit to. The receipt names the two
leaves of the audit log and opens their commitments. Its holder can show that these leaves are about
this enrolment, and find them in the public log.
"""

import json
import logging
from collections.abc import Mapping

from facepay.domain.audit import Opening, commit
from facepay.domain.deletion import Deletion
from facepay.domain.enrolment import Enrolment, EnrolmentState
from facepay.domain.errors import DeletionPending, NotFound, WrongState
from facepay.ports import UnitOfWork
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.faces.destroy_keys import destroy_key
from facepay.usecases.faces.end_expired_consents import end_expired_consents_of
from facepay.usecases.request import Caller
from facepay.usecases.responses import rfc3339

TYP = "facepay-deletion-receipt+jwt"
_REVOKED = frozenset({"face.revoked", "enrolment.lapsed"})
_DESTROYED = frozenset({"face.key_destroyed"})

log = logging.getLogger(__name__)


def read_deletion_receipt(deps: Dependencies, caller: Caller, enrolment_id: str) -> str:
    """Return the receipt as a compact JWS, signed by the root key at each call.

    A consent whose date has come, and keys that remain from the revocation, are ended first.

    Raises NotFound for an enrolment that is not the caller's or has no deletion record; WrongState
    for one that is not revoked; DeletionPending while the vault cannot destroy a key, never had
    one, or the log says something else; VaultUnavailable when the vault cannot sign.
    """
    end_expired_consents_of(deps, caller.subject_id)
    with deps.unit_of_work() as uow:
        enrolment = uow.enrolments.find(id=enrolment_id, customer_id=caller.subject_id)
    if enrolment is None:
        raise NotFound()
    if enrolment.state is not EnrolmentState.REVOKED:
        raise WrongState(f"the enrolment is {enrolment.state}")
    if not destroy_key(deps, enrolment_id):
        raise DeletionPending()
    with deps.unit_of_work() as uow:
        enrolment = uow.enrolments.find(id=enrolment_id)
        deletion = uow.deletions.find(id=enrolment_id)
        if enrolment is None or deletion is None:
            raise NotFound()
        revoked = {"enrolment": enrolment_id, **deletion.counts}
        destroyed = {"enrolment": enrolment_id, "keys": deletion.keys_destroyed}
        leaves = [
            _leaf(uow, deletion.revoked_leaf, _REVOKED, revoked),
            _leaf(uow, deletion.destroyed_leaf, _DESTROYED, destroyed),
        ]
    return deps.root.sign(_claims(deps, enrolment, deletion, leaves), typ=TYP)


def _claims(
    deps: Dependencies, enrolment: Enrolment, deletion: Deletion, leaves: list[dict[str, object]]
) -> dict[str, object]:
    if enrolment.revoked_at is None or enrolment.key_destroyed_at is None:
        raise DeletionPending()
    return {
        "iss": deps.issuer,
        "iat": int(deps.clock().timestamp()),
        "enrolment": enrolment.id,
        "cause": deletion.cause.value,
        "enrolled_at": rfc3339(enrolment.created_at),
        "revoked_at": rfc3339(enrolment.revoked_at),
        "key_destroyed_at": rfc3339(enrolment.key_destroyed_at),
        "destroyed": {
            "database": {"sealed_references": deletion.references_erased},
            "vault": {"keys": deletion.keys_destroyed},
        },
        "stopped": {
            "captures": deletion.captures_cancelled,
            "payment_intents": deletion.intents_stopped,
        },
        "leaves": leaves,
        "log": {
            "leaves": f"{deps.issuer}/v1/log/leaves",
            "checkpoint": f"{deps.issuer}/v1/log/checkpoint",
        },
    }


def _leaf(
    uow: UnitOfWork, seq: int | None, kinds: frozenset[str], expected: Mapping[str, object]
) -> dict[str, object]:
    """Return a leaf and its opening. Raises DeletionPending where the log says something else."""
    leaf = uow.leaves.find(seq=seq) if seq is not None else None
    if leaf is None or leaf.kind not in kinds:
        raise DeletionPending()
    shown: dict[str, object] = {"seq": leaf.seq, "kind": leaf.kind, "hash": leaf.hash}
    opening = uow.openings.find(seq=leaf.seq)
    if opening is not None:  # openings can be erased; the leaf then names no enrolment any more
        if commit(opening.salt, opening.details) != leaf.commitment or not _says(opening, expected):
            log.error("leaf %d does not say what the deletion of %s says", leaf.seq, expected)
            raise DeletionPending()
        shown["opening"] = {"salt": opening.salt, "details": opening.details}
    return shown


def _says(opening: Opening, expected: Mapping[str, object]) -> bool:
    """Return whether the details are those expected; older leaves name the enrolment alone."""
    details = json.loads(opening.details)
    return all(expected.get(name) == value for name, value in details.items())
