"""Protect templates (ISO/IEC 24745): rotate a descriptor by a secret of its own, and quantise it.

Each key of an enrolment has a secret of 32 bytes. The secret determines a rotation of the whole
space, drawn uniformly from all of them (Haar measure). Distances are preserved. A uniform rotation
takes a unit vector to a position that contains no information about the vector. Without its secret,
one template is as likely to be anybody's as anybody else's. That holds for one template per secret.
Two templates under the same secret would reveal the distance of the two faces, so a secret is never
used for a second template.

Rules:

- The rotation is a product of Householder reflections of Gaussian vectors (G. W. Stewart, "The
  efficient generation of random orthogonal matrices", SIAM J. Numer. Anal. 17, 1980). It equals the
  QR decomposition of a Gaussian matrix with its signs fixed, without computing the matrix. Its
  error does not grow with an unlucky draw, so all platforms and numpy versions agree to 1e-12.
- Gaussian numbers come from SHAKE-256 over a label, the dimensions and the secret, by the
  Box-Muller transform.
- A template is a version byte and one signed byte per dimension, with `LEVELS` steps to each side.
- Intermediate values are overwritten. Two copies are out of reach: the output of SHAKE, an
  immutable `bytes` that is freed as it is, and values that numpy's kernels keep in registers.

This module knows no vault and no customer, and keeps no secret. A party that has both template and
secret has the face.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

VERSION = 1
SECRET_BYTES = 32
# Coordinates of a rotated unit vector have a standard deviation of 1/sqrt(n). LEVELS is the number
# of steps to each side of zero, and REACH the number of deviations that they cover
# (docs/adr/0011-protected-templates.md).
LEVELS = 127
REACH = 4.0

_LABEL = b"facepay rotation v1"
_UNIT_WITHIN = 0.2


class MalformedTemplate(ValueError):
    """The bytes are no protected template of this version."""


def protect(descriptor: Vector, secret: bytes | bytearray) -> bytearray:
    """Return the template of `descriptor` under `secret`. The caller overwrites all three.

    Raises ValueError for a descriptor that is zero or not finite, and for a secret of another
    length.
    """
    vector = unit(descriptor)
    try:
        with _rotation(secret, len(vector)) as rotation:
            rotation.rotate(vector)
        return _quantise(vector)
    finally:
        vector.fill(0)


def distance(template: bytes | bytearray, probe: Vector, secret: bytes | bytearray) -> float:
    """Return the Euclidean distance, 0 to 2, of two unit vectors: the template's and the probe's.

    Raises MalformedTemplate, and ValueError for a probe of other dimensions, or that is zero or not
    finite.
    """
    known, vector = parse(template), unit(probe)
    try:
        if known.shape != vector.shape:
            raise ValueError("template and probe must have the same dimensions")
        with _rotation(secret, len(vector)) as rotation:
            rotation.rotate(vector)
        vector -= known
        return float(np.sqrt(vector @ vector))
    finally:
        known.fill(0)
        vector.fill(0)


def renew(
    template: bytes | bytearray, secret: bytes | bytearray, new_secret: bytes | bytearray
) -> bytearray:
    """Return the template of the same face under another secret, without its owner.

    Each renewal quantises once more; docs/adr/0011-protected-templates.md gives the loss of
    accuracy.

    Raises MalformedTemplate and ValueError as `parse` and `protect`.
    """
    vector = parse(template)
    try:
        with _rotation(secret, len(vector)) as rotation:
            rotation.rotate_back(vector)
        return protect(vector, new_secret)
    finally:
        vector.fill(0)


def parse(template: bytes | bytearray) -> Vector:
    """Return the rotated unit vector of a template, which is of no use without the secret.

    Raises MalformedTemplate for another version, a step out of range, or a vector that does not
    have unit length.
    """
    if len(template) < 3 or template[0] != VERSION:
        raise MalformedTemplate("not a template of this version")
    vector = np.frombuffer(template, dtype=np.int8, offset=1).astype(np.float64)
    if np.abs(vector).max() > LEVELS:
        raise MalformedTemplate("a template has a step out of range")
    vector *= _step(len(vector))
    length = float(np.sqrt(vector @ vector))
    if abs(length - 1) > _UNIT_WITHIN:
        raise MalformedTemplate("a template must be a unit vector")
    vector /= length
    return vector


class _Rotation:
    """One orthonormal matrix Q, kept as the reflections that it consists of: n(n+1)/2 numbers.

    Q_k = H_k · diag(s_k, Q_(k-1)), where H_k reflects the k-th Gaussian vector onto the first axis.
    The signs s_k make the diagonal of R positive, which a uniform draw requires.
    """

    def __init__(self, secret: bytes | bytearray, dimensions: int) -> None:
        if len(secret) != SECRET_BYTES:
            raise ValueError("a secret must have 32 bytes")
        self._numbers = _gaussians(secret, dimensions)
        self._reflectors: list[Vector] = []
        self._signs = np.empty(dimensions)
        self._work = np.empty(dimensions)
        begin = 0
        for size in range(1, dimensions + 1):
            axis = self._numbers[begin : begin + size]
            begin += size
            sign = -1.0 if axis[0] < 0 else 1.0
            # The sign moves axis[0] away from zero, so nothing cancels. A length of sqrt(2) gives
            # H = 1 - v vT.
            axis[0] += sign * np.sqrt(axis @ axis)
            axis /= np.sqrt(axis @ axis / 2)
            self._signs[size - 1] = -sign
            self._reflectors.append(axis)

    def rotate(self, vector: Vector) -> None:
        """Multiply the vector by Q, in place."""
        for size, axis in enumerate(self._reflectors, start=1):
            tail = vector[-size:]
            tail[0] *= self._signs[size - 1]
            self._reflect(tail, axis)

    def rotate_back(self, vector: Vector) -> None:
        """Invert `rotate`, in place."""
        for size, axis in reversed(list(enumerate(self._reflectors, start=1))):
            tail = vector[-size:]
            self._reflect(tail, axis)
            tail[0] *= self._signs[size - 1]

    def _reflect(self, tail: Vector, axis: Vector) -> None:
        work = self._work[: len(axis)]
        np.multiply(axis, axis @ tail, out=work)
        tail -= work

    def wipe(self) -> None:
        """Overwrite the matrix: with a template it would reveal the face."""
        self._numbers.fill(0)
        self._signs.fill(0)
        self._work.fill(0)


@contextmanager
def _rotation(secret: bytes | bytearray, dimensions: int) -> Iterator[_Rotation]:
    rotation = _Rotation(secret, dimensions)
    try:
        yield rotation
    finally:
        rotation.wipe()


def _gaussians(secret: bytes | bytearray, dimensions: int) -> Vector:
    """Return n(n+1)/2 independent standard normal numbers, always the same for a secret."""
    count = dimensions * (dimensions + 1) // 2
    pairs = (count + 1) // 2
    expander = hashlib.shake_256(_LABEL + dimensions.to_bytes(4, "big"))
    expander.update(secret)
    bits = np.frombuffer(expander.digest(16 * pairs), dtype="<u8").astype(np.uint64)
    bits >>= np.uint64(12)
    uniform = bits.astype(np.float64)
    bits.fill(0)
    uniform += 0.5  # never 0 and never 1: exact in 53 bits
    uniform *= 2.0**-52
    radius, angle = uniform[:pairs], uniform[pairs:]
    np.log(radius, out=radius)
    radius *= -2.0
    np.sqrt(radius, out=radius)
    angle *= 2.0 * np.pi
    numbers = np.empty(2 * pairs)
    np.cos(angle, out=numbers[:pairs])
    np.sin(angle, out=numbers[pairs:])
    numbers[:pairs] *= radius
    numbers[pairs:] *= radius
    uniform.fill(0)
    return numbers


def unit(descriptor: Vector) -> Vector:
    """Return a fresh float64 copy at unit length.

    Raises ValueError for a vector with fewer than two dimensions, or that is zero or not finite.
    """
    vector = np.array(descriptor, dtype=np.float64)
    if vector.ndim != 1 or len(vector) < 2:
        raise ValueError("a descriptor must have at least two dimensions")
    length = float(np.sqrt(vector @ vector))
    if not np.isfinite(length) or length == 0:
        vector.fill(0)
        raise ValueError("a descriptor must be finite and not zero")
    vector /= length
    return vector


def _quantise(vector: Vector) -> bytearray:
    """Round to whole steps, in place; values beyond the last step are clipped to it."""
    vector /= _step(len(vector))
    np.rint(vector, out=vector)
    np.clip(vector, -LEVELS, LEVELS, out=vector)
    steps = vector.astype(np.int8)
    template = bytearray([VERSION])
    template += steps.data.cast("B")
    steps.fill(0)
    return template


def _step(dimensions: int) -> float:
    return REACH / (LEVELS * float(np.sqrt(dimensions)))
