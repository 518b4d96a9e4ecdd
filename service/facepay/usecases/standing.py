"""Check the caller's standing again at the very end of the transaction that makes a change.

A request is checked when it arrives (`authentication/client_keys.py`), and a key may be withdrawn
while the request is worked on. A withdrawal and every other change append to the audit log and hold
the lock of the log's head until they commit. So whichever holds it first commits first: a change
that comes second sees the withdrawal here and is not made. Once a withdrawal is acknowledged,
nothing that its key asked for is committed, on any worker.
"""

from datetime import datetime

from facepay.ports import UnitOfWork
from facepay.usecases.dependencies import Dependencies


def check_before_commit(deps: Dependencies, uow: UnitOfWork, keyid: str) -> None:
    """Let the commit raise KeyWithdrawn or ClientSuspended if the key has lost its standing.

    A browser's session is no key, and passes.
    """
    uow.before_commit(lambda: _require_standing(uow, keyid, deps.clock()))


def _require_standing(uow: UnitOfWork, keyid: str, now: datetime) -> None:
    standing = uow.standing(keyid)
    if standing is not None:
        standing.require(now)
