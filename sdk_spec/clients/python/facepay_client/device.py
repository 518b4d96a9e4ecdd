"""What a capturing device says of itself and its camera, beside the frames."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Health:
    """As far as the platform tells; None where it does not. A True ends every capture."""

    rooted: bool | None = None
    virtual_camera: bool | None = None
    debugger: bool | None = None


@dataclass(frozen=True)
class Evidence:
    """What the platform says of the device; the formats are in sdk_spec/protocol.md."""

    format: str
    evidence: str = field(repr=False)


@dataclass(frozen=True)
class Device:
    """One camera and the machine it is at; `width` and `height` are those of its pictures.

    `mirrored`: the camera flips left and right. `facing` is front, back or external.
    `exposure_locked`: neither exposure nor white balance move during a burst.
    """

    camera_id: str = "default"
    facing: str = "external"
    width: int = 640
    height: int = 480
    mirrored: bool = False
    exposure_locked: bool = False
    health: Health = Health()
    attestation: Evidence | None = None
