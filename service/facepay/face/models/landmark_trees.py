"""Read dlib's 5-point landmark model into numpy: `shape_predictor_5_face_landmarks.dat`.

The model (Kazemi and Sullivan, "One millisecond face alignment with an ensemble of regression
trees", CVPR 2014) begins with the mean face and moves its points 15 times. Each move is the sum of
the leaves that 500 trees of depth 4 reach. A tree compares, at each of its 15 splits, the
brightness at two of the 800 places that its cascade samples. `detection.landmark_predictor`
evaluates the model.

The file (dlib's `serialize`) consists only of whole numbers. Each is a byte with the number of
bytes that follow and the sign, then those bytes, least significant first. A real number is a
mantissa and a binary exponent. Three million numbers are too many to read one after the other in
Python.

A file is accepted only when it is consumed to the last byte and has exactly this shape. Otherwise
`parse_trees` raises WeightsError.
"""

from dataclasses import dataclass, fields
from io import BytesIO
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from facepay.face.models.weights import WeightsError

LANDMARKS = "shape_predictor_5_face_landmarks.dat"
# Part of every cached file's name. Change it with the format that `packed` writes.
VERSION = "1"
CASCADES, TREES, SPLITS, LEAVES, POINTS, PLACES = 15, 500, 15, 16, 5, 800

_SPLIT_NUMBERS = 4  # two places, and the threshold's mantissa and exponent
_LEAF_NUMBERS = 2 + 2 * 2 * POINTS  # its two dimensions, then mantissas and exponents
_TREE_NUMBERS = 1 + SPLITS * _SPLIT_NUMBERS + 1 + LEAVES * _LEAF_NUMBERS
_LONGEST = 4  # bytes of a number: dlib's mantissas of floats have 24 bits
_MOST_EXPONENT = 126
_DOUBLINGS = 5  # the scan of the file advances by 2 ** _DOUBLINGS numbers at a time
_BRIGHTEST = 255


@dataclass(frozen=True, slots=True, repr=False)
class Trees:
    """The model. Lengths are shares of the face's box: (0, 0) its top left, (1, 1) bottom right.

    - `mean` (5, 2) float32 is the mean face, (x, y).
    - `anchors` (15, 800) uint8 is the point to which each sampled place belongs, and `offsets` (15,
      800, 2) float32 its offset from that point in the mean face.
    - `first` and `second` (15, 15, 500) uint16, by cascade, split and tree, are the places
      compared.
    - `thresholds` (15, 15, 500) int16 are in grey levels. A split leads to the right child unless
      first - second > threshold. Split i has the children 2 i + 1 and 2 i + 2; numbers from 15 on
      are the leaves 0 to 15.
    - `leaves` (15, 500, 16, 10) float32 is the move of each point, x and y in turn.
    """

    mean: NDArray[np.float32]
    anchors: NDArray[np.uint8]
    offsets: NDArray[np.float32]
    first: NDArray[np.uint16]
    second: NDArray[np.uint16]
    thresholds: NDArray[np.int16]
    leaves: NDArray[np.float32]

    def packed(self) -> bytes:
        """Return an archive of numpy's without pickles, for `unpack_trees`."""
        written = BytesIO()
        parts: dict[str, Any] = {part.name: getattr(self, part.name) for part in fields(self)}
        np.savez(written, **parts)
        return written.getvalue()


def unpack_trees(content: bytes) -> Trees:
    """Read the archive that `Trees.packed` wrote."""
    with np.load(BytesIO(content), allow_pickle=False) as archive:
        return Trees(**{part.name: archive[part.name] for part in fields(Trees)})


def parse_trees(content: bytes) -> Trees:
    """Parse the file. Raises WeightsError where it is truncated, padded or another one."""
    numbers = _Numbers(_whole_numbers(content))
    numbers.expect(1)  # the format's version
    numbers.expect(-2 * POINTS, -1)  # dimensions, which dlib negates
    mean = numbers.reals(2 * POINTS).reshape(POINTS, 2)
    numbers.expect(CASCADES)
    forests = np.stack([_forest(numbers) for _ in range(CASCADES)])
    splits_end = 1 + SPLITS * _SPLIT_NUMBERS
    splits = forests[..., 1:splits_end].reshape(CASCADES, TREES, SPLITS, _SPLIT_NUMBERS)
    leaves = forests[..., splits_end + 1 :].reshape(CASCADES, TREES, LEAVES, _LEAF_NUMBERS)
    _require(bool((leaves[..., :2] == (-2 * POINTS, -1)).all()), "a leaf has another shape")
    numbers.expect(CASCADES)
    anchors = [numbers.vector(PLACES, below=POINTS) for _ in range(CASCADES)]
    numbers.expect(CASCADES)
    offsets = [numbers.offsets() for _ in range(CASCADES)]
    numbers.expect_end()
    # By split and then by tree, because all trees take the same step at once.
    splits = splits.transpose(0, 2, 1, 3)
    _require(
        bool(((splits[..., :2] >= 0) & (splits[..., :2] < PLACES)).all()), "a place does not exist"
    )
    # Brightness is a whole number: it exceeds a real one where it exceeds the whole one below.
    thresholds = np.floor(_reals(splits[..., 2:])).clip(-_BRIGHTEST - 1, _BRIGHTEST)
    return Trees(
        mean=mean.astype(np.float32),
        anchors=np.array(anchors, dtype=np.uint8),
        offsets=np.array(offsets, dtype=np.float32),
        first=splits[..., 0].astype(np.uint16, order="C"),
        second=splits[..., 1].astype(np.uint16, order="C"),
        thresholds=thresholds.astype(np.int16, order="C"),
        leaves=_reals(leaves[..., 2:].reshape(*leaves.shape[:-1], -1, 2)).astype(np.float32),
    )


