"""Run a command once, however often its request is repeated (idempotency keys).

`run_idempotent` leases the caller's idempotency key in a short commit, runs the use case, and
returns the first answer to every repetition. The use case calls `lease.answer(uow, …)` inside its
own last transaction, so the answer is stored if and only if the change was committed. It also
checks the caller again there, and no use case can forget that. A worker that is killed in between
leaves the lease behind. The retry takes it over with a new fence, and the old fence can no longer
commit.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from facepay.domain.errors import (
    AlreadyExists,
    FacepayError,
    IdempotencyKeyReused,
    InProgress,
    StaleRow,
    Unavailable,
)
from facepay.domain.idempotency import KEPT_FOR, LEASE_DURATION, IdempotencyRecord, RecordState
from facepay.ports import UnitOfWork
from facepay.usecases.authentication.live_callers import require_live_caller
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.request import Caller, Command
from facepay.usecases.stage_timing import timed_stage

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to run one request; lost when it expires and another worker takes over."""

    record: IdempotencyRecord
    caller: Caller
    deps: Dependencies

    @property
    def id(self) -> str:
        return self.record.id

    @property
    def received_at(self) -> datetime:
        """The time when the request first arrived, so that a retry does not age its code."""
        return self.record.created_at

    def answer(
        self, uow: UnitOfWork, answer: Any, *, withdrawn: frozenset[str] = frozenset()
    ) -> None:
        """Check the caller again, and store the answer in the transaction that makes the change.

        The commit then raises KeyWithdrawn or ClientSuspended if the caller's key has lost its
        standing meanwhile. `withdrawn` names the keys that this transaction itself withdraws.

        Raises CredentialsRejected when the caller's session has ended, InProgress when another
        worker has taken over the lease: do not commit then.
        """
        if self.caller.keyid not in withdrawn:
            require_live_caller(self.deps, uow, self.caller)
        done = replace(self.record, state=RecordState.ANSWERED, answer=json.dumps(asdict(answer)))
        self._finish(uow, done)

    def refuse(self, uow: UnitOfWork, error: FacepayError) -> None:
        """Store a refusal as the answer. Raises InProgress as `answer` does."""
        shown = ("code", "detail", "param", "guidance")
        refusal = json.dumps({name: getattr(error, name) for name in shown})
        self._finish(uow, replace(self.record, state=RecordState.REFUSED, answer=refusal))

    def _finish(self, uow: UnitOfWork, done: IdempotencyRecord) -> None:
        try:
            uow.idempotency.update(
                done, fence=self.record.fence, state=RecordState.IN_PROGRESS.value
            )
        except StaleRow:
            raise InProgress() from None


class ReplayedRefusal(FacepayError):
    """The stored refusal of an earlier run of this request, with its registered code."""

    def __init__(
        self, code: str, detail: str | None, param: str | None, guidance: str | None = None
    ) -> None:
        self.code = code
        super().__init__(detail, param=param, guidance=guidance)


def run_idempotent(
    deps: Dependencies, command: Command, kind: type[Answer], act: Callable[[Lease], Answer]
) -> Answer:
    """Run `act` and return its answer, or return the stored answer of an earlier run.

    Raises IdempotencyKeyReused (same key, other request), InProgress (the first run has not ended),
    ReplayedRefusal (the first run was refused), and the errors of `act`. Failures of dependencies
    (Unavailable) are not stored, so that the client can retry.
    """
    record = _acquire_lease(deps, command)
    if record.state is not RecordState.IN_PROGRESS:
        return _recall(record, kind)
    lease = Lease(record, command.caller, deps)
    try:
        return act(lease)
    except (Unavailable, InProgress):
        _end_lease(deps, record)
        raise
    except FacepayError as error:
        _remember_refusal(deps, lease, error)
        raise


@timed_stage("claim")
def _acquire_lease(deps: Dependencies, command: Command) -> IdempotencyRecord:
    now = deps.clock()
    # Keyed: requests contain passwords, which could be guessed from a plain hash.
    digest = command.fingerprint.encode()
    fingerprint = hmac.new(deps.fingerprint_key, digest, hashlib.sha256).hexdigest()
    fresh = IdempotencyRecord(
        id=command.record_id,
        fingerprint=fingerprint,
        fence=secrets.token_hex(16),
        state=RecordState.IN_PROGRESS,
        lease_until=now + LEASE_DURATION,
        answer=None,
        created_at=now,
    )
    with deps.unit_of_work() as uow:
        uow.idempotency.delete_before("created_at", now - KEPT_FOR)
        try:
            uow.idempotency.add(fresh)
        except AlreadyExists:
            known = uow.idempotency.lock(command.record_id)
            if known is None:
                raise InProgress() from None
            if not hmac.compare_digest(known.fingerprint, fingerprint):
                raise IdempotencyKeyReused() from None
            if known.state is not RecordState.IN_PROGRESS:
                return known
            if now < known.lease_until:
                raise InProgress() from None
            # Credentials in the request count as of the time when it first arrived.
            fresh = replace(fresh, created_at=known.created_at)
            uow.idempotency.update(fresh, fence=known.fence)
        uow.commit()
    return fresh


def _recall(record: IdempotencyRecord, kind: type[Answer]) -> Answer:
    stored = json.loads(record.answer or "{}")
    if record.state is RecordState.REFUSED:
        raise ReplayedRefusal(**stored)
    return kind(**stored)


def _end_lease(deps: Dependencies, record: IdempotencyRecord) -> None:
    """End the lease now, so that a retry can begin; the key stays bound to its request."""
    with deps.unit_of_work() as uow:
        try:
            uow.idempotency.update(
                replace(record, lease_until=deps.clock()),
                fence=record.fence,
                state=RecordState.IN_PROGRESS.value,
            )
        except StaleRow:
            return
        uow.commit()


def _remember_refusal(deps: Dependencies, lease: Lease, error: FacepayError) -> None:
    with deps.unit_of_work() as uow:
        try:
            lease.refuse(uow, error)
        except InProgress:
            return
        uow.commit()
