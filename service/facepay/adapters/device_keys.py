"""Device keys: ES256 over a compact JWS, read strictly, by joserfc.

The header has `alg`, `typ` and `kid` and nothing else; JSON members come once.
"""

import json
from collections.abc import Mapping
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from facepay.domain.confirmation import Confirmation

ALGORITHM = "ES256"


class JoseDeviceKeys:
    """Implements `ports.DeviceKeys`."""

    def __init__(self) -> None:
        # Verified against when the key is unknown, so that both take the same time.
        self._nobodys = ECKey.generate_key("P-256").as_pem(private=False).decode()

    def verify(self, jws: str, keys: Mapping[str, str], *, typ: str) -> Confirmation | None:
        try:
            keyid = _keyid(jws, typ)
            claims = _claims(jws, keys.get(keyid, self._nobodys))
        except (JoseError, ValueError, TypeError, RecursionError):
            return None
        return Confirmation(keyid, claims) if keyid in keys else None


def _keyid(text: str, typ: str) -> str:
    header = jws.extract_compact(text.encode()).headers()
    keyid = header.get("kid")
    if not isinstance(keyid, str) or header != {"alg": ALGORITHM, "typ": typ, "kid": keyid}:
        raise ValueError("another kind of token")
    return keyid


def _claims(text: str, pem: str) -> dict[str, Any]:
    verified = jws.deserialize_compact(text, ECKey.import_key(pem), [ALGORITHM])
    claims = json.loads(verified.payload, object_pairs_hook=_each_once)
    if not isinstance(claims, dict):
        raise ValueError("no object")
    return claims


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member comes twice")
    return members
