"""Protected templates: a face matches under its secret, and cannot be linked without it."""

import hashlib
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facepay.face.recognition import template_protection as protection
from facepay.face.recognition.template_protection import MalformedTemplate, Vector

DIMENSIONS = 128
SECRET = bytearray(range(32))
ANOTHER = bytearray(reversed(range(32)))
# The largest possible error: half a step in each coordinate.
MOST_LOST = 0.5 * protection.REACH / protection.LEVELS


def someone(number: int, dimensions: int = DIMENSIONS) -> Vector:
    face: Vector = np.random.default_rng(number).normal(size=dimensions)
    return face / np.linalg.norm(face)


def secret_of(number: int) -> bytes:
    return hashlib.sha256(f"made up {number}".encode()).digest()


def rotated(vector: Vector, secret: bytes | bytearray) -> Vector:
    copy = vector.copy()
    with protection._rotation(secret, len(vector)) as rotation:
        rotation.rotate(copy)
    return copy


def matrix(secret: bytes | bytearray, dimensions: int) -> Vector:
    return np.stack([rotated(axis, secret) for axis in np.eye(dimensions)], axis=1)


@pytest.mark.parametrize("dimensions", [2, 3, 128, 512])
def test_a_rotation_is_orthonormal(dimensions: int) -> None:
    found = matrix(SECRET, dimensions)
    assert np.abs(found @ found.T - np.eye(dimensions)).max() < 1e-12


def test_rotating_back_restores_the_descriptor() -> None:
    vector = rotated(someone(1), SECRET)
    with protection._rotation(SECRET, DIMENSIONS) as rotation:
        rotation.rotate_back(vector)
    assert np.abs(vector - someone(1)).max() < 1e-12


def test_every_machine_derives_the_same_rotation_from_a_secret() -> None:
    """Otherwise a template of one worker would match nobody on another, or after an upgrade."""
    axis = np.eye(1, DIMENSIONS)[0]
    expected = [0.02185129181203, 0.15437495139826, -0.15819314619025, -0.17053304853047]
    assert rotated(axis, SECRET)[:4] == pytest.approx(expected, abs=1e-12)


def test_the_rotation_is_the_signed_qr_of_its_gaussian_numbers() -> None:
    """Compare the fast computation with the definition in plain linear algebra."""
    numbers = protection._gaussians(SECRET, 5)
    found, begin = np.eye(1), 0
    for size in range(1, 6):
        draw = numbers[begin : begin + size]
        begin += size
        basis = np.eye(size)
        basis[:, 0] = draw
        q, r = np.linalg.qr(basis)
        # The first column is the draw at unit length; the rest completes it by a reflection.
        first = q[:, 0] * np.sign(r[0, 0])
        assert np.abs(first - draw / np.linalg.norm(draw)).max() < 1e-12
        sign = -1.0 if draw[0] < 0 else 1.0
        mirror = draw.copy()
        mirror[0] += sign * np.linalg.norm(draw)
        reflection = np.eye(size) - 2 * np.outer(mirror, mirror) / (mirror @ mirror)
        inner = np.eye(size)
        inner[0, 0] = -sign
        inner[1:, 1:] = found if size > 1 else inner[1:, 1:]
        found = reflection @ inner
        assert np.abs(found[:, 0] - first).max() < 1e-12
    assert np.abs(matrix(SECRET, 5) - found).max() < 1e-12


def test_rotations_are_uniformly_distributed() -> None:
    """Check moments of entries and trace (Haar measure) in three dimensions, over 3,000 secrets."""
    draws = np.array([matrix(secret_of(number), 3) for number in range(3000)])
    assert np.abs(draws.mean(axis=0)).max() < 0.05
    assert np.abs((draws**2).mean(axis=0) - 1 / 3).max() < 0.03
    traces = np.trace(draws, axis1=1, axis2=2)
    assert abs(traces.mean()) < 0.08
    assert abs((traces**2).mean() - 1) < 0.12
    assert abs(np.linalg.det(draws).mean()) < 0.08, "reflections as often as rotations"


