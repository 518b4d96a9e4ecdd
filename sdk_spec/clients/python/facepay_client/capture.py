"""One burst as the protocol wants it: the manifest, and the pictures behind it, as multipart.

The same frames for the same capture give the same bytes, so a lost answer can be asked for again
under the same idempotency key. Nothing is written to disk and nothing is kept; pictures are not
looked at beyond the bytes that tell their format.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from urllib3.filepost import encode_multipart_formdata

from facepay_client.answers import Capture
from facepay_client.transport import SDK_VERSION

MAX_BYTES = 4 * 1024 * 1024


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
    """What `POST /v1/captures/{id}/frames` carries."""

    content: bytes = field(repr=False)
    content_type: str


def build_body(capture: Capture, frames: Sequence[Frame], *, mirrored: bool = False) -> CaptureBody:
    """`mirrored`: the camera flips left and right. Raises ValueError for what would be refused.

    Refused are no frames, more than the capture takes, a picture of another format, and more
    than 4 MiB in all.
    """
    if not 0 < len(frames) <= capture.max_frames:
        raise ValueError(f"a capture takes 1 to {capture.max_frames} frames")
    manifest = _manifest(capture, frames, mirrored=mirrored)
    parts = [("manifest", manifest)]
    files = [
        ("frames", (f"{index}", frame.image, _media_type(frame.image)))
        for index, frame in enumerate(frames)
    ]
    # From the hashes of all frames: the same for the same burst, and not to be met in a picture.
    boundary = "facepay-" + hashlib.sha256(manifest.encode()).hexdigest()[:48]
    content, content_type = encode_multipart_formdata([*parts, *files], boundary)
    if len(content) > MAX_BYTES:
        raise ValueError("the frames of a capture may have 4 MiB in all: make them smaller")
    return CaptureBody(content, content_type)


def _manifest(capture: Capture, frames: Sequence[Frame], *, mirrored: bool) -> str:
    records = [
        {
            "index": index,
            "sha256": hashlib.sha256(frame.image).hexdigest(),
            "monotonic_ms": frame.monotonic_ms,
            "step": frame.step,
        }
        for index, frame in enumerate(frames)
    ]
    return json.dumps(
        {
            "capture_id": capture.id,
            "nonce": capture.nonce,
            "sdk_version": SDK_VERSION,
            "mirrored": mirrored,
            "frames": records,
        }
    )


def _media_type(image: bytes) -> str:
    if image.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if image[:4] == b"RIFF" and image[8:12] == b"WEBP":
        return "image/webp"
    raise ValueError("frames are JPEG or WebP pictures")
