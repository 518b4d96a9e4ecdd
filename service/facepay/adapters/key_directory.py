"""Stores the public keys that verify our signatures, before they are used (`usecases/key_set.py`).

Whoever holds something signed finds the key on any worker, also after the worker that signed it
died and while OpenBao is away. Public halves and certificates only.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from facepay.domain.errors import AlreadyExists
from facepay.domain.published_key import PublishedKey
from facepay.ports import Clock, UnitOfWork, UnitsOfWork

PublicJwk = Mapping[str, str]


class KeyDirectory:
    """Opens a unit of work of its own: never call it inside of another. Raises StorageUnavailable.

    Safe to share between threads.
    """

    def __init__(self, unit_of_work: UnitsOfWork, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock

    def publish_roots(self, jwks: Sequence[PublicJwk]) -> None:
        """These are the root's keys, and no others: what the vault keeps no longer is withdrawn."""
        wanted = {jwk["kid"]: jwk for jwk in jwks}
        with self._unit_of_work() as uow:
            roots = uow.published_keys.find_all(certificate=None)
            known = {root.id for root in roots if root.published_until is None}
            if known == set(wanted):
                return
            for kid in wanted.keys() - known:
                _publish_root(uow, kid, wanted[kid])
            for kid in known - wanted.keys():
                uow.published_keys.update_all({"published_until": self._clock()}, id=kid)
            uow.commit()

    def publish_node(self, jwk: PublicJwk, certificate: str, *, until: datetime) -> None:
        """A node's key, until the last thing it may sign has run out; drops those that have."""
        with self._unit_of_work() as uow:
            uow.published_keys.delete_before("published_until", self._clock())
            uow.published_keys.add(PublishedKey(jwk["kid"], jwk, certificate, until))
            uow.commit()


def _publish_root(uow: UnitOfWork, kid: str, jwk: PublicJwk) -> None:
    with suppress(AlreadyExists):  # another worker met it at the same moment, or it came back
        uow.published_keys.add(PublishedKey(kid, jwk, None, None))
    uow.published_keys.update_all({"published_until": None}, id=kid)
