"""Look up the client that signed a request, check its standing, and accept each nonce once.

`web/signatures.py` verifies the signature over the raw bytes; this module has the stored state.
"""

import hashlib
from datetime import timedelta

from facepay.domain.errors import AlreadyExists, NonceReplayed
from facepay.domain.idempotency import UsedNonce
from facepay.domain.standing import Standing
from facepay.usecases.dependencies import Dependencies

WINDOW = timedelta(seconds=60)


def find_standing(deps: Dependencies, keyid: str) -> Standing | None:
    """Return the client of a keyid, also of a withdrawn one; None for an unknown key.

    Nothing is cached: each request reads the rows, so that a withdrawal counts on every worker.
    """
    with deps.unit_of_work() as uow:
        return uow.standing(keyid)


def admit(deps: Dependencies, standing: Standing, nonce: str) -> None:
    """Admit a request whose signature has been verified.

    Only then may it learn that its key is withdrawn: a stranger must not be able to ask about keys.

    Raises KeyWithdrawn, ClientSuspended, NonceReplayed.
    """
    standing.require(deps.clock())
    use_nonce(deps, standing.client.id, nonce)


def use_nonce(deps: Dependencies, keyid: str, nonce: str) -> None:
    """Store a nonce, which then counts as used on every worker.

    It is kept for twice the window of 60 s, because a signature's time may lie in the future by the
    window: also such a request cannot be replayed.

    Raises NonceReplayed for a used nonce.
    """
    now = deps.clock()
    digest = hashlib.sha256(f"{keyid}\n{nonce}".encode()).hexdigest()
    with deps.unit_of_work() as uow:
        uow.nonces.delete_before("expires_at", now)
        try:
            uow.nonces.add(UsedNonce(digest, now + 2 * WINDOW))
        except AlreadyExists:
            raise NonceReplayed() from None
        uow.commit()
