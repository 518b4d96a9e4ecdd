"""The request as a use case sees it: its caller, its idempotency key and a hash of its content."""

import hashlib
from dataclasses import dataclass

from facepay.domain.confirmation import Claims, request_claims
from facepay.domain.customer import Role


@dataclass(frozen=True, slots=True)
class Caller:
    """Who signed the request, or is signed in `on_page`: there `keyid` is the session's id."""

    keyid: str
    role: Role
    subject_id: str
    on_page: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """A request that changes something: who asks, under which key, and a hash of all of it.

    `act` is its method and path, which a device key can confirm.
    """

    caller: Caller
    key: str
    fingerprint: str
    act: str = ""

    @property
    def claims(self) -> Claims:
        """What a confirmation of this very request says."""
        return request_claims(self.act, self.key)

    @property
    def record_id(self) -> str:
        return hashlib.sha256(f"{self.caller.keyid}\n{self.key}".encode()).hexdigest()
