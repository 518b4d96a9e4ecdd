"""What vouches for a capturing device, and what it says of its own health.

Its registered key vouches always: whatever it signs was made by the device that its merchant, or
the institution, registered. A platform may vouch in addition, for the device being whole; the
protocol has a place for such evidence, and a name for each kind.
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
    """`format` is one of FORMATS; `evidence` is the platform's own text."""

    format: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Health:
    """As far as the platform tells; None where it does not."""

    rooted: bool | None
    virtual_camera: bool | None
    debugger: bool | None


@dataclass(frozen=True, slots=True)
class Attested:
    """The registered key signed it; `platform` is the format whose evidence held as well."""

    platform: str | None


def verify_device(health: Health, attested: Attested, policy: Policy) -> None:
    """Raises DeviceNotTrusted; which of it was the reason is for the operator alone."""
    said = {
        "rooted": health.rooted,
        "virtual_camera": health.virtual_camera,
        "debugger": health.debugger,
    }
    for name, bad in said.items():
        if bad:
            raise DeviceNotTrusted(reason=name)
    if None in said.values() and not policy.unknown_health_allowed:
        raise DeviceNotTrusted(reason="health_unknown")
    if attested.platform is None and policy.platform_attestation_required:
        raise DeviceNotTrusted(reason="no_platform_attestation")
