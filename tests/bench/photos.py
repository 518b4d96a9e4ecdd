"""Descriptors of Labeled Faces in the Wild, for benches; in memory only.

The set has one directory for each person. Photos are described as `facepay models calibrate` does
it. Photos without a detected face are left out and counted.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import Progress

from facepay.adapters.still_pictures import DescriberOptions, describe_files

DATA = Path("../shared/data")


@dataclass(frozen=True)
class Described:
    """Descriptors of photos; `faces[i]` is of the person with the number `people[i]`."""

    faces: NDArray[np.float64]
    people: NDArray[np.int64]
    without_a_face: int


def describe_lfw(data: Path, progress: Progress, by: DescriberOptions) -> Described:
    """Describe every photo below data/lfw."""
    files = sorted((data / "lfw").glob("*/*.jpg"))
    names = {name: number for number, name in enumerate(sorted({f.parent.name for f in files}))}
    faces: list[NDArray[np.float64]] = []
    people: list[int] = []
    task = progress.add_task("describing LFW", total=len(files))
    for file, one in zip(files, describe_files(files, by), strict=True):
        if one.descriptor is not None:
            faces.append(one.descriptor)
            people.append(names[file.parent.name])
        progress.advance(task)
    return Described(np.array(faces), np.array(people), len(files) - len(faces))
