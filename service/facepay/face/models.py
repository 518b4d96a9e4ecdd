"""dlib's three models, loaded once a process and only when first used.

The weights lie in the package face_recognition_models, which is found but never imported: its
import needs pkg_resources, which newer setuptools no longer has. Nothing is downloaded. The
landmark model is the 5-point one; the 68-point one beside it was trained on pictures whose
licence excludes commercial use, and is not touched.

dlib's detector and network keep scratch memory inside, so each has a lock; the landmark model is
read-only in use and needs none.
"""

from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

import dlib

_PACKAGE = "face_recognition_models"
_LANDMARKS = "shape_predictor_5_face_landmarks.dat"
_NETWORK = "dlib_face_recognition_resnet_model_v1.dat"


@dataclass(frozen=True, slots=True, repr=False)
class Models:
    """`detector`: HOG, frontal; `landmarks`: 5 points; `network`: 128-D descriptor."""

    detector: Any
    landmarks: Any
    network: Any
    detector_lock: Lock = field(default_factory=Lock)
    network_lock: Lock = field(default_factory=Lock)


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
        landmarks=dlib.shape_predictor(str(_weights(_LANDMARKS))),
        network=dlib.face_recognition_model_v1(str(_weights(_NETWORK))),
    )


def _weights(name: str) -> Path:
    spec = find_spec(_PACKAGE)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(place) / "models" / name
        if path.is_file():
            return path
    raise FileNotFoundError(f"{name} of the package {_PACKAGE} is not installed")
