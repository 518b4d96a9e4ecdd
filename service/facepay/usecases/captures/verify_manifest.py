"""Verify a capture's manifest before any pixel is decoded, cheapest checks first.

    1 the manifest belongs to this capture, and names the key that opened it
    2 that key signed it, and platform evidence is valid if there is any
    3 the device reports no problem with its health, and reports enough for the policy
    4 order, clock, steps, colours and hash chain fit the challenge
    5 each picture has the hash in its record

Each failure ends the capture. Its reason is in the audit log, and the device does not get it.
"""

from datetime import datetime

from facepay.domain.attestation import verify_device
from facepay.domain.capture import Burst, Capture
from facepay.domain.customer import Client
from facepay.domain.errors import ManifestInvalid
from facepay.domain.manifest import (
    SignedManifest,
    verify_addressed,
    verify_pictures,
    verify_records,
)
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.stage_timing import timed_stage


@timed_stage("manifest")
def verify_manifest(
    deps: Dependencies,
    signed: SignedManifest,
    images: list[bytes],
    *,
    expected: Capture,
    received_at: datetime,
) -> Burst:
    """Verify the manifest and return the frames in order.

    `images` are the encoded pictures; `received_at` is when the request first arrived.

    Raises ManifestInvalid, AttestationUnsupported, DeviceNotTrusted.
    """
    # 1 the manifest belongs to this capture, and names the key that opened it
    verify_addressed(signed, len(images), expected=expected)
    # 2 that key signed it, and platform evidence is valid if there is any
    attested = deps.attestation.verify(signed, _key_of(deps, expected))
    # 3 the device reports no problem, and reports enough
    verify_device(signed.manifest.health, attested, deps.policy)
    # 4 the records fit the challenge and the time
    verify_records(signed.manifest, expected=expected, received_at=received_at)
    # 5 each picture has the hash in its record
    return verify_pictures(signed.manifest, images)


def _key_of(deps: Dependencies, capture: Capture) -> Client:
    with deps.unit_of_work() as uow:
        key = uow.clients.find(id=capture.opened_by)
    if key is None or key.revoked_at is not None:
        raise ManifestInvalid(
            "the device's key is no longer registered: use a registered key", reason="revoked_key"
        )
    return key
