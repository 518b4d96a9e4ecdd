"""The five points are dlib's to the pixel, however many faces are drawn at once."""

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

Faces = list[tuple[Grey, Box]]


@cache
def theirs() -> Any:
    return dlib.shape_predictor(str(find_weights(LANDMARKS)))


def drawn_by_dlib(grey: Grey, box: Box) -> NDArray[np.float64]:
    corners = dlib.rectangle(*box.corners())
    parts = theirs()(np.ascontiguousarray(grey), corners).parts()
    return np.array([(part.x, part.y) for part in parts], dtype=np.float64)


def drawn_in_the_mirror(grey: Grey, box: Box) -> NDArray[np.float64]:
    left, top, right, bottom = box.corners()
    last = grey.shape[1] - 1
    there = Box(last - right, top, last - left, bottom, box.score)
    points = drawn_by_dlib(grey[:, ::-1], there)[[2, 3, 0, 1, 4]]
    return np.column_stack([last - points[:, 0], points[:, 1]])


def expected(grey: Grey, box: Box) -> NDArray[np.float64]:
    points = drawn_by_dlib(grey, box)
    if abs(yaw(points, mirrored=False)) > 0.06:
        return (points + drawn_in_the_mirror(grey, box)) / 2
    return points


@cache
def _turning(name: str) -> Faces:
    shots = bursts.genuine(name, ("turn_left", "turn_right"), 7)
    greys = [decode_reduced(shot.jpeg)[0] for shot in shots]
    faces = [(grey, found[0]) for grey in greys if (found := find_faces(grey))]
    assert len(faces) >= len(greys) // 2
    return faces


@pytest.mark.parametrize("name", ["eileen", "grace"])
def test_the_points_of_a_turning_head_are_dlibs(name: str) -> None:
    faces = _turning(name)
    wanted = [expected(*face) for face in faces]
    turned = [abs(yaw(points, mirrored=False)) > 0.06 for points in wanted]
    assert any(turned)
    assert not all(turned)
    assert np.array_equal(find_all_points(faces), wanted)


def test_a_face_is_drawn_the_same_alone_and_among_many_of_other_people_and_sizes() -> None:
    others = [(grey[:-40, :-60].copy(), box) for grey, box in _turning("grace")]
    faces = _turning("eileen") + others
    assert len(faces) > 17
    together = find_all_points(faces)
    assert np.array_equal(together, [find_points(*face) for face in faces])
    assert np.array_equal(together, [expected(*face) for face in faces])


@pytest.mark.parametrize("x", [0, 320, 640])
@pytest.mark.parametrize("y", [0, 240, 480])
@pytest.mark.parametrize("height", [90, 300])
def test_beyond_the_pictures_edge_is_what_dlib_sees_there(x: int, y: int, height: int) -> None:
    grey = np.random.default_rng(3).integers(0, 256, (480, 640), dtype=np.uint8)
    box = centred(x, y, height, 1.0)
    placed = landmark_predictor.FaceRegion(grey, box.corners())
    model = models().landmarks
    drawn = model.predict([placed] * 2, mirrored=False)
    assert np.array_equal(drawn, [drawn_by_dlib(grey, box)] * 2)
    back = model.predict([placed], mirrored=True)[:, [2, 3, 0, 1, 4]]
    assert np.array_equal(back, [drawn_in_the_mirror(grey, box)])


def test_a_picture_that_is_a_view_of_another_is_drawn_all_the_same() -> None:
    grey, box = _turning("eileen")[0]
    upright = np.ascontiguousarray(grey.T).T
    assert not upright.flags.c_contiguous
    assert np.array_equal(find_points(upright, box), expected(grey, box))


def test_nothing_of_the_pictures_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    eyes, walks = _remembered(monkeypatch, "_Sampler"), _remembered(monkeypatch, "_Descent")
    grey, box = _turning("eileen")[0]
    find_all_points([(grey, box), (np.ascontiguousarray(grey.T).T, box)])
    (eye,), (walk,) = eyes, walks
    scratch = [walk._seen, walk._pairs, walk._right, walk.moves, eye._seen, *eye._copies]
    assert len(scratch) == 6
    assert not any(memory.any() for memory in scratch)
    assert grey.any(), "the picture is the caller's to overwrite"


def _remembered(monkeypatch: pytest.MonkeyPatch, kind: str) -> list[Any]:
    made: list[Any] = []
    real = getattr(landmark_predictor, kind)

    def remembered(*args: Any, **named: Any) -> Any:
        made.append(real(*args, **named))
        return made[-1]

    monkeypatch.setattr(landmark_predictor, kind, remembered)
    return made
