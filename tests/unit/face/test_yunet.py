"""YuNet's boxes equal HOG's, and an unusable model file stops the start with a reason.

The model file is not part of facepay, so a stand-in replaces OpenCV here.
"""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from facepay.bootstrap import build_dependencies
from facepay.config import ConfigError, Settings
from facepay.face.detection.detect import has_second_face
from facepay.face.detection.yunet import YunetDetector
from tests.fakes.environment import LIVE

GREY = np.full((480, 640), 90, dtype=np.uint8)


class CvError(Exception):
    pass


class Net:
    """Network that finds the faces of `rows`, in pixels of the picture that it receives."""

    def __init__(self) -> None:
        self.size = (0, 0)
        self.rows: list[list[float]] = []

    def setInputSize(self, size: tuple[int, int]) -> None:  # noqa: N802 - OpenCV's name
        self.size = size

    def detect(self, picture: np.ndarray) -> tuple[int, Any]:
        assert picture.shape == (self.size[1], self.size[0], 3)
        return 1, np.array(self.rows, dtype=np.float32) if self.rows else None


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch) -> Net:
    net = Net()

    def create(file: str, *_: object) -> Net:
        if Path(file).read_bytes() != b"model":
            raise CvError
        return net

    def resize(grey: np.ndarray, size: tuple[int, int], interpolation: int) -> np.ndarray:
        return np.resize(grey, (size[1], size[0])).astype(np.uint8)

    cv2 = SimpleNamespace(
        FaceDetectorYN=SimpleNamespace(create=create),
        resize=resize,
        cvtColor=lambda grey, _code: np.dstack([grey] * 3),
        INTER_AREA=3,
        COLOR_GRAY2BGR=8,
        error=CvError,
    )
    monkeypatch.setitem(sys.modules, "cv2", cv2)
    return net


@pytest.fixture
def file(tmp_path: Path) -> Path:
    model = tmp_path / "yunet.onnx"
    model.write_bytes(b"model")
    return model


def face(x: float, y: float, height: float, score: float = 0.9) -> list[float]:
    """Return a row as YuNet does: box, landmarks, score; (x, y) lies between eyes and mouth."""
    half = 0.21 * height
    eyes = [x - 0.2 * height, y - half, x + 0.2 * height, y - half]
    mouth = [x - 0.15 * height, y + half, x + 0.15 * height, y + half]
    return [0, 0, 1, 1, *eyes, x, y, *mouth, score]


def test_a_box_equals_that_of_hog_in_pixels_of_the_full_picture(net: Net, file: Path) -> None:
    net.rows = [face(160, 120, 100)]  # in the picture reduced by two
    (box,) = YunetDetector(file).find_faces(GREY)
    assert box.corners() == (220, 140, 420, 340)
    assert box.score == pytest.approx(0.9)


def test_the_best_face_comes_first_and_a_bystander_is_found(net: Net, file: Path) -> None:
    net.rows = [face(50, 120, 80, 0.7), face(220, 120, 100, 0.95)]
    boxes = YunetDetector(file).find_faces(GREY)
    assert [round(box.score, 2) for box in boxes] == [0.95, 0.7]
    assert has_second_face(boxes)


def test_a_search_near_the_last_box_finds_no_other_face(net: Net, file: Path) -> None:
    detector = YunetDetector(file)
    net.rows = [face(220, 120, 100)]
    (last,) = detector.find_faces(GREY)
    net.rows = [face(60, 120, 100, 0.99), face(225, 118, 100)]
    near = detector.find_near(GREY, last)
    assert near is not None
    assert near.overlap(last) > 0.8
    net.rows = [face(60, 120, 100)]
    assert detector.find_near(GREY, last) is None


def started_with(file: Path) -> None:
    environment = {"FACEPAY_PROFILE": "rehearsal", "FACEPAY_DETECTOR_FILE": str(file)}
    build_dependencies(Settings.from_environment(LIVE | environment))


@pytest.mark.usefixtures("net")
def test_an_unusable_detector_file_stops_the_start_with_a_reason(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no detector model"):
        started_with(tmp_path / "gone.onnx")
    other = tmp_path / "other.onnx"
    other.write_bytes(b"something else")
    with pytest.raises(ConfigError, match="no model that OpenCV"):
        started_with(other)


@pytest.mark.usefixtures("net")
def test_the_service_starts_with_yunet(file: Path) -> None:
    started_with(file)
