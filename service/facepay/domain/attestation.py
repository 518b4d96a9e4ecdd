"""Device attestation: evidence for a capturing device, and its own statements about its health.

A registered key always attests: the device that a merchant or the operator registered made
whatever this key signs. A platform can attest in addition that the device is intact. The protocol
has a field for such evidence, and a name for each format.
"""

from dataclasses import dataclass

from facepay.domain.errors import DeviceNotTrusted
from facepay.domain.policy import Policy

FORMATS = {
    "play_integrity": "Google Play Integrity, the signed token of a standard request",
    "app_attest": "Apple App Attest, the assertion of an attested key",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """Platform evidence: `format` is one of FORMATS, `evidence` the platform's own text."""

    format: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Health:
    """The device's statements about itself; None means that its platform cannot tell."""

    rooted: bool | None
    virtual_camera: bool | None
    debugger: bool | None


@dataclass(frozen=True, slots=True)
class Attested:
    """Result of an attestation by the registered key.

    `platform` is the format whose evidence was verified as well, or None.
    """

    platform: str | None


def verify_device(health: Health, attested: Attested, policy: Policy) -> None:
    """Check a device's health and attestation against the policy.

    Raises DeviceNotTrusted; only the operator can read its reason.
    """
    stated = {
        "rooted": health.rooted,
        "virtual_camera": health.virtual_camera,
        "debugger": health.debugger,
    }
    for name, bad in stated.items():
        if bad:
            raise DeviceNotTrusted(reason=name)
    if None in stated.values() and not policy.unknown_health_allowed:
        raise DeviceNotTrusted(reason="health_unknown")
    if attested.platform is None and policy.platform_attestation_required:
        raise DeviceNotTrusted(reason="no_platform_attestation")
