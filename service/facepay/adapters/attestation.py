"""Verify a capture's manifest: the signature of the registered key, and platform evidence.

The signature is ES256 (RFC 7518 3.4) over the manifest's bytes as they arrived, by the key that is
registered for the device. A verifier that was configured for its format checks a platform's
evidence. This version ships no such verifier, so it refuses all evidence and never ignores it.
"""

from collections.abc import Mapping
from typing import Protocol

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from facepay.domain.attestation import FORMATS, Attested
from facepay.domain.customer import Client
from facepay.domain.errors import AttestationUnsupported, ManifestInvalid
from facepay.domain.manifest import SignedManifest

ALGORITHM = "ES256"


class EvidenceVerifier(Protocol):
    """Verifier of one evidence format."""

    def __call__(self, evidence: str, manifest: SignedManifest) -> None:
        """Check the root that signed the evidence and its binding to this manifest's nonce.

        Raises DeviceNotTrusted.
        """


class RegisteredKeyAttestation:
    """Implementation of `ports.Attestation`; `verifiers` maps formats to their verifiers."""

    def __init__(self, verifiers: Mapping[str, EvidenceVerifier] | None = None) -> None:
        self._verifiers = dict(verifiers or {})

    def verify(self, signed: SignedManifest, key: Client) -> Attested:
        _verify_signature(signed, key)
        given = signed.manifest.attestation
        if given is None:
            return Attested(platform=None)
        if given.format not in FORMATS:
            raise _unsupported("the protocol does not have this format: send null")
        if given.format not in self._verifiers:
            raise _unsupported("this service has no verifier for this format: send null")
        self._verifiers[given.format](given.evidence, signed)
        return Attested(platform=given.format)


def _verify_signature(signed: SignedManifest, key: Client) -> None:
    try:
        jws.deserialize_compact(signed.jws, ECKey.import_key(key.public_key_pem), [ALGORITHM])
    except (JoseError, ValueError, TypeError):
        raise ManifestInvalid(
            "the signature was not made by the key that opened the capture",
            param="manifest",
            reason="foreign_signature",
        ) from None


def _unsupported(why: str) -> AttestationUnsupported:
    return AttestationUnsupported(
        why, param="manifest.attestation.format", reason="attestation_unsupported"
    )
