"""Still photographs to render from, and the two public-domain portraits a fresh machine has.

Eileen Collins (NASA, in scikit-image) and Grace Hopper (US Navy, in matplotlib's sample data).
The packages are found but not imported, and nothing is downloaded. This belongs to the rehearsal
and the tests; the service has no pictures of anybody.
"""

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facepay.face.detection.detect import find_faces
from facepay.face.detection.landmarks import find_points
from facepay.face.frames.decode import to_grey

Pixels = NDArray[np.uint8]

# Enough for a face that fills a quarter of a portrait; the detector wants 80 pixels of it.
_SEARCH_AREA = 640 * 640


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Portrait:
    """A frontal photograph: (rows, columns, 3) uint8 RGB, and its five points.

    `points` are those of `facepay.face.detection.landmarks`; `stranger` is another person, for what
    needs two people, or None: then one of the two public-domain portraits stands in.
    """

    name: str
    pixels: Pixels
    points: NDArray[np.float64]
    stranger: "Portrait | None" = None

    def somebody_else(self) -> "Portrait":
        return self.stranger or portrait("grace" if self.name == "eileen" else "eileen")


_SOURCES = {
    "eileen": ("skimage", "data/astronaut.png"),
    "grace": ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg"),
}
NAMES = tuple(_SOURCES)


@cache
def portrait(name: str) -> Portrait:
    """`name` is one of NAMES. Raises KeyError, or FileNotFoundError where it is not installed."""
    return photograph(name, _installed(*_SOURCES[name]))


def photograph(name: str, file: Path, stranger: Portrait | None = None) -> Portrait:
    """Any frontal photograph of a person. Raises ValueError where no face is found in it."""
    with Image.open(file) as opened:
        pixels = np.array(opened.convert("RGB"), dtype=np.uint8)
    grey = to_grey(pixels)
    faces = find_faces(grey, area=min(_SEARCH_AREA, grey.size))
    if not faces:
        raise ValueError(f"no face is found in {file.name}")
    return Portrait(name, pixels, find_points(grey, faces[0]), stranger)


def _installed(package: str, path: str) -> Path:
    spec = find_spec(package)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        if (found := Path(place) / path).is_file():
            return found
    raise FileNotFoundError(f"{path} of the package {package} is not installed")
