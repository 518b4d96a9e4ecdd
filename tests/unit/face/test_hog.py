"""The reduced detector finds turning heads, and another stream format is refused."""

from dataclasses import replace
from pathlib import Path

import dlib
import numpy as np
import pytest

from facepay.face.detection import detect
from facepay.face.detection.detect import HogDetector, centred, find_faces
from facepay.face.detection.dlib_models import LockedDetector, models
from facepay.face.detection.hog import reduce_detector
from facepay.face.frames.decode import decode_reduced
from facepay.face.models import model_cache
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
        reduce_detector(other, filters=3, levels=2)


def test_dlibs_detector_is_made_once_per_machine(tmp_path: Path) -> None:
    made = model_cache.load_detector("1", stream, tmp_path / "models")

    def not_again() -> bytes:
        raise AssertionError("made again")

    assert model_cache.load_detector("1", not_again, tmp_path / "models") == made == stream()


def test_another_version_of_dlib_makes_its_own_detector(tmp_path: Path) -> None:
    model_cache.load_detector("1", stream, tmp_path / "models")
    assert model_cache.load_detector("2", lambda: b"other", tmp_path / "models") == b"other"
