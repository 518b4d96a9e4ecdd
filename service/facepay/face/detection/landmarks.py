"""Locate five points of a face, and measure yaw and pitch from them.

The order is dlib's, in picture terms:

- 0 and 1: outer and inner corner of the eye on the picture's right;
- 2 and 3: outer and inner corner of the eye on its left;
- 4: the base of the nose.

Lengths are in outer-eye widths (the distance of points 0 and 2), so they do not depend on
resolution or distance.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from facepay.face.detection.detect import Box
from facepay.face.detection.dlib_models import models
from facepay.face.detection.landmark_predictor import FaceRegion
from facepay.face.frames.decode import Grey

Points = NDArray[np.float64]

_FRONTAL_YAW = 0.06  # largest |yaw| of a head that looks into the camera
_MIRRORED_ORDER = [2, 3, 0, 1, 4]


def find_points(grey: Grey, box: Box) -> Points:
    """Return the five points of one face, (5, 2), as `find_all_points`."""
    points: Points = find_all_points([(grey, box)])[0]
    return points


def find_all_points(faces: Sequence[tuple[Grey, Box]]) -> Points:
    """Return (n, 5, 2) float64, x right and y down, in pixels of each face's picture.

    The points of a turned head are the mean of the model's points in the picture and in its mirror
    image. One view alone measures turns to one side as smaller than turns to the other, by up to a
    third where the person wears glasses. Where the head looks into the camera both views agree, and
    one is enough. On 313 photographs of LFW their yaws differ by 0.001 on average, with a standard
    deviation of 0.007.

    Predicting all faces together takes a fraction of the time of one by one.

    Raises FileNotFoundError where the model is not installed, and WeightsError where its file is
    not the expected one.
    """
    regions = [FaceRegion(grey, box.corners()) for grey, box in faces]
    predictor = models().landmarks
    predicted = predictor.predict(regions, mirrored=False)
    turned = [
        position
        for position, points in enumerate(predicted)
        if abs(yaw(points, mirrored=False)) > _FRONTAL_YAW
    ]
    if turned:
        from_mirror = predictor.predict([regions[position] for position in turned], mirrored=True)
        predicted[turned] = (predicted[turned] + from_mirror[:, _MIRRORED_ORDER]) / 2
        from_mirror.fill(0)
    return predicted


def eye_width(points: Points) -> float:
    """Return the distance of the outer eye corners, in pixels."""
    return float(np.linalg.norm(points[0] - points[2]))


def yaw(points: Points, *, mirrored: bool) -> float:
    """Return the distance of the nose from the middle of the eyes, along the line of the eyes.

    The unit is outer-eye widths. Positive is a turn to the payer's own left. In an unmirrored
    picture the payer's left is on the picture's right, so the nose moves towards larger x; a
    mirrored camera inverts the sign.

    The value grows with the tangent of the angle and includes a personal asymmetry. Compare it with
    the same person's frames at rest. Rotation in the plane, shift and scale do not change it.
    """
    eyes = points[0] - points[2]
    offset = (points[4] - (points[0] + points[2]) / 2) @ eyes / (eyes @ eyes)
    return -float(offset) if mirrored else float(offset)


def pitch(points: Points) -> float:
    """Return the distance of the nose below the line of the eyes, in outer-eye widths, negated.

    It is larger when the head looks up: the base of the nose, which lies in front of the eyes, then
    moves towards their line. Faces differ, so only a comparison with the same person's frames at
    rest says anything. A mirrored camera, rotation in the plane, shift and scale do not change it.
    """
    eyes = points[0] - points[2]
    below = points[4] - (points[0] + points[2]) / 2
    return -float(eyes[0] * below[1] - eyes[1] * below[0]) / float(eyes @ eyes)
