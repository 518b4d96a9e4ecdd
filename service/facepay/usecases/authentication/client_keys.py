"""Who signed a request: look the key up, and let each nonce in once.

The signature itself is checked at the front door, over the raw bytes; here is what needs memory.
"""

import hashlib
from datetime import timedelta

from facepay.domain.customer import Client
from facepay.domain.errors import AlreadyExists, NonceReplayed
from facepay.domain.idempotency import UsedNonce
from facepay.usecases.dependencies import Dependencies

WINDOW = timedelta(seconds=60)


def find_client(deps: Dependencies, keyid: str) -> Client | None:
    """The live client behind a keyid; unknown and revoked look the same."""
    with deps.unit_of_work() as uow:
        client = uow.clients.find(id=keyid)
    return client if client is not None and client.revoked_at is None else None


def use_nonce(deps: Dependencies, keyid: str, nonce: str) -> None:
    """Raises NonceReplayed the second time, on whichever worker it arrives.

    Kept for twice the window: a request signed at its very end is still refused as a replay.
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
