"""Cover: a bare face passes, and a covered lower half is a retry."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from facepay.face.pad import cover, skin
from facepay.face.pad.signal import Signal, Verdict
from facepay.face.pad.thresholds import thresholds
from tests.support.heads import burst

LIGHT, DARK = (205, 160, 140), (92, 60, 48)
GREY_BEARD, CLOTH, BLACK = (120, 104, 96), (225, 232, 238), (20, 20, 22)
LIPS = (1.0, 0.78, 0.85)  # relative to the skin's colour


def judged(face: tuple[int, int, int], lower: tuple[int, int, int], *, lips: bool = True) -> Signal:
    """Judge a picture of colour `face`, with `lower` from the tip of the nose down."""
    observation = burst(("turn_left",))
    pixels = np.full((480, 640, 3), face, dtype=np.uint8)
    pixels[240:] = lower  # the eyes are at 200, an outer-eye width is 100 pixels
    if lips:
        pixels[285:305, 302:338] = np.array(face) * LIPS
    stored = BytesIO()
    Image.fromarray(pixels).save(stored, "JPEG", quality=92)
    for frame in observation.seen:
        frame.image = stored.getvalue()
    return cover.judge(skin.measure_colours(cover.hold_frames(observation)), thresholds().cover)


@pytest.mark.parametrize("face", [LIGHT, DARK])
def test_an_open_face_of_any_shade_passes_even_with_its_lower_half_in_shadow(
    face: tuple[int, int, int],
) -> None:
    assert judged(face, face).verdict is Verdict.PASS
    shadow = (int(face[0] * 0.6), int(face[1] * 0.6), int(face[2] * 0.6))
    assert judged(face, shadow).verdict is Verdict.PASS


def test_a_payer_with_a_beard_passes() -> None:
    assert judged(LIGHT, GREY_BEARD).verdict is Verdict.PASS


@pytest.mark.parametrize("cloth", [CLOTH, BLACK])
def test_a_payer_with_a_cloth_mask_is_asked_to_show_the_face(cloth: tuple[int, int, int]) -> None:
    signal = judged(LIGHT, cloth, lips=False)
    assert (signal.verdict, signal.reason) == (Verdict.NOT_MEASURABLE, "covered")


@pytest.mark.parametrize("face", [LIGHT, DARK])
def test_a_payer_with_a_hand_before_the_mouth_is_asked_to_show_the_face(
    face: tuple[int, int, int],
) -> None:
    signal = judged(face, face, lips=False)
    assert (signal.verdict, signal.reason) == (Verdict.NOT_MEASURABLE, "covered")


@pytest.mark.parametrize("cloth", [CLOTH, BLACK])
def test_a_mask_with_a_printed_mouth_does_not_pass(cloth: tuple[int, int, int]) -> None:
    assert judged(LIGHT, cloth).verdict is Verdict.NOT_MEASURABLE
