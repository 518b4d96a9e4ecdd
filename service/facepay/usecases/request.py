"""The request as use cases see it: its caller, its idempotency key and a hash of its content."""

import hashlib
from dataclasses import dataclass

from facepay.domain.confirmation import Claims, request_claims
from facepay.domain.customer import Role


@dataclass(frozen=True, slots=True)
class Caller:
    """The client that signed the request, or a browser.

    `keyid` is the client's key, or for a browser the id of its session or visit. With `on_page`,
    the customer is signed in. A visitor's browser has no subject.
    """

    keyid: str
    role: Role
    subject_id: str
    on_page: bool = False

    @property
    def is_visitor(self) -> bool:
        return not self.subject_id


@dataclass(frozen=True, slots=True)
class Command:
    """A request that changes something: its caller, its idempotency key, its hash.

    `key` is the idempotency key, `fingerprint` a hash of the whole request. `act` is its method
    and path, which a device key can confirm.
    """

    caller: Caller
    key: str
    fingerprint: str
    act: str = ""

    @property
    def claims(self) -> Claims:
        """The claims that confirm exactly this request."""
        return request_claims(self.act, self.key)

    @property
    def record_id(self) -> str:
        """The id of the idempotency record: a hash of keyid and idempotency key."""
        return hashlib.sha256(f"{self.caller.keyid}\n{self.key}".encode()).hexdigest()
