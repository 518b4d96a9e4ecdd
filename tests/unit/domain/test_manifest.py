"""The manifest: frames that were swapped, reordered, repeated or borrowed end the capture."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from facepay.domain.capture import MAX_FRAMES, Capture, CaptureState, Purpose
from facepay.domain.challenge import Profile
from facepay.domain.errors import ManifestInvalid
from facepay.domain.manifest import FrameRecord, Manifest, verify_manifest

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CAPTURE = Capture(
    id="cap_1",
    purpose=Purpose.PAYMENT,
    customer_id="cus_1",
    enrolment_id="enr_1",
    intent_id="pi_1",
    opened_by="key",
    profile=Profile.STANDARD,
    nonce="the-nonce",
    steps=("turn_left", "turn_right"),
    light=(),
    state=CaptureState.OPEN,
    used_by=None,
    opened_at=NOW,
    begun_at=NOW,
    deadline=NOW + timedelta(seconds=60),
)
IMAGES = [f"picture {number}".encode() for number in range(6)]


def record(index: int, image: bytes) -> FrameRecord:
    digest = hashlib.sha256(image).hexdigest()
    return FrameRecord(index=index, sha256=digest, monotonic_ms=1000 + 220 * index, step=index // 2)


GOOD = Manifest("cap_1", "the-nonce", "test/1", False, tuple(map(record, range(6), IMAGES)))


def with_frame(position: int, **changes: int | str) -> Manifest:
    frames = list(GOOD.frames)
    frames[position] = replace(frames[position], **changes)  # type: ignore[arg-type]
    return replace(GOOD, frames=tuple(frames))


def test_an_honest_burst_comes_through_in_order_with_its_steps_and_times() -> None:
    burst = verify_manifest(replace(GOOD, mirrored=True), IMAGES, expected=CAPTURE)
    assert [frame.image for frame in burst.frames] == IMAGES
    assert [frame.step for frame in burst.frames] == [0, 0, 1, 1, 2, 2]
    assert [frame.monotonic_ms for frame in burst.frames] == [1000 + 220 * n for n in range(6)]
    assert burst.mirrored


def test_hashes_in_capital_letters_are_the_same_hashes() -> None:
    capitals = with_frame(0, sha256=GOOD.frames[0].sha256.upper())
    verify_manifest(capitals, IMAGES, expected=CAPTURE)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(replace(GOOD, capture_id="cap_2"), id="of another capture"),
        pytest.param(replace(GOOD, nonce="another"), id="with another nonce"),
        pytest.param(replace(GOOD, nonce="the-noncé"), id="with a nonce that is not ASCII"),
        pytest.param(replace(GOOD, frames=()), id="without frames"),
        pytest.param(replace(GOOD, frames=GOOD.frames[:5]), id="with a record too few"),
        pytest.param(with_frame(3, sha256="0" * 64), id="with a frame swapped"),
        pytest.param(with_frame(3, index=4), id="with a number twice"),
        pytest.param(with_frame(0, index=1), id="not numbered from 0"),
        pytest.param(with_frame(3, monotonic_ms=1000 + 220 * 2), id="with time standing still"),
        pytest.param(with_frame(3, monotonic_ms=0), id="with time running back"),
        pytest.param(with_frame(5, monotonic_ms=1000 + 60_001), id="longer than a capture lives"),
        pytest.param(with_frame(3, step=0), id="with a step back"),
        pytest.param(with_frame(5, step=3), id="with a turn nobody asked for"),
        pytest.param(with_frame(0, step=-1), id="with a negative step"),
    ],
)
def test_a_manifest_is_refused(wrong: Manifest) -> None:
    with pytest.raises(ManifestInvalid):
        verify_manifest(wrong, IMAGES, expected=CAPTURE)


@pytest.mark.parametrize(
    "tampered",
    [
        pytest.param(lambda images: images[::-1], id="reversed"),
        pytest.param(lambda images: images[:5], id="one missing"),
        pytest.param(lambda images: [*images, b"picture 6"], id="one too many"),
        pytest.param(lambda images: [*images[:5], b"another face"], id="the last swapped"),
        pytest.param(lambda images: [images[0] + b"\0", *images[1:]], id="one byte appended"),
    ],
)
def test_pictures_that_are_not_those_of_the_manifest_are_refused(
    tampered: Callable[[list[bytes]], list[bytes]],
) -> None:
    with pytest.raises(ManifestInvalid):
        verify_manifest(GOOD, tampered(IMAGES), expected=CAPTURE)


def test_one_picture_sent_twice_is_no_second_look_at_the_payer() -> None:
    images = [*IMAGES[:5], IMAGES[0]]
    repeated = replace(GOOD, frames=tuple(map(record, range(6), images)))
    with pytest.raises(ManifestInvalid, match="same picture"):
        verify_manifest(repeated, images, expected=CAPTURE)


def test_more_frames_than_a_capture_may_have_are_refused() -> None:
    images = [f"picture {number}".encode() for number in range(MAX_FRAMES + 1)]
    records = tuple(replace(record(n, image), step=0) for n, image in enumerate(images))
    with pytest.raises(ManifestInvalid):
        verify_manifest(replace(GOOD, frames=records), images, expected=CAPTURE)
    verify_manifest(replace(GOOD, frames=records[:-1]), images[:-1], expected=CAPTURE)
