"""A root key in memory whose signatures verify, and which can be unavailable."""

import json
from collections.abc import Mapping
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from facepay.adapters.jwk import public_jwk
from facepay.adapters.key_directory import KeyDirectory
from facepay.domain.errors import VaultUnavailable
from tests.support.signing_keys import signed_by


class SoftwareRoot:
    """Implements `ports.RootSigner`; counts the signatures."""

    def __init__(self, directory: KeyDirectory) -> None:
        self.away = False
        self.asked = 0
        self.key = ECKey.generate_key("P-256")
        self._directory = directory

    def prepare(self) -> None:
        self._directory.publish_roots([public_jwk(self.key)])

    def sign(self, claims: Mapping[str, Any], *, typ: str) -> str:
        self.asked += 1
        if self.away:
            raise VaultUnavailable("the vault does not answer")
        self.prepare()
        return signed_by(self.key, dict(claims), typ)

    def verify(self, token: str, *, typ: str) -> Mapping[str, Any] | None:
        try:
            verified = jws.deserialize_compact(token, self.key, algorithms=["ES256"])
        except (JoseError, ValueError):
            return None
        claims: dict[str, Any] = json.loads(verified.payload)
        return claims if verified.headers().get("typ") == typ else None
