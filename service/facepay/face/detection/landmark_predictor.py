"""Predict the five points of many faces at once: dlib's landmark model, evaluated in numpy.

dlib takes one face through 7,500 trees while it holds the GIL, and the leaves of the trees lie
scattered over the heap. That takes 0.5 ms while they are in the processor's cache, and several
times as long after other work. Here all faces of a capture take each step together, through
contiguous arrays. The result equals dlib's to the pixel, because the precision (float32) and the
order of the sums are the same.

Every value read from the pictures is overwritten before `predict` returns.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facepay.face.frames.decode import Grey
from facepay.face.models.landmark_trees import (
    CASCADES,
    LEAVES,
    PLACES,
    POINTS,
    SPLITS,
    TREES,
    Trees,
)

# Number of faces that go through the trees together: numpy copies rows of 32 bytes fastest.
_LANES = 16

Bits = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, repr=False)
class FaceRegion:
    """A face to predict: the picture, and the box in whole pixels (left, top, right, bottom)."""

    grey: Grey
    corners: tuple[int, int, int, int]


class LandmarkPredictor:
    """dlib's 5-point model. Read-only in use, so any number of threads may predict at once."""

    def __init__(self, trees: Trees) -> None:
        self._mean = trees.mean
        self._centred = trees.mean.astype(np.float64) - trees.mean.mean(axis=0, dtype=np.float64)
        self._spread = float((self._centred**2).sum())
        self._anchors = trees.anchors.astype(np.intp)
        self._offsets_x = np.ascontiguousarray(trees.offsets[..., 0])
        self._offsets_y = np.ascontiguousarray(trees.offsets[..., 1])
        # numpy indexes with intp, so the indices are converted once: first ones, then second ones.
        compared = np.stack([trees.first, trees.second], axis=1)
        self._compared = compared.reshape(CASCADES, 2 * SPLITS * TREES).astype(np.intp)
        # Repeated for each lane, because a comparison with rows of one number is many times slower.
        flat = trees.thresholds.reshape(CASCADES, SPLITS * TREES, 1)
        self._thresholds = np.repeat(flat, _LANES, axis=2)
        self._leaves = trees.leaves.reshape(CASCADES, TREES * LEAVES, 2 * POINTS)
        self._first_leaf = np.arange(0, TREES * LEAVES, LEAVES, dtype=np.intp)[:, None]

    def predict(self, faces: Sequence[FaceRegion], *, mirrored: bool) -> NDArray[np.float64]:
        """Return (n, 5, 2) float64: whole pixels (x, y) of each face's picture, rounded as in dlib.

        With `mirrored`, the model sees the mirror image of the picture. Its points are returned as
        pixels of the picture itself, in the model's order, so left and right are exchanged.
        """
        lanes = _LANES if len(faces) > 1 else 1
        sampler = _Sampler(faces, mirrored=mirrored)
        descent = _Descent(-(-len(faces) // lanes), lanes)
        shapes = np.tile(self._mean.reshape(-1), (descent.blocks * lanes, 1))
        try:
            for cascade in range(CASCADES):
                descent.load(self._sample(cascade, sampler, shapes[: len(faces)]))
                for block in range(descent.blocks):
                    self._descend(cascade, descent, block, shapes[block * lanes :][:lanes])
            return sampler.pixels(shapes[: len(faces)].reshape(-1, POINTS, 2))
        finally:
            descent.wipe()
            sampler.wipe()

    def _sample(self, cascade: int, sampler: "_Sampler", shapes: NDArray[np.float32]) -> Grey:
        """Return (n, 800) uint8: the grey levels that a cascade compares around its points."""
        scaled_cos, scaled_sin = self._pose(shapes.reshape(-1, POINTS, 2))
        offsets_x, offsets_y = self._offsets_x[cascade], self._offsets_y[cascade]
        x = offsets_x * scaled_cos
        x -= offsets_y * scaled_sin
        x += shapes[:, 0::2].take(self._anchors[cascade], axis=1)
        y = offsets_x * scaled_sin
        y += offsets_y * scaled_cos
        y += shapes[:, 1::2].take(self._anchors[cascade], axis=1)
        return sampler.sample(x, y)

    def _pose(self, shapes: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return scale * cos and scale * sin, (n, 1), of the similarity from the mean face to each.

        It is the least-squares solution, which needs no decomposition in two dimensions.
        """
        centred = shapes - shapes.mean(axis=1, keepdims=True, dtype=np.float64)
        x, y = self._centred[:, 0], self._centred[:, 1]
        along = centred[..., 0] @ x + centred[..., 1] @ y
        across = centred[..., 1] @ x - centred[..., 0] @ y
        pose = (np.stack([along, across]) / self._spread).astype(np.float32)
        return pose[0, :, None], pose[1, :, None]

    def _descend(
        self, cascade: int, descent: "_Descent", block: int, shapes: NDArray[np.float32]
    ) -> None:
        """Take one block of faces through the trees of a cascade; changes `shapes` (lanes, 10)."""
        leaf = self._first_leaf + descent.leaves_reached(
            block, self._compared[cascade], self._thresholds[cascade]
        )
        # Added one after the other, beginning with the shape, as dlib does.
        descent.moves[0] = shapes
        self._leaves[cascade].take(leaf, axis=0, out=descent.moves[1:], mode="clip")
        np.add.reduce(descent.moves, axis=0, out=shapes)


class _Sampler:
    """Map positions in the faces' boxes to pixels of the pictures, and read the pixels.

    The mirror image is never made: x is counted from the other side instead, up to a whole number.
    """

    def __init__(self, faces: Sequence[FaceRegion], *, mirrored: bool) -> None:
        self._mirrored = mirrored
        self._flat = [face.grey.reshape(-1) for face in faces]
        self._copies = [
            flat
            for flat, face in zip(self._flat, faces, strict=True)
            if not np.may_share_memory(flat, face.grey)
        ]
        sizes = np.array([face.grey.shape for face in faces], dtype=np.int32)
        self._heights, self._widths = sizes[:, :1], sizes[:, 1:]
        boxes = np.array([face.corners for face in faces], dtype=np.float64)
        if mirrored:
            boxes[:, [0, 2]] = -boxes[:, [2, 0]]
        self._from, self._size = boxes[:, :2], boxes[:, 2:] - boxes[:, :2]
        self._seen = np.zeros((len(faces), PLACES), dtype=np.uint8)

    def sample(self, x: NDArray[np.float32], y: NDArray[np.float32]) -> Grey:
        """Return (n, 800) uint8, 0 outside the picture. Valid until the next call."""
        columns = self._whole(x, 0)
        rows = self._whole(y, 1)
        if self._mirrored:
            np.negative(columns, out=columns)
        # Read as unsigned, negative numbers are very large.
        inside = columns.view(np.uint32) < self._widths
        inside &= rows.view(np.uint32) < self._heights
        rows *= self._widths
        rows += columns
        for flat, places, seen in zip(self._flat, rows, self._seen, strict=True):
            flat.take(places, out=seen, mode="clip")
        self._seen *= inside
        return self._seen

    def pixels(self, shapes: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return predicted shapes as whole pixels of the pictures."""
        predicted: NDArray[np.float64] = np.floor(
            shapes * self._size[:, None] + (self._from[:, None] + 0.5)
        )
        if self._mirrored:
            predicted[..., 0] *= -1
        return predicted

    def wipe(self) -> None:
        self._seen.fill(0)
        for copy in self._copies:
            copy.fill(0)

    def _whole(self, share: NDArray[np.float32], axis: int) -> NDArray[np.int32]:
        pixels = share * self._size[:, axis, None]
        pixels += self._from[:, axis, None] + 0.5
        return np.floor(pixels, out=pixels).astype(np.int32)


class _Descent:
    """Memory that all steps through the trees share, one block of `lanes` faces at a time."""

    def __init__(self, blocks: int, lanes: int) -> None:
        self.blocks = blocks
        self.moves = np.zeros((1 + TREES, lanes, 2 * POINTS), dtype=np.float32)
        self._lanes = lanes
        self._seen = np.zeros((blocks, PLACES, lanes), dtype=np.int16)
        self._pairs = np.zeros((2 * SPLITS * TREES, lanes), dtype=np.int16)
        self._right = np.zeros((SPLITS * TREES, lanes), dtype=np.bool_)

    def load(self, seen: Grey) -> None:
        """Store the samples (n, 800) so that one row holds one sample of all lanes."""
        for block, lanes in enumerate(self._seen):
            mine = seen[block * self._lanes :][: self._lanes]
            lanes[:, : len(mine)] = mine.T

    def leaves_reached(
        self, block: int, compared: NDArray[np.intp], thresholds: NDArray[np.int16]
    ) -> Bits:
        """Return (500, lanes), each 0 to 15: the leaf that each tree reaches.

        All 15 splits of a tree are evaluated, also those that are not on the path.
        """
        self._seen[block].take(compared, axis=0, out=self._pairs, mode="clip")
        first, second = self._pairs[: SPLITS * TREES], self._pairs[SPLITS * TREES :]
        np.subtract(first, second, out=first)
        np.less_equal(first, thresholds[:, : self._lanes], out=self._right)
        right = self._right.view(np.uint8).reshape(SPLITS, TREES, self._lanes)
        top = right[0]
        second_split = _select(top, right[2], right[1])
        third = _select(top, right[5:7], right[3:5])
        third_split = _select(second_split, third[1], third[0])
        last = _select(top, right[11:15], right[7:11])
        last = _select(second_split, last[2:], last[:2])
        fourth_split = _select(third_split, last[1], last[0])
        leaf: Bits = ((top * 2 + second_split) * 2 + third_split) * 2 + fourth_split
        return leaf

    def wipe(self) -> None:
        for memory in (self._seen, self._pairs, self._right, self.moves):
            memory.fill(0)


def _select(by: Bits, right: Bits, left: Bits) -> Bits:
    """Return `right` where `by` is 1 and `left` where it is 0; all hold 0 or 1.

    This is faster than `numpy.where`.
    """
    chosen = left ^ right
    chosen &= by
    chosen ^= left
    return chosen
