"""Store the public keys that verify the service's signatures, before their first use.

Every worker can then publish a key (`usecases/records/key_set.py`), also after the worker that
signed has died and while OpenBao is unavailable. Only public keys and certificates are stored.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from facepay.domain.errors import AlreadyExists
from facepay.domain.published_key import PublishedKey
from facepay.ports import Clock, UnitOfWork, UnitsOfWork

PublicJwk = Mapping[str, str]


class KeyDirectory:
    """Store of public keys. Every method raises StorageUnavailable.

    Each call opens its own unit of work, so never call it inside another one. Safe to share between
    threads.
    """

    def __init__(self, unit_of_work: UnitsOfWork, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock

    def publish_roots(self, jwks: Sequence[PublicJwk]) -> None:
        """Publish exactly these keys of the root, and withdraw its other keys."""
        current = {jwk["kid"]: jwk for jwk in jwks}
        with self._unit_of_work() as uow:
            roots = uow.published_keys.find_all(certificate=None)
            known = {root.id for root in roots if root.published_until is None}
            if known == set(current):
                return
            for kid in current.keys() - known:
                _publish_root(uow, kid, current[kid])
            for kid in known - current.keys():
                uow.published_keys.update_all({"published_until": self._clock()}, id=kid)
            uow.commit()

    def publish_node(self, jwk: PublicJwk, certificate: str, *, until: datetime) -> None:
        """Publish a node's key until its last signature expires, and delete expired keys."""
        with self._unit_of_work() as uow:
            uow.published_keys.delete_before("published_until", self._clock())
            uow.published_keys.add(PublishedKey(jwk["kid"], jwk, certificate, until))
            uow.commit()


def _publish_root(uow: UnitOfWork, kid: str, jwk: PublicJwk) -> None:
    with suppress(AlreadyExists):  # another worker just added it, or it was withdrawn before
        uow.published_keys.add(PublishedKey(kid, jwk, None, None))
    uow.published_keys.update_all({"published_until": None}, id=kid)
