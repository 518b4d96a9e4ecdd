"""Check the caller of a request again, in the transaction that stores its answer.

The signature or the cookie was verified when the request came in. Since then, the client's key may
have been withdrawn, its terminal suspended, or the session ended.

A withdrawal and every other change append to the audit log and hold the lock of the log's head
until they commit. So whichever holds it first commits first: a change that comes second sees the
withdrawal at the end of its transaction and is not made. Once a withdrawal is acknowledged, nothing
that its key asked for is committed, on any worker.
"""

from datetime import datetime

from facepay.domain.errors import CredentialsRejected
from facepay.domain.standing import KeyWithdrawn
from facepay.ports import UnitOfWork
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.request import Caller


def require_live_caller(deps: Dependencies, uow: UnitOfWork, caller: Caller) -> None:
    """Lock the row of the caller's session, or let the commit check the standing of its key.

    A visitor of the page has neither. The commit then raises KeyWithdrawn or ClientSuspended.

    Raises CredentialsRejected for a session that has ended.
    """
    if caller.is_visitor:
        return
    if not caller.on_page:
        uow.before_commit(lambda: require_standing(uow, caller.keyid, deps.clock()))
        return
    session = uow.page_sessions.lock(caller.keyid)
    if session is None or not session.alive(deps.clock()):
        raise CredentialsRejected()


def require_standing(uow: UnitOfWork, keyid: str, now: datetime) -> None:
    """Refuse an unknown or withdrawn key and a suspended client.

    Raises KeyWithdrawn, ClientSuspended.
    """
    standing = uow.standing(keyid)
    if standing is None:
        raise KeyWithdrawn()
    standing.require(now)
