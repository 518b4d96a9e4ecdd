"""Attestation by the registered key, with a place for what platforms say.

The signature is ES256 (RFC 7518 3.4) over the manifest as it arrived, by the key that is registered
for the device. Evidence of a platform is checked by a verifier that was configured for its format;
this version ships none, and says so instead of pretending: evidence that nobody can check is
refused, never ignored.
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
    """Checks one format: whose root signed it, and that it is bound to this manifest's nonce."""

    def __call__(self, evidence: str, manifest: SignedManifest) -> None:
        """Raises DeviceNotTrusted."""


class RegisteredKeyAttestation:
    """`ports.Attestation`; `verifiers` are those of platforms, by format."""

    def __init__(self, verifiers: Mapping[str, EvidenceVerifier] | None = None) -> None:
        self._verifiers = dict(verifiers or {})

    def verify(self, signed: SignedManifest, key: Client) -> Attested:
        _verify_signature(signed, key)
        given = signed.manifest.attestation
        if given is None:
            return Attested(platform=None)
        if given.format not in FORMATS:
            raise _unsupported("this format is not one of the protocol")
        if given.format not in self._verifiers:
            raise _unsupported("this service has no verifier for this format: send null")
        self._verifiers[given.format](given.evidence, signed)
        return Attested(platform=given.format)


def _verify_signature(signed: SignedManifest, key: Client) -> None:
    try:
        jws.deserialize_compact(signed.jws, ECKey.import_key(key.public_key_pem), [ALGORITHM])
    except (JoseError, ValueError, TypeError):
        raise ManifestInvalid(
            "the signature is not of the key that opened the capture",
            param="manifest",
            reason="foreign_signature",
        ) from None


def _unsupported(why: str) -> AttestationUnsupported:
    return AttestationUnsupported(
        why, param="manifest.attestation.format", reason="attestation_unsupported"
    )
