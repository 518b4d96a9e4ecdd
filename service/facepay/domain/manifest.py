"""The capture manifest: what the capturing device says about the frames it sends.

It is covered by the request's signature together with the frames (RFC 9421, RFC 9530), so here
only its agreement with the capture and with the frames is checked. A frame whose hash, order or
time does not fit ends the capture.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from facepay.domain.capture import MAX_FRAMES, Burst, Capture, Frame
from facepay.domain.errors import ManifestInvalid

LONGEST_BURST_MS = 60_000


@dataclass(frozen=True, slots=True)
class FrameRecord:
    index: int
    sha256: str
    monotonic_ms: int
    step: int


@dataclass(frozen=True, slots=True)
class Manifest:
    capture_id: str
    nonce: str
    sdk_version: str
    mirrored: bool
    frames: tuple[FrameRecord, ...]


def verify_manifest(manifest: Manifest, images: Sequence[bytes], *, expected: Capture) -> Burst:
    """The frames in order, once everything fits.

    Raises ManifestInvalid: foreign capture, wrong nonce, count, order, clock, steps or hash.
    """
    if manifest.capture_id != expected.id:
        raise ManifestInvalid("the manifest belongs to another capture", param="capture_id")
    if expected.nonce is None or not hmac.compare_digest(
        manifest.nonce.encode(), expected.nonce.encode()
    ):
        raise ManifestInvalid("the nonce is not the capture's", param="nonce")
    records = manifest.frames
    if not 0 < len(records) <= MAX_FRAMES or len(records) != len(images):
        raise ManifestInvalid(f"send 1 to {MAX_FRAMES} frames, one record each", param="frames")
    _verify_order(records, last_step=len(expected.steps))
    for record, image in zip(records, images, strict=True):
        digest = hashlib.sha256(image).hexdigest()
        if not hmac.compare_digest(record.sha256.lower().encode(), digest.encode()):
            raise ManifestInvalid(
                "the hash is not that of the frame", param=f"frames.{record.index}"
            )
    if len({record.sha256.lower() for record in records}) != len(records):
        raise ManifestInvalid("two frames are the same picture", param="frames")
    frames = (Frame(i, r.step, r.monotonic_ms) for i, r in zip(images, records, strict=True))
    return Burst(tuple(frames), manifest.mirrored)


def _verify_order(records: Sequence[FrameRecord], *, last_step: int) -> None:
    if [record.index for record in records] != list(range(len(records))):
        raise ManifestInvalid("frames must be numbered from 0 in order", param="frames")
    times = [record.monotonic_ms for record in records]
    if any(later <= earlier for earlier, later in pairwise(times)):
        raise ManifestInvalid("the frames' clock must run forward", param="frames")
    if times[-1] - times[0] > LONGEST_BURST_MS:
        raise ManifestInvalid("the burst is longer than a capture lives", param="frames")
    steps = [record.step for record in records]
    if steps != sorted(steps) or steps[0] < 0 or steps[-1] > last_step:
        raise ManifestInvalid("steps must follow the challenge", param="frames")
