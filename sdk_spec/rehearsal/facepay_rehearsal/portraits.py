"""The two public-domain portraits that a fresh machine has, as installed with other packages.

Eileen Collins (NASA, in scikit-image) and Grace Hopper (US Navy, in matplotlib's sample data).
The packages are found but not imported, and nothing is downloaded. This belongs to the rehearsal
and the tests; the service has no pictures of anybody.
"""

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facepay.face.decode import to_grey
from facepay.face.detect import find_faces
from facepay.face.landmarks import find_points

Pixels = NDArray[np.uint8]

FRAME_SIZE = (640, 480)


class Outline(NamedTuple):
    """The head with hair and hat, in outer-eye widths from the middle of the eyes.

    `relief` is how far eyes, nose and lips stand apart in depth, against the generic head;
    `facing` is how many degrees the portrait itself is turned, the sitter's left positive.
    """

    centre_x: float
    half_width: float
    above: float
    relief: float
    facing: float


@dataclass(frozen=True, slots=True, repr=False)
class Portrait:
    """A portrait framed as a front camera would: (480, 640, 3) uint8 RGB and its five points.

    `points` as in `facepay.face.landmarks`.
    """

    name: str
    pixels: Pixels
    points: NDArray[np.float64]
    outline: Outline


@dataclass(frozen=True, slots=True)
class _Source:
    package: str
    path: str
    face_share: float  # the face's height as a share of the frame's, as a payer would hold it
    outline: Outline


_SOURCES = {
    "eileen": _Source(
        "skimage", "data/astronaut.png", 0.38, Outline(0.03, 1.22, 1.5, relief=1.0, facing=0.0)
    ),
    "grace": _Source(
        "matplotlib",
        "mpl-data/sample_data/grace_hopper.jpg",
        0.56,
        Outline(-0.02, 0.95, 1.5, relief=1.25, facing=2.0),
    ),
}
NAMES = tuple(_SOURCES)


@cache
def portrait(name: str) -> Portrait:
    """`name` is one of NAMES. Raises KeyError, or FileNotFoundError where it is not installed."""
    source = _SOURCES[name]
    with Image.open(_installed(source.package, source.path)) as opened:
        picture = opened.convert("RGB")
    framed = _framed(picture, source.face_share)
    pixels = np.array(framed, dtype=np.uint8)
    grey = to_grey(pixels)
    points = find_points(grey, find_faces(grey)[0])
    return Portrait(name, pixels, points, source.outline)


def _installed(package: str, path: str) -> Path:
    spec = find_spec(package)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        if (found := Path(place) / path).is_file():
            return found
    raise FileNotFoundError(f"{path} of the package {package} is not installed")


def _framed(picture: Image.Image, face_share: float) -> Image.Image:
    """Crop to the camera's aspect ratio with the face in the middle, and scale to FRAME_SIZE."""
    # In full size: a face of a sixth of the portrait is too small for a camera's search.
    grey = to_grey(np.array(picture, dtype=np.uint8))
    face = find_faces(grey, area=grey.size)[0]
    height = min(face.height / face_share, picture.width * FRAME_SIZE[1] / FRAME_SIZE[0])
    width = height * FRAME_SIZE[0] / FRAME_SIZE[1]
    middle_x, middle_y = (face.left + face.right) / 2, (face.top + face.bottom) / 2 - 0.08 * height
    left = min(max(0.0, middle_x - width / 2), picture.width - width)
    top = min(max(0.0, middle_y - height / 2), picture.height - height)
    box = (left, top, left + width, top + height)
    return picture.resize(FRAME_SIZE, Image.Resampling.BICUBIC, box=box)
