"""Yaw and pitch from five points do not depend on the camera or the hand that holds it."""

import numpy as np
import pytest

from facepay.face.detection.landmarks import pitch, yaw

# Points of an unmirrored picture: the payer's left eye (0, 1) is on the picture's right.
FRONTAL = np.array([[100.0, 50.0], [75.0, 50.0], [0.0, 50.0], [25.0, 50.0], [50.0, 105.0]])


def test_a_turn_left_is_to_the_own_left_of_the_payer() -> None:
    nose_to_the_pictures_right = FRONTAL + np.array([[0, 0], [3, 0], [0, 0], [3, 0], [20, 0]])
    assert yaw(nose_to_the_pictures_right, mirrored=False) == pytest.approx(0.2)
    assert yaw(nose_to_the_pictures_right, mirrored=True) == pytest.approx(-0.2)


def test_looking_up_brings_the_nose_closer_to_the_eyes() -> None:
    raised = FRONTAL - np.array([[0, 0]] * 4 + [[0, 12]])
    assert pitch(raised) - pitch(FRONTAL) == pytest.approx(0.12)


@pytest.mark.parametrize("degrees", [-25, 10, 40])
@pytest.mark.parametrize("scale", [0.6, 1.0, 1.7])
def test_moving_rotating_or_zooming_a_photo_is_no_turn_and_no_nod(
    degrees: float, scale: float
) -> None:
    angle = np.radians(degrees)
    spin = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    moved = FRONTAL @ spin * scale + np.array([30.0, -12.0])
    assert yaw(moved, mirrored=False) == pytest.approx(yaw(FRONTAL, mirrored=False))
    assert pitch(moved) == pytest.approx(pitch(FRONTAL))
