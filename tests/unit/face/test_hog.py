"""The reduced detector finds turning heads, and another stream format is refused."""

from dataclasses import replace

import dlib
import numpy as np
import pytest

from facepay.face.detection import detect
from facepay.face.detection.detect import HogDetector, centred, find_faces
from facepay.face.detection.dlib_models import LockedDetector, models
from facepay.face.detection.hog import reduce_detector
from facepay.face.frames.decode import decode_reduced
from facepay_rehearsal import bursts
from tests.support.renders import rendered


class UnusedDetector:
    """Stand-in for dlib's full detector that fails when it is used."""

    def run(self, *_: object) -> None:
        raise AssertionError("the full detector was used")


def test_a_turning_head_is_found_near_its_last_box_by_the_local_detector_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shots = rendered(bursts.genuine, "eileen", ("turn_left", "turn_right"), 5)
    pictures = [decode_reduced(shot.jpeg)[0] for shot in shots]
    place = find_faces(pictures[0])[0]
    local_only = replace(models(), local_full=LockedDetector(UnusedDetector()))
    monkeypatch.setattr(detect, "models", lambda: local_only)
    for picture in pictures[1:]:
        found = HogDetector().find_near(picture, place)
        assert found is not None
        place = found


def test_no_face_is_found_on_a_wall() -> None:
    wall = np.random.default_rng(1).integers(100, 140, (480, 640), dtype=np.uint8)
    assert HogDetector().find_near(wall, centred(320, 240, 160, 1.0)) is None


class OtherDetector:
    """Detector of another version of dlib, whose stream has another format."""

    def __init__(self, stream: bytes) -> None:
        self._stream = stream

    def __getstate__(self) -> tuple[bytes]:
        return (self._stream,)


def stream() -> bytes:
    (found,) = dlib.get_frontal_face_detector().__getstate__()
    return bytes(found)


LEVELS = b"\x02\xe8\x03"  # 1000, as dlib writes it


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(stream().replace(LEVELS, b"\x02\xe9\x03", 1), id="other-levels"),
        pytest.param(stream()[: stream().index(LEVELS) + 40], id="cut-short"),
    ],
)
def test_a_detector_stream_of_another_format_is_refused(other: bytes) -> None:
    with pytest.raises(ValueError, match="dlib"):
        reduce_detector(OtherDetector(other), filters=3, levels=2)
