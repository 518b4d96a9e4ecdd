"""Whose signature counts for what: root keys, and node keys that a root key certified.

The JWK Set has root keys, and node keys with a member `certificate` (protocol.md, "Keys that
sign"). A root signs what lasts; a node signs authorizations, for the 15 minutes that its
certificate says. Neither is taken for the other. Keys are known by the thumbprint computed here
(RFC 7638), never by the name they are given.

Who read a root's thumbprint from its operator passes it as `expected_root_thumbprints`: then a
forged JWK Set verifies nothing.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from facepay_client.errors import VerificationFailed

ALGORITHM = "ES256"
CERTIFICATE_TYP = "facepay-node-certificate+jwt"
LEEWAY = 60  # seconds that a time may lie before the one it has to follow

Claims = dict[str, Any]


@dataclass(frozen=True)
class _Keys:
    """By thumbprint: roots, and nodes with the certificate that each brings along."""

    roots: Mapping[str, ECKey]
    nodes: Mapping[str, tuple[ECKey, str]]


def verify_by_root(
    token: str,
    jwks: Mapping[str, Any],
    typ: str,
    *,
    expected_root_thumbprints: Collection[str] | None = None,
) -> Claims:
    """What lasts: checkpoints, deletion receipts. Raises VerificationFailed."""
    keys = _read_keys(jwks, expected_root_thumbprints)
    return _verify_root_signature(token, keys, typ)


def verify_by_node(
    token: str,
    jwks: Mapping[str, Any],
    typ: str,
    *,
    expected_issuer: str,
    expected_root_thumbprints: Collection[str] | None = None,
) -> Claims:
    """Authorizations. Raises VerificationFailed, which names what does not hold."""
    # 1 the signature, by a node's key: one that brings a certificate along
    keys = _read_keys(jwks, expected_root_thumbprints)
    kid = _signer_of(token)
    if kid not in keys.nodes:
        raise VerificationFailed("no certified node key has signed this")
    key, certificate = keys.nodes[kid]
    claims = _verify_signature(token, key, typ)
    # 2 the certificate: by a root, of this issuer, for this very key
    certified = _verify_root_signature(certificate, keys, CERTIFICATE_TYP)
    if certified.get("iss") != expected_issuer:
        raise VerificationFailed("the certificate is another issuer's")
    named = _import(certified.get("jwk"))
    if certified.get("sub") != kid or named is None or named.thumbprint() != kid:
        raise VerificationFailed("the certificate is for another key")
    # 3 signed while it held. A signer may have waited for its certificate after it took the time,
    # hence the leeway before; none after: a key whose time is over signs nothing more. That the
    # certificate has run out by now is no fault: an authorization may outlive it.
    issued_at = integer_in(claims, "iat")
    begins, ends = integer_in(certified, "iat"), integer_in(certified, "exp")
    if not begins - LEEWAY <= issued_at < ends:
        raise VerificationFailed("the node key was not certified when this was signed")
    # Who steals a node's key can say when it signed; how long that is good for, the root has said.
    if integer_in(claims, "exp") > integer_in(certified, "signed_until"):
        raise VerificationFailed("this says it lives longer than its signer may sign for")
    return claims


def text_in(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str):
        raise VerificationFailed(f"`{name}` is missing")
    return value


def integer_in(claims: Mapping[str, Any], name: str) -> int:
    value = claims.get(name)
    if type(value) is not int:
        raise VerificationFailed(f"`{name}` is missing")
    return value


def _read_keys(jwks: Mapping[str, Any], pinned: Collection[str] | None) -> _Keys:
    """Whatever is no key of P-256 is passed over (RFC 7517 5): it can verify nothing."""
    roots: dict[str, ECKey] = {}
    nodes: dict[str, tuple[ECKey, str]] = {}
    members = jwks.get("keys")
    if not isinstance(members, list) or not all(isinstance(each, dict) for each in members):
        raise VerificationFailed("this is not a JWK Set")
    for member in members:
        key = _import(member)
        if key is None:
            continue
        thumbprint = key.thumbprint()
        if "certificate" in member:
            nodes[thumbprint] = (key, str(member["certificate"]))
        elif pinned is None or thumbprint in pinned:
            roots[thumbprint] = key
    # Whatever has a certificate is no root, also where it is listed a second time without.
    return _Keys({name: key for name, key in roots.items() if name not in nodes}, nodes)


def _verify_root_signature(token: str, keys: _Keys, typ: str) -> Claims:
    kid = _signer_of(token)
    if kid not in keys.roots:
        raise VerificationFailed(f"no trusted root key has signed this {typ}")
    return _verify_signature(token, keys.roots[kid], typ)


def _verify_signature(token: str, key: ECKey, typ: str) -> Claims:
    try:
        verified = jws.deserialize_compact(token, key, algorithms=[ALGORITHM])
        claims = json.loads(verified.payload)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise VerificationFailed(f"the signature does not hold ({type(error).__name__})") from None
    # Each kind of token says what it is, so that none can be passed off as another (RFC 8725 3.11).
    if verified.headers().get("typ") != typ:
        raise VerificationFailed(f"this is not a {typ}")
    if not isinstance(claims, dict):
        raise VerificationFailed("the claims are not an object")
    return claims


def _signer_of(token: str) -> str:
    """The `kid` it claims; whether that key signed it is for `_verify_signature`."""
    try:
        return text_in(jws.extract_compact(token.encode()).headers(), "kid")
    except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise VerificationFailed(f"this is no signed token ({type(error).__name__})") from None


def _import(jwk: Any) -> ECKey | None:
    """The public half alone, whatever else stands there; None for what is no key of P-256."""
    try:
        members: dict[str, str | list[str]] = {
            name: str(jwk[name]) for name in ("kty", "crv", "x", "y")
        }
        return ECKey.import_key(members) if members["crv"] == "P-256" else None
    except (JoseError, ValueError, KeyError, TypeError):
        return None
