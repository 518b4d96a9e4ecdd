"""Chips and descriptors: a face laid into the network's input, and what the network makes of it.

Everything about the network comes from its card. A descriptor is unit-length; of several views (a
chip, its mirror image, chips of other frames) the fused descriptor is the mean of theirs, scaled to
unit length again. Thresholds are calibrated on that, see `calibration`. There is one template
against one probe here, and no list to search.
"""

from collections.abc import Sequence
from typing import Any

import dlib
import numpy as np
from numpy.typing import NDArray

from facepay.face.detection.landmarks import Points, eye_width
from facepay.face.frames.decode import Pixels
from facepay.face.models.cards import ModelCard
from facepay.face.models.session import Network

Descriptor = NDArray[np.float64]


class Embedder:
    """The network of a card, ready to describe chips. Safe to share between threads.

    `model` is name and identity: descriptors of another model do not compare. `eye_width` is the
    distance of the outer eye corners in a chip, in pixels.
    """

    def __init__(self, card: ModelCard, network: Network) -> None:
        self.card = card
        self._network = network
        self._points = dlib.dpoints([dlib.dpoint(x, y) for x, y in card.alignment.points])
        self._dims = dlib.chip_dims(card.input.side, card.input.side)
        self.model = f"{card.name}@{card.identity[:16]}"
        self.eye_width = eye_width(np.array(card.alignment.points))

    def align(self, pixels: Pixels, points: Points) -> Pixels:
        """The face in a chip of (side, side, 3) uint8 RGB, a fresh array."""
        seen = dlib.dpoints([dlib.dpoint(float(x), float(y)) for x, y in points])
        place = dlib.chip_details(self._points, seen, self._dims)
        chip: Pixels = dlib.extract_image_chip(pixels, place)
        return chip

    def both_views(self, chip: Pixels) -> list[Pixels]:
        """The chip, and its mirror image where the card asks for it."""
        return [chip, mirrored(chip)] if self.card.comparison.mirrored else [chip]

    def fused(self, views: Sequence[Pixels]) -> Descriptor:
        """(dimensions,) float64 of unit length, from one view or more, in one run.

        Raises ValueError without a view, and what the network's file raises when it is loaded.
        """
        return fuse(self.described(views))

    def distance(self, one: Descriptor, other: Descriptor) -> float:
        """Of two unit-length descriptors, as the card measures it; 0 for equal ones."""
        return self.measured(float(np.linalg.norm(one - other)))

    def measured(self, euclidean: float) -> float:
        """What the card calls the distance of two unit-length descriptors so far apart."""
        return euclidean**2 / 2 if self.card.comparison.distance == "cosine" else euclidean

    def described(self, views: Sequence[Pixels]) -> NDArray[np.float64]:
        """(views, dimensions) float64, a row of unit length each, in one run. Raises as `fused`."""
        if not views:
            raise ValueError("there is nothing to describe")
        fed = self._fed(views)
        found = self._network.run(self.card.output.name, {self.card.input.name: fed})
        fed.fill(0)
        single = found.reshape(len(views), -1).astype(np.float64)
        found.fill(0)
        if single.shape[1] != self.card.output.dimensions or not np.isfinite(single).all():
            raise ValueError("the network does not give what its card promises")
        single /= np.linalg.norm(single, axis=1, keepdims=True)
        return single

    def _fed(self, views: Sequence[Pixels]) -> NDArray[Any]:
        wanted = self.card.input
        batch: NDArray[Any] = np.stack(views)
        if wanted.channels == "BGR":
            batch = _replaced(batch, batch[..., ::-1])
        if wanted.dtype == "float32":
            mean, scale = (np.array(each, np.float32) for each in (wanted.mean, wanted.scale))
            batch = _replaced(batch, (batch - mean) / scale)
        if wanted.layout == "NCHW":
            batch = _replaced(batch, batch.transpose(0, 3, 1, 2))
        return batch


def fuse(single: NDArray[np.float64]) -> Descriptor:
    """(dimensions,) of unit length from (views, dimensions), which is overwritten."""
    fused = single.sum(axis=0)
    single.fill(0)
    unit: Descriptor = fused / np.linalg.norm(fused)
    fused.fill(0)
    return unit


def mirrored(chip: Pixels) -> Pixels:
    """Left and right change places; a fresh array."""
    return np.ascontiguousarray(chip[:, ::-1])


def _replaced(old: NDArray[Any], new: NDArray[Any]) -> NDArray[Any]:
    """`new` as an array of its own; the old one is overwritten."""
    fresh = np.array(new, order="C")
    old.fill(0)
    return fresh
