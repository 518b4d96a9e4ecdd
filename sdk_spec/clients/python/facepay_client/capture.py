"""Build the body of one burst: the signed manifest and its pictures, as multipart/form-data.

Sign a burst once. ECDSA signatures are random, so a second signature makes another body. To retry
after a lost answer, send the same body with the same idempotency key. This module writes nothing to
disk, stores nothing, and reads of a picture only the bytes that show its format.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from urllib3.filepost import encode_multipart_formdata

from facepay_client.answers import Capture
from facepay_client.device import Device
from facepay_client.keys import KeyPair
from facepay_client.transport import SDK_VERSION

MAX_BYTES = 4 * 1024 * 1024
MANIFEST_TYP = "facepay-manifest+jwt"


@dataclass(frozen=True)
class Frame:
    """One picture (JPEG or WebP) and how it was taken.

    `monotonic_ms` is a monotonic clock in milliseconds. `step` is 0 while the payer holds still and
    n during step n of the challenge. `colour` is the colour that the screen showed, see
    `Challenge.colour_at`.
    """

    image: bytes = field(repr=False)
    monotonic_ms: int
    step: int
    colour: str | None = None


@dataclass(frozen=True)
class CaptureBody:
    """The complete, signed body of `POST /v1/captures/{id}/frames`."""

    capture_id: str
    content: bytes = field(repr=False)
    content_type: str


def build_body(
    capture: Capture, frames: Sequence[Frame], key: KeyPair, device: Device | None = None
) -> CaptureBody:
    """Sign the manifest of a burst and put it together with its pictures.

    `key` is the key that opened the capture.

    Raises ValueError for what the service would refuse: no frames, more than `max_frames`, a
    picture that is neither JPEG nor WebP, and a body of more than 4 MiB.
    """
    if not 0 < len(frames) <= capture.max_frames:
        raise ValueError(f"Send 1 to {capture.max_frames} frames in a capture.")
    content = canonical(describe(capture, frames, device or Device()))
    return assemble(capture.id, key.sign_jws(content, typ=MANIFEST_TYP), frames)


def describe(capture: Capture, frames: Sequence[Frame], device: Device) -> dict[str, Any]:
    """Return the manifest's payload; each frame's record carries the hash of the one before."""
    records: list[dict[str, Any]] = []
    for index, frame in enumerate(frames):
        previous = hashlib.sha256(canonical(records[-1])).hexdigest() if records else ""
        records.append(
            {
                "index": index,
                "sha256": hashlib.sha256(frame.image).hexdigest(),
                "monotonic_ms": frame.monotonic_ms,
                "step": frame.step,
                "colour": frame.colour,
                "previous": previous,
            }
        )
    return {
        "capture_id": capture.id,
        "nonce": capture.nonce,
        "sdk_version": SDK_VERSION,
        "mirrored": device.mirrored,
        "camera": {"id": device.camera_id, "facing": device.facing},
        "width": device.width,
        "height": device.height,
        "exposure_locked": device.exposure_locked,
        "health": asdict(device.health),
        "attestation": None if device.attestation is None else asdict(device.attestation),
        "frames": records,
    }


def assemble(capture_id: str, manifest: str, frames: Sequence[Frame]) -> CaptureBody:
    """Encode the signed manifest and the pictures, in order. Raises ValueError as `build_body`."""
    files = [
        ("frames", (f"{index}", frame.image, _media_type(frame.image)))
        for index, frame in enumerate(frames)
    ]
    # No picture can contain this boundary: it is a hash over the hashes of all pictures.
    boundary = "facepay-" + hashlib.sha256(manifest.encode()).hexdigest()[:48]
    content, content_type = encode_multipart_formdata([("manifest", manifest), *files], boundary)
    if len(content) > MAX_BYTES:
        raise ValueError("The body is larger than 4 MiB: make the frames smaller.")
    return CaptureBody(capture_id, content, content_type)


def canonical(value: Mapping[str, Any]) -> bytes:
    """Encode as canonical JSON: sorted keys, no spaces, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _media_type(image: bytes) -> str:
    if image.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if image[:4] == b"RIFF" and image[8:12] == b"WEBP":
        return "image/webp"
    raise ValueError("A frame is neither a JPEG nor a WebP picture.")
