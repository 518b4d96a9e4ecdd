"""Manifests of frames that were swapped, reordered, repeated or borrowed end the capture."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from facepay.domain.capture import MAX_FRAMES
from facepay.domain.challenge import Colour
from facepay.domain.manifest import (
    FrameRecord,
    Manifest,
)
from tests.support.burst_manifests import (
    CAPTURE,
    COUNT,
    GOOD,
    IMAGES,
    NOW,
    chained,
    manifest,
    reason,
    record,
    verified,
    with_frame,
)


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
def test_a_bent_manifest_is_refused(bent: Manifest, why: str) -> None:
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


@pytest.mark.parametrize("position", [0, 1, 8])
def test_a_record_from_another_chain_is_refused(position: int) -> None:
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


def test_one_picture_sent_twice_is_refused() -> None:
    images = [*IMAGES[:8], IMAGES[0]]
    repeated = manifest([record(index, image) for index, image in enumerate(images)])
    assert reason(lambda: verified(repeated, images)) == "identical_frames"


def test_more_frames_than_a_capture_may_have_are_refused() -> None:
    images = [f"picture {number}".encode() for number in range(MAX_FRAMES + 1)]
    many = [record(n, image, len(images)) for n, image in enumerate(images)]
    at = NOW + timedelta(seconds=6)
    assert reason(lambda: verified(manifest(many), images, at=at)) == "wrong_number"
    assert verified(manifest(many[:-1]), images[:-1], at=at)


def test_the_chain_equals_the_one_that_every_sdk_computes() -> None:
    """Compare with a vector: SHA-256 over the canonical JSON of a record."""
    first = FrameRecord(0, "ab" * 32, 1000, 0, Colour.RED, "")
    text = (
        '{"colour":"red","index":0,"monotonic_ms":1000,"previous":"",'
        f'"sha256":"{"ab" * 32}","step":0}}'
    )
    assert first.digest() == hashlib.sha256(text.encode()).hexdigest()
    dark = replace(first, colour=None)
    assert dark.digest() == hashlib.sha256(text.replace('"red"', "null").encode()).hexdigest()
