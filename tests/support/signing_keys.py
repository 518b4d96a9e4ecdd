"""Root and node keys in memory, and the tokens they may sign, genuine or forged."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey

AUTHORIZATION = "facepay-authorization+jwt"
CERTIFICATE = "facepay-node-certificate+jwt"
CHECKPOINT = "facepay-checkpoint+jwt"
ISSUER = "https://pay.example"
NOW = 1_800_000_000
CERTIFIED_FOR = 900
SIGNED_FOR = 900


def new_key() -> ECKey:
    return ECKey.generate_key("P-256")


def signed_by(key: ECKey, claims: Any, typ: str, **header: Any) -> str:
    protected = {"alg": "ES256", "typ": typ, "kid": key.thumbprint(), **header}
    return jws.serialize_compact(protected, json.dumps(claims), key)


def member(key: ECKey, **more: str) -> dict[str, Any]:
    """Return the key as a member of a JWK Set."""
    return {**key.as_dict(private=False), "kid": key.thumbprint(), "alg": "ES256", **more}


def certificate(root: ECKey, node: ECKey, typ: str = CERTIFICATE, **other: Any) -> str:
    """Sign a node's certificate by `root`; `other` claims replace the true ones."""
    claims = {
        "iss": ISSUER,
        "sub": node.thumbprint(),
        "jwk": node.as_dict(private=False),
        "iat": NOW,
        "exp": NOW + CERTIFIED_FOR,
        "signed_until": NOW + CERTIFIED_FOR + SIGNED_FOR,
    }
    return signed_by(root, claims | other, typ)


@dataclass
class SigningKeys:
    """One root and one node of its own."""

    root: ECKey = field(default_factory=new_key)
    node: ECKey = field(default_factory=new_key)

    def jwks(self, certificate_of_the_node: str | None = None) -> dict[str, Any]:
        shown = certificate_of_the_node or certificate(self.root, self.node)
        return {"keys": [member(self.root), member(self.node, certificate=shown)]}

    def authorization(self, claims: Mapping[str, Any]) -> str:
        return signed_by(self.node, claims, AUTHORIZATION)
