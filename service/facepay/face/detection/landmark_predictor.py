"""Draws the five points of many faces at once: dlib's landmark model, evaluated in numpy.

dlib follows one face through 7,500 trees whose leaves lie scattered over the heap, under the GIL:
0.5 ms where the processor's cache holds them, several times that where other work came between.
Here all faces of a capture take each step together, through arrays that lie in one piece. The
result is dlib's to the pixel: the same single precision, the same order of sums.

What is read of the pictures is overwritten before `draw` returns.
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

# So many faces go through the trees together: numpy copies rows of 32 bytes fastest.
_LANES = 16

Bits = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, repr=False)
class Placed:
    """A face: the picture, and the box in whole pixels (left, top, right, bottom)."""

    grey: Grey
    corners: tuple[int, int, int, int]


class Predictor:
    """Read-only in use: any number of threads may draw at once."""

    def __init__(self, trees: Trees) -> None:
        self._mean = trees.mean
        self._centred = trees.mean.astype(np.float64) - trees.mean.mean(axis=0, dtype=np.float64)
        self._spread = float((self._centred**2).sum())
        self._anchors = trees.anchors.astype(np.intp)
        self._offsets_x = np.ascontiguousarray(trees.offsets[..., 0])
        self._offsets_y = np.ascontiguousarray(trees.offsets[..., 1])
        # numpy indexes with intp alone; converted here once. First all firsts, then all seconds.
        compared = np.stack([trees.first, trees.second], axis=1)
        self._compared = compared.reshape(CASCADES, 2 * SPLITS * TREES).astype(np.intp)
        # Once for each lane, because a comparison with rows of one number is many times slower.
        flat = trees.thresholds.reshape(CASCADES, SPLITS * TREES, 1)
        self._thresholds = np.repeat(flat, _LANES, axis=2)
        self._leaves = trees.leaves.reshape(CASCADES, TREES * LEAVES, 2 * POINTS)
        self._first_leaf = np.arange(0, TREES * LEAVES, LEAVES, dtype=np.intp)[:, None]

    def draw(self, faces: Sequence[Placed], *, mirrored: bool) -> NDArray[np.float64]:
        """(n, 5, 2) float64, whole pixels (x, y) of each face's picture, as dlib rounds them.

        `mirrored`: what the model draws in the picture's mirror image, in places of the picture
        itself; the order of the points stays the model's, so left and right are exchanged.
        """
        lanes = _LANES if len(faces) > 1 else 1
        eyes = _Eyes(faces, mirrored=mirrored)
        walk = _Walk(-(-len(faces) // lanes), lanes)
        shapes = np.tile(self._mean.reshape(-1), (walk.blocks * lanes, 1))
        try:
            for cascade in range(CASCADES):
                walk.show(self._look(cascade, eyes, shapes[: len(faces)]))
                for block in range(walk.blocks):
                    self._descend(cascade, walk, block, shapes[block * lanes :][:lanes])
            return eyes.pixels(shapes[: len(faces)].reshape(-1, POINTS, 2))
        finally:
            walk.wipe()
            eyes.wipe()

    def _look(self, cascade: int, eyes: "_Eyes", shapes: NDArray[np.float32]) -> Grey:
        """(n, 800): how bright the cascade's places are, of faces whose points are here now."""
        scaled_cos, scaled_sin = self._pose(shapes.reshape(-1, POINTS, 2))
        offsets_x, offsets_y = self._offsets_x[cascade], self._offsets_y[cascade]
        x = offsets_x * scaled_cos
        x -= offsets_y * scaled_sin
        x += shapes[:, 0::2].take(self._anchors[cascade], axis=1)
        y = offsets_x * scaled_sin
        y += offsets_y * scaled_cos
        y += shapes[:, 1::2].take(self._anchors[cascade], axis=1)
        return eyes.look(x, y)

    def _pose(self, shapes: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The similarity that takes the mean face closest to each: scale * cos and * sin, (n, 1).

        Least squares; of the plane's rotations it needs no decomposition.
        """
        centred = shapes - shapes.mean(axis=1, keepdims=True, dtype=np.float64)
        x, y = self._centred[:, 0], self._centred[:, 1]
        along = centred[..., 0] @ x + centred[..., 1] @ y
        across = centred[..., 1] @ x - centred[..., 0] @ y
        pose = (np.stack([along, across]) / self._spread).astype(np.float32)
        return pose[0, :, None], pose[1, :, None]

    def _descend(
        self, cascade: int, walk: "_Walk", block: int, shapes: NDArray[np.float32]
    ) -> None:
        """One block's faces through all trees of a cascade; `shapes` (lanes, 10) is moved."""
        leaf = self._first_leaf + walk.leaves_reached(
            block, self._compared[cascade], self._thresholds[cascade]
        )
        # One after the other from the shape on, as dlib adds them.
        walk.moves[0] = shapes
        self._leaves[cascade].take(leaf, axis=0, out=walk.moves[1:], mode="clip")
        np.add.reduce(walk.moves, axis=0, out=shapes)


class _Eyes:
    """The pictures, and how places within the faces' boxes become pixels of them.

    The mirror image is never made: in it x is counted from the other side, up to a whole number.
    """

    def __init__(self, faces: Sequence[Placed], *, mirrored: bool) -> None:
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

    def look(self, x: NDArray[np.float32], y: NDArray[np.float32]) -> Grey:
        """(n, 800) uint8; what lies outside of the picture is black. Valid until the next look."""
        columns = self._whole(x, 0)
        rows = self._whole(y, 1)
        if self._mirrored:
            np.negative(columns, out=columns)
        # Negative ones are very large without a sign.
        inside = columns.view(np.uint32) < self._widths
        inside &= rows.view(np.uint32) < self._heights
        rows *= self._widths
        rows += columns
        for flat, places, seen in zip(self._flat, rows, self._seen, strict=True):
            flat.take(places, out=seen, mode="clip")
        self._seen *= inside
        return self._seen

    def pixels(self, shapes: NDArray[np.float32]) -> NDArray[np.float64]:
        drawn: NDArray[np.float64] = np.floor(
            shapes * self._size[:, None] + (self._from[:, None] + 0.5)
        )
        if self._mirrored:
            drawn[..., 0] *= -1
        return drawn

    def wipe(self) -> None:
        self._seen.fill(0)
        for copy in self._copies:
            copy.fill(0)

    def _whole(self, share: NDArray[np.float32], axis: int) -> NDArray[np.int32]:
        pixels = share * self._size[:, axis, None]
        pixels += self._from[:, axis, None] + 0.5
        return np.floor(pixels, out=pixels).astype(np.int32)


class _Walk:
    """The memory that all steps through the trees share, a block of `lanes` faces at a time."""

    def __init__(self, blocks: int, lanes: int) -> None:
        self.blocks = blocks
        self.moves = np.zeros((1 + TREES, lanes, 2 * POINTS), dtype=np.float32)
        self._lanes = lanes
        self._seen = np.zeros((blocks, PLACES, lanes), dtype=np.int16)
        self._pairs = np.zeros((2 * SPLITS * TREES, lanes), dtype=np.int16)
        self._right = np.zeros((SPLITS * TREES, lanes), dtype=np.bool_)

    def show(self, seen: Grey) -> None:
        """(n, 800), laid out so that what a split compares is a row of all lanes."""
        for block, lanes in enumerate(self._seen):
            mine = seen[block * self._lanes :][: self._lanes]
            lanes[:, : len(mine)] = mine.T

    def leaves_reached(
        self, block: int, compared: NDArray[np.intp], thresholds: NDArray[np.int16]
    ) -> Bits:
        """(500, lanes), each 0 to 15. All splits are decided, also those not on the way."""
        self._seen[block].take(compared, axis=0, out=self._pairs, mode="clip")
        first, second = self._pairs[: SPLITS * TREES], self._pairs[SPLITS * TREES :]
        np.subtract(first, second, out=first)
        np.less_equal(first, thresholds[:, : self._lanes], out=self._right)
        right = self._right.view(np.uint8).reshape(SPLITS, TREES, self._lanes)
        top = right[0]
        second_step = _chosen(top, right[2], right[1])
        third = _chosen(top, right[5:7], right[3:5])
        third_step = _chosen(second_step, third[1], third[0])
        last = _chosen(top, right[11:15], right[7:11])
        last = _chosen(second_step, last[2:], last[:2])
        last_time_step = _chosen(third_step, last[1], last[0])
        leaf: Bits = ((top * 2 + second_step) * 2 + third_step) * 2 + last_time_step
        return leaf

    def wipe(self) -> None:
        for memory in (self._seen, self._pairs, self._right, self.moves):
            memory.fill(0)


def _chosen(by: Bits, right: Bits, left: Bits) -> Bits:
    """Where `by` is 1 the right, where 0 the left; all are 0 or 1. Quicker than numpy's where."""
    chosen = left ^ right
    chosen &= by
    chosen ^= left
    return chosen
