"""The capture manifest: the capturing device's signed statements about the frames it sends.

The manifest is no evidence about the face. It binds the frames to one capture and one registered
device. A frame that was swapped, edited, reordered, repeated or recorded at another time does not
fit, and ends the capture. The manifest cannot stop a device that lies with its own key:
presentation attack detection and attestation are the defences against that.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from facepay.domain.attestation import Evidence, Health
from facepay.domain.audit import canonical
from facepay.domain.capture import MAX_FRAMES, Burst, Capture, Frame
from facepay.domain.challenge import Challenge, Colour
from facepay.domain.errors import ManifestInvalid

TYP = "facepay-manifest+jwt"
# No SDK takes more than 33 pictures a second, and none waits longer than this for a step. With at
# most MAX_FRAMES frames, a burst never spans more than the 60 s that a capture lives.
SHORTEST_GAP_MS, LONGEST_GAP_MS = 30, 2_500
# The burst cannot take longer than the service waited for it; this allows for inexact clocks.
TOLERANCE = timedelta(seconds=2)
# This close to the change between two colours, a screen may show either.
BORDER_MS = 60


class Facing(StrEnum):
    FRONT = "front"
    BACK = "back"
    EXTERNAL = "external"


@dataclass(frozen=True, slots=True)
class Camera:
    id: str
    facing: Facing


@dataclass(frozen=True, slots=True)
class FrameRecord:
    """One frame's record in the manifest's hash chain.

    `sha256` is over the encoded picture, `previous` is the digest of the record before; both in
    lower-case hex. `previous` is empty in the first record.
    """

    index: int
    sha256: str
    monotonic_ms: int
    step: int
    colour: Colour | None
    previous: str

    def digest(self) -> str:
        """Return the SHA-256 of the record as canonical JSON: the next record's `previous`."""
        return hashlib.sha256(canonical(asdict(self)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Manifest:
    """The device's statements about one burst; `width` and `height` are in pixels."""

    capture_id: str
    nonce: str
    sdk_version: str
    mirrored: bool
    camera: Camera
    width: int
    height: int
    exposure_locked: bool
    health: Health
    attestation: Evidence | None
    frames: tuple[FrameRecord, ...]


@dataclass(frozen=True, slots=True)
class SignedManifest:
    """A manifest as it arrived, not yet verified: compact JWS, key id, and decoded content."""

    jws: str
    kid: str
    manifest: Manifest


def verify_addressed(signed: SignedManifest, pictures: int, *, expected: Capture) -> None:
    """Check that the manifest is for this capture, from its device, with one record a picture.

    These are the cheap checks, to run before the signature is verified.

    Raises ManifestInvalid.
    """
    manifest = signed.manifest
    if not _same(signed.kid, expected.opened_by):
        raise ManifestInvalid(
            "sign with the key that opened the capture", param="manifest.kid", reason="foreign_key"
        )
    if not _same(manifest.capture_id, expected.id):
        raise ManifestInvalid(
            "the manifest belongs to another capture", param="capture_id", reason="another_capture"
        )
    if expected.nonce is None or not _same(manifest.nonce, expected.nonce):
        raise ManifestInvalid(
            "the nonce belongs to another capture", param="nonce", reason="another_nonce"
        )
    if not 0 < len(manifest.frames) <= MAX_FRAMES or len(manifest.frames) != pictures:
        raise _misfit(f"send 1 to {MAX_FRAMES} frames, with one record each", "wrong_number")


def verify_records(manifest: Manifest, *, expected: Capture, received_at: datetime) -> None:
    """Check order, clock, steps, colours and chain of the records against the challenge.

    `received_at` is when the request first arrived.

    Raises ManifestInvalid.
    """
    records = manifest.frames
    if [record.index for record in records] != list(range(len(records))):
        raise _misfit("number the frames from 0 in order", "reordered")
    _verify_clock(records, expected, received_at)
    _verify_steps(records, expected.challenge)
    _verify_colours(records, expected.challenge)
    links = ["", *(record.digest() for record in records[:-1])]
    for record, link in zip(records, links, strict=True):
        if not _same(record.previous, link):
            raise _misfit("a record does not follow the one before", "broken_chain", record.index)


def verify_pictures(manifest: Manifest, images: Sequence[bytes]) -> Burst:
    """Check each picture against the hash in its record, and return the frames in order.

    `images` has one encoded picture for each record.

    Raises ManifestInvalid.
    """
    records = manifest.frames
    if len({record.sha256 for record in records}) != len(records):
        raise _misfit("two frames are the same picture", "identical_frames")
    for record, image in zip(records, images, strict=True):
        if not _same(record.sha256, hashlib.sha256(image).hexdigest()):
            raise _misfit("the hash does not fit the frame", "edited_frame", record.index)
    frames = (
        Frame(image, record.step, record.monotonic_ms, record.colour)
        for image, record in zip(images, records, strict=True)
    )
    return Burst(tuple(frames), manifest.mirrored)


def _verify_clock(records: Sequence[FrameRecord], expected: Capture, at: datetime) -> None:
    times = [record.monotonic_ms for record in records]
    for number, (earlier, later) in enumerate(pairwise(times), start=1):
        if later <= earlier:
            raise _misfit("the clock of the frames must run forward", "clock_backwards", number)
        if not SHORTEST_GAP_MS <= later - earlier <= LONGEST_GAP_MS:
            allowed = f"{SHORTEST_GAP_MS} to {LONGEST_GAP_MS} ms"
            raise _misfit(f"frames must be {allowed} apart", "clock_leaps", number)
    span = times[-1] - times[0]
    begun = expected.begun_at
    if begun is None or timedelta(milliseconds=span) > at - begun + TOLERANCE:
        raise _misfit("the burst is longer than the time since the capture began", "clock_ahead")


def _verify_steps(records: Sequence[FrameRecord], challenge: Challenge) -> None:
    steps = [record.step for record in records]
    if steps != sorted(steps) or set(steps) != set(range(len(challenge.steps) + 1)):
        raise _misfit("steps must follow the challenge, each with its own frames", "wrong_steps")


def _verify_colours(records: Sequence[FrameRecord], challenge: Challenge) -> None:
    first = records[0].monotonic_ms
    for record in records:
        since = record.monotonic_ms - first
        near = (since - BORDER_MS, since, since + BORDER_MS)
        if record.colour not in {challenge.colour_at(moment) for moment in near}:
            raise _misfit(
                "the challenge has another colour at that time", "wrong_colour", record.index
            )


def _same(one: str, other: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())


def _misfit(detail: str, reason: str, frame: int | None = None) -> ManifestInvalid:
    param = "frames" if frame is None else f"frames.{frame}"
    return ManifestInvalid(detail, param=param, reason=reason)