@given(st.integers(0, 2**32), st.integers(0, 2**32), st.integers(0, 2**32))
def test_quantisation_changes_a_distance_by_no_more_than_its_bound(
    one: int, other: int, secret: int
) -> None:
    reference, probe = someone(one, 24), someone(other, 24)
    template = protection.protect(reference, secret_of(secret))
    apart = protection.distance(template, probe, secret_of(secret))
    assert apart == pytest.approx(float(np.linalg.norm(reference - probe)), abs=3 * MOST_LOST)


def test_a_face_matches_itself_whatever_the_length_of_its_descriptor() -> None:
    template = protection.protect(1.4 * someone(1), SECRET)
    assert protection.distance(template, 0.3 * someone(1), SECRET) < MOST_LOST
    assert protection.distance(template, someone(2), SECRET) > 1


def test_two_templates_of_one_face_under_two_secrets_cannot_be_linked() -> None:
    one, other = (
        protection.protect(someone(1), SECRET),
        protection.protect(someone(1), ANOTHER),
    )
    apart = np.linalg.norm(protection.parse(one) - protection.parse(other))
    assert 1.1 < apart < 1.7
    assert protection.distance(one, someone(1), ANOTHER) > 1.1


def test_a_renewed_template_matches_the_face_and_not_under_the_old_secret() -> None:
    old = protection.protect(someone(1), SECRET)
    renewed = protection.renew(old, SECRET, ANOTHER)
    assert protection.distance(renewed, someone(1), ANOTHER) < 2 * MOST_LOST
    assert protection.distance(renewed, someone(1), SECRET) > 1.1
    assert protection.distance(old, someone(1), ANOTHER) > 1.1


def test_a_face_still_matches_after_twenty_renewals() -> None:
    template = protection.protect(someone(1), secret_of(0))
    for number in range(20):
        template = protection.renew(template, secret_of(number), secret_of(number + 1))
    assert protection.distance(template, someone(1), secret_of(20)) < 0.06


def altered(change: Callable[[bytearray], object]) -> bytearray:
    template = protection.protect(someone(1), SECRET)
    change(template)
    return template


@pytest.mark.parametrize(
    "template",
    [
        b"",
        b"\x01",
        b"\x01\x7f",
        bytes(129),
        b"\x01" + bytes(128),
        b"\x01" + b"\x7f" * 128,
        b"\x01" + b"\x80" + bytes(127),
        altered(lambda template: template.__setitem__(0, 2)),
        altered(lambda template: template.__setitem__(5, 0x80)),
        altered(lambda template: template.extend(bytes(200))),
        someone(1).astype("<f4").tobytes(),
    ],
    ids=repr,
)
def test_bytes_that_are_no_template_are_refused(template: bytes | bytearray) -> None:
    with pytest.raises(MalformedTemplate):
        protection.parse(template)
    with pytest.raises(MalformedTemplate):
        protection.distance(template, someone(1), SECRET)
    with pytest.raises(MalformedTemplate):
        protection.renew(template, SECRET, ANOTHER)


@pytest.mark.parametrize(
    "descriptor", [np.zeros(128), np.full(128, np.nan), np.full(128, np.inf), np.ones(1)]
)
def test_a_descriptor_that_is_zero_or_not_finite_is_refused(descriptor: Vector) -> None:
    with pytest.raises(ValueError, match="descriptor"):
        protection.protect(descriptor, SECRET)
    with pytest.raises(ValueError, match="descriptor"):
        protection.distance(protection.protect(someone(1), SECRET), descriptor, SECRET)


def test_a_probe_of_another_network_is_refused() -> None:
    with pytest.raises(ValueError, match="dimensions"):
        protection.distance(protection.protect(someone(1), SECRET), someone(1, 512), SECRET)


@pytest.mark.parametrize("secret", [b"", bytes(31), bytes(33)])
def test_a_secret_of_another_length_is_refused(secret: bytes) -> None:
    with pytest.raises(ValueError, match="secret"):
        protection.protect(someone(1), secret)


def test_the_rotation_is_overwritten_after_use_and_the_inputs_are_unchanged() -> None:
    with protection._rotation(SECRET, DIMENSIONS) as rotation:
        assert rotation._numbers.all()
        kept = [rotation._numbers, rotation._signs, rotation._work, *rotation._reflectors]
        rotation.rotate(someone(1))
    assert not any(array.any() for array in kept)
    face, secret = someone(1), bytearray(SECRET)
    protection.protect(face, secret)
    assert np.array_equal(face, someone(1))
    assert secret == SECRET
