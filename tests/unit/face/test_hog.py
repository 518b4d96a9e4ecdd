"""The cut-down detector sees what the whole one sees, for less; another stream is refused."""

import dlib
import numpy as np
import pytest

from facepay.face.decode import decode_reduced
from facepay.face.detect import HogDetector, centred, find_faces
from facepay.face.hog import cut_down
from facepay.face.models import models
from facepay_rehearsal import bursts


def test_a_turning_head_is_found_near_its_last_place_by_the_quick_look_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shots = bursts.genuine("eileen", ("turn_left", "turn_right"), 5)
    pictures = [decode_reduced(shot.jpeg)[0] for shot in shots]
    place = find_faces(pictures[0])[0]
    monkeypatch.setattr(type(models().whole), "run", _only(models().near))
    for picture in pictures[1:]:
        found = HogDetector().find_near(picture, place)
        assert found is not None
        place = found


def _only(near: object):  # type: ignore[no-untyped-def]
    run = type(near).run  # type: ignore[attr-defined]

    def guarded(self, grey, threshold):  # type: ignore[no-untyped-def]
        assert self is near, "the whole detector was asked"
        return run(self, grey, threshold)

    return guarded


def test_nothing_is_found_where_nobody_is() -> None:
    wall = np.random.default_rng(1).integers(100, 140, (480, 640), dtype=np.uint8)
    assert HogDetector().find_near(wall, centred(320, 240, 160, 1.0)) is None


class OtherDetector:
    """A detector of another dlib: its stream is not the one that we can read."""

    def __init__(self, stream: bytes) -> None:
        self._stream = stream

    def __getstate__(self) -> tuple[bytes]:
        return (self._stream,)


@pytest.mark.parametrize("change", [(16, b"\x02\xe9\x03"), (0, b"")])
def test_a_detector_that_is_written_otherwise_is_refused(change: tuple[int, bytes]) -> None:
    (stream,) = dlib.get_frontal_face_detector().__getstate__()
    at = stream.index(b"\x02\xe8\x03")
    other = stream.replace(b"\x02\xe8\x03", change[1], 1) if change[0] else stream[: at + 40]
    with pytest.raises(ValueError, match="dlib"):
        cut_down(OtherDetector(other), filters=3, levels=2)
