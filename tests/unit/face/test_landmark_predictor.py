"""The five points equal those of dlib to the pixel, for any number of faces at once."""

from functools import cache
from typing import Any

import dlib
import numpy as np
import pytest
from numpy.typing import NDArray

from facepay.face.detection import landmark_predictor
from facepay.face.detection.detect import Box, centred, find_faces
from facepay.face.detection.dlib_models import models
from facepay.face.detection.landmarks import find_all_points, find_points, yaw
from facepay.face.frames.decode import Grey, decode_reduced
from facepay.face.models.landmark_trees import LANDMARKS
from facepay.face.models.weights import find_weights
from facepay_rehearsal import bursts
from tests.support.renders import rendered

Faces = list[tuple[Grey, Box]]


@cache
def dlib_predictor() -> Any:
    return dlib.shape_predictor(str(find_weights(LANDMARKS)))


def predicted_by_dlib(grey: Grey, box: Box) -> NDArray[np.float64]:
    corners = dlib.rectangle(*box.corners())
    parts = dlib_predictor()(np.ascontiguousarray(grey), corners).parts()
    return np.array([(part.x, part.y) for part in parts], dtype=np.float64)


def predicted_in_mirror(grey: Grey, box: Box) -> NDArray[np.float64]:
    left, top, right, bottom = box.corners()
    last = grey.shape[1] - 1
    there = Box(last - right, top, last - left, bottom, box.score)
    points = predicted_by_dlib(grey[:, ::-1], there)[[2, 3, 0, 1, 4]]
    return np.column_stack([last - points[:, 0], points[:, 1]])


def expected(grey: Grey, box: Box) -> NDArray[np.float64]:
    points = predicted_by_dlib(grey, box)
    if abs(yaw(points, mirrored=False)) > 0.06:
        return (points + predicted_in_mirror(grey, box)) / 2
    return points


@cache
def _turning(name: str) -> Faces:
    shots = rendered(bursts.genuine, name, ("turn_left", "turn_right"), 7)
    greys = [decode_reduced(shot.jpeg)[0] for shot in shots]
    faces = [(grey, found[0]) for grey in greys if (found := find_faces(grey))]
    assert len(faces) >= len(greys) // 2
    return faces


@pytest.mark.parametrize("name", ["eileen", "grace"])
def test_the_points_of_a_turning_head_equal_those_of_dlib(name: str) -> None:
    faces = _turning(name)
    wanted = [expected(*face) for face in faces]
    turned = [abs(yaw(points, mirrored=False)) > 0.06 for points in wanted]
    assert any(turned)
    assert not all(turned)
    assert np.array_equal(find_all_points(faces), wanted)


def test_a_face_has_the_same_points_alone_and_among_faces_of_other_sizes() -> None:
    others = [(grey[:-40, :-60].copy(), box) for grey, box in _turning("grace")]
    faces = _turning("eileen") + others
    assert len(faces) > 17
    together = find_all_points(faces)
    assert np.array_equal(together, [find_points(*face) for face in faces])
    assert np.array_equal(together, [expected(*face) for face in faces])


@pytest.mark.parametrize("x", [0, 320, 640])
@pytest.mark.parametrize("y", [0, 240, 480])
@pytest.mark.parametrize("height", [90, 300])
def test_a_face_at_the_edge_of_the_picture_has_the_points_of_dlib(
    x: int, y: int, height: int
) -> None:
    grey = np.random.default_rng(3).integers(0, 256, (480, 640), dtype=np.uint8)
    box = centred(x, y, height, 1.0)
    region = landmark_predictor.FaceRegion(grey, box.corners())
    model = models().landmarks
    predicted = model.predict([region] * 2, mirrored=False)
    assert np.array_equal(predicted, [predicted_by_dlib(grey, box)] * 2)
    from_mirror = model.predict([region], mirrored=True)[:, [2, 3, 0, 1, 4]]
    assert np.array_equal(from_mirror, [predicted_in_mirror(grey, box)])


def test_a_picture_that_is_a_view_of_an_array_has_the_same_points() -> None:
    grey, box = _turning("eileen")[0]
    upright = np.ascontiguousarray(grey.T).T
    assert not upright.flags.c_contiguous
    assert np.array_equal(find_points(upright, box), expected(grey, box))


def test_no_pixels_are_left_in_memory_after_prediction(monkeypatch: pytest.MonkeyPatch) -> None:
    samplers, descents = (
        _record_instances(monkeypatch, "_Sampler"),
        _record_instances(monkeypatch, "_Descent"),
    )
    grey, box = _turning("eileen")[0]
    find_all_points([(grey, box), (np.ascontiguousarray(grey.T).T, box)])
    (sampler,), (descent,) = samplers, descents
    scratch = [
        descent._seen,
        descent._pairs,
        descent._right,
        descent.moves,
        sampler._seen,
        *sampler._copies,
    ]
    assert len(scratch) == 6
    assert not any(memory.any() for memory in scratch)
    assert grey.any(), "the picture is the caller's to overwrite"


def _record_instances(monkeypatch: pytest.MonkeyPatch, kind: str) -> list[Any]:
    made: list[Any] = []
    real = getattr(landmark_predictor, kind)

    def recorded(*args: Any, **named: Any) -> Any:
        made.append(real(*args, **named))
        return made[-1]

    monkeypatch.setattr(landmark_predictor, kind, recorded)
    return made
