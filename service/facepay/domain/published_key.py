"""The public keys by which others verify what the service signs (RFC 7517)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """`id` is the key's RFC 7638 thumbprint, `jwk` its public members.

    A node's key comes with the certificate of a root key, and is published until the last thing
    it may have signed has run out. A root key has no certificate, and no end while the vault
    keeps it.
    """

    id: str
    jwk: Mapping[str, str]
    certificate: str | None
    published_until: datetime | None

    def is_published(self, now: datetime) -> bool:
        return self.published_until is None or now < self.published_until

    def as_member(self) -> dict[str, str]:
        """As it stands in the JWK Set; the certificate is a member of ours (RFC 7517 4)."""
        return dict(self.jwk) | ({"certificate": self.certificate} if self.certificate else {})
