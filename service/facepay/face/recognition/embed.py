"""Align faces into chips, and describe them with the network of a card.

A chip is a face cut out and aligned for the network's input. The card defines everything about the
network. A descriptor has unit length. The fused descriptor of several views (a chip, its mirror
image, chips of other frames) is the mean of theirs, scaled to unit length again. Thresholds are
calibrated on fused descriptors (`calibration`). This module compares one template with one probe
and contains no search.
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
    """The network of a card, ready to describe chips. Several threads may share it.

    `model` is the name and identity of the model: descriptors of different models are never
    compared. `eye_width` is the distance of the outer eye corners in a chip, in pixels.
    """

    def __init__(self, card: ModelCard, network: Network) -> None:
        self.card = card
        self._network = network
        self._points = dlib.dpoints([dlib.dpoint(x, y) for x, y in card.alignment.points])
        self._dims = dlib.chip_dims(card.input.side, card.input.side)
        self.model = f"{card.name}@{card.identity[:16]}"
        self.eye_width = eye_width(np.array(card.alignment.points))

    def align(self, pixels: Pixels, points: Points) -> Pixels:
        """Return the face as a fresh chip (side, side, 3) uint8 RGB.

        `pixels` is (height, width, 3) uint8 RGB, and `points` (5, 2) as of `landmarks`.
        """
        seen = dlib.dpoints([dlib.dpoint(float(x), float(y)) for x, y in points])
        place = dlib.chip_details(self._points, seen, self._dims)
        chip: Pixels = dlib.extract_image_chip(pixels, place)
        return chip

    def both_views(self, chip: Pixels) -> list[Pixels]:
        """Return the chip, and its mirror image where the card asks for it."""
        return [chip, mirrored(chip)] if self.card.comparison.mirrored else [chip]

    def describe_fused(self, views: Sequence[Pixels]) -> Descriptor:
        """Return (dimensions,) float64 of unit length, fused from one or more views in one run.

        Raises ValueError without a view, and any exception of loading the network.
        """
        return fuse(self.describe(views))

    def distance(self, one: Descriptor, other: Descriptor) -> float:
        """Return the distance of two unit-length descriptors by the card; 0 for equal ones."""
        return self.to_card_distance(float(np.linalg.norm(one - other)))

    def to_card_distance(self, euclidean: float) -> float:
        """Convert a Euclidean distance of two unit-length descriptors to the card's measure."""
        return euclidean**2 / 2 if self.card.comparison.distance == "cosine" else euclidean

    def describe(self, views: Sequence[Pixels]) -> NDArray[np.float64]:
        """Return (views, dimensions) float64, one row of unit length per view, in one run.

        Raises as `describe_fused`.
        """
        if not views:
            raise ValueError("describe needs at least one view")
        fed = self._fed(views)
        found = self._network.run(self.card.output.name, {self.card.input.name: fed})
        fed.fill(0)
        single = found.reshape(len(views), -1).astype(np.float64)
        found.fill(0)
        if single.shape[1] != self.card.output.dimensions or not np.isfinite(single).all():
            raise ValueError("the output of the network is not as its card promises")
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
    """Fuse (views, dimensions) into (dimensions,) of unit length; overwrites `single`."""
    fused = single.sum(axis=0)
    single.fill(0)
    unit: Descriptor = fused / np.linalg.norm(fused)
    fused.fill(0)
    return unit


def mirrored(chip: Pixels) -> Pixels:
    """Return a fresh array with left and right exchanged."""
    return np.ascontiguousarray(chip[:, ::-1])


def _replaced(old: NDArray[Any], new: NDArray[Any]) -> NDArray[Any]:
    """Return `new` as an array of its own, and overwrite `old`."""
    fresh = np.array(new, order="C")
    old.fill(0)
    return fresh
