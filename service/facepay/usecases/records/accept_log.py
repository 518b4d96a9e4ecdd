"""Accept the audit log as it is, after a backup was restored: an administrator decides that.

A log that was restored is shorter than what was signed, so the service refuses to sign it. So is a
log beside a vault that was restored. The acceptance is a leaf and an event. Clients that keep the
last checkpoint refuse the log from then on, and have to be told.
"""

from contextlib import suppress

from facepay.domain.audit import Head
from facepay.domain.checkpoint import BEGUN, HEAD, START, Checkpoint, anchor
from facepay.domain.errors import LogInconsistent
from facepay.domain.event import EventKind
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.records.audit_log import append_leaf
from facepay.usecases.records.checkpoints import parse_checkpoint, sign_checkpoint
from facepay.usecases.records.outbox import emit
from facepay.usecases.records.reread_log import follow


def accept_log(deps: Dependencies) -> Head:
    """Sign the present log without regard to the last checkpoint, and return the signed end.

    Restart the workers afterwards, because each remembers the newest checkpoint that it has seen.

    Raises LogInconsistent when the log is not consistent in itself, from its first leaf on: nothing
    but the right leaves can mend that. Raises VaultUnavailable, StorageUnavailable.
    """
    found = follow(deps, START)
    with deps.unit_of_work() as uow:
        row = uow.checkpoints.find(id=HEAD)
        emit(deps, uow, EventKind.LOG_ACCEPTED, size=found.size, hash=found.hash)
        append_leaf(deps, uow, EventKind.LOG_ACCEPTED, size=found.size, hash=found.hash)
        uow.commit()
    end = follow(deps, found)
    signed = sign_checkpoint(deps, end, previous=end)
    for name in (anchor(end), BEGUN):
        deps.checkpoint_keys.create_key(name)
    fresh = Checkpoint(HEAD, signed.token, deps.clock())
    with deps.unit_of_work() as uow:
        if row is None:
            uow.checkpoints.add(fresh)
        else:
            uow.checkpoints.update(fresh, token=row.token)
        uow.commit()
    if row is not None:
        _unmark_replaced(deps, row.token)
    return end


def _unmark_replaced(deps: Dependencies, token: str) -> None:
    with suppress(LogInconsistent):  # what the root key has not signed has no mark either
        replaced = parse_checkpoint(deps, token)
        for end in (replaced.end, replaced.previous):
            deps.checkpoint_keys.destroy_key(anchor(end))
