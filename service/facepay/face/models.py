"""dlib's detector and landmark model, loaded once a process and only when first used.

The landmark model lies in the package face_recognition_models, which is found but never imported:
its import needs pkg_resources, which newer setuptools no longer has. Nothing is downloaded. The
landmark model is the 5-point one; the 68-point one beside it was trained on pictures whose
licence excludes commercial use, and is not touched.

dlib's detector keeps scratch memory inside, so it has a lock; the landmark model is read-only in
use and needs none. The network that describes a face is not dlib's any more: see `session`.
"""

from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import dlib

from facepay.face.weights import find_weights

_LANDMARKS = "shape_predictor_5_face_landmarks.dat"


@dataclass(frozen=True, slots=True, repr=False)
class Models:
    """`detector`: HOG, frontal; `landmarks`: 5 points."""

    detector: Any
    landmarks: Any
    detector_lock: Lock = field(default_factory=Lock)


_loading = Lock()
_loaded: list[Models] = []


def models() -> Models:
    """The models of this process. Raises FileNotFoundError where the weights are not installed."""
    with _loading:
        if not _loaded:
            _loaded.append(_load())
        return _loaded[0]


def _load() -> Models:
    return Models(
        detector=dlib.get_frontal_face_detector(),
        landmarks=dlib.shape_predictor(str(find_weights(_LANDMARKS))),
    )
