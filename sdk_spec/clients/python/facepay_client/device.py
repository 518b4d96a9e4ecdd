"""Describe the capturing device and its camera; the description travels in the signed manifest."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Health:
    """The platform's report about the device; None where it reports nothing.

    The service ends every capture of a device that reports True.
    """

    rooted: bool | None = None
    virtual_camera: bool | None = None
    debugger: bool | None = None


@dataclass(frozen=True)
class Evidence:
    """Attestation evidence of the platform; sdk_spec/protocol.md lists the formats."""

    format: str
    evidence: str = field(repr=False)


@dataclass(frozen=True)
class Device:
    """One camera and the machine that it belongs to.

    `width` and `height` are those of the pictures, in pixels. `mirrored`: the camera flips left and
    right. `facing` is front, back or external. `exposure_locked`: exposure and white balance stay
    the same during a burst.
    """

    camera_id: str = "default"
    facing: str = "external"
    width: int = 640
    height: int = 480
    mirrored: bool = False
    exposure_locked: bool = False
    health: Health = Health()
    attestation: Evidence | None = None
