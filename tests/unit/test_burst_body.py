"""A burst comes out of its body byte for byte: a byte more, and its payer is refused."""

import pytest

from facepay.domain.errors import BodyTooLarge, InvalidRequest, MalformedRequest
from facepay.web.frames import MAX_PARTS, parse_parts

BOUNDARY = "facepay-" + "0123456789abcdef" * 3
NEARLY = f"\r\n--{BOUNDARY[:-1]}".encode()
Parts = list[tuple[str, bytes]]


def body_of(parts: Parts) -> bytes:
    told = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode()
        + content
        + b"\r\n"
        for name, content in parts
    ]
    return b"".join(told) + f"--{BOUNDARY}--\r\n".encode()


@pytest.mark.parametrize(
    "picture",
    [NEARLY * 3, b"\r", b"\n\r\r\n--", b"\r\n", bytes(range(256)), NEARLY + b"\r", b"-" * 300],
)
def test_a_picture_that_looks_like_the_end_of_a_part_comes_out_whole(picture: bytes) -> None:
    sent = [("manifest", b"m"), ("frames", picture), ("frames", picture[::-1])]
    assert parse_parts(body_of(sent), BOUNDARY) == sent


def test_no_length_of_a_picture_adds_a_byte_to_it() -> None:
    """Servers read in pieces of 8 or 64 KiB: every place of a boundary against their ends."""
    noise = bytes(range(256)) * 258
    for length in [*range(8_000, 8_300), *range(65_300, 65_600)]:
        sent = [("frames", noise[:length]), ("manifest", b"m")]
        assert parse_parts(body_of(sent), BOUNDARY) == sent


def test_a_part_that_is_none_of_ours_is_named() -> None:
    with pytest.raises(InvalidRequest) as error:
        parse_parts(body_of([("selfie", b"x")]), BOUNDARY)
    assert error.value.param == "selfie"


def test_more_parts_than_a_burst_has() -> None:
    with pytest.raises(BodyTooLarge):
        parse_parts(body_of([("frames", b"x")] * (MAX_PARTS + 1)), BOUNDARY)


@pytest.mark.parametrize("boundary", ["", "another", "x" * 3000])
def test_a_boundary_that_the_body_does_not_have(boundary: str) -> None:
    with pytest.raises(MalformedRequest):
        parse_parts(body_of([("frames", b"x")]), boundary)


@pytest.mark.parametrize("cut", [1, 3, 40, 100])
def test_a_body_that_breaks_off(cut: int) -> None:
    with pytest.raises(MalformedRequest):
        parse_parts(body_of([("frames", b"x" * 30)])[: -cut - 2], BOUNDARY)


def test_a_burst_of_nothing() -> None:
    with pytest.raises(MalformedRequest):
        parse_parts(b"", BOUNDARY)
