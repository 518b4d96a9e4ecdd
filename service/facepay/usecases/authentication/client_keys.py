"""Look up the client that signed a request, and accept each nonce once.

`web/signatures.py` verifies the signature over the raw bytes; this module has the stored state.
"""

import hashlib
from datetime import timedelta

from facepay.domain.customer import Client
from facepay.domain.errors import AlreadyExists, NonceReplayed
from facepay.domain.idempotency import UsedNonce
from facepay.usecases.dependencies import Dependencies

WINDOW = timedelta(seconds=60)


def find_client(deps: Dependencies, keyid: str) -> Client | None:
    """Return the client of a keyid, or None for an unknown or revoked key."""
    with deps.unit_of_work() as uow:
        client = uow.clients.find(id=keyid)
    return client if client is not None and client.revoked_at is None else None


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
