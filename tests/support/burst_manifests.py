"""A good manifest of nine frames, ways to bend it, and the checks it goes through.

Each bent manifest is chained anew, unless the chain is what is bent: an attacker would do so, too.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from facepay.domain.attestation import Health
from facepay.domain.capture import Burst, Capture, CaptureState, Purpose
from facepay.domain.challenge import Colour, Profile
from facepay.domain.errors import ManifestInvalid
from facepay.domain.manifest import (
    Camera,
    Facing,
    FrameRecord,
    Manifest,
    SignedManifest,
    verify_addressed,
    verify_pictures,
    verify_records,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LIGHT = ("red", "green", "blue", "yellow", "cyan", "magenta", "red", "green", "blue", "yellow")
KID = "thumbprint of the device"
CAPTURE = Capture(
    id="cap_1",
    purpose=Purpose.PAYMENT,
    customer_id="cus_1",
    enrolment_id="enr_1",
    intent_id="pi_1",
    opened_by=KID,
    profile=Profile.STANDARD,
    nonce="the-nonce",
    steps=("turn_left", "closer"),
    light=LIGHT,
    state=CaptureState.USED,
    used_by="request",
    opened_at=NOW,
    begun_at=NOW,
    deadline=NOW + timedelta(seconds=60),
)
DARK = replace(CAPTURE, profile=Profile.NO_LIGHT, light=())
COUNT = 9
IMAGES = [f"picture {number}".encode() for number in range(COUNT)]
ARRIVED = NOW + timedelta(seconds=3)


def chained(records: list[FrameRecord]) -> tuple[FrameRecord, ...]:
    linked: list[FrameRecord] = []
    for record in records:
        previous = linked[-1].digest() if linked else ""
        linked.append(replace(record, previous=previous))
    return tuple(linked)


def record(index: int, image: bytes, count: int = COUNT) -> FrameRecord:
    return FrameRecord(
        index=index,
        sha256=hashlib.sha256(image).hexdigest(),
        monotonic_ms=1000 + 220 * index,
        step=index * 3 // count,
        colour=Colour(LIGHT[index // 2 % 10]),
        previous="",
    )


def manifest(records: list[FrameRecord]) -> Manifest:
    return Manifest(
        capture_id="cap_1",
        nonce="the-nonce",
        sdk_version="test/1",
        mirrored=True,
        camera=Camera("camera", Facing.FRONT),
        width=640,
        height=480,
        exposure_locked=True,
        health=Health(None, None, None),
        attestation=None,
        frames=chained(records),
    )


GOOD = manifest([record(index, image) for index, image in enumerate(IMAGES)])


def with_frame(position: int, **changes: Any) -> Manifest:
    records = list(GOOD.frames)
    records[position] = replace(records[position], **changes)
    return replace(GOOD, frames=chained(records))


def retimed(*times: int) -> Manifest:
    """Give the frames these times, without colours: colours would change with the times."""
    records = zip(GOOD.frames, times, strict=True)
    moved = [replace(each, monotonic_ms=ms, colour=None) for each, ms in records]
    return replace(GOOD, frames=chained(moved))


def verified(
    said: Manifest,
    images: list[bytes] = IMAGES,
    *,
    expected: Capture = CAPTURE,
    at: datetime = ARRIVED,
    kid: str = KID,
) -> Burst:
    """Verify as `verify_manifest` does, without signature and device."""
    verify_addressed(SignedManifest("jws", kid, said), len(images), expected=expected)
    verify_records(said, expected=expected, received_at=at)
    return verify_pictures(said, images)


def reason(act: Callable[[], object]) -> str | None:
    with pytest.raises(ManifestInvalid) as refusal:
        act()
    return refusal.value.reason


def evenly(gap: int) -> list[int]:
    return [1000 + gap * n for n in range(COUNT)]


LONG = timedelta(seconds=50)
