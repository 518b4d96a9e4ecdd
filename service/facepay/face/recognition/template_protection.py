"""Protected templates (ISO/IEC 24745): a descriptor under a secret rotation of its own, coarsened.

A secret of 32 bytes, one for each enrolment's key, draws a rotation of the whole space that is
uniform among all of them (Haar). Distances survive it; and where a uniform rotation takes a unit
vector says nothing about the vector: without its secret, one template is as likely to be anybody's
as anybody else's. That holds for one template a secret: two under the same one would tell how far
the two faces are apart, so a secret is never used for a second template.

Rules:
- the rotation is a product of Householder reflections of Gaussian vectors (G. W. Stewart, "The
  efficient generation of random orthogonal matrices", SIAM J. Numer. Anal. 17, 1980), which is the
  QR decomposition of a Gaussian matrix with its signs fixed, without the matrix: its error does
  not grow with an unlucky draw, so every platform and numpy agree to 1e-12;
- Gaussian numbers come from SHAKE-256 over a label, the dimensions and the secret, by Box-Muller;
- a template is a version byte and one signed byte a dimension, `LEVELS` steps to each side;
- what is computed on the way is overwritten. Out of reach: SHAKE's output, an immutable `bytes`
  that is freed as it is, and what numpy's own kernels keep in registers.

It knows no vault and no customer, keeps no secret, and hides nothing from who has both template
and secret: together they are the face.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

VERSION = 1
SECRET_BYTES = 32
# Coordinates of a rotated unit vector have a standard deviation of 1/sqrt(n): these are steps to
# each side of zero, and how many deviations they reach (docs/adr/0011-protected-templates.md).
LEVELS = 127
REACH = 4.0

_LABEL = b"facepay rotation v1"
_UNIT_WITHIN = 0.2


class MalformedTemplate(ValueError):
    """These bytes are no protected template of this version."""


def protect(descriptor: Vector, secret: bytes | bytearray) -> bytearray:
    """The template of `descriptor` under `secret`. The caller overwrites both, and the template.

    Raises ValueError for a descriptor without a direction, and for a secret of another length.
    """
    vector = unit(descriptor)
    try:
        with _rotation(secret, len(vector)) as rotation:
            rotation.turn(vector)
        return _coarse(vector)
    finally:
        vector.fill(0)


def distance(template: bytes | bytearray, probe: Vector, secret: bytes | bytearray) -> float:
    """Euclidean distance of two unit vectors, 0 to 2: the template's, and the probe's.

    Raises MalformedTemplate; ValueError for a probe of other dimensions or without a direction.
    """
    known, vector = parse(template), unit(probe)
    try:
        if known.shape != vector.shape:
            raise ValueError("template and probe differ in their dimensions")
        with _rotation(secret, len(vector)) as rotation:
            rotation.turn(vector)
        vector -= known
        return float(np.sqrt(vector @ vector))
    finally:
        known.fill(0)
        vector.fill(0)


def renew(
    template: bytes | bytearray, secret: bytes | bytearray, new_secret: bytes | bytearray
) -> bytearray:
    """The same face under another secret, without its owner. Raises as `protect` and `parse`.

    Each renewal coarsens once more; the ADR says what that costs.
    """
    vector = parse(template)
    try:
        with _rotation(secret, len(vector)) as rotation:
            rotation.turn_back(vector)
        return protect(vector, new_secret)
    finally:
        vector.fill(0)


def parse(template: bytes | bytearray) -> Vector:
    """The rotated unit vector of a template: of no use without the secret.

    Raises MalformedTemplate for another version, a step out of range, or what is no unit vector.
    """
    if len(template) < 3 or template[0] != VERSION:
        raise MalformedTemplate("not a template of this version")
    vector = np.frombuffer(template, dtype=np.int8, offset=1).astype(np.float64)
    if np.abs(vector).max() > LEVELS:
        raise MalformedTemplate("a template has steps within its range only")
    vector *= _step(len(vector))
    length = float(np.sqrt(vector @ vector))
    if abs(length - 1) > _UNIT_WITHIN:
        raise MalformedTemplate("a template is a unit vector")
    vector /= length
    return vector


class _Rotation:
    """One orthonormal matrix Q, kept as the reflections it is made of: n(n+1)/2 numbers.

    Q_k = H_k · diag(s_k, Q_(k-1)), where H_k reflects the k-th Gaussian vector onto the first
    axis, and the signs s_k make the diagonal of R positive, as a uniform draw needs.
    """

    def __init__(self, secret: bytes | bytearray, dimensions: int) -> None:
        if len(secret) != SECRET_BYTES:
            raise ValueError("a secret has 32 bytes")
        self._numbers = _gaussians(secret, dimensions)
        self._reflectors: list[Vector] = []
        self._signs = np.empty(dimensions)
        self._work = np.empty(dimensions)
        begin = 0
        for size in range(1, dimensions + 1):
            axis = self._numbers[begin : begin + size]
            begin += size
            sign = -1.0 if axis[0] < 0 else 1.0
            # Away from zero, so nothing cancels; then to a length of sqrt(2), for H = 1 - v vT.
            axis[0] += sign * np.sqrt(axis @ axis)
            axis /= np.sqrt(axis @ axis / 2)
            self._signs[size - 1] = -sign
            self._reflectors.append(axis)

    def turn(self, vector: Vector) -> None:
        """Q times the vector, in place."""
        for size, axis in enumerate(self._reflectors, start=1):
            tail = vector[-size:]
            tail[0] *= self._signs[size - 1]
            self._reflect(tail, axis)

    def turn_back(self, vector: Vector) -> None:
        """The inverse of `turn`, in place."""
        for size, axis in reversed(list(enumerate(self._reflectors, start=1))):
            tail = vector[-size:]
            self._reflect(tail, axis)
            tail[0] *= self._signs[size - 1]

    def _reflect(self, tail: Vector, axis: Vector) -> None:
        work = self._work[: len(axis)]
        np.multiply(axis, axis @ tail, out=work)
        tail -= work

    def wipe(self) -> None:
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
    """n(n+1)/2 independent standard normal numbers, a fresh array; always the same ones."""
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
    """A fresh float64 copy at unit length."""
    vector = np.array(descriptor, dtype=np.float64)
    if vector.ndim != 1 or len(vector) < 2:
        raise ValueError("a descriptor has two dimensions or more")
    length = float(np.sqrt(vector @ vector))
    if not np.isfinite(length) or length == 0:
        vector.fill(0)
        raise ValueError("a descriptor has a direction")
    vector /= length
    return vector


def _coarse(vector: Vector) -> bytearray:
    """Rounded to whole steps, in place; what lies beyond the last step is put there."""
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
