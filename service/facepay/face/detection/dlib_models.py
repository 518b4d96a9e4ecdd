"""Load dlib's detectors and landmark model once per process, and only when first used.

The landmark model is a file of the package face_recognition_models. This module finds the package
but never imports it: its import needs pkg_resources, which newer setuptools no longer has. Nothing
is downloaded. `landmark_predictor` evaluates the model, not dlib. It is the 5-point model. The
68-point model beside it was trained on pictures whose licence excludes commercial use, and it is
not used.

A detector has scratch memory and therefore a lock. The landmark model is read-only in use and needs
none. onnxruntime runs the network that describes a face: see `models.session`.
"""

from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import dlib

from facepay.face.detection.hog import detector_from, reduce_detector
from facepay.face.detection.landmark_predictor import LandmarkPredictor
from facepay.face.models.model_cache import load_detector, load_trees

# With these the local detector finds 359 of 360 faces of rendered turns that the full detector
# finds near their last box.
LOCAL_FILTERS, LOCAL_LEVELS = 3, 2


@dataclass(frozen=True, slots=True, repr=False)
class LockedDetector:
    """A dlib detector with the lock that its scratch memory needs."""

    detector: Any
    _lock: Lock = field(default_factory=Lock)

    def run(self, grey: Any, threshold: float) -> Any:
        """Return dlib's rectangles and their scores."""
        with self._lock:
            return self.detector.run(grey, 0, threshold)[:2]


@dataclass(frozen=True, slots=True, repr=False)
class Models:
    """The models of a process.

    `full` is the frontal HOG detector for whole pictures. `local_full` is the same detector, and
    `local` a reduced one, for crops around the last box: they never wait for the search of a whole
    picture. `landmarks` locates five points.
    """

    full: LockedDetector
    local_full: LockedDetector
    local: LockedDetector
    landmarks: LandmarkPredictor


_loading = Lock()
_loaded: list[Models] = []


def models() -> Models:
    """Return the models of this process.

    Raises FileNotFoundError where the landmark model is not installed, and WeightsError where its
    file is not the expected one.
    """
    with _loading:
        if not _loaded:
            _loaded.append(_load())
        return _loaded[0]


def _load() -> Models:
    stream = load_detector(dlib.__version__, _frontal_detector)
    reduced = reduce_detector(stream, filters=LOCAL_FILTERS, levels=LOCAL_LEVELS)
    return Models(
        full=LockedDetector(detector_from(stream)),
        local_full=LockedDetector(detector_from(stream)),
        local=LockedDetector(detector_from(reduced)),
        landmarks=LandmarkPredictor(load_trees()),
    )


def _frontal_detector() -> bytes:
    """Return dlib's detector as its own stream; dlib takes 0.6 s to make it from source text."""
    (stream,) = dlib.get_frontal_face_detector().__getstate__()
    return bytes(stream)
