"""Still photographs to render from, and two public-domain portraits of installed packages.

They show Eileen Collins (NASA, in scikit-image) and Grace Hopper (US Navy, in matplotlib's sample
data). This module finds the packages without importing them, and downloads nothing. Only the
rehearsal and the tests use it; the service ships no pictures of people.
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

# Enough pixels for a face that fills a quarter of a portrait; the detector needs 80 across it.
_SEARCH_AREA = 640 * 640


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Portrait:
    """A frontal photograph, `pixels` (rows, columns, 3) uint8 RGB, and its five points.

    `points` are those of `facepay.face.detection.landmarks`. `stranger` is another person, for
    species that need two people; without one, a public-domain portrait is used.
    """

    name: str
    pixels: Pixels
    points: NDArray[np.float64]
    stranger: "Portrait | None" = None

    def somebody_else(self) -> "Portrait":
        """Return the portrait of another person."""
        return self.stranger or portrait("grace" if self.name == "eileen" else "eileen")


_SOURCES = {
    "eileen": ("skimage", "data/astronaut.png"),
    "grace": ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg"),
}
NAMES = tuple(_SOURCES)


@cache
def portrait(name: str) -> Portrait:
    """Load one of NAMES. Raises KeyError; FileNotFoundError if its package is not installed."""
    return photograph(name, _installed(*_SOURCES[name]))


def photograph(name: str, file: Path, stranger: Portrait | None = None) -> Portrait:
    """Load any frontal photograph of a person. Raises ValueError if no face is found in it."""
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
