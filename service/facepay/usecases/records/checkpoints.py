"""Sign checkpoints of the audit log: each extends the one before, or nothing is signed.

The last checkpoint is stored in the database, signed by the root key. Before the next one is
signed, its signature is verified, the vault has to know it as the last one (`checkpoint_keys.py`),
and the chain has to lead from it to the log's end. One worker does so in each interval of the
policy. All others serve the stored token, which costs the vault nothing.

Each worker also remembers the newest checkpoint that it has seen, and refuses to go back. It does
not rely on the others alone: the row that says which worker compared last can be changed too.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from facepay.domain.audit import Head
from facepay.domain.checkpoint import HEAD, NOTHING_SIGNED, START, TYP, Checkpoint, SignedEnd
from facepay.domain.errors import AlreadyExists, LogInconsistent, StaleRow, VaultUnavailable
from facepay.domain.event import EventKind
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.records.checkpoint_keys import is_last, mark_as_last, unmark
from facepay.usecases.records.outbox import emit
from facepay.usecases.records.reread_log import follow, reread_one_page

COMPARED_AT_LEAST = 10  # intervals after which a worker compares, whatever the others do
PAGES_AT_ONCE = 20  # if more was written since, a checkpoint of the first part is signed
ATTEMPTS = 2
NOT_THE_LAST = "the stored checkpoint is not the last one that was signed"

log = logging.getLogger(__name__)


def read_checkpoint(deps: Dependencies) -> str:
    """Return the last checkpoint: a compact JWS over the log's size and last hash.

    A new one is signed if the log has grown and the last comparison is an interval ago.

    Raises LogInconsistent when the log contradicts its last checkpoint. The operator then gets an
    event, and this worker compares the two again after the interval. Raises VaultUnavailable when
    nothing was signed yet, or when this worker has just started; StorageUnavailable.
    """
    memory = deps.log_memory
    if memory.refused_at is not None and not _is_due(deps, memory.refused_at):
        raise LogInconsistent()
    try:
        token = _last_or_next(deps)
    except LogInconsistent as contradiction:
        _raise_alarm(deps, str(contradiction))
    else:
        if memory.refused_at is not None:
            log.warning("the audit log agrees with its last checkpoint again")
            memory.refused_at = None
        return token
    raise LogInconsistent()  # without the reason, which is for the operator


def check_whole_log(deps: Dependencies) -> Head:
    """Do what a reader of the checkpoint causes, and read every signed leaf again.

    Return the signed end. Raises as `read_checkpoint` does.
    """
    read_checkpoint(deps)
    memory = deps.log_memory
    signed = (memory.newest or NOTHING_SIGNED).end
    memory.reread = START
    try:
        while memory.reread != signed:
            reread_one_page(deps, memory, signed)
    except LogInconsistent as contradiction:
        _raise_alarm(deps, str(contradiction))
        raise
    return signed


def parse_checkpoint(deps: Dependencies, token: str) -> SignedEnd:
    """Return what a checkpoint states.

    Raises LogInconsistent unless the root key signed it; VaultUnavailable.
    """
    claims = deps.root.verify(token, typ=TYP)
    previous = claims.get("previous") if claims else None
    if claims is None or not isinstance(previous, Mapping):  # earlier versions named none
        raise LogInconsistent("the root key has not signed the stored checkpoint")
    return SignedEnd(token, _end_in(claims), _end_in(previous))


def sign_checkpoint(deps: Dependencies, end: Head, *, previous: Head) -> SignedEnd:
    """Sign a checkpoint without any check. Raises VaultUnavailable, StorageUnavailable."""
    claims = {
        "iss": deps.issuer,
        "size": end.size,
        "hash": end.hash,
        "previous": {"size": previous.size, "hash": previous.hash},
        "iat": int(deps.clock().timestamp()),
    }
    return SignedEnd(deps.root.sign(claims, typ=TYP), end, previous)


def _end_in(claims: Mapping[str, Any]) -> Head:
    return Head(HEAD, claims["size"], claims["hash"])


def _last_or_next(deps: Dependencies) -> str:
    row, signed = _read_stored(deps)
    if row is None:
        return _next(deps, row, signed)
    if not _must_compare(deps) and not _claim_renewal(deps, row):
        return row.token
    try:
        return _next(deps, row, signed)
    except VaultUnavailable:
        if deps.log_memory.refused_at is not None:
            raise
        return row.token


def _read_stored(deps: Dependencies) -> tuple[Checkpoint | None, SignedEnd]:
    """Read the last checkpoint, and compare it with what this worker remembers, or else the vault.

    Raises LogInconsistent, VaultUnavailable.
    """
    memory = deps.log_memory
    for _ in range(ATTEMPTS):  # another worker may replace the row while the vault is asked
        seen = memory.newest  # before the row is read, because another thread may replace both
        row = _stored(deps)
        if row is not None and seen is not None and row.token == seen.token:
            return row, seen
        signed = NOTHING_SIGNED if row is None else parse_checkpoint(deps, row.token)
        if seen is not None and not _follows(signed.end, seen.end):
            raise LogInconsistent(NOT_THE_LAST)
        if seen is not None or is_last(deps, signed):
            memory.remember(signed)
            return row, signed
    raise LogInconsistent(NOT_THE_LAST)


def _follows(later: Head, earlier: Head) -> bool:
    return later.size > earlier.size or later == earlier


def _stored(deps: Dependencies) -> Checkpoint | None:
    with deps.unit_of_work() as uow:
        return uow.checkpoints.find(id=HEAD)


def _is_due(deps: Dependencies, since: datetime, *, intervals: int = 1) -> bool:
    return not since <= deps.clock() < since + intervals * deps.policy.checkpoint_interval


def _must_compare(deps: Dependencies) -> bool:
    """Tell whether this worker has to compare now: it refused the log, or last did so long ago."""
    memory = deps.log_memory
    if memory.refused_at is not None or memory.compared_at is None:
        return True
    return _is_due(deps, memory.compared_at, intervals=COMPARED_AT_LEAST)


def _claim_renewal(deps: Dependencies, row: Checkpoint) -> bool:
    """Return whether this worker is the one to sign; each interval has one."""
    if not _is_due(deps, row.renewed_at):
        return False
    try:
        with deps.unit_of_work() as uow:
            claimed = replace(row, renewed_at=deps.clock())
            uow.checkpoints.update(claimed, token=row.token, renewed_at=row.renewed_at)
            uow.commit()
    except StaleRow:
        return False
    return True


def _next(deps: Dependencies, row: Checkpoint | None, signed: SignedEnd) -> str:
    """Sign, store and return the next checkpoint, or return the last if the log has not grown."""
    memory = deps.log_memory
    end = follow(deps, signed.end, pages=PAGES_AT_ONCE)
    reread_one_page(deps, memory, signed.end)
    memory.compared_at = deps.clock()  # before the vault is asked, which can be slow or away
    if memory.marked != signed.token:
        if not is_last(deps, signed):
            return _replaced_meanwhile(deps, row)
        _mark(deps, signed)
    if row is not None and end == signed.end:
        return row.token
    following = sign_checkpoint(deps, end, previous=signed.end)
    if not _store(deps, row, following.token):
        return _replaced_meanwhile(deps, row)
    memory.remember(following)
    try:
        _mark(deps, following)
    except VaultUnavailable:
        log.warning("the vault is unavailable: the next worker marks the last checkpoint")
    return following.token


def _replaced_meanwhile(deps: Dependencies, row: Checkpoint | None) -> str:
    """Return the checkpoint that another worker stored in place of `row`.

    Raises LogInconsistent when there is none: then `row` is not what it should be.
    """
    stored, _ = _read_stored(deps)
    if stored is None or (row is not None and stored.token == row.token):
        raise LogInconsistent(NOT_THE_LAST)
    return stored.token


def _store(deps: Dependencies, row: Checkpoint | None, token: str) -> bool:
    """Store the next checkpoint in place of `row`; return False if another worker was quicker."""
    fresh = Checkpoint(HEAD, token, deps.clock())
    try:
        with deps.unit_of_work() as uow:
            if row is None:
                uow.checkpoints.add(fresh)
            else:
                uow.checkpoints.update(fresh, token=row.token)
            uow.commit()
    except (AlreadyExists, StaleRow):
        return False
    return True


def _mark(deps: Dependencies, signed: SignedEnd) -> None:
    """Mark a checkpoint as the last in the vault, unless it is the last no longer."""
    mark_as_last(deps, signed)
    row = _stored(deps)
    if row is None or row.token == signed.token:
        deps.log_memory.marked = signed.token
    else:  # this worker was slow, and must not leave a mark that nobody destroys
        unmark(deps, signed, stored=parse_checkpoint(deps, row.token))


def _raise_alarm(deps: Dependencies, reason: str) -> None:
    """Write the contradiction to the log, and tell the operator of it once for each worker."""
    memory, now = deps.log_memory, deps.clock()
    log.error("the audit log contradicts its last signed checkpoint: %s", reason)
    if memory.refused_at is None:
        signed_size = None if memory.newest is None else memory.newest.end.size
        with deps.unit_of_work() as uow:
            emit(deps, uow, EventKind.LOG_INCONSISTENT, reason=reason, signed_size=signed_size)
            # The other workers compare at their next request, and not only after the interval.
            due = now - deps.policy.checkpoint_interval
            uow.checkpoints.update_all({"renewed_at": due}, id=HEAD)
            uow.commit()
    memory.refused_at = now