def _forest(numbers: "_Numbers") -> NDArray[np.int64]:
    numbers.expect(TREES)
    forest = numbers.take(TREES * _TREE_NUMBERS).reshape(TREES, _TREE_NUMBERS)
    _require(bool((forest[:, 0] == SPLITS).all()), "a tree has another depth")
    _require(bool((forest[:, 1 + SPLITS * _SPLIT_NUMBERS] == LEAVES).all()), "leaves are missing")
    return forest


class _Numbers:
    """The file's numbers, taken in order."""

    def __init__(self, values: NDArray[np.int64]) -> None:
        self._values = values
        self._at = 0

    def take(self, count: int) -> NDArray[np.int64]:
        taken = self._values[self._at : self._at + count]
        _require(len(taken) == count, "it breaks off")
        self._at += count
        return taken

    def expect(self, *wanted: int) -> None:
        for value in wanted:
            _require(int(self.take(1)[0]) == value, "a part has another size or version")

    def expect_end(self) -> None:
        _require(self._at == len(self._values), "something follows its end")

    def reals(self, count: int) -> NDArray[np.float64]:
        return _reals(self.take(2 * count).reshape(count, 2))

    def vector(self, count: int, *, below: int) -> NDArray[np.int64]:
        self.expect(count)
        values = self.take(count)
        _require(bool(((values >= 0) & (values < below)).all()), "a point does not exist")
        return values

    def offsets(self) -> NDArray[np.float64]:
        self.expect(PLACES)
        return self.reals(2 * PLACES).reshape(PLACES, 2)


def _reals(pairs: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the values of (..., 2) mantissas and exponents."""
    exponents = pairs[..., 1]
    _require(bool((np.abs(exponents) <= _MOST_EXPONENT).all()), "a number is malformed")
    values: NDArray[np.float64] = np.ldexp(pairs[..., 0].astype(np.float64), exponents)
    return values


def _whole_numbers(content: bytes) -> NDArray[np.int64]:
    raw = np.frombuffer(content, dtype=np.uint8)
    starts = _starts(raw)
    heads = raw[starts]
    lengths = heads & 0x0F
    _require(len(starts) > 0 and not (heads & 0x70).any(), "a number is malformed")
    _require(int(lengths.max()) <= _LONGEST, "a number is malformed")
    _require(int(starts[-1]) + 1 + int(lengths[-1]) == len(raw), "it breaks off")
    # The four bytes after each byte; a number uses the first few of them.
    words: NDArray[np.uint32] = np.ndarray(
        len(raw), dtype="<u4", buffer=content + bytes(_LONGEST), offset=1, strides=(1,)
    )
    kept = (1 << 8 * np.arange(_LONGEST + 1, dtype=np.int64)) - 1
    values: NDArray[np.int64] = words[starts] & kept[lengths]
    np.negative(values, out=values, where=(heads & 0x80).astype(bool))
    return values


def _starts(raw: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Return the position at which each number begins.

    A number states its length, so each leads only to the next. The position that each byte would
    lead to, if a number began there, is known for all bytes at once. From it follow the positions
    after 2, 4, ... 32 numbers.
    """
    end = len(raw)
    following = np.arange(1, end + 2, dtype=np.int32)
    following[:-1] += raw & 0x0F
    np.minimum(following, end, out=following)
    far = following
    for _ in range(_DOUBLINGS):
        far = far[far]
    reached, at = [], 0
    while at < end:
        reached.append(at)
        at = far.item(at)
    starts = np.empty((len(reached), 1 << _DOUBLINGS), dtype=np.int32)
    starts[:, 0] = reached
    for number in range(1, 1 << _DOUBLINGS):
        starts[:, number] = following[starts[:, number - 1]]
    every = starts.reshape(-1)
    return every[every < end]


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        _refuse(otherwise)


def _refuse(why: str) -> NoReturn:
    raise WeightsError(f"not dlib's 5-point landmark model: {why}")
