"""dlib's own network: the reference that the converted one is measured against."""

from functools import cache
from typing import Any

import dlib
import numpy as np
from numpy.typing import NDArray

from facepay.face.frames.decode import Pixels
from facepay.face.models.weights import find_weights


@cache
def _network() -> Any:
    return dlib.face_recognition_model_v1(str(find_weights()))


def run(chips: Pixels) -> NDArray[np.float32]:
    """Run the network as `facepay.face.models.session.run` does."""
    network = _network()
    found = [np.array(network.compute_face_descriptor(chip), dtype=np.float32) for chip in chips]
    return np.stack(found)
