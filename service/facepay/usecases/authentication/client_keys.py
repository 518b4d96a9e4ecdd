"""Look up the client that signed a request, and accept each nonce once.

`web/signatures.py` verifies the signature over the raw bytes; this module has the stored state.
"""

import hashlib
from datetime import timedelta

from facepay.domain.customer import Client
from facepay.domain.errors import AlreadyExists, NonceReplayed
from facepay.domain.idempotency import UsedNonce
from facepay.ports import UnitOfWork
from facepay.usecases.dependencies import Dependencies

WINDOW = timedelta(seconds=60)


def find_client(deps: Dependencies, keyid: str) -> Client | None:
    """Return the client of a keyid, or None for an unknown or revoked key."""
    with deps.unit_of_work() as uow:
        client = uow.clients.find(id=keyid)
    return client if _is_live(client) else None


def lock_live_clients(uow: UnitOfWork, *keyids: str) -> frozenset[str]:
    """Lock the rows of these keys, and return those that are known and not revoked.

    A withdrawal waits for the lock: once it has been answered, no commit relies on the key. The
    rows are locked in the order of their ids, so that two operators who approve each other's
    requests do not wait for each other.
    """
    return frozenset(keyid for keyid in sorted(keyids) if _is_live(uow.clients.lock(keyid)))


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


def _is_live(client: Client | None) -> bool:
    return client is not None and client.revoked_at is None
