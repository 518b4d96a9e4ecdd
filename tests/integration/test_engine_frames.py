"""Frames that the real engine refuses with advice for the payer, and unusual cameras it accepts."""

from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageFilter

from facepay.domain.capture import Burst, Frame, PadOutcome
from facepay.domain.errors import (
    Blurred,
    FacepayError,
    FaceTooSmall,
    FrameTooLarge,
    NoFace,
    TooBright,
    TooDark,
    TwoFaces,
    UnreadableFrame,
    UnsupportedFrame,
)
from facepay_rehearsal import bursts
from tests.support import engine_captures
from tests.support.engine_captures import (
    CHALLENGES,
    ENGINE,
    LEFT,
    PAD,
    RIGHT,
    SAME_PERSON,
    SECRET,
    Look,
    asked,
    burst,
    encoded,
    every_frame,
    genuine,
)

observed = engine_captures.observed


def replaced(whole: Burst, position: int, image: bytes) -> Burst:
    frames = list(whole.frames)
    frames[position] = Frame(image, frames[position].step, frames[position].monotonic_ms)
    return Burst(tuple(frames), whole.mirrored)


def test_a_bystander_beside_the_payer_stops_the_capture() -> None:
    with pytest.raises(TwoFaces):
        ENGINE.observe(burst(bursts.two_faces("eileen", "grace", (LEFT, RIGHT), 1)))


def test_a_capture_of_an_empty_room_is_refused() -> None:
    wall = Image.fromarray(np.random.default_rng(1).integers(90, 110, (480, 640, 3), np.uint8))
    with pytest.raises(NoFace):
        ENGINE.observe(every_frame(genuine("eileen", (LEFT, RIGHT), 3), lambda _: encoded(wall)))


def test_a_payer_too_far_away_gets_that_advice() -> None:
    def far(picture: Image.Image) -> bytes:
        room = Image.new("RGB", picture.size, (120, 118, 115))
        room.paste(picture.resize((213, 160), Image.Resampling.BICUBIC), (200, 150))
        return encoded(room)

    with pytest.raises(FaceTooSmall):
        ENGINE.observe(every_frame(genuine("eileen", (LEFT, RIGHT), 3), far))


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        (lambda jpeg: b"", UnreadableFrame),
        (lambda jpeg: jpeg[: len(jpeg) // 2], UnreadableFrame),
        (lambda jpeg: encoded(Image.open(BytesIO(jpeg)), "PNG"), UnsupportedFrame),
        (lambda jpeg: encoded(Image.open(BytesIO(jpeg)), "GIF"), UnsupportedFrame),
        (lambda jpeg: encoded(Image.new("RGB", (1921, 1080))), FrameTooLarge),
    ],
)
def test_one_bad_frame_ends_the_capture_and_is_named(
    broken: Callable[[bytes], bytes], expected: type[FacepayError]
) -> None:
    whole = genuine("eileen", (LEFT, RIGHT), 3)
    with pytest.raises(expected) as refused:
        ENGINE.observe(replaced(whole, 2, broken(whole.frames[2].image)))
    assert refused.value.param == "frames[2]"
    assert refused.value.__cause__ is None


def _upside_down(picture: Image.Image) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 3
    return encoded(picture.rotate(180), exif=exif, quality=90)


@pytest.mark.parametrize(
    "camera",
    [
        lambda picture: encoded(picture, "WEBP", quality=88),
        lambda picture: encoded(picture.convert("CMYK"), quality=90),
        _upside_down,
    ],
    ids=["webp", "cmyk", "exif"],
)
def test_an_unusual_camera_still_pays(
    observed: Look, camera: Callable[[Image.Image], bytes]
) -> None:
    steps = (LEFT, RIGHT)
    faces = observed(every_frame(genuine("eileen", steps, 3), camera))
    assert PAD.judge(faces, asked(*steps)).outcome is PadOutcome.BONA_FIDE
    reference = ENGINE.reference(observed(genuine("eileen", CHALLENGES[0], 3)), SECRET)
    assert ENGINE.distance(faces, reference, SECRET) < SAME_PERSON


def light(factor: float, ambient: int = 0) -> Callable[[Image.Image], bytes]:
    return lambda picture: encoded(picture.point(lambda level: round(level * factor) + ambient))


@pytest.mark.parametrize(
    ("camera", "expected"),
    [
        (light(0.15), TooDark),
        (light(0.15, 215), TooBright),
        (lambda picture: encoded(picture.filter(ImageFilter.GaussianBlur(6))), Blurred),
    ],
    ids=["too_dark", "too_bright", "blurred"],
)
def test_a_payer_with_a_poor_picture_gets_advice(
    camera: Callable[[Image.Image], bytes], expected: type[FacepayError]
) -> None:
    poor = every_frame(genuine("grace", (LEFT, RIGHT), 3), camera)
    with pytest.raises(expected):
        ENGINE.reference(ENGINE.observe(poor), SECRET)
