"""The weights are accepted only as a complete file."""

from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest

from facepay.face.models.convert import convert
from facepay.face.models.weights import FLOATS, Network, WeightsError, find_weights, parse_weights


@pytest.fixture(scope="module")
def content() -> bytes:
    return find_weights().read_bytes()


@pytest.fixture(scope="module")
def network(content: bytes) -> Network:
    return parse_weights(content)


def test_the_installed_weights_are_read_to_the_last_byte(network: Network) -> None:
    assert sum(layer.params.size for layer in network.layers) == FLOATS == 5_614_592
    assert network.side == 150
    assert network.means == pytest.approx((122.782, 117.001, 104.298))
    assert sum(layer.kind == "con_4" for layer in network.layers) == 29
    assert network.layers[-1].numbers == (128, 256)


@pytest.mark.parametrize("kept", [0, 1, 20, 40, 300, 5_000, 11_000_000, -100, -1])
def test_a_truncated_file_is_refused(content: bytes, kept: int) -> None:
    with pytest.raises(WeightsError, match="breaks off"):
        parse_weights(content[:kept])


def test_a_file_with_trailing_bytes_is_refused(content: bytes) -> None:
    with pytest.raises(WeightsError):
        parse_weights(content + b"\x01")


@pytest.mark.parametrize(
    "foreign",
    [
        find_weights("shape_predictor_5_face_landmarks.dat").read_bytes(),
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0000\nsize 22466066\n",
        bytes(4096),
        b"\x01\x01" * 4096,
        np.random.default_rng(1).bytes(4096),
    ],
    ids=["another model", "a pointer", "zeros", "ones", "noise"],
)
def test_another_file_is_refused(foreign: bytes) -> None:
    with pytest.raises(WeightsError, match="not dlib's face recognition weights"):
        parse_weights(foreign)


def test_a_weight_that_is_not_finite_is_refused(content: bytes) -> None:
    at = len(content) // 8 * 4
    with pytest.raises(WeightsError, match="finite"):
        parse_weights(content[:at] + b"\xff" * 8 + content[at + 8 :])


def test_a_damaged_file_never_crashes_the_service(content: bytes) -> None:
    rng = np.random.default_rng(2)
    for at in [*rng.integers(0, 400, 60), *rng.integers(len(content) - 90, len(content), 10)]:
        damaged = bytearray(content)
        damaged[at] ^= int(rng.integers(1, 256))
        with suppress(WeightsError):  # any other exception would be the crash
            parse_weights(bytes(damaged))


def test_layers_in_another_order_are_refused(network: Network) -> None:
    swapped = (network.layers[1], network.layers[0], *network.layers[2:])
    with pytest.raises(WeightsError, match="follow"):
        convert(replace(network, layers=swapped))


def test_a_layer_of_another_shape_is_refused(network: Network) -> None:
    first = network.layers[0]
    smaller = replace(first, params=first.params[:-1])
    with pytest.raises(WeightsError, match="shape"):
        convert(replace(network, layers=(smaller, *network.layers[1:])))
