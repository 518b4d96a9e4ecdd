"""Verify signatures of device keys: compact JWS (RFC 7515) with ES256, by joserfc.

The header has exactly `alg`, `typ` and `kid`. A repeated JSON member makes a token invalid.
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
    """Implementation of `ports.DeviceKeys`."""

    def __init__(self) -> None:
        # An unknown key is verified against this one, so that both cases take the same time.
        self._unused_key = ECKey.generate_key("P-256").as_pem(private=False).decode()

    def verify(self, jws: str, keys: Mapping[str, str], *, typ: str) -> Confirmation | None:
        try:
            keyid = _keyid(jws, typ)
            claims = _claims(jws, keys.get(keyid, self._unused_key))
        except (JoseError, ValueError, TypeError, RecursionError):
            return None
        return Confirmation(keyid, claims) if keyid in keys else None


def _keyid(text: str, typ: str) -> str:
    header = jws.extract_compact(text.encode()).headers()
    keyid = header.get("kid")
    if not isinstance(keyid, str) or header != {"alg": ALGORITHM, "typ": typ, "kid": keyid}:
        raise ValueError("the header is not that of a confirmation")
    return keyid


def _claims(text: str, pem: str) -> dict[str, Any]:
    verified = jws.deserialize_compact(text, ECKey.import_key(pem), [ALGORITHM])
    claims = json.loads(verified.payload, object_pairs_hook=_unique_members)
    if not isinstance(claims, dict):
        raise ValueError("the claims are not a JSON object")
    return claims


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a JSON member is repeated")
    return members
