"""One burst as the protocol wants it: the signed manifest and the pictures behind it, as multipart.

A manifest is signed once, and ECDSA signatures differ from time to time: to ask for a lost answer
again, send the same body under the same idempotency key, and do not build it anew. Nothing is
written to disk and nothing is kept; pictures are not looked at beyond the bytes that tell their
format.
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
    """A picture as the camera gave it (JPEG or WebP), when, during which step, in which light.

    `monotonic_ms` grows from frame to frame; `step` is 0 while holding still, n during step n;
    `colour` is what the screen showed, see `Challenge.colour_at`.
    """

    image: bytes = field(repr=False)
    monotonic_ms: int
    step: int
    colour: str | None = None


@dataclass(frozen=True)
class CaptureBody:
    """What `POST /v1/captures/{id}/frames` carries, signed and whole."""

    capture_id: str
    content: bytes = field(repr=False)
    content_type: str


def build_body(
    capture: Capture, frames: Sequence[Frame], key: KeyPair, device: Device | None = None
) -> CaptureBody:
    """`key` is the one that opened the capture. Raises ValueError for what would be refused.

    Refused are no frames, more than the capture takes, a picture of another format, and more
    than 4 MiB in all.
    """
    if not 0 < len(frames) <= capture.max_frames:
        raise ValueError(f"a capture takes 1 to {capture.max_frames} frames")
    content = canonical(describe(capture, frames, device or Device()))
    return assemble(capture.id, key.sign_jws(content, typ=MANIFEST_TYP), frames)


def describe(capture: Capture, frames: Sequence[Frame], device: Device) -> dict[str, Any]:
    """The manifest before it is signed: every frame's record is bound to the one before."""
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
    """The signed manifest and the pictures, in order. Raises ValueError as `build_body`."""
    files = [
        ("frames", (f"{index}", frame.image, _media_type(frame.image)))
        for index, frame in enumerate(frames)
    ]
    # From the manifest, which names the hashes of all frames: not to be met in a picture.
    boundary = "facepay-" + hashlib.sha256(manifest.encode()).hexdigest()[:48]
    content, content_type = encode_multipart_formdata([("manifest", manifest), *files], boundary)
    if len(content) > MAX_BYTES:
        raise ValueError("the frames of a capture may have 4 MiB in all: make them smaller")
    return CaptureBody(capture_id, content, content_type)


def canonical(value: Mapping[str, Any]) -> bytes:
    """JSON with sorted keys, no spaces, ASCII: one byte sequence for one value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _media_type(image: bytes) -> str:
    if image.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if image[:4] == b"RIFF" and image[8:12] == b"WEBP":
        return "image/webp"
    raise ValueError("frames are JPEG or WebP pictures")
