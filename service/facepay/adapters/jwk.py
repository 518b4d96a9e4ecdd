"""Describe a P-256 key for publication: a JWK (RFC 7517) named by its thumbprint (RFC 7638)."""

from joserfc.jwk import ECKey

ALGORITHM = "ES256"  # RFC 7518 3.4


def public_jwk(key: ECKey) -> dict[str, str]:
    """Return the public members of the key, with `kid`, `use` and `alg`."""
    members = key.as_dict(private=False)
    return {
        "kty": str(members["kty"]),
        "crv": str(members["crv"]),
        "x": str(members["x"]),
        "y": str(members["y"]),
        "kid": key.thumbprint(),
        "use": "sig",
        "alg": ALGORITHM,
    }
