"""Check what a capturing device signed, before a pixel is looked at. Cheapest first:

    1 the manifest is of this capture, and names the key that opened it
    2 that key signed it; what the device's platform says of it is heard
    3 the device says nothing against itself, and enough for the policy
    4 order, clock, steps, colours and chain are what this challenge asked for
    5 each picture is the one its record names

Each failure ends the capture, with a reason in the log that the device is not told in this form.
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
    """The frames in order, once everything fits.

    Raises ManifestInvalid, AttestationUnsupported, DeviceNotTrusted.
    """
    # 1 of this capture, by the key that opened it
    verify_addressed(signed, len(images), expected=expected)
    # 2 signed by that key; the platform heard
    attested = deps.attestation.verify(signed, _key_of(deps, expected))
    # 3 the device is well, as far as it says
    verify_device(signed.manifest.health, attested, deps.policy)
    # 4 as this challenge asked, in the time there was
    verify_records(signed.manifest, expected=expected, received_at=received_at)
    # 5 these very pictures
    return verify_pictures(signed.manifest, images)


def _key_of(deps: Dependencies, capture: Capture) -> Client:
    with deps.unit_of_work() as uow:
        key = uow.clients.find(id=capture.opened_by)
    if key is None or key.revoked_at is not None:
        raise ManifestInvalid("the device's key is no longer registered", reason="revoked_key")
    return key
