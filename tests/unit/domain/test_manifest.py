"""The manifest: frames that were swapped, reordered, repeated or borrowed end the capture.

Each bent manifest is chained anew, unless the chain is what is bent: an attacker would do so, too.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from facepay.domain.attestation import Health
from facepay.domain.capture import LIFETIME, MAX_FRAMES, Burst, Capture, CaptureState, Purpose
from facepay.domain.challenge import Colour, Profile
from facepay.domain.errors import ManifestInvalid
from facepay.domain.manifest import (
    LONGEST_GAP_MS,
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
    """Without colours, which would change with the times."""
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
    """As `verify_manifest` does it, without signature and device."""
    verify_addressed(SignedManifest("jws", kid, said), len(images), expected=expected)
    verify_records(said, expected=expected, received_at=at)
    return verify_pictures(said, images)


def reason(act: Callable[[], object]) -> str | None:
    with pytest.raises(ManifestInvalid) as refusal:
        act()
    return refusal.value.reason


def test_an_honest_burst_comes_through_in_order_with_its_steps_times_and_colours() -> None:
    burst = verified(GOOD)
    assert [frame.image for frame in burst.frames] == IMAGES
    assert [frame.step for frame in burst.frames] == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert [frame.monotonic_ms for frame in burst.frames] == [1000 + 220 * n for n in range(COUNT)]
    assert [frame.colour for frame in burst.frames][:5] == ["red", "red", "green", "green", "blue"]
    assert burst.mirrored


@pytest.mark.parametrize(
    ("bent", "why"),
    [
        pytest.param(replace(GOOD, capture_id="cap_2"), "another_capture", id="of another capture"),
        pytest.param(replace(GOOD, nonce="another"), "another_nonce", id="of another nonce"),
        pytest.param(replace(GOOD, nonce="the-noncé"), "another_nonce", id="nonce not ASCII"),
        pytest.param(replace(GOOD, frames=()), "wrong_number", id="without frames"),
        pytest.param(
            replace(GOOD, frames=GOOD.frames[:8]), "wrong_number", id="a record is missing"
        ),
        pytest.param(with_frame(3, index=4), "reordered", id="a number twice"),
        pytest.param(with_frame(0, index=1), "reordered", id="not numbered from 0"),
        pytest.param(with_frame(4, step=0), "wrong_steps", id="a step back"),
        pytest.param(with_frame(8, step=3), "wrong_steps", id="a step nobody asked for"),
        pytest.param(with_frame(0, step=-1), "wrong_steps", id="a negative step"),
        pytest.param(with_frame(3, sha256="0" * 64), "edited_frame", id="a frame swapped"),
        pytest.param(
            with_frame(3, sha256=GOOD.frames[3].sha256.upper()),
            "edited_frame",
            id="two spellings of one hash",
        ),
        pytest.param(with_frame(3, colour=Colour.BLUE), "wrong_colour", id="another colour"),
        pytest.param(with_frame(3, colour=None), "wrong_colour", id="no colour"),
    ],
)
def test_a_manifest_is_refused(bent: Manifest, why: str) -> None:
    assert reason(lambda: verified(bent)) == why


def test_a_manifest_that_names_another_devices_key_is_refused() -> None:
    assert reason(lambda: verified(GOOD, kid="another key")) == "foreign_key"


def test_a_capture_that_was_not_begun_has_no_manifest() -> None:
    reserved = replace(CAPTURE, nonce=None, begun_at=None)
    for nonce in ("the-nonce", ""):
        said = replace(GOOD, nonce=nonce)
        assert reason(lambda said=said: verified(said, expected=reserved)) == "another_nonce"


@pytest.mark.parametrize("step", [0, 1, 2])
def test_every_step_of_the_challenge_has_frames_of_its_own(step: int) -> None:
    records = [
        replace(each, step=(step - 1 if step else 1) if each.step == step else each.step)
        for each in GOOD.frames
    ]
    bent = replace(GOOD, frames=chained(records))
    assert reason(lambda: verified(bent)) == "wrong_steps"


def evenly(gap: int) -> list[int]:
    return [1000 + gap * n for n in range(COUNT)]


@pytest.mark.parametrize(
    ("times", "why"),
    [
        pytest.param([*evenly(220)[:3], 1440, *evenly(220)[4:]], "clock_backwards", id="stands"),
        pytest.param([*evenly(220)[:3], 0, *evenly(220)[4:]], "clock_backwards", id="runs back"),
        pytest.param(evenly(29), "clock_leaps", id="quicker than a camera"),
        pytest.param([0, *evenly(220)[1:8], 5041], "clock_leaps", id="a gap of 2.5 s and more"),
    ],
)
def test_a_clock_that_no_camera_has_is_refused(times: list[int], why: str) -> None:
    assert reason(lambda: verified(retimed(*times), expected=DARK, at=NOW + LONG)) == why


LONG = timedelta(seconds=50)


@pytest.mark.parametrize("gap", [30, 2500])
def test_a_quick_and_a_slow_camera_are_still_cameras(gap: int) -> None:
    assert verified(retimed(*evenly(gap)), expected=DARK, at=NOW + LONG)


def test_a_burst_cannot_be_longer_than_the_time_there_was_to_record_it() -> None:
    """8 frames at 1 s: recorded in 6 s, with 2 s for clocks and networks."""
    slow = retimed(*evenly(1000))
    assert verified(slow, expected=DARK, at=NOW + timedelta(seconds=6))
    just_before = NOW + timedelta(seconds=5.999)
    assert reason(lambda: verified(slow, expected=DARK, at=just_before)) == "clock_ahead"


def test_no_burst_is_longer_than_a_capture_lives() -> None:
    """It follows from the gaps between so few frames."""
    assert timedelta(milliseconds=(MAX_FRAMES - 1) * LONGEST_GAP_MS) <= LIFETIME


@pytest.mark.parametrize(
    ("since_first", "colour", "taken"),
    [
        (270, "green", True),
        (269, "green", False),
        (330, "red", True),
        (389, "red", True),
        (390, "red", False),
        (330, "green", True),
        (330, "blue", False),
    ],
)
def test_near_a_border_a_screen_may_show_either_colour(
    since_first: int, colour: str, taken: bool
) -> None:
    """The first two slots are red and green; the border lies at 330 ms."""
    records = list(GOOD.frames)
    records[2] = replace(records[2], monotonic_ms=1000 + since_first, colour=Colour(colour))
    bent = replace(GOOD, frames=chained(records))
    if taken:
        assert verified(bent)
    else:
        assert reason(lambda: verified(bent)) == "wrong_colour"


def test_a_capture_without_light_has_no_colours() -> None:
    assert reason(lambda: verified(GOOD, expected=DARK)) == "wrong_colour"
    assert verified(retimed(*evenly(220)), expected=DARK)


@pytest.mark.parametrize("position", [0, 1, 8])
def test_a_record_taken_from_another_chain_is_seen(position: int) -> None:
    records = list(GOOD.frames)
    other = "" if position else "0" * 64
    records[position] = replace(records[position], previous=other)
    bent = replace(GOOD, frames=tuple(records))
    assert reason(lambda: verified(bent)) == "broken_chain"


def test_a_record_edited_after_the_fact_breaks_the_chain_behind_it() -> None:
    records = list(GOOD.frames)
    records[4] = replace(records[4], monotonic_ms=records[4].monotonic_ms + 1)
    assert reason(lambda: verified(replace(GOOD, frames=tuple(records)))) == "broken_chain"


@pytest.mark.parametrize(
    ("tampered", "why"),
    [
        pytest.param(lambda images: images[::-1], "edited_frame", id="reversed"),
        pytest.param(lambda images: images[:8], "wrong_number", id="one missing"),
        pytest.param(lambda images: [*images, b"picture 9"], "wrong_number", id="one too many"),
        pytest.param(
            lambda images: [*images[:8], b"a face"], "edited_frame", id="the last swapped"
        ),
        pytest.param(
            lambda images: [images[0] + b"\0", *images[1:]], "edited_frame", id="a byte appended"
        ),
    ],
)
def test_pictures_that_are_not_those_of_the_manifest_are_refused(
    tampered: Callable[[list[bytes]], list[bytes]], why: str
) -> None:
    assert reason(lambda: verified(GOOD, tampered(IMAGES))) == why


def test_one_picture_sent_twice_is_no_second_look_at_the_payer() -> None:
    images = [*IMAGES[:8], IMAGES[0]]
    repeated = manifest([record(index, image) for index, image in enumerate(images)])
    assert reason(lambda: verified(repeated, images)) == "identical_frames"


def test_more_frames_than_a_capture_may_have_are_refused() -> None:
    images = [f"picture {number}".encode() for number in range(MAX_FRAMES + 1)]
    many = [record(n, image, len(images)) for n, image in enumerate(images)]
    at = NOW + timedelta(seconds=6)
    assert reason(lambda: verified(manifest(many), images, at=at)) == "wrong_number"
    assert verified(manifest(many[:-1]), images[:-1], at=at)


def test_the_chain_is_what_every_sdk_computes() -> None:
    """A vector: SHA-256 over the canonical JSON of a record."""
    first = FrameRecord(0, "ab" * 32, 1000, 0, Colour.RED, "")
    text = (
        '{"colour":"red","index":0,"monotonic_ms":1000,"previous":"",'
        f'"sha256":"{"ab" * 32}","step":0}}'
    )
    assert first.digest() == hashlib.sha256(text.encode()).hexdigest()
    dark = replace(first, colour=None)
    assert dark.digest() == hashlib.sha256(text.replace('"red"', "null").encode()).hexdigest()
