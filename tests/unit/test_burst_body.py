"""A burst is read from its body byte for byte; one byte too many would refuse its payer."""

import pytest

from facepay.domain.errors import BodyTooLarge, InvalidRequest, MalformedRequest
from facepay.web.frames import MAX_PARTS, parse_parts

BOUNDARY = "facepay-" + "0123456789abcdef" * 3
NEARLY = f"\r\n--{BOUNDARY[:-1]}".encode()
Parts = list[tuple[str, bytes]]


def body_of(parts: Parts) -> bytes:
    encoded = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode()
        + content
        + b"\r\n"
        for name, content in parts
    ]
    return b"".join(encoded) + f"--{BOUNDARY}--\r\n".encode()


@pytest.mark.parametrize(
    "picture",
    [NEARLY * 3, b"\r", b"\n\r\r\n--", b"\r\n", bytes(range(256)), NEARLY + b"\r", b"-" * 300],
)
def test_a_picture_that_looks_like_the_end_of_a_part_comes_out_whole(picture: bytes) -> None:
    sent = [("manifest", b"m"), ("frames", picture), ("frames", picture[::-1])]
    assert parse_parts(body_of(sent), BOUNDARY) == sent


def test_no_length_of_a_picture_adds_a_byte_to_it() -> None:
    """Servers read pieces of 8 or 64 KiB: try every place of a boundary against their ends."""
    noise = bytes(range(256)) * 258
    for length in [*range(8_000, 8_300), *range(65_300, 65_600)]:
        sent = [("frames", noise[:length]), ("manifest", b"m")]
        assert parse_parts(body_of(sent), BOUNDARY) == sent


def test_an_unknown_part_is_named() -> None:
    with pytest.raises(InvalidRequest) as error:
        parse_parts(body_of([("selfie", b"x")]), BOUNDARY)
    assert error.value.param == "selfie"


def test_too_many_parts_are_refused() -> None:
    with pytest.raises(BodyTooLarge):
        parse_parts(body_of([("frames", b"x")] * (MAX_PARTS + 1)), BOUNDARY)


@pytest.mark.parametrize("boundary", ["", "another", "x" * 3000])
def test_a_missing_boundary_is_refused(boundary: str) -> None:
    with pytest.raises(MalformedRequest):
        parse_parts(body_of([("frames", b"x")]), boundary)


@pytest.mark.parametrize("cut", [1, 3, 40, 100])
def test_a_truncated_body_is_refused(cut: int) -> None:
    with pytest.raises(MalformedRequest):
        parse_parts(body_of([("frames", b"x" * 30)])[: -cut - 2], BOUNDARY)


def test_an_empty_burst_is_refused() -> None:
    with pytest.raises(MalformedRequest):
        parse_parts(b"", BOUNDARY)
