"""dlib's detectors and its landmark model, loaded once a process and only when first used.

The landmark model lies in the package face_recognition_models, which is found but never imported:
its import needs pkg_resources, which newer setuptools no longer has. Nothing is downloaded, and
`predictor` evaluates it, not dlib. It is the 5-point one; the 68-point one beside it was trained on
pictures whose licence excludes commercial use, and is not touched.

A detector keeps scratch memory inside, so it has a lock; the landmark model is read-only in use and
needs none. The network that describes a face is not dlib's any more: see `session`.
"""

from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import dlib

from facepay.face.detection.hog import cut_down
from facepay.face.detection.landmark_predictor import Predictor
from facepay.face.models.model_cache import load_trees

# What finds 359 of 360 faces of rendered turns that the whole detector finds near their last place.
NEAR_FILTERS, NEAR_LEVELS = 3, 2


@dataclass(frozen=True, slots=True, repr=False)
class LockedDetector:
    """One of dlib's detectors and the lock that its scratch memory needs."""

    detector: Any
    _lock: Lock = field(default_factory=Lock)

    def run(self, grey: Any, threshold: float) -> Any:
        """dlib's rectangles and their scores."""
        with self._lock:
            return self.detector.run(grey, 0, threshold)[:2]


@dataclass(frozen=True, slots=True, repr=False)
class Models:
    """`whole`: HOG, frontal, for a picture; `about`: the same one, and `near`: a part of it, for
    where a face was, which then never waits for the search of a picture; `landmarks`: 5.
    """

    whole: LockedDetector
    about: LockedDetector
    near: LockedDetector
    landmarks: Predictor


_loading = Lock()
_loaded: list[Models] = []


def models() -> Models:
    """The models of this process.

    Raises FileNotFoundError where the landmark model is not installed, WeightsError where it is not
    the one that it should be.
    """
    with _loading:
        if not _loaded:
            _loaded.append(_load())
        return _loaded[0]


def _load() -> Models:
    detector = dlib.get_frontal_face_detector()
    return Models(
        whole=LockedDetector(detector),
        about=LockedDetector(dlib.get_frontal_face_detector()),
        near=LockedDetector(cut_down(detector, filters=NEAR_FILTERS, levels=NEAR_LEVELS)),
        landmarks=Predictor(load_trees()),
    )
