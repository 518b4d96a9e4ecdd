"""Decide which published key may sign which kind of token.

The JWK Set holds root keys, and node keys with a member `certificate` (sdk_spec/protocol.md, "Keys
that sign"). Root keys sign what lasts: checkpoints, deletion receipts, certificates. Node keys sign
authorizations, for the 15 minutes that their certificate states. Neither can stand in for the
other. This module computes the thumbprint of each key (RFC 7638) and ignores the name in the set.

Callers that obtained a root's thumbprint from the operator pass it as `expected_root_thumbprints`.
Then even a forged JWK Set verifies nothing.
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
LEEWAY = 60  # seconds that the clocks of two signers may differ

Claims = dict[str, Any]


@dataclass(frozen=True)
class _Keys:
    """The keys of a JWK Set by thumbprint; each node key comes with its certificate."""

    roots: Mapping[str, ECKey]
    nodes: Mapping[str, tuple[ECKey, str]]


def verify_by_root(
    token: str,
    jwks: Mapping[str, Any],
    typ: str,
    *,
    expected_root_thumbprints: Collection[str] | None = None,
) -> Claims:
    """Verify a token of a root key, a checkpoint or a deletion receipt; return its claims.

    Raises VerificationFailed, which names the check that failed.
    """
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
    """Verify a token of a node key, an authorization; return its claims.

    Raises VerificationFailed, which names the check that failed.
    """
    # 1 the signature, by a key that has a certificate
    keys = _read_keys(jwks, expected_root_thumbprints)
    kid = _signer_of(token)
    if kid not in keys.nodes:
        raise VerificationFailed("no certified node key signed this")
    key, certificate = keys.nodes[kid]
    claims = _verify_signature(token, key, typ)
    # 2 the certificate: signed by a root, of this issuer, for this key
    certified = _verify_root_signature(certificate, keys, CERTIFICATE_TYP)
    if certified.get("iss") != expected_issuer:
        raise VerificationFailed("the certificate is from another issuer")
    named = _import(certified.get("jwk"))
    if certified.get("sub") != kid or named is None or named.thumbprint() != kid:
        raise VerificationFailed("the certificate is for another key")
    # 3 the time of signing lies within the certificate's validity. A node may read the clock and
    # then wait for its certificate, hence the leeway before. There is none after: an expired key
    # signs nothing. The certificate may have expired by now: an authorization can outlive it.
    issued_at = integer_in(claims, "iat")
    begins, ends = integer_in(certified, "iat"), integer_in(certified, "exp")
    if not begins - LEEWAY <= issued_at < ends:
        raise VerificationFailed("the node key was not certified when this was signed")
    # A stolen node key can sign with any `iat`. The root limits how long such a token is valid.
    if integer_in(claims, "exp") > integer_in(certified, "signed_until"):
        raise VerificationFailed("the token lives longer than its node key may sign for")
    return claims


def text_in(claims: Mapping[str, Any], name: str) -> str:
    """Return a string claim. Raises VerificationFailed when it is missing or another type."""
    value = claims.get(name)
    if not isinstance(value, str):
        raise VerificationFailed(f"`{name}` is missing")
    return value


def integer_in(claims: Mapping[str, Any], name: str) -> int:
    """Return an integer claim. Raises VerificationFailed when it is missing or another type."""
    value = claims.get(name)
    if type(value) is not int:
        raise VerificationFailed(f"`{name}` is missing")
    return value


def _read_keys(jwks: Mapping[str, Any], pinned: Collection[str] | None) -> _Keys:
    """Sort the keys of a JWK Set, and ignore those that are not P-256 (RFC 7517 section 5)."""
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
    # A key with a certificate is never a root, even if the set lists it again without one.
    return _Keys({name: key for name, key in roots.items() if name not in nodes}, nodes)


def _verify_root_signature(token: str, keys: _Keys, typ: str) -> Claims:
    kid = _signer_of(token)
    if kid not in keys.roots:
        raise VerificationFailed(f"no trusted root key signed this {typ}")
    return _verify_signature(token, keys.roots[kid], typ)


def _verify_signature(token: str, key: ECKey, typ: str) -> Claims:
    try:
        verified = jws.deserialize_compact(token, key, algorithms=[ALGORITHM])
        claims = json.loads(verified.payload)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise VerificationFailed(f"the signature is not valid ({type(error).__name__})") from None
    # The type is signed, so that no kind of token passes for another (RFC 8725 section 3.11).
    if verified.headers().get("typ") != typ:
        raise VerificationFailed(f"this is not a {typ}")
    if not isinstance(claims, dict):
        raise VerificationFailed("the claims are not an object")
    return claims


def _signer_of(token: str) -> str:
    """Return the `kid` that the token claims; `_verify_signature` checks whether it is true."""
    try:
        return text_in(jws.extract_compact(token.encode()).headers(), "kid")
    except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise VerificationFailed(f"this is not a compact JWS ({type(error).__name__})") from None


def _import(jwk: Any) -> ECKey | None:
    """Import the public part of a JWK alone; return None for anything but a P-256 key."""
    try:
        members: dict[str, str | list[str]] = {
            name: str(jwk[name]) for name in ("kty", "crv", "x", "y")
        }
        return ECKey.import_key(members) if members["crv"] == "P-256" else None
    except (JoseError, ValueError, KeyError, TypeError):
        return None
