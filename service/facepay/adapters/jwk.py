"""A P-256 key as others see it: a public JWK (RFC 7517), named by its thumbprint (RFC 7638)."""

from joserfc.jwk import ECKey

ALGORITHM = "ES256"  # RFC 7518 3.4


def public_jwk(key: ECKey) -> dict[str, str]:
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
