"""Check the caller of a request again, in the transaction that stores its answer.

The signature or the cookie was verified when the request came in. Since then, the client's key may
have been withdrawn, or the session may have ended.
"""

from datetime import datetime

from facepay.domain.errors import CredentialsRejected, SignatureInvalid
from facepay.ports import UnitOfWork
from facepay.usecases.authentication.client_keys import lock_live_clients
from facepay.usecases.request import Caller


def require_live_caller(uow: UnitOfWork, caller: Caller, now: datetime) -> None:
    """Lock the row of the caller's key or session, and refuse one that has ended.

    A visitor of the page has neither.

    Raises SignatureInvalid for a key, CredentialsRejected for a session.
    """
    if caller.is_visitor:
        return
    if not caller.on_page:
        if caller.keyid not in lock_live_clients(uow, caller.keyid):
            raise SignatureInvalid()
        return
    session = uow.page_sessions.lock(caller.keyid)
    if session is None or not session.alive(now):
        raise CredentialsRejected()
