"""Published keys: the public keys that verify the service's signatures (RFC 7517)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """A public key: `id` is its RFC 7638 thumbprint, `jwk` has its public members.

    A node's key has a certificate by a root key. It is published until everything it may have
    signed has expired. A root key has no certificate, and no end while the vault keeps it.
    """

    id: str
    jwk: Mapping[str, str]
    certificate: str | None
    published_until: datetime | None

    def is_published(self, now: datetime) -> bool:
        return self.published_until is None or now < self.published_until

    def as_member(self) -> dict[str, str]:
        """Return the member of the JWK Set; `certificate` is our extension (RFC 7517 4)."""
        return dict(self.jwk) | ({"certificate": self.certificate} if self.certificate else {})
